//! Findings about what people wrote: where, what is wrong, what was expected, what to do.
//!
//! A mistake of an author or an operator is a value, never an `Err`: loading goes on and collects all of them. This module
//! knows texts and places only; it must not know what a flow is.

mod look_alikes;
mod render;
mod together;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use look_alikes::{ALIKE, explain_look_alikes, in_latin};
pub use render::{Format, as_json, place, render};
pub use together::{follow, together};

/// One file among the [`Sources`] of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A stretch of bytes in one file; `end` is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A stretch of `file` from `start` to `end`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: clamp(start), end: clamp(end.max(start)) }
    }
}

/// How bad a finding is. Only [`Severity::Error`] keeps a set of flows from being loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The flows cannot run.
    Error,
    /// They run, and somebody will be hurt by it.
    Warning,
    /// Worth knowing.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// The stable name of a kind of finding: a code and a word, either of which people may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// `FLW101`.
    pub id: &'static str,
    /// `unknown-key`.
    pub name: &'static str,
}

impl Code {
    /// A code and its name.
    pub const fn new(id: &'static str, name: &'static str) -> Self {
        Self { id, name }
    }
}

/// A change that mends a finding: all of its edits are made, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced, in the order of the places.
    pub edits: Vec<Edit>,
    /// True if the meaning cannot change by it.
    pub safe: bool,
}

/// A replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

impl Fix {
    /// A replacement that cannot change the meaning.
    pub fn safe(span: Span, text: impl Into<String>) -> Self {
        Self { edits: vec![Edit { span, text: text.into() }], safe: true }
    }

    /// A replacement by what was most likely meant.
    pub fn risky(span: Span, text: impl Into<String>) -> Self {
        Self { safe: false, ..Self::safe(span, text) }
    }
}

impl Edit {
    /// The same edit in a text that begins at byte `start` of the file.
    #[must_use]
    pub fn moved_back(&self, start: usize) -> Self {
        let back = |at: u32| (at as usize).saturating_sub(start);
        Self { span: Span::new(self.span.file, back(self.span.start), back(self.span.end)), text: self.text.clone() }
    }
}

/// What a finding is about, for whoever looks for the cause of several. It is never shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A value that is read there, by its name and the fields read from it: `person.email`.
    Value(String),
    /// What is declared under this name, and is held against what is found there.
    Declared(String),
    /// How what has this name works, which is taken for otherwise there.
    Manner(String),
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The exact place.
    pub span: Span,
    /// What is wrong, in the author's own words: one sentence, lower case, no full stop.
    pub message: String,
    /// What was expected, or what to do; often the nearest name.
    pub help: Option<String>,
    /// Other places that explain it, each with its remark.
    pub related: Vec<(Span, String)>,
    /// At how many other places the same is found; `related` names the first of them.
    pub others: usize,
    /// If it is about what another file says, which is not among those that were read: the keys that lead to it there.
    pub elsewhere: Vec<String>,
    /// How to mend it, where that can be known.
    pub fix: Option<Fix>,
    /// What it is about.
    pub about: Vec<About>,
}

impl Diagnostic {
    /// An error of kind `code` at `span`.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            span,
            message: message.into(),
            help: None,
            related: Vec::new(),
            others: 0,
            elsewhere: Vec::new(),
            fix: None,
            about: Vec::new(),
        }
    }

    /// A warning of kind `code` at `span`.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// Something of kind `code` at `span` that is worth knowing.
    pub fn info(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Info, ..Self::error(code, span, message) }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says in which file the first of two stands, if that is another one: a place alone tells it only where excerpts are shown.
    pub fn name_first(&mut self, sources: &Sources) {
        if let Some((first, _)) = self.related.first().filter(|(first, _)| first.file != self.span.file) {
            let path = &sources.get(first.file).path;
            self.message = format!("{}, here and in {path}", self.message);
        }
    }

    /// What was expected or what to do, with the number of places where there are more than are named.
    pub fn advice(&self) -> Option<Cow<'_, str>> {
        let more = (self.others > together::PLACES).then(|| format!("it stands at {} more places", self.others));
        match (more, &self.help) {
            (Some(more), Some(help)) => Some(Cow::Owned(format!("{more}; {help}"))),
            (Some(more), None) => Some(Cow::Owned(more)),
            (None, help) => help.as_deref().map(Cow::Borrowed),
        }
    }

    /// The same with a second place.
    #[must_use]
    pub fn related(mut self, span: Span, remark: impl Into<String>) -> Self {
        self.related.push((span, remark.into()));
        self
    }

    /// The same with what it is about.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.about.push(about);
        self
    }

    /// The same about what stands in another file behind these keys.
    #[must_use]
    pub fn elsewhere(mut self, keys: &[&str]) -> Self {
        self.elsewhere = keys.iter().map(|key| (*key).to_owned()).collect();
        self
    }

    /// The same with a way to mend it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// The same with `did you mean …?` if one of `names` is near `written`. Where nothing else is marked, the name is put right by it.
    #[must_use]
    pub fn nearest<'a>(self, written: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        let Some(name) = nearest(written, names) else { return self };
        let is_whole = (self.span.end - self.span.start) as usize == written.len();
        if is_whole { self.meant(name) } else { self.help(format!("did you mean \"{name}\"?")) }
    }

    /// The same with `did you mean …?`, where the whole place is a name that is put right by this one.
    #[must_use]
    pub fn meant(self, name: &str) -> Self {
        let fix = Fix::risky(self.span, name);
        self.help(format!("did you mean \"{name}\"?")).fix(fix)
    }
}

