//! What is done with findings once they are found, and what is known of every kind of them.
//!
//! [`checks`] finds what a running bot does without, [`compat`] what a change does to people in the middle of something; [`rules`] is the manual of all codes; [`manual`] makes pages of it. [`selection`], [`suppression`] and [`baseline`] say which findings
//! are told, [`formats`] how, and [`fixes`] mends them. Pure, like everything that decides: texts come out, and whoever called writes
//! them somewhere.

pub mod baseline;
pub mod checks;
mod codes;
pub mod compat;
pub mod fingerprint;
pub mod fixes;
pub mod formats;
pub mod manual;
pub mod rules;
pub mod selection;
pub mod statistics;
pub mod suppression;
