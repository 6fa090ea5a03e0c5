//! Words with letters of two alphabets that look alike: a search never finds them, and a comparison never holds.

use crate::diagnostic::{ALIKE, Diagnostic, Fix, excerpt};
use crate::lint::checks::texts::Text;
use crate::lint::codes;

/// Checks a text.
pub fn check(text: &Text<'_>, findings: &mut Vec<Diagnostic>) {
    for word in text.words.split(|char: char| !char.is_alphabetic()) {
        // A word is a part of the text, so where it stands is told by its address in it.
        let start = word.as_ptr() as usize - text.words.as_ptr() as usize;
        let Some(meant) = meant(word) else { continue };
        let place = text.place(start, start + word.len());
        let message = format!("\"{}\" mixes Latin and Cyrillic letters that look alike", excerpt(word));
        findings.push(
            Diagnostic::warning(codes::MIXED_ALPHABETS, place, message).help("write it in one alphabet").fix(Fix::risky(place, meant)),
        );
    }
}

/// The word in the alphabet of most of its letters, if the others only look like them.
fn meant(word: &str) -> Option<String> {
    let is_latin = char::is_ascii_alphabetic;
    let latin = word.chars().filter(is_latin).count();
    let cyrillic = word.chars().filter(|char| ('\u{400}'..='\u{4ff}').contains(char)).count();
    if latin == 0 || cyrillic == 0 || latin == cyrillic {
        return None;
    }
    let to_cyrillic =
        |char: char| if is_latin(&char) { ALIKE.iter().find(|(_, other)| *other == char).map(|(own, _)| *own) } else { Some(char) };
    let to_latin =
        |char: char| if is_latin(&char) { Some(char) } else { ALIKE.iter().find(|(own, _)| *own == char).map(|(_, other)| *other) };
    if cyrillic > latin { word.chars().map(to_cyrillic).collect() } else { word.chars().map(to_latin).collect() }
}