/// Texts longer than this are not taken for misspelt names.
const LONGEST_NAME: usize = 120;

/// The beginning of a text of the author's, for a message: enough of it to recognise.
pub fn excerpt(text: &str) -> Cow<'_, str> {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Whether one of these keeps a bot from running.
pub fn has_errors(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// The name most like `written`, if any is near enough to be meant: Damerau-Levenshtein distance 1, or Jaro-Winkler over 0.82.
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Likeness costs the product of both lengths, and a whole paragraph is no misspelt name.
    if written.len() > LONGEST_NAME {
        return None;
    }
    names
        .into_iter()
        .filter(|name| *name != written)
        .map(|name| if look_alikes::look_alike(written, name) { (1.0, name) } else { (strsim::jaro_winkler(written, name), name) })
        .filter(|(likeness, name)| *likeness > 0.82 || strsim::damerau_levenshtein(written, name) <= 1)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// A place as people count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// The files of one run: what spans point into.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
    attached: BTreeMap<String, Arc<[u8]>>,
}

/// One file: its path as people know it, and its text.
#[derive(Debug, Clone)]
pub struct Source {
    /// Relative to the bot's folder, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Sources {
    /// Adds a file and tells its id.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { path: path.into(), text: text.into() });
        id
    }

    /// Makes a stretch of a file unreadable; all others stay at their places.
    pub fn blot(&mut self, span: Span) {
        let text = &mut self.files[span.file.0 as usize].text;
        let (start, end) = (span.start as usize, span.end as usize);
        if let Some(length) = text.get(start..end).map(str::len) {
            text.replace_range(start..end, &"*".repeat(length));
        }
    }

    /// Adds a file that is no text: a picture, a document. Its path is as the texts name it.
    pub fn attach(&mut self, path: impl Into<String>, bytes: impl Into<Arc<[u8]>>) {
        self.attached.insert(path.into(), bytes.into());
    }

    /// The files that are no texts, by their paths.
    pub fn attached(&self) -> &BTreeMap<String, Arc<[u8]>> {
        &self.attached
    }

    /// Takes over the files of others that are no texts.
    #[must_use]
    pub fn with_attached(mut self, others: &Self) -> Self {
        self.attached.extend(others.attached.iter().map(|(path, bytes)| (path.clone(), Arc::clone(bytes))));
        self
    }

    /// A file by its id.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// What is written at a place; nothing where that is no whole text.
    pub fn words(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// All files in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// Where a span begins.
    pub fn position(&self, span: Span) -> Position {
        position(&self.get(span.file).text, span.start as usize)
    }
}

/// Line and column of a byte of `text`.
fn position(text: &str, byte: usize) -> Position {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    let before = &text[..byte];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Position { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
}

/// Sorts findings as people read them: by file, place, code; and drops exact repetitions.
pub fn sort(sources: &Sources, findings: &mut Vec<Diagnostic>) {
    findings.sort_by_cached_key(|finding| {
        let path = sources.files.get(finding.span.file.0 as usize).map(|source| source.path.clone());
        (path, finding.span.start, finding.code, finding.message.clone())
    });
    findings.dedup();
}
