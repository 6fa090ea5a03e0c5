//! Findings as text.

use std::collections::BTreeSet;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};
use serde_json::{Value, json};

use crate::diagnostic::{Diagnostic, Fix, Position, Severity, Source, Sources, Span, position};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With the author's line and a ruler under it.
    Human,
    /// `file:line:column: severity CODE name: message (help)`.
    Concise,
    /// One JSON document.
    Json,
}

/// Writes sorted findings. Colours are for [`Format::Human`] only.
pub fn render(sources: &Sources, findings: &[Diagnostic], format: Format, colour: bool) -> String {
    match format {
        Format::Human => human(sources, findings, colour),
        Format::Concise => findings.iter().map(|finding| concise(sources, finding)).collect::<Vec<_>>().concat(),
        Format::Json => {
            let all: Vec<Value> = findings.iter().map(|finding| as_json(sources, finding)).collect();
            format!("{:#}\n", Value::from(all))
        }
    }
}

fn human(sources: &Sources, findings: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for finding in findings {
        text += &renderer.render(&[group(sources, finding)]);
        text += "\n\n";
    }
    text + &summary(findings) + "\n"
}

fn group<'a>(sources: &'a Sources, finding: &'a Diagnostic) -> Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let mut group = Group::with_title(level.primary_title(one_line(&finding.message)).id(finding.code.id));
    for excerpt in excerpts(sources, finding) {
        group = group.element(excerpt.snippet());
    }
    match finding.advice() {
        Some(help) => group.element(Level::HELP.message(normalize_untrusted_str(&help))),
        None => group,
    }
}

/// «7 problems (5 errors) in 3 files, 2 fixable».
fn summary(findings: &[Diagnostic]) -> String {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let files: BTreeSet<_> = findings.iter().map(|finding| finding.span.file).collect();
    if findings.is_empty() {
        return "no problems".to_owned();
    }
    let fixable = |safe: bool| findings.iter().filter(|finding| finding.fix.as_ref().is_some_and(|fix| fix.safe == safe)).count();
    let fixable = match (fixable(true), fixable(false)) {
        (0, 0) => String::new(),
        (safe, 0) => format!(", {safe} fixable with usher lint --fix"),
        (0, risky) => format!(", {risky} fixable with usher lint --unsafe-fixes"),
        (safe, risky) => format!(", {safe} fixable with usher lint --fix, {risky} more with --unsafe-fixes"),
    };
    format!("{} ({}) in {}{fixable}", count(findings.len(), "problem"), count(errors, "error"), count(files.len(), "file"))
}

fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// Places further apart than this are shown in excerpts of their own.
const SAME_EXCERPT: usize = 12;

/// Some lines of one file, with the places marked in them.
struct Excerpt<'a> {
    source: &'a Source,
    /// The bytes of the lines shown.
    lines: Range<usize>,
    first_line: usize,
    last_line: usize,
    marks: Vec<(Range<usize>, AnnotationKind, Option<&'a str>)>,
}

impl<'a> Excerpt<'a> {
    fn around(source: &'a Source, span: Span, kind: AnnotationKind, remark: Option<&'a str>) -> Self {
        let text = &source.text;
        let start = floor(text, span.start as usize);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        // A place that goes over many lines is told by its first one.
        let end = floor(text, span.end as usize).clamp(start, line_end);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = position(text, start).line;
        Self { source, lines: line_start..line_end, first_line: line, last_line: line, marks: vec![(start..end, kind, remark)] }
    }

    /// Takes another one in, if both are near each other in the same file.
    fn absorb(&mut self, other: Self) -> Option<Self> {
        let near = self.first_line <= other.last_line + SAME_EXCERPT && other.first_line <= self.last_line + SAME_EXCERPT;
        if !std::ptr::eq(self.source, other.source) || !near {
            return Some(other);
        }
        self.lines = self.lines.start.min(other.lines.start)..self.lines.end.max(other.lines.end);
        self.first_line = self.first_line.min(other.first_line);
        self.last_line = self.last_line.max(other.last_line);
        self.marks.extend(other.marks);
        None
    }

