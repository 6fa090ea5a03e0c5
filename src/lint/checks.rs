//! What only a check of the files finds: signs that nobody sees, and the wording. A bot is loaded to run without it.

mod alphabets;
mod characters;
mod modeline;
mod placeholders;
mod plurals;
mod secrets;
mod texts;
mod typography;

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, FileId, Sources};
use crate::flow::shapes::{FileKind, kind_of};
use crate::lint::codes;
use crate::syntax::Trees;

/// Checks every file by itself. What keeps a file from being read is told by whoever loads it.
pub fn check(sources: &Sources, trees: &Trees) -> Vec<Diagnostic> {
    let files: Vec<_> = sources.iter().filter(|(_, source)| !source.text.is_empty()).collect();
    files.into_par_iter().flat_map_iter(|(file, source)| of_file(sources, trees, file, &source.text)).collect()
}

fn of_file(sources: &Sources, trees: &Trees, file: FileId, text: &str) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    characters::check(file, text, &mut findings);
    let Some(tree) = trees.get(file) else { return findings };
    let Some(kind) = kind_of(tree) else { return findings };
    modeline::check(sources, file, kind, &mut findings);
    // What people write in scenarios is meant to be odd, and nobody reads operations.
    if !matches!(kind, FileKind::Scenarios | FileKind::Usher) {
        secrets::check(file, text, &mut findings);
    }
    if matches!(kind, FileKind::Flow | FileKind::Flows | FileKind::Bot | FileKind::Messages) {
        for text in texts::of(tree, kind) {
            typography::check(&text, &mut findings);
            alphabets::check(&text, &mut findings);
            placeholders::check(&text, &mut findings);
            plurals::check(&text, &mut findings);
        }
    }
    findings
}

/// Makes the secrets that were found unreadable in what is shown of the files. Every other byte stays at its place.
pub fn blot(sources: &mut Sources, findings: &[Diagnostic]) {
    findings.iter().filter(|finding| finding.code == codes::HARDCODED_SECRET).for_each(|finding| sources.blot(finding.span));
}
