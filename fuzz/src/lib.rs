//! What is fuzzed: [`entries`] are the places where what people write comes in.

pub mod entries;
