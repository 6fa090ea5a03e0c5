//! The name of one finding that outlives changes of other lines.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, Sources, place};

/// The fingerprints of findings, in their order: of the code, the file and the message, never of the line's number. Findings that
/// agree in all of these are counted, so that each has one of its own. The author's line has no part in it: it may hold a secret, and
/// whoever guesses could check the guess by its hash.
pub fn fingerprints(sources: &Sources, findings: &[Diagnostic]) -> Vec<String> {
    let mut seen: BTreeMap<[u8; 32], u32> = BTreeMap::new();
    let mut all = Vec::new();
    for finding in findings {
        let (path, ..) = place(sources, finding.span);
        let base: [u8; 32] = digest(&[finding.code.id, path, &finding.message]);
        let nth = seen.entry(base).or_default();
        let own = Sha256::new().chain_update(base).chain_update(nth.to_be_bytes()).finalize();
        *nth += 1;
        all.push(own.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat());
    }
    all
}

/// Each part goes in with its length, so that no two lists of parts look the same.
fn digest(parts: &[&str]) -> [u8; 32] {
    let with = |sum: Sha256, part: &&str| sum.chain_update((part.len() as u64).to_be_bytes()).chain_update(part.as_bytes());
    parts.iter().fold(Sha256::new(), with).finalize().into()
}
