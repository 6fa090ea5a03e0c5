//! What was to be written later.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::lint::checks::texts::Text;
use crate::lint::codes;

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:TODO|FIXME|TBD|XXX+)\b|(?i)\blorem ipsum\b|\?{3,}|(?i)\bзаглушка\b|(?i)\bтекст сообщения\b")
        .expect("a test tries every pattern")
});

/// Checks a text.
pub fn check(text: &Text<'_>, findings: &mut Vec<Diagnostic>) {
    for found in PLACEHOLDER.find_iter(&text.words) {
        let place = text.place(found.start(), found.end());
        let message = format!("\"{}\" stands where the words are to be", found.as_str());
        findings.push(Diagnostic::warning(codes::PLACEHOLDER_TEXT, place, message).help("write what people are to read"));
    }
}
