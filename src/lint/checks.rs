//! What only a check of the files finds: signs that nobody sees, and the wording. A bot is loaded to run without it.

mod alphabets;
mod characters;
mod commands;
mod modeline;
mod placeholders;
mod plurals;
mod secrets;
mod texts;
mod typography;

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, FileId, Source, Sources, together};
use crate::flow::shapes::{FileKind, kind_of};
use crate::lint::checks::commands::Known;
use crate::lint::codes;
use crate::syntax::Trees;

/// Checks every file by itself. What keeps a file from being read is told by whoever loads it.
pub fn check(sources: &Sources, trees: &Trees) -> Vec<Diagnostic> {
    let files: Vec<_> = sources.iter().filter(|(_, source)| !source.text.is_empty()).collect();
    let commands = commands::known(sources, trees);
    let of_file = |(file, source): (FileId, &Source)| of_file(sources, trees, commands.as_ref(), (file, &source.text));
    let mut findings: Vec<_> = files.into_par_iter().flat_map_iter(of_file).collect();
    together(&mut findings, |finding| (finding.code == codes::UNKNOWN_COMMAND).then(|| finding.message.clone()));
    findings
}

fn of_file(sources: &Sources, trees: &Trees, commands: Option<&Known<'_>>, (file, text): (FileId, &str)) -> Vec<Diagnostic> {
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
        for (owner, text) in texts::of(tree, kind) {
            typography::check(&text, &mut findings);
            alphabets::check(&text, &mut findings);
            placeholders::check(&text, &mut findings);
            plurals::check(&text, &mut findings);
            // What translates a flow that is gone tells nobody of anything.
            if let Some(known) = commands.filter(|known| kind != FileKind::Messages || known.has(owner)) {
                commands::check(&text, known, &mut findings);
            }
        }
    }
    findings
}

/// Makes the secrets that were found unreadable in what is shown of the files. Every other byte stays at its place.
pub fn blot(sources: &mut Sources, findings: &[Diagnostic]) {
    findings.iter().filter(|finding| finding.code == codes::HARDCODED_SECRET).for_each(|finding| sources.blot(finding.span));
}
