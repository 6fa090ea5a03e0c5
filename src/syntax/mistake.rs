//! What a parser's complaint means to the person who wrote the file.

use granit_parser::{ErrorKind, ScanError};

use crate::diagnostic::{Diagnostic, FileId, Fix, Span};
use crate::syntax::codes;
use crate::syntax::parse::MAX_DEPTH;

/// The finding about the place where the parser gave up.
pub fn explain(file: FileId, source: &str, error: &ScanError) -> Diagnostic {
    let at = floor(source, error.marker().byte_offset().unwrap_or(source.len()));
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return too_deep(Span::new(file, at, next_char(source, at)));
    }
    let line = Line::around(source, at);
    if let Some(finding) = line.unquoted_template(file) {
        return finding;
    }
    if let Some(finding) = line.colon_in_text(file, error.kind(), at) {
        return finding;
    }
    if let Some(finding) = odd_indentation(file, source, at) {
        return finding;
    }
    if let Some(finding) = open_quote(file, source, at) {
        return finding;
    }
    let (message, help) = words(error);
    let finding = Diagnostic::error(codes::YAML_SYNTAX, Span::new(file, at, next_char(source, at)), message);
    match help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// The finding about nesting without end.
pub fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(codes::ALIAS_BOMB, span, format!("lists and maps are nested deeper than {MAX_DEPTH} levels"))
}

/// The finding about a value that begins with braces; `raw` is all of it.
pub fn unquoted_template(span: Span, raw: &str) -> Diagnostic {
    let quoted = quoted(raw);
    Diagnostic::error(codes::UNQUOTED_TEMPLATE, span, "a text that begins with { must be in quotes")
        .help(in_quotes(&quoted))
        .fix(Fix::safe(span, quoted))
}

/// `text` as a quoted scalar.
fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) { format!("'{}'", text.replace('\'', "''")) } else { format!("\"{text}\"") }
}

/// What to do, with the text itself if it is short enough to be read at a glance.
fn in_quotes(quoted: &str) -> String {
    if quoted.chars().count() <= 100 { format!("write {quoted}") } else { "put the whole text into quotes".to_owned() }
}

/// The finding about a line that is indented with something else than spaces: the one in which the parser gave up, or one of its
/// neighbours, as it may notice late, or call the line before.
fn odd_indentation(file: FileId, source: &str, at: usize) -> Option<Diagnostic> {
    let own = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let before = source[..own.saturating_sub(1)].rfind('\n').map_or(0, |newline| newline + 1);
    let mut start = before;
    for line in source[before..].split_inclusive('\n').take(3) {
        let indentation = &line[..line.len() - line.trim_start().len()];
        let odd = indentation.char_indices().find(|(_, sign)| !matches!(sign, ' ' | '\n' | '\r'));
        if let Some((offset, sign)) = odd.filter(|_| !line.trim().is_empty()) {
            let span = Span::new(file, start + offset, start + offset + sign.len_utf8());
            let name = if sign == '\t' { "a tab" } else { "a space that is none for YAML" };
            let message = format!("{name} stands where the line is indented");
            return Some(Diagnostic::error(codes::YAML_SYNTAX, span, message).help("indent with spaces"));
        }
        start += line.len();
    }
    None
}

/// The finding about a quote that opens a value and is not closed in its line: it takes what follows for its text, up to the next quote,
/// and only there, or at the end of the file, the parser gives up.
fn open_quote(file: FileId, source: &str, at: usize) -> Option<Diagnostic> {
    let before = source[..at].char_indices().rev().filter(|(_, sign)| *sign == '\n').map(|(newline, _)| newline + 1).chain([0]);
    let (start, quote) = before.take(QUOTED_LINES).find_map(|start| {
        let line = Line::around(source, start);
        let (offset, value) = line.value()?;
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        closing_quote(&value[1..], quote).is_none().then_some((start + offset, quote))
    })?;
    let closed = closing_quote(&source[start + 1..], quote).map(|closed| start + 1 + closed);
    let line_end = |from: usize| source[from..].find('\n').map_or(source.len(), |newline| from + newline);
    // Whatever is wrong behind the line in which it was closed after all has other reasons.
    if closed.is_some_and(|closed| line_end(closed) < at || !source[start..closed].contains('\n')) {
        return None;
    }
    let span = Span::new(file, start, start + 1);
    let found = Diagnostic::error(codes::YAML_SYNTAX, span, "this quote is not closed in its line");
    let found = found.help("close it, or leave out both quotes; a text of several lines stands behind |");
    Some(match closed {
        Some(closed) => found.related(Span::new(file, closed, closed + 1), "all up to this quote is taken for its text"),
        None => found,
    })
}

/// A text in quotes that goes on for more lines is not looked for.
const QUOTED_LINES: usize = 200;

