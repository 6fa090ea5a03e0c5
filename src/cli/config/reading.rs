//! Reading values of the operator's file: references, secrets, and what is missing.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::cli::config::codes;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::fetch::Secret;
use crate::syntax::Node;
use crate::syntax::shape::codes as shapes;

/// The largest file that a reference may name.
const MAX_FILE: u64 = 64 << 10;

/// How much of the operator's file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All of it: the bot is to run.
    Everything,
    /// All of it, without what cannot be used: somebody looks at the rest.
    Usable,
    /// What flows depend on, and the connections: a conversation in the terminal needs no channel and keeps nothing.
    Connections,
    /// How the store is opened, and nothing else of what is secret.
    Store,
    /// What flows depend on. References are not followed: whoever checks flows has no secrets.
    Flows,
}

/// A reading that is under way.
pub struct Reading<'a> {
    folder: PathBuf,
    /// False for a text that stands in no folder: it names what nobody has made.
    pub is_somewhere: bool,
    reach: Reach,
    variable: &'a dyn Fn(&str) -> Option<String>,
    /// What is wrong so far.
    pub findings: Vec<Diagnostic>,
    /// Where secrets stand in the file itself.
    pub secrets: Vec<Span>,
}

impl<'a> Reading<'a> {
    /// A reading of the file in `folder`, if it is in one.
    pub fn new(folder: Option<PathBuf>, reach: Reach, variable: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            is_somewhere: folder.is_some(),
            folder: folder.unwrap_or_default(),
            reach,
            variable,
            findings: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// A text with its references resolved; none if that is impossible, which is then a finding, or not wanted.
    pub fn text(&mut self, node: &Node) -> Option<String> {
        let written = node.text()?;
        let mut resolved = String::new();
        let mut at = 0;
        while let Some(start) = written.get(at..).and_then(|rest| rest.find("${")).map(|offset| at + offset) {
            let Some(end) = written[start..].find('}').map(|offset| start + offset) else {
                let place = node.scalar.place(start, written.len());
                self.error(codes::BAD_REFERENCE, place, "the reference is not closed", Some("write ${env:NAME} or ${file:PATH}"));
                return None;
            };
            resolved.push_str(&written[at..start]);
            resolved.push_str(&self.follow(&written[start + 2..end], node.scalar.place(start, end + 1))?);
            at = end + 1;
        }
        resolved.push_str(&written[at..]);
        Some(resolved)
    }

    /// The same for what nobody may see.
    pub fn secret(&mut self, key: &str, node: &Node) -> Option<Secret> {
        if let Some(name) = node.text().and_then(|text| text.strip_prefix('$')).filter(|name| is_variable(name)) {
            let help = format!("write ${{env:{name}}}");
            self.error(codes::BAD_REFERENCE, node.span, format!("\"${name}\" is not a reference"), Some(&help));
            return None;
        }
        if node.text().is_some_and(|text| !text.contains("${")) {
            self.secrets.push(node.span);
            let message = format!("the {key} stands in the file itself");
            let help = "put it into an environment variable or a file and write a reference: ${env:NAME} or ${file:PATH}";
            self.findings.push(Diagnostic::warning(codes::INLINE_SECRET, node.span, message).help(help));
        }
        self.text(node).map(Secret::new)
    }

    /// A value under `key` that has to be there.
    pub fn required<'n>(&mut self, node: &'n Node, key: &str, whose: &str) -> Option<&'n Node> {
        let found = node.get(key);
        if found.is_none() {
            let place = node.entries().first().map_or(node.span, |entry| entry.key_span);
            self.error(shapes::MISSING_KEY, place, format!("{whose} needs \"{key}\""), None);
        }
        found
    }

    /// Notes a mistake.
    pub fn error(&mut self, code: Code, place: Span, message: impl Into<String>, help: Option<&str>) {
        let finding = Diagnostic::error(code, place, message);
        self.findings.push(match help {
            Some(help) => finding.help(help),
            None => finding,
        });
    }

    /// Reads a part that is not wanted, for its mistakes and for the secrets that stand in it: no reference is followed.
    pub fn without_references<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let reach = std::mem::replace(&mut self.reach, Reach::Flows);
        let read = read(self);
        self.reach = reach;
        read
    }

    /// Whether everything is wanted.
    pub fn is_whole(&self) -> bool {
        matches!(self.reach, Reach::Everything | Reach::Usable)
    }

    /// Whether the rest is wanted where a part cannot be used.
    pub fn leaves_out(&self) -> bool {
        self.reach == Reach::Usable
    }

    /// What was read of several, by their names: none if one of them cannot be used, unless it may be left out.
    pub fn together<T>(&self, read: Vec<(String, Option<T>)>) -> Option<BTreeMap<String, T>> {
        let leaves_out = self.leaves_out();
        let kept = read.into_iter().filter(|(_, part)| !leaves_out || part.is_some());
        kept.map(|(name, part)| Some((name, part?))).collect()
    }

    /// Whether connections are wanted.
    pub fn has_connections(&self) -> bool {
        self.is_whole() || self.reach == Reach::Connections
    }

    /// Whether the store is wanted.
    pub fn has_store(&self) -> bool {
        self.is_whole() || self.reach == Reach::Store
    }

    /// A path as it is meant: beside the operator's file.
    pub fn beside(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// What a reference gives. With [`Reach::Flows`] nothing, silently, unless the reference itself is wrong.
    fn follow(&mut self, reference: &str, place: Span) -> Option<String> {
        let (kind, name) = reference.split_once(':').unwrap_or((reference, ""));
        match kind {
            "env" if is_variable(name) => self.variable(name, place),
            "file" if !name.trim().is_empty() => self.file(name, place),
            _ => {
                let message = format!("\"${{{reference}}}\" is not a reference");
                self.error(codes::BAD_REFERENCE, place, message, Some("write ${env:NAME} or ${file:PATH}"));
                None
            }
        }
    }

    fn variable(&mut self, name: &str, place: Span) -> Option<String> {
        if self.reach == Reach::Flows {
            return None;
        }
        let set = (self.variable)(name);
        let is_empty = set.is_some();
        let value = set.filter(|value| !value.is_empty());
        if value.is_none() {
            let message = format!("the environment variable {name} is {}", if is_empty { "empty" } else { "not set" });
            self.error(codes::MISSING_VARIABLE, place, message, Some("set it before the start, or write the value's file as ${file:PATH}"));
        }
        value
    }

    fn file(&mut self, name: &str, place: Span) -> Option<String> {
        if self.reach == Reach::Flows {
            return None;
        }
        match read_small(&self.beside(name)) {
            Ok(text) => Some(text),
            Err(why) => {
                self.error(codes::UNREADABLE_FILE, place, format!("the file {name} {why}"), None);
                None
            }
        }
    }
}

