//! Whatever the files hold, whoever reads them comes to an end, and every place is inside its file: the shipped files, after something has
//! been done to one of them.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/shipped.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod shipped;

use cases::cases;
use proptest::prelude::*;
use proptest::sample::Index;
use usher::diagnostic::{Diagnostic, Format, Sources, Span, render};
use usher::flow::{Installation, load};
use usher::lint::fixes::{Risk, apply, of_file};
use usher::lint::{checks, formats, suppression};
use usher::scenario;

/// What is put into a file: pieces of the language, and what breaks it.
const PIECES: [&str; 24] = [
    "{{",
    "}}",
    "{% if a %}",
    "{% endif %}",
    ": ",
    "\n",
    "  ",
    "- ",
    "\t",
    "\"",
    "'",
    "#",
    "# lint: ignore[",
    "]",
    "&a ",
    "*a",
    "|\n",
    "\u{feff}",
    "\u{200b}",
    "\r\n",
    "é",
    "<b>",
    "| plural(",
    "\0",
];

/// A change of a text: a stretch is taken out, and a piece is put in its place.
fn change() -> impl Strategy<Value = (Index, usize, &'static str)> {
    (any::<Index>(), 0_usize..40, proptest::sample::select(PIECES.to_vec()))
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

fn changed(mut text: String, changes: &[(Index, usize, &str)]) -> String {
    for (at, length, piece) in changes {
        let start = floor(&text, at.index(text.len() + 1));
        let end = floor(&text, start + length);
        text.replace_range(start..end, piece);
    }
    text
}

/// Every place that a finding names is a stretch of its file.
fn are_inside(sources: &Sources, findings: &[Diagnostic]) {
    let inside = |span: Span| {
        let text = &sources.get(span.file).text;
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}");
    };
    for finding in findings {
        inside(finding.span);
        finding.related.iter().for_each(|(span, _)| inside(*span));
        finding.fix.iter().flat_map(|fix| &fix.edits).for_each(|edit| inside(edit.span));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(12), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn broken_files_are_read_to_the_end(file in any::<Index>(), changes in proptest::collection::vec(change(), 1..5)) {
        let files = shipped::files();
        let broken = file.index(files.len());
        let mut sources = Sources::default();
        for (at, (path, text)) in files.into_iter().enumerate() {
            sources.add(path, if at == broken { changed(text, &changes) } else { text });
        }
        let mut findings = load(&sources, &Installation::default()).findings;
        findings.extend(scenario::read(&sources).findings);
        findings.extend(checks::check(&sources));
        let findings = suppression::apply(&sources, findings).findings;
        are_inside(&sources, &findings);
        for (file, source) in sources.iter() {
            let edits = of_file(file, &findings, Risk::Taken).edits;
            let made = apply(source.text.as_bytes(), &edits).expect("fixes fit into their files");
            prop_assert!(String::from_utf8(made).is_ok());
        }
        render(&sources, &findings, Format::Human, true);
        formats::sarif(&sources, &findings);
        formats::junit(&sources, &findings);
    }
}
