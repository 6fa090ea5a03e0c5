//! A text in each of its languages: whoever reads one learns the same as the others — the same values, links and commands —, and nouns
//! have the forms that the language has.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::expr::Template;
use crate::flow::load::codes;
use crate::flow::load::writer::words;
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

/// Languages that are written in Cyrillic letters.
const CYRILLIC: [&str; 12] = ["ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "tg", "tt", "ba", "mn"];

/// What such languages call themselves: whoever chooses a language looks for that, in whatever language the bot speaks meanwhile.
const OWN_NAMES: [&str; 11] =
    ["Русский", "Українська", "Беларуская", "Български", "Српски", "Македонски", "Қазақша", "Кыргызча", "Тоҷикӣ", "Татарча", "Монгол"];

/// So many words are not the same in two languages by chance.
const SAME: usize = 3;

/// Reports a translation that is none: written in the letters of another language, or the original once more.
pub(super) fn check_translated(own: &Node, translation: &Node, language: &str, findings: &mut Vec<Diagnostic>) {
    let (Some(original), Some(text)) = (own.text().map(words), translation.text().map(words)) else { return };
    let (original, text) = (original.trim(), text.trim());
    let cyrillic = text.chars().filter(|letter| ('\u{400}'..='\u{4ff}').contains(letter)).count();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    let is_strange = cyrillic > latin && !CYRILLIC.contains(&language) && !OWN_NAMES.contains(&text);
    let is_same = original == text;
    let count = text.split(|letter: char| !letter.is_alphabetic()).filter(|word| word.chars().count() > 1).count();
    let message = match (is_strange, is_same) {
        (true, true) => format!("this text is not translated into \"{language}\": it is the original"),
        (true, false) => format!("this translation into \"{language}\" is written in Cyrillic letters"),
        // A text in two languages at once may be the same in both.
        (false, true) if count >= SAME && (cyrillic == 0) != (latin == 0) => {
            format!("this text is not translated into \"{language}\": it is the original")
        }
        _ => return,
    };
    let found = Diagnostic::warning(codes::UNTRANSLATED, translation.span, message);
    findings.push(found.help("say it in that language").related(own.span, "the text that it translates"));
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
        // What closes a tag is no command.
        let text = node.text().unwrap_or_default().replace("</", "<");
        let words = text.split(|char: char| char.is_whitespace() || "\"'<>(),;".contains(char));
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
