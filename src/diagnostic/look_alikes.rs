//! Letters of two alphabets that look alike: `а` is Cyrillic, `a` is Latin, and a name with the wrong one is another name.

use crate::diagnostic::{Diagnostic, Sources};

/// Cyrillic letters and the Latin ones that look like them.
pub const ALIKE: [(char, char); 24] = [
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('к', 'k'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('У', 'Y'),
    ('Х', 'X'),
    ('І', 'I'),
];

/// True if two different names look the same.
pub(super) fn look_alike(one: &str, other: &str) -> bool {
    one != other && one.chars().map(latin).eq(other.chars().map(latin))
}

/// A text with the Latin letters that its Cyrillic ones look like; nothing if it has none of these.
pub fn in_latin(text: &str) -> Option<String> {
    let folded: String = text.chars().map(latin).collect();
    (folded != text).then_some(folded)
}

/// The Latin letter that looks like this one, or the letter itself.
fn latin(letter: char) -> char {
    ALIKE.iter().find(|(cyrillic, _)| *cyrillic == letter).map_or(letter, |(_, latin)| *latin)
}

/// Says of each name that only looks like the one that was meant which letter is the wrong one: nobody sees it.
pub fn explain_look_alikes(sources: &Sources, findings: &mut [Diagnostic]) {
    for finding in findings {
        let Some(edit) = finding.fix.as_ref().and_then(|fix| fix.edits.first()) else { continue };
        let written = sources.words(edit.span);
        if !look_alike(written, &edit.text) {
            continue;
        }
        let Some((at, (letter, right))) = written.chars().zip(edit.text.chars()).enumerate().find(|(_, (one, other))| one != other) else {
            continue;
        };
        let (own, other) = if right.is_ascii() { ("Cyrillic", "Latin") } else { ("Latin", "Cyrillic") };
        let told = format!("letter {} is the {own} \"{letter}\", and the {other} \"{right}\" looks the same", at + 1);
        finding.help = Some(match finding.help.take() {
            Some(help) if help.ends_with('?') => format!("{help} {told}"),
            Some(help) => format!("{help}; {told}"),
            None => told,
        });
    }
}