/// Where a text in quotes ends.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut signs = text.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        if quote == '"' && sign == '\\' {
            signs.next();
        } else if sign == quote {
            if quote == '"' || signs.peek().is_none_or(|(_, next)| *next != quote) {
                return Some(at);
            }
            signs.next();
        }
    }
    None
}

/// The line in which the parser gave up.
struct Line<'a> {
    text: &'a str,
    start: usize,
}

impl<'a> Line<'a> {
    fn around(source: &'a str, at: usize) -> Self {
        let start = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = source[at..].find('\n').map_or(source.len(), |newline| at + newline);
        Self { text: source[start..end].trim_end(), start }
    }

    /// The value of the line, after its first key or dash, and where it begins in the line.
    fn value(&self) -> Option<(usize, &'a str)> {
        let dash = self.text.trim_start().starts_with("- ");
        let after = match self.text.find(": ") {
            Some(colon) => colon + 2,
            None if dash => self.text.find("- ")? + 2,
            None => return None,
        };
        let value = self.text[after..].trim_start();
        Some((self.text.len() - value.len(), value))
    }

    /// `key: {{ x }} and more`, `key: {% if x %}…`: braces that YAML takes for a map.
    fn unquoted_template(&self, file: FileId) -> Option<Diagnostic> {
        let (at, value) = self.value()?;
        let braces = value.starts_with("{{") || value.starts_with("{%");
        braces.then(|| unquoted_template(Span::new(file, self.start + at, self.start + at + value.len()), value))
    }

    /// `key: text: more`: a colon and a space in a text without quotes.
    fn colon_in_text(&self, file: FileId, kind: &ErrorKind, at: usize) -> Option<Diagnostic> {
        if *kind != ErrorKind::MappingValueNotAllowed {
            return None;
        }
        let (value_at, value) = self.value()?;
        let colon = at.checked_sub(self.start)?;
        if colon < value_at || value.starts_with(['"', '\'', '[', '{', '|', '>', '&', '*']) {
            return None;
        }
        let span = Span::new(file, at, at + 1);
        let all = Span::new(file, self.start + value_at, self.start + self.text.len());
        Some(
            Diagnostic::error(codes::YAML_SYNTAX, span, "a text with a colon and a space in it must be in quotes")
                .help(in_quotes(&quoted(value)))
                .fix(Fix::risky(all, quoted(value))),
        )
    }
}

/// The commonest complaints in plain words, each with what to do about it.
fn words(error: &ScanError) -> (String, Option<&'static str>) {
    use ErrorKind as Kind;
    let (message, help) = match error.kind() {
        Kind::TabInBlockIndentation | Kind::TabInIndentation | Kind::TabNotAllowed | Kind::TabAtBlockScalarStart => {
            ("a tab stands where the line is indented", "indent with spaces")
        }
        Kind::UnclosedQuotedScalar => ("this quote is never closed", "close it, or leave out both quotes"),
        Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => {
            ("something follows the closing quote", "put the whole text into quotes; a quote inside 'single quotes' is written twice")
        }
        Kind::UnknownQuotedScalarEscape => {
            ("this text has a backslash that YAML does not know", "write the text in 'single quotes', or the backslash twice")
        }
        Kind::UnclosedFlowCollection { .. }
        | Kind::UnexpectedEofFlowSequence
        | Kind::UnexpectedEofFlowMapping
        | Kind::InvalidColonPlacement => ("a bracket is not closed", "close every [ with ] and every { with }"),
        Kind::MismatchedFlowCollectionEnd { .. } | Kind::MisplacedFlowCollectionEnd => {
            ("this bracket closes nothing", "close every [ with ] and every { with }")
        }
        Kind::ExpectedFlowSequenceSeparator | Kind::ExpectedFlowMappingSeparator => {
            ("a comma or a closing bracket is missing before this", "put a text with commas, colons or brackets into quotes")
        }
        Kind::UnexpectedCharacter { .. } => ("a text cannot begin with this character", "put the text into quotes"),
        Kind::MappingValueNotAllowed => ("a key cannot stand here", "check the indentation: this line goes on with the text above it"),
        Kind::ExpectedBlockMappingKey | Kind::ExpectedBlockSequenceEntry | Kind::InvalidIndentation => {
            ("this does not belong to the block above it", "check the indentation; a text with special characters needs quotes")
        }
        Kind::InvalidBlockScalarHeader => ("something follows the | or >", "begin the text on the next line"),
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => ("a colon is missing after this key", "write `key: value`"),
        Kind::BomInsideDocument => ("an invisible character (a byte order mark) stands here", "delete it"),
        Kind::UnknownAnchor => ("this alias has no anchor before it", "define it with & first"),
        _ => return (error.info().to_lowercase(), None),
    };
    (message.to_owned(), Some(help))
}

fn floor(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn next_char(source: &str, at: usize) -> usize {
    at + source[at..].chars().next().filter(|next| *next != '\n').map_or(0, char::len_utf8)
}