    fn snippet(self) -> Snippet<'a, Annotation<'a>> {
        let start = self.lines.start;
        let marks = self.marks.into_iter().map(|(span, kind, remark)| {
            let mark = kind.span(span.start - start..span.end - start);
            match remark {
                Some(remark) => mark.label(normalize_untrusted_str(remark)),
                None => mark,
            }
        });
        Snippet::source(&self.source.text[self.lines]).path(self.source.path.as_str()).line_start(self.first_line).annotations(marks)
    }
}

/// The place of a finding and those related to it; the finding's own comes first.
fn excerpts<'a>(sources: &'a Sources, finding: &'a Diagnostic) -> Vec<Excerpt<'a>> {
    let own = (finding.span, AnnotationKind::Primary, None);
    let related = finding.related.iter().map(|(span, remark)| (*span, AnnotationKind::Context, Some(remark.as_str())));
    let mut excerpts: Vec<Excerpt> = Vec::new();
    for (span, kind, remark) in std::iter::once(own).chain(related) {
        let Some(source) = sources.files.get(span.file.0 as usize) else { continue };
        let mut left = Some(Excerpt::around(source, span, kind, remark));
        for excerpt in &mut excerpts {
            left = left.and_then(|other| excerpt.absorb(other));
        }
        excerpts.extend(left);
    }
    excerpts
}

fn concise(sources: &Sources, finding: &Diagnostic) -> String {
    let (path, start, _) = place(sources, finding.span);
    let help = finding.advice().map(|help| format!(" ({})", one_line(&help))).unwrap_or_default();
    format!(
        "{path}:{}:{}: {} {} {}: {}{help}\n",
        start.line,
        start.column,
        finding.severity,
        finding.code.id,
        finding.code.name,
        one_line(&finding.message)
    )
}

/// A finding as one JSON object.
pub fn as_json(sources: &Sources, finding: &Diagnostic) -> Value {
    let (path, start, end) = place(sources, finding.span);
    let related = finding.related.iter().map(|(span, remark)| {
        let (path, start, end) = place(sources, *span);
        json!({
            "message": remark, "file": path,
            "line": start.line, "column": start.column, "end_line": end.line, "end_column": end.column,
        })
    });
    json!({
        "code": finding.code.id,
        "name": finding.code.name,
        "severity": finding.severity.to_string(),
        "message": finding.message,
        "help": finding.advice(),
        "file": path,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "related": related.collect::<Vec<_>>(),
        "fix": finding.fix.as_ref().map(|fix| fix_as_json(sources, fix)),
    })
}

fn fix_as_json(sources: &Sources, fix: &Fix) -> Value {
    let edits = fix.edits.iter().map(|edit| {
        let (path, start, end) = place(sources, edit.span);
        json!({
            "file": path, "line": start.line, "column": start.column, "end_line": end.line, "end_column": end.column,
            "text": edit.text,
        })
    });
    json!({ "safe": fix.safe, "edits": edits.collect::<Vec<_>>() })
}

/// The path of a place, where it begins and where it ends; of a file that is not there, an empty path.
pub fn place(sources: &Sources, span: Span) -> (&str, Position, Position) {
    match sources.files.get(span.file.0 as usize) {
        Some(source) => (&source.path, position(&source.text, span.start as usize), position(&source.text, span.end as usize)),
        None => ("", Position { line: 1, column: 1 }, Position { line: 1, column: 1 }),
    }
}

