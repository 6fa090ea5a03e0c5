//! A text in each of its languages: whoever reads one learns the same as the others — the same values, links and commands —, and nouns
//! have the forms that the language has.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::expr::Template;
use crate::flow::load::codes;
use crate::syntax::Node;

/// A template with the node that it was written as.
type Wording<'a> = (&'a Template, &'a Node);

/// Reports what only one of the two shows.
pub(super) fn compare(own: Wording<'_>, translation: Wording<'_>, findings: &mut Vec<Diagnostic>) {
    let (shown, translated) = (Content::of(own), Content::of(translation));
    let lacks = shown.missing_in(&translated);
    let adds = translated.missing_in(&shown);
    let parts = [(lacks, "lacks"), (adds, "adds")].into_iter().filter(|(what, _)| !what.is_empty());
    let said: Vec<String> = parts.map(|(what, verb)| format!("{verb} {}", what.join(", "))).collect();
    if said.is_empty() {
        return;
    }
    let message = format!("this translation {}", said.join(" and "));
    let found = Diagnostic::warning(codes::PLACEHOLDER_MISMATCH, translation.1.span, message);
    findings.push(found.help("say the same in every language").related(own.1.span, "the text that it translates"));
}

/// Reports nouns behind a number with more or fewer forms than the language has.
pub(super) fn check_plurals(template: &Template, language: &str, findings: &mut Vec<Diagnostic>) {
    let Some((wanted, forms)) = forms(language) else { return };
    for (span, given) in template.plurals().into_iter().filter(|(_, given)| *given != wanted) {
        let message = format!("a noun has {wanted} forms in \"{language}\", and here are {given}");
        findings.push(Diagnostic::warning(codes::PLURAL_FORMS, span, message).help(format!("write the forms for {forms}")));
    }
}

/// How many forms a noun behind a number has, and for which numbers. Of other languages nothing is known.
fn forms(language: &str) -> Option<(usize, &'static str)> {
    match language {
        "ru" => Some((3, "1, 2 and 5: plural('день', 'дня', 'дней')")),
        "en" => Some((2, "1 and 2: plural('day', 'days')")),
        _ => None,
    }
}

/// What of a text means the same in every language.
struct Content {
    /// Names with their fields.
    values: BTreeSet<String>,
    /// Addresses and commands.
    pointers: BTreeSet<String>,
}

impl Content {
    fn of((template, node): Wording<'_>) -> Self {
        let values = template.names().into_iter().map(|name| name.path.join(".")).collect();
        let words = node.text().unwrap_or_default().split(|char: char| char.is_whitespace() || "\"'<>(),;".contains(char));
        let pointers = words.map(|word| word.trim_end_matches(['.', '!', '?', ':'])).filter(|word| is_pointer(word)).map(str::to_owned);
        Self { values, pointers: pointers.collect() }
    }

    /// What the other one does not have, as it is written.
    fn missing_in(&self, other: &Self) -> Vec<String> {
        let values = self.values.difference(&other.values).map(|name| format!("{{{{ {name} }}}}"));
        values.chain(self.pointers.difference(&other.pointers).cloned()).collect()
    }
}

fn is_pointer(word: &str) -> bool {
    let command = word
        .strip_prefix('/')
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_'));
    command || word.starts_with("https://") || word.starts_with("http://")
}
