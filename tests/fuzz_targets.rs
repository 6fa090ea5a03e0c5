//! Whatever is written, whoever reads it comes to an end, and every place that is told is inside its file. The entries are those that `fuzz/run`
//! guides by coverage; here they get what it has found, the examples of the manual, and the shipped files with something done to one of them.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

#[path = "support/cases.rs"]
mod cases;
#[path = "../fuzz/src/entries.rs"]
mod entries;
#[path = "support/shipped.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod shipped;

use std::fs;
use std::path::Path;

use cases::cases;
use entries::{ENTRIES, bundle};
use proptest::prelude::*;
use proptest::sample::Index;
use usher::lint::rules::{self, Of};

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

#[test]
fn what_fuzzing_has_found_is_read_to_the_end() {
    for (name, entry) in ENTRIES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
        paths.sort();
        assert!(paths.len() >= 10, "{} has only {} files", folder.display(), paths.len());
        for path in paths {
            entry(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn the_examples_of_the_manual_are_read_to_the_end() {
    for rule in rules::all() {
        for of in [Of::Before, Of::Bad, Of::Good] {
            let files: Vec<_> = rule.example(of).map(|file| (file.path.to_owned(), format!("{}\n", file.text))).collect();
            entries::bot(&bundle(&files));
            for (_, text) in &files {
                entries::yaml(text);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(12), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn broken_files_are_read_to_the_end(file in any::<Index>(), changes in proptest::collection::vec(change(), 1..5)) {
        let mut files = shipped::files();
        let (_, text) = &mut files[file.index(shipped::files().len())];
        *text = changed(std::mem::take(text), &changes);
        entries::yaml(text);
        entries::bot(&bundle(&files));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(200), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn broken_texts_and_expressions_are_read_to_the_end(changes in proptest::collection::vec(change(), 1..6)) {
        let text = "{{ word | upper }}: {% for item in items %}{{ item.title }}, {{ item.n | default(0) }}{% else %}<b>{{ age | plural('год', 'года', 'лет') }}</b>{% endif %}";
        entries::template(&changed(text.to_owned(), &changes));
        entries::expression(&changed("age > 40 and (note is none or list | sum in [1, 2]) or born | date == 'x'".to_owned(), &changes));
    }
}