/// A text that breaks no line of the output and does nothing to a terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    const UNKNOWN: Code = Code::new("FLW101", "unknown-key");
    const DUPLICATE: Code = Code::new("FLW003", "duplicate-key");

    fn example() -> (Sources, Vec<Diagnostic>) {
        let mut sources = Sources::default();
        let flow = "flow: hello\nsteps:\n  имя:\n    аск: Как вас зовут?\n    title: Имя\n    title: Ваше имя\n";
        let file = sources.add("flows/hello.yaml", flow);
        let other = sources.add("flows/bot.yaml", "bot: Бот\n");
        let at = |text: &str, nth: usize| {
            let start = flow.match_indices(text).nth(nth).map(|(at, _)| at).unwrap_or_default();
            Span::new(file, start, start + text.len())
        };
        let findings = vec![
            Diagnostic::error(UNKNOWN, at("аск", 0), "there is no key \"аск\" here").help("did you mean \"ask\"?"),
            Diagnostic::error(DUPLICATE, at("title", 1), "the key \"title\" is here for the second time").related(at("title", 0), "first"),
            Diagnostic::warning(UNKNOWN, Span::new(other, 0, 3), "odd\nindeed").related(at("steps", 0), "because of this"),
        ];
        (sources, findings)
    }

    #[test]
    fn people_see_their_own_line_with_a_ruler_under_it() {
        let (sources, findings) = example();
        let expected = r#"error[FLW101]: there is no key "аск" here
 --> flows/hello.yaml:4:5
  |
4 |     аск: Как вас зовут?
  |     ^^^
  |
  = help: did you mean "ask"?

error[FLW003]: the key "title" is here for the second time
 --> flows/hello.yaml:6:5
  |
5 |     title: Имя
  |     ----- first
6 |     title: Ваше имя
  |     ^^^^^

warning[FLW101]: odd indeed
 --> flows/bot.yaml:1:1
  |
1 | bot: Бот
  | ^^^
  |
 ::: flows/hello.yaml:2:1
  |
2 | steps:
  | ----- because of this

3 problems (2 errors) in 2 files
"#;
        assert_eq!(render(&sources, &findings, Format::Human, false), expected);
        assert!(render(&sources, &findings, Format::Human, true).contains("\u{1b}["));
        assert_eq!(render(&sources, &[], Format::Human, false), "no problems\n");
    }

    #[test]
    fn a_tab_is_as_wide_above_the_ruler_as_under_it() {
        let mut sources = Sources::default();
        let text = "steps:\n\tимя:\tпусто\tнет\n";
        let file = sources.add("a.yaml", text);
        let at = |part: &str| text.find(part).map(|start| Span::new(file, start, start + part.len())).unwrap_or_default();
        let findings = [Diagnostic::error(UNKNOWN, at("нет"), "wrong").related(at("\tимя"), "a tab")];
        let expected = "error[FLW101]: wrong
 --> a.yaml:2:13
  |
2 |     имя:    пусто    нет
  | ------- a tab        ^^^

1 problem (1 error) in 1 file
";
        assert_eq!(render(&sources, &findings, Format::Human, false), expected);
    }

    #[test]
    fn the_last_line_counts_what_can_be_mended() {
        let (sources, mut findings) = example();
        let fix = crate::diagnostic::Fix::safe(findings[0].span, "ask");
        findings[0].fix = Some(fix);
        assert!(
            render(&sources, &findings, Format::Human, false)
                .ends_with("3 problems (2 errors) in 2 files, 1 fixable with usher lint --fix\n")
        );
    }

    #[test]
    fn tools_get_one_line_each() {
        let (sources, findings) = example();
        let expected = "flows/hello.yaml:4:5: error FLW101 unknown-key: there is no key \"аск\" here (did you mean \"ask\"?)
flows/hello.yaml:6:5: error FLW003 duplicate-key: the key \"title\" is here for the second time
flows/bot.yaml:1:1: warning FLW101 unknown-key: odd indeed
";
        assert_eq!(render(&sources, &findings, Format::Concise, true), expected);
    }

    #[test]
    fn programs_get_json() {
        let (sources, findings) = example();
        let all: Value = serde_json::from_str(&render(&sources, &findings, Format::Json, false)).expect("JSON");
        assert_eq!(
            all[1],
            json!({
                "code": "FLW003", "name": "duplicate-key", "severity": "error",
                "message": "the key \"title\" is here for the second time", "help": null,
                "file": "flows/hello.yaml", "line": 6, "column": 5, "end_line": 6, "end_column": 10,
                "related": [{ "message": "first", "file": "flows/hello.yaml", "line": 5, "column": 5, "end_line": 5, "end_column": 10 }],
                "fix": null,
            })
        );
        assert_eq!(all[0]["end_column"], 8);
    }

    #[test]
    fn places_that_do_not_exist_are_survived() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "да\n");
        for span in [
            Span::new(file, 1, 3),
            Span::new(file, 500, 600),
            Span { file, start: 4, end: 1 },
            Span::new(crate::diagnostic::FileId(7), 0, 1),
        ] {
            for format in [Format::Human, Format::Concise, Format::Json] {
                assert!(render(&sources, &[Diagnostic::error(UNKNOWN, span, "wrong")], format, false).contains("wrong"));
            }
        }
    }
}
