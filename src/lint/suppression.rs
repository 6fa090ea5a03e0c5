//! Comments that hide findings: `# lint: ignore[unreachable-step] the ERP leads here`.
//!
//! Behind a line such a comment is about that line; on a line of its own about the node that follows; `ignore-file` is about the file.
//! Errors keep a bot from running, so nothing hides them.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, FileId, Fix, Severity, Sources, Span};
use crate::lint::codes;
use crate::lint::rules::{self, Rule};
use crate::syntax::comments;

/// What a comment that is meant for us begins with, behind its `#`.
const HEAD: &str = "lint:";

/// How one is written.
const FORM: &str = "write: # lint: ignore[unreachable-step] and the reason; ignore-file for the whole file";

/// What is left of the findings.
#[derive(Debug, Default)]
pub struct Kept {
    /// Those that no comment hides, and those about such comments.
    pub findings: Vec<Diagnostic>,
    /// How many are hidden.
    pub hidden: usize,
}

/// A rule in a comment, and what it hides.
struct Suppression {
    rule: &'static Rule,
    name: Span,
    comment: Range<usize>,
    /// How many rules the comment names.
    company: usize,
    reach: Range<usize>,
    hides: bool,
    /// An error that it would hide if it could.
    refused: bool,
    /// The comment names a rule that is not there, and this one was meant, most likely. It hides nothing; but nothing that it is about is
    /// mended before it is.
    is_guess: bool,
}

impl Suppression {
    fn is_about(&self, finding: &Diagnostic) -> bool {
        self.rule.code == finding.code.id && self.reach.contains(&(finding.span.start as usize))
    }
}

/// Takes out of the findings what comments of their files hide.
pub fn apply(sources: &Sources, findings: Vec<Diagnostic>) -> Kept {
    let mut kept = Kept::default();
    let mut all: Vec<(FileId, Vec<Suppression>)> = Vec::new();
    for (file, source) in sources.iter().filter(|(_, source)| source.text.contains(HEAD)) {
        let mut suppressions = Vec::new();
        for comment in comments(&source.text) {
            read(file, &source.text, comment, &mut suppressions, &mut kept.findings);
        }
        all.push((file, suppressions));
    }
    for mut finding in findings {
        let of_file = all.iter_mut().filter(|(file, _)| *file == finding.span.file).flat_map(|(_, suppressions)| suppressions);
        let (guesses, here): (Vec<_>, Vec<_>) = of_file.filter(|one| one.is_about(&finding)).partition(|one| one.is_guess);
        if !guesses.is_empty() {
            finding.fix = None;
        }
        let is_error = finding.severity == Severity::Error;
        let mut is_hidden = false;
        for suppression in here {
            suppression.refused |= is_error;
            suppression.hides |= !is_error;
            is_hidden |= !is_error;
        }
        kept.hidden += usize::from(is_hidden);
        kept.findings.extend((!is_hidden).then_some(finding));
    }
    for (file, suppressions) in &all {
        let text = &sources.get(*file).text;
        kept.findings.extend(suppressions.iter().filter(|one| !one.hides && !one.is_guess).map(|one| useless(one, *file, text)));
    }
    kept
}

fn useless(suppression: &Suppression, file: FileId, text: &str) -> Diagnostic {
    let name = suppression.rule.name;
    if suppression.refused {
        let message = format!("\"{name}\" is an error here, and errors cannot be hidden");
        return Diagnostic::warning(codes::BAD_SUPPRESSION, suppression.name, message)
            .help("mend what it is about, and remove the comment");
    }
    let found = Diagnostic::warning(codes::UNUSED_SUPPRESSION, suppression.name, format!("there is no \"{name}\" here to hide"));
    if suppression.company > 1 {
        return found.help("remove the name");
    }
    found.help("remove the comment").fix(Fix::safe(Span { file, ..whole(text, &suppression.comment) }, ""))
}

