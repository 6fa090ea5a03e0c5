//! Signs that nobody sees, and ends of lines of two kinds.

use crate::diagnostic::{Diagnostic, Edit, FileId, Fix, Span};
use crate::lint::codes;

/// Checks the text of a file.
pub fn check(file: FileId, text: &str, findings: &mut Vec<Diagnostic>) {
    for (at, char) in text.char_indices() {
        let Some(name) = invisible(char) else { continue };
        let span = Span::new(file, at, at + char.len_utf8());
        let message = format!("an invisible character stands here: {name} (U+{:04X})", u32::from(char));
        findings.push(Diagnostic::warning(codes::INVISIBLE, span, message).help("delete it").fix(Fix::safe(span, "")));
    }
    mixed_line_ends(file, text, findings);
}

/// What it is called, if it is one that texts do without. Joiners belong to emoji, and a space that does not break is useful.
fn invisible(char: char) -> Option<&'static str> {
    Some(match char {
        '\u{ad}' => "a soft hyphen",
        '\u{200b}' => "a space without width",
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "a mark that turns the direction of writing",
        '\u{2060}' => "a joiner of words",
        '\u{feff}' => "a byte order mark",
        _ => return None,
    })
}

fn mixed_line_ends(file: FileId, text: &str, findings: &mut Vec<Diagnostic>) {
    let windows: Vec<usize> = text.match_indices("\r\n").map(|(at, _)| at).collect();
    let all = text.matches('\n').count();
    let Some(first) = windows.first().filter(|_| windows.len() < all) else { return };
    let edit = |at: &usize| Edit { span: Span::new(file, *at, at + 1), text: String::new() };
    let message = format!("{} of {all} lines end as on Windows, and the others do not", windows.len());
    let found = Diagnostic::warning(codes::MIXED_LINE_ENDS, Span::new(file, *first, first + 1), message);
    findings.push(found.help("end all lines alike").fix(Fix { edits: windows.iter().map(edit).collect(), safe: true }));
}
