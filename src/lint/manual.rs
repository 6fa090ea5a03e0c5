//! The manual as text: a rule for the terminal, pages of Markdown, one JSON document.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::lint::rules::{File, Group, Of, Rule, groups};

/// Where the pages are, from the root of the repository.
pub const FOLDER: &str = "docs/rules";

/// Columns of a paragraph in the terminal.
const WIDTH: usize = 92;

/// A rule as it is explained in the terminal; `says` is what is reported of the bad example.
pub fn explained(rule: &Rule, says: &str, colour: bool) -> String {
    let paint = |code: &str, text: &str| if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
    let mut text = paint("1", &format!("{} {}", rule.code, rule.name));
    let _ = write!(text, "   {}\n\n{}\n", marks(rule), wrapped(rule.finds));
    let _ = write!(text, "\n{}\n{}\n", paint("1", "Why"), wrapped(&capital(rule.why)));
    let _ = write!(text, "\n{}\n{}\n", paint("1", "What to do"), wrapped(&capital(rule.mend)));
    for (of, heading) in [(Of::Before, paint("1", "Before")), (Of::Bad, paint("1;31", "Wrong")), (Of::Good, paint("1;32", "Right"))] {
        if rule.example(of).next().is_none() {
            continue;
        }
        let _ = write!(text, "\n{heading}\n");
        for file in rule.example(of) {
            let _ = write!(text, "  {}\n{}\n", paint("2", file.path), indented(file.text));
        }
        if of == Of::Bad {
            let _ = write!(text, "\n{}\n", indented(says.trim_end()));
        }
    }
    text
}

/// The page of a group; `says` tells what is reported of a rule's bad example.
pub fn page(group: &Group, says: &dyn Fn(&Rule) -> String) -> String {
    let mut text = format!("{HEAD}\n# {}\n\n{}\n\n", group.title, group.about);
    for rule in &group.rules {
        let _ = writeln!(text, "* [{} {}](#{}): {}", rule.code, rule.name, anchor(rule), first_sentence(rule.finds));
    }
    for rule in &group.rules {
        let _ = write!(text, "\n## {} {}\n\n{}\n\n{}\n\n", rule.code, rule.name, marks(rule), rule.finds);
        let _ = write!(text, "**Why?** {}\n\n**What to do?** {}\n", capital(rule.why), capital(rule.mend));
        if rule.example(Of::Before).next().is_some() {
            let _ = write!(text, "\nBefore:\n{}", blocks(rule, Of::Before));
        }
        let _ = write!(text, "\nWrong:\n{}\n```text\n{}\n```\n", blocks(rule, Of::Bad), says(rule).trim_end());
        let _ = write!(text, "\nRight:\n{}", blocks(rule, Of::Good));
    }
    text
}

/// The page that lists all rules.
pub fn index() -> String {
    let mut text = format!("{HEAD}\n# What `usher lint` finds\n\n{INTRODUCTION}\n");
    for group in groups() {
        let _ = write!(text, "\n## [{}]({}.md)\n\n| code | name | | finds |\n|---|---|---|---|\n", group.title, group.name);
        for rule in &group.rules {
            let finds = first_sentence(rule.finds).replace('|', "\\|");
            let _ =
                writeln!(text, "| [{}]({}.md#{}) | `{}` | {} | {finds} |", rule.code, group.name, anchor(rule), rule.name, rule.severity);
        }
    }
    text + LEFT_OUT
}

