//! How many cases a property test tries.

/// As many as `PROPTEST_CASES` asks for, or else the usual number. A number written into a configuration would hide the variable.
pub fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}