/// The text of a small file without the end of its last line.
pub fn read_small(path: &Path) -> Result<String, &'static str> {
    let file = fs::File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist",
        std::io::ErrorKind::PermissionDenied => "may not be read by this user",
        _ => "cannot be opened",
    })?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|_| "cannot be read")?;
    if bytes.len() as u64 > MAX_FILE {
        return Err("is larger than 64 KB");
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8")?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() { Err("is empty") } else { Ok(text.to_owned()) }
}

fn is_variable(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The text with these places blotted out, letter for letter.
pub fn blot(text: String, places: &[Span]) -> String {
    let hidden = |at: usize| places.iter().any(|place| (place.start as usize..place.end as usize).contains(&at));
    if places.is_empty() {
        return text;
    }
    text.char_indices().map(|(at, letter)| if hidden(at) { stain(letter) } else { letter.to_string() }).collect()
}

/// The text with everything after the first colon of each line blotted out: it may be a secret, and the tree that could tell is not there.
pub fn blot_values(text: &str) -> String {
    let mut after_colon = false;
    let stained = text.chars().map(|letter| {
        after_colon = letter != '\n' && (after_colon || letter == ':');
        if after_colon && letter.is_alphanumeric() { stain(letter) } else { letter.to_string() }
    });
    stained.collect()
}

/// As many bytes as the letter has, so that places stay where they are.
fn stain(letter: char) -> String {
    if letter.is_whitespace() { letter.to_string() } else { "*".repeat(letter.len_utf8()) }
}
