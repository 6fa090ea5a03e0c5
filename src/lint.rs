//! What is done with findings once they are found, and what is known of every kind of them.
//!
//! [`rules`] is the manual of all codes; [`manual`] makes pages of it; [`formats`] are the forms in which other programs read findings.
//! Pure, like everything that decides: texts come out, and whoever called writes them somewhere.

pub mod fingerprint;
pub mod formats;
pub mod manual;
pub mod rules;