/// All rules as they are listed in the terminal.
pub fn listed() -> String {
    let widest = groups().iter().flat_map(|group| &group.rules).map(|rule| rule.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for group in groups() {
        let _ = writeln!(text, "{}{}", if text.is_empty() { "" } else { "\n" }, group.title);
        for rule in &group.rules {
            let severity = rule.severity.to_string();
            let _ = writeln!(text, "  {}  {:widest$}  {severity:7}  {}", rule.code, rule.name, first_sentence(rule.finds));
        }
    }
    text
}

/// All rules for programs.
pub fn as_json() -> Value {
    let files = |rule: &Rule, of| rule.example(of).map(|file| json!({ "path": file.path, "text": file.text })).collect::<Value>();
    let one = |group: &Group, rule: &Rule| {
        json!({
            "code": rule.code, "name": rule.name, "group": group.title, "severity": rule.severity.to_string(),
            "profile": rule.profile.name(), "since": rule.since, "page": format!("{FOLDER}/{}.md#{}", group.name, anchor(rule)),
            "finds": rule.finds, "why": capital(rule.why), "do": capital(rule.mend),
            "bad": files(rule, Of::Bad), "good": files(rule, Of::Good),
        })
    };
    groups().iter().flat_map(|group| group.rules.iter().map(|rule| one(group, rule))).collect()
}

/// The first sentence of a paragraph.
pub fn first_sentence(text: &str) -> &str {
    // A full stop in the middle of a word, a number or a piece of code ends nothing.
    let end = text.match_indices(". ").map(|(at, _)| at).find(|at| text[..*at].matches('`').count().is_multiple_of(2));
    end.map_or(text, |end| &text[..=end])
}

/// A text that begins a sentence.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

const HEAD: &str = "<!-- Written by `usher rules --write docs/rules`; the source is src/lint/rules. -->\n";

const INTRODUCTION: &str = "\
Each rule has a code and a name, and either is accepted everywhere: `usher explain duplicate-key`, `usher explain FLW003`. `usher rules`
lists them. An **error** keeps the flows from being loaded, or a scenario from being played; a **warning** hurts somebody; an **info** is
worth knowing.";

const LEFT_OUT: &str = "
## What is no rule

Much of what linters look for cannot happen here, and some of it would be a matter of taste.

* **The language has no place for it.** A name is one step's result: it is never written twice, changes no type and leaks into no other
  flow. Every `retry` has an end, every `approve` a `timeout`; silence always ends a session (`expire`, 7 days if nothing is said), and
  `/cancel` works anywhere. There are no includes, macros or index lookups. Inserted values are escaped, whatever the author does.
* **The engine sees to it.** What a button carries is a token of its own, never the author's text. Lists are shown in pages, and
  messages to one chat are sent at the pace that the messenger allows. A call is sent again only if its operation says that this is
  harmless. Inputs are encoded wherever they stand in an address; where a server is, and whether it may be asked without TLS, is the operator's file alone.
* **Another rule tells it.** A renamed step is `unknown-step` with the nearest name; an answer of the server that nobody looks at is
  `uncovered-outcome`; a flow that cannot begin is refused with its shape.
* **Nobody can know it from the files.** Whether a question wants a button, a text is too long to like, «ты» and «вы» are mixed on purpose, an
  answer should be confirmed once more: the linter does not say what an editor would.
";

fn marks(rule: &Rule) -> String {
    format!("{} · profile {} · since {}", rule.severity, rule.profile.name(), rule.since)
}

fn anchor(rule: &Rule) -> String {
    format!("{}-{}", rule.code.to_lowercase(), rule.name)
}

/// The files of an example as blocks, each with its path if there are several.
fn blocks(rule: &Rule, of: Of) -> String {
    let files: Vec<&File> = rule.example(of).collect();
    let block = |file: &&File| {
        let path = if files.len() > 1 || file.is_latin1 { format!("`{}`{}\n\n", file.path, saved(file)) } else { String::new() };
        let language = file.ending().replace("yml", "yaml");
        format!("\n{path}```{language}\n{}\n```\n", file.text)
    };
    files.iter().map(block).collect()
}

fn saved(file: &File) -> &'static str {
    if file.is_latin1 { ", saved as Latin-1" } else { "" }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(word.to_owned());
        } else {
            *last += if last.is_empty() { "" } else { " " };
            *last += word;
        }
    }
    lines.join("\n")
}
