//! What is done with findings once they are found: the forms in which other programs read them.
//!
//! Pure, like everything that decides: texts come out, and whoever called writes them somewhere.

pub mod fingerprint;
pub mod formats;