/// A comment with what would be left of its line without it.
fn whole(text: &str, comment: &Range<usize>) -> Span {
    let line = text[..comment.start].rfind('\n').map_or(0, |at| at + 1);
    let before = text[line..comment.start].trim_end();
    if before.is_empty() {
        let next = text[comment.end..].find('\n').map_or(text.len(), |at| comment.end + at + 1);
        return Span::new(FileId(0), line, next);
    }
    Span::new(FileId(0), line + before.len(), comment.end)
}

/// Reads a comment, if it is one of ours.
fn read(file: FileId, text: &str, comment: Range<usize>, into: &mut Vec<Suppression>, findings: &mut Vec<Diagnostic>) {
    let body = text[comment.clone()].trim_start_matches('#').trim_start();
    let Some(said) = body.strip_prefix(HEAD).map(str::trim_start) else { return };
    let whole = Span::new(file, comment.start, comment.end);
    let wrong = |span, message: &str| Diagnostic::warning(codes::BAD_SUPPRESSION, span, message);
    let (of_file, said) = match said.strip_prefix("ignore-file") {
        Some(rest) => (true, rest),
        None => (false, said.strip_prefix("ignore").unwrap_or("")),
    };
    let Some((names, reason)) = said.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        findings.push(wrong(whole, "this comment hides nothing: it cannot be read").help(FORM));
        return;
    };
    if reason.trim().is_empty() {
        findings.push(wrong(whole, "this comment gives no reason").help("say behind the bracket why this is no mistake"));
    }
    let reach = if of_file { 0..text.len() + 1 } else { reach(text, &comment) };
    let company = names.split(',').count();
    // The names are a part of the text, so where one stands is told by its address in it.
    let start_of = |name: &str| comment.start + (name.as_ptr() as usize - text[comment.clone()].as_ptr() as usize);
    for name in names.split(',').map(str::trim) {
        let place = Span::new(file, start_of(name), start_of(name) + name.len());
        let known = rules::find(name);
        if known.is_none() {
            findings.push(unknown(place, name));
        }
        let meant = known.or_else(|| rules::nearest_to(name).and_then(rules::find));
        into.extend(meant.map(|rule| Suppression {
            rule,
            name: place,
            comment: comment.clone(),
            company,
            reach: reach.clone(),
            hides: false,
            refused: false,
            is_guess: known.is_none(),
        }));
    }
}

fn unknown(place: Span, name: &str) -> Diagnostic {
    let found = Diagnostic::warning(codes::BAD_SUPPRESSION, place, format!("there is no rule \"{name}\""));
    match rules::nearest_to(name) {
        Some(nearest) => found.meant(nearest),
        None => found.help("`usher rules` lists them"),
    }
}

/// What a comment is about: its line, or the node that follows it with everything that is indented below.
fn reach(text: &str, comment: &Range<usize>) -> Range<usize> {
    let start = text[..comment.start].rfind('\n').map_or(0, |at| at + 1);
    if !text[start..comment.start].trim().is_empty() {
        return start..comment.end;
    }
    let mut lines = lines_from(text, comment.end).filter(|(_, line)| is_content(line));
    let Some((first, line)) = lines.next() else { return comment.end..text.len() + 1 };
    let depth = indentation(line);
    // Items of a list may stand as deep as the key that they belong to.
    let is_item = |line: &str| line.trim_start().starts_with('-');
    let heads_list = !is_item(line) && line.trim_end().ends_with(':');
    let mut ends = lines.filter(|(_, line)| indentation(line) < depth || indentation(line) == depth && !(heads_list && is_item(line)));
    first..ends.next().map_or(text.len() + 1, |(at, _)| at)
}

/// The lines behind the one that holds byte `at`, each with where it begins.
fn lines_from(text: &str, at: usize) -> impl Iterator<Item = (usize, &str)> {
    let begin = text[at..].find('\n').map_or(text.len(), |offset| at + offset + 1);
    let mut start = begin;
    text[begin..].split_inclusive('\n').map(move |line| {
        let own = start;
        start += line.len();
        (own, line)
    })
}

fn is_content(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
