//! Who says what: each line of a message stands behind a bar, and long ones are broken between words.

/// The columns that the name of the speaker and the bar take.
const FRAME: usize = 6;

/// The narrowest text; where less is left, lines are not broken.
const NARROWEST: usize = 20;

/// A text as somebody says it: their name and a bar, and under the name the bar alone. Ends with a line break.
pub(super) fn said(who: &str, text: &str, columns: Option<usize>) -> String {
    let width = columns.and_then(|columns| columns.checked_sub(FRAME)).filter(|width| *width >= NARROWEST).unwrap_or(usize::MAX);
    let mut said = String::new();
    let mut who = who;
    for line in text.trim_end_matches('\n').split('\n').flat_map(|line| broken(line, width)) {
        said += &bar(who);
        said += &line;
        said.truncate(said.trim_end_matches(' ').len());
        said.push('\n');
        who = "";
    }
    said
}

/// The name of a speaker and the bar.
pub(super) fn bar(who: &str) -> String {
    format!("{who:<3} │ ")
}

/// A line in pieces that fit. A word that is longer than a piece stays whole, because it is often an address or a code to be copied.
fn broken(line: &str, width: usize) -> Vec<String> {
    if columns_of(line) <= width {
        return vec![line.to_owned()];
    }
    let mut pieces: Vec<String> = Vec::new();
    let mut taken = 0;
    for word in line.split(' ') {
        let length = columns_of(word);
        match pieces.last_mut() {
            Some(piece) if taken + 1 + length <= width => {
                piece.push(' ');
                piece.push_str(word);
                taken += 1 + length;
            }
            _ => {
                pieces.push(word.to_owned());
                taken = length;
            }
        }
    }
    pieces
}

/// How many columns a text takes: colours take none.
fn columns_of(text: &str) -> usize {
    let mut count = 0;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(|letter| *letter == 'm');
        } else {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stands_once_and_the_bar_before_every_line() {
        assert_eq!(said("бот", "Раз.\n\nДва.\n", None), "бот │ Раз.\n    │\n    │ Два.\n");
        assert_eq!(said("вы", "1", None), "вы  │ 1\n");
    }

    #[test]
    fn long_lines_are_broken_between_words_and_colours_take_no_room() {
        let text = "Нужно \u{1b}[1mваше\u{1b}[0m согласие на обработку";
        assert_eq!(said("бот", text, Some(26)), "бот │ Нужно \u{1b}[1mваше\u{1b}[0m согласие\n    │ на обработку\n");
        assert_eq!(said("бот", text, Some(25)).lines().count(), 1, "in a window that narrow nothing is broken");
        assert_eq!(said("бот", text, None).lines().count(), 1);
    }

    #[test]
    fn a_long_word_stays_whole() {
        let code = "JGpeulPE3-DeMkbjfyXv2K8xIYbsst_-Wm8qrYtp9sY";
        assert_eq!(said("бот", &format!("Код {code}"), Some(30)), format!("бот │ Код\n    │ {code}\n"));
    }
}
