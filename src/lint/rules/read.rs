//! A file of the manual → the rules in it.
//!
//! A file is a heading, some words about the group, and for each rule:
//!
//! ````markdown
//! ## FLW003 duplicate-key
//!
//! error · draft · 0.1.0
//!
//! What it finds.
//!
//! Why: why that is worth a finding.
//!
//! Do: what to do about it.
//!
//! ```yaml bad
//! flow: hello
//! ```
//!
//! ```yaml good flows/other.yaml
//! flow: hello
//! ```
//! ````
//!
//! A block is in the bad example, in the good one or in `both`; what the bot was `before` stands beside them. Its path follows from its first key unless it is written; `latin1`
//! before it says that the file is saved so.

use crate::diagnostic::Severity;
use crate::lint::rules::{File, Group, Of, Profile, Rule};

/// Reads the file of a group; what is wrong with it is told in a sentence.
pub fn read(name: &'static str, text: &'static str) -> Result<Group, String> {
    let (head, rest) = text.split_once("\n## ").ok_or("there is no rule")?;
    let (title, about) = head.split_once('\n').unwrap_or((head, ""));
    let title = title.strip_prefix("# ").ok_or("the file begins with a heading")?;
    let rules = rest.split("\n## ").map(|section| rule(name, section)).collect::<Result<_, _>>()?;
    Ok(Group { name, title: title.trim(), about: about.trim(), rules })
}

fn rule(group: &'static str, section: &'static str) -> Result<Rule, String> {
    let (heading, body) = section.split_once('\n').ok_or("a rule has no body")?;
    let wrong = |what: &str| format!("{heading}: {what}");
    let (code, name) = heading.trim().split_once(' ').ok_or_else(|| wrong("the heading is a code and a name"))?;
    let (prose, blocks) = body.split_once("\n```").ok_or_else(|| wrong("there is no example"))?;
    let mut paragraphs = prose.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    let marks = paragraphs.next().ok_or_else(|| wrong("severity, profile and version are missing"))?;
    let (severity, profile, since) = marked(marks).ok_or_else(|| wrong("severity, profile and version are not told"))?;
    let finds = paragraphs.next().ok_or_else(|| wrong("it does not say what it finds"))?;
    let why = paragraphs.next().and_then(|why| why.strip_prefix("Why: ")).ok_or_else(|| wrong("it does not say why"))?;
    let mend = paragraphs.next().and_then(|mend| mend.strip_prefix("Do: ")).ok_or_else(|| wrong("it does not say what to do"))?;
    if paragraphs.next().is_some() {
        return Err(wrong("there is a paragraph too many"));
    }
    let files = blocks
        .split("\n```")
        .step_by(2)
        .map(|block| file(block).ok_or_else(|| wrong("an example cannot be read")))
        .collect::<Result<_, _>>()?;
    Ok(Rule { code, name, group, severity, profile, since, finds, why, mend, files })
}

fn marked(line: &'static str) -> Option<(Severity, Profile, &'static str)> {
    let mut marks = line.split(" · ");
    let severity = match marks.next()? {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        "info" => Severity::Info,
        _ => return None,
    };
    let profile = [Profile::Draft, Profile::Default, Profile::Production].into_iter();
    let named = marks.next()?;
    let profile = profile.into_iter().find(|profile| profile.name() == named)?;
    marks.next().map(|since| (severity, profile, since))
}

fn file(block: &'static str) -> Option<File> {
    let (info, text) = block.split_once('\n')?;
    let mut words = info.split(' ').skip(1).peekable();
    let of = match words.next()? {
        "bad" => Of::Bad,
        "good" => Of::Good,
        "both" => Of::Both,
        "before" => Of::Before,
        _ => return None,
    };
    let is_latin1 = words.next_if_eq(&"latin1").is_some();
    let path = words.next().unwrap_or_else(|| usual_path(text));
    Some(File { of, path, text, is_latin1 })
}

/// Where a file that begins so usually is.
fn usual_path(text: &str) -> &'static str {
    let first = text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    match first.split(':').next().unwrap_or_default() {
        "bot" => "flows/bot.yaml",
        "operations" => "flows/api/shop.yaml",
        "messages" => "flows/messages/en.yaml",
        "scenarios" => "flows/hello.test.yaml",
        "usher" => "usher.yaml",
        _ => "flows/hello.yaml",
    }
}
