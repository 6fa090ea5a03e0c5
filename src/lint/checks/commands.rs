//! Commands that people are told of, and that the bot does not have.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Sources, nearest};
use crate::flow::Word;
use crate::flow::shapes::{FileKind, holds_scenarios, kind_of};
use crate::lint::checks::texts::Text;
use crate::lint::codes;
use crate::syntax::{Node, Trees};

/// Commands that every bot has besides the words that work anywhere.
const ALWAYS: [&str; 2] = ["start", "role"];

/// The longest that a command can be.
const LONGEST: usize = 32;

/// What a bot has.
#[derive(Default)]
pub struct Known<'t> {
    commands: BTreeSet<&'t str>,
    flows: BTreeSet<&'t str>,
}

impl Known<'_> {
    /// Whether there are texts under this key of a catalog.
    pub fn has(&self, owner: &str) -> bool {
        matches!(owner, "bot" | "operations") || self.flows.contains(owner)
    }
}

/// All commands and flows of a bot; none if some file cannot be read, as others may be in that.
pub fn known<'t>(sources: &Sources, trees: &'t Trees) -> Option<Known<'t>> {
    let mut known = Known { commands: ALWAYS.into_iter().chain(Word::ALL.map(Word::name)).collect(), flows: BTreeSet::new() };
    for (file, source) in sources.iter().filter(|(_, source)| !source.text.trim().is_empty()) {
        let tree = trees.get(file);
        let of = |flow: &'t Node| flow.get("start").and_then(|start| start.get("command")?.text());
        match tree.and_then(kind_of) {
            Some(FileKind::Flow) => {
                known.flows.extend(tree.and_then(|tree| tree.get("flow")?.text()));
                known.commands.extend(tree.and_then(of));
            }
            Some(FileKind::Flows) => {
                let flows = tree.and_then(|tree| tree.get("flows")).map_or(&[][..], Node::entries);
                known.flows.extend(flows.iter().map(|flow| flow.key.as_str()));
                known.commands.extend(flows.iter().filter_map(|flow| of(&flow.value)));
            }
            Some(_) => {}
            None if holds_scenarios(&source.path) => {}
            None => return None,
        }
    }
    Some(known)
}

/// Checks a text.
pub fn check(text: &Text<'_>, known: &Known<'_>, findings: &mut Vec<Diagnostic>) {
    for (start, _) in text.words.match_indices('/') {
        let Some(name) = named(text, start).filter(|name| !known.commands.contains(name)) else { continue };
        let message = format!("this bot has no command /{name}");
        let found = Diagnostic::warning(codes::UNKNOWN_COMMAND, text.place(start, start + 1 + name.len()), message);
        findings.push(match nearest(name, known.commands.iter().copied()) {
            Some(near) => found.meant(&format!("/{near}")),
            None => found.help("a flow begins with it that says so: start: { command: … }"),
        });
    }
}

/// The command that begins at this slash. What stands within an address, a path or a word is none.
fn named<'t>(text: &'t Text<'_>, start: usize) -> Option<&'t str> {
    let before = text.written[..start].chars().next_back();
    let rest = &text.words[start + 1..];
    let end = rest.find(|letter: char| !letter.is_ascii_lowercase() && !letter.is_ascii_digit() && letter != '_').unwrap_or(rest.len());
    let mut behind = rest[end..].chars();
    let goes_on = match behind.next() {
        Some('.' | '-') => behind.next().is_some_and(char::is_alphanumeric),
        Some(letter) => letter == '/' || letter == '@' || letter == '\u{1}' || letter.is_alphanumeric(),
        None => false,
    };
    let is_word = before.is_none_or(|letter| letter.is_whitespace() || "«„“\"'(>—–".contains(letter));
    let is_name = rest.starts_with(|letter: char| letter.is_ascii_lowercase()) && end <= LONGEST;
    // Behind a command may stand the end of its tag, but no value.
    let ends_by_tag = text.written[start + 1 + end..].starts_with('<');
    (is_word && is_name && (!goes_on || ends_by_tag)).then(|| &rest[..end])
}
