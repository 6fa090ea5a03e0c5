//! What only a check of the files finds: signs that nobody sees, and the wording. A bot is loaded to run without it.

mod alphabets;
mod characters;
mod modeline;
mod placeholders;
mod plurals;
mod texts;
mod typography;

use crate::diagnostic::{Diagnostic, Sources};
use crate::flow::shapes::{FileKind, kind_of};
use crate::syntax::parse;

/// Checks every file by itself. What keeps a file from being read is told by whoever loads it.
pub fn check(sources: &Sources) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (file, source) in sources.iter().filter(|(_, source)| !source.text.is_empty()) {
        characters::check(file, &source.text, &mut findings);
        let (Some(tree), _) = parse(file, &source.text) else { continue };
        let Some(kind) = kind_of(&tree) else { continue };
        modeline::check(sources, file, kind, &mut findings);
        // What people write in scenarios is meant to be odd, and nobody reads operations.
        if !matches!(kind, FileKind::Flow | FileKind::Flows | FileKind::Bot | FileKind::Messages) {
            continue;
        }
        for text in texts::of(&tree, kind) {
            typography::check(&text, &mut findings);
            alphabets::check(&text, &mut findings);
            placeholders::check(&text, &mut findings);
            plurals::check(&text, &mut findings);
        }
    }
    findings
}
