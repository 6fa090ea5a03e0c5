//! HTML of Telegram's kind: read into pieces, shown as plain text, measured, and split into parts that a chat takes.
//!
//! Reading never fails. Whatever is not a tag that Telegram knows is text; whether the nesting is right is for the Bot API to say.

/// The tags that Telegram knows.
const TAGS: [&str; 17] = [
    "a",
    "b",
    "blockquote",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "pre",
    "s",
    "span",
    "strike",
    "strong",
    "tg-emoji",
    "tg-spoiler",
    "u",
    "tg-time",
];

/// One piece of HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A tag that opens: its name, and the whole tag as written.
    Open {
        /// The name.
        name: &'a str,
        /// As written, with its attributes and brackets.
        raw: &'a str,
    },
    /// A tag that closes.
    Close {
        /// The name; empty for `</>`.
        name: &'a str,
        /// As written.
        raw: &'a str,
    },
    /// One character of text.
    Char {
        /// The character that is shown.
        shown: char,
        /// As written: itself, or an entity such as `&lt;`.
        raw: &'a str,
    },
}

/// Reads HTML piece by piece.
pub fn pieces(html: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let piece = next_piece(rest)?;
        let (Piece::Open { raw, .. } | Piece::Close { raw, .. } | Piece::Char { raw, .. }) = piece;
        rest = &rest[raw.len()..];
        Some(piece)
    })
}

/// The text that remains when all formatting is taken away.
pub fn plain(html: &str) -> String {
    pieces(html)
        .filter_map(|piece| match piece {
            Piece::Char { shown, .. } => Some(shown),
            _ => None,
        })
        .collect()
}

/// The length of the text as Telegram's entities count it: in UTF-16 units, after the markup is taken away.
///
/// Telegram's documentation says "characters after entities parsing"; UTF-16 units are never fewer, so what fits here fits there.
pub fn length(html: &str) -> usize {
    pieces(html).map(units).sum()
}

/// Splits HTML into parts of at most `limit` UTF-16 units of text, at paragraphs if it can, else at lines, else at words, else
/// anywhere but inside a tag or an entity. Tags open at a cut are closed in the part before and opened again in the part after it.
/// White space at a cut stays at the end of the part before; a part of nothing but white space is left out.
pub fn split(html: &str, limit: usize) -> Vec<String> {
    // A text has at least as many bytes as UTF-16 units.
    if html.len() <= limit {
        return vec![html.to_owned()];
    }
    let all: Vec<Piece> = pieces(html).collect();
    if all.iter().map(|piece| units(*piece)).sum::<usize>() <= limit {
        return vec![html.to_owned()];
    }
    let mut parts = Vec::new();
    let mut open: Vec<(&str, &str)> = Vec::new();
    let mut rest = all.as_slice();
    while !rest.is_empty() {
        let (part, after) = rest.split_at(cut(rest, limit.max(2)));
        let text = write_part(part, &mut open);
        if part.iter().any(is_ink) {
            parts.push(text);
        }
        rest = after;
    }
    if parts.is_empty() { vec![html.to_owned()] } else { parts }
}

fn next_piece(rest: &str) -> Option<Piece<'_>> {
    let first = rest.chars().next()?;
    let special = match first {
        '<' => tag(rest),
        '&' => entity(rest),
        _ => None,
    };
    Some(special.unwrap_or(Piece::Char { shown: first, raw: &rest[..first.len_utf8()] }))
}

/// A tag that Telegram knows, at the beginning of this text.
fn tag(rest: &str) -> Option<Piece<'_>> {
    let closes = rest.starts_with("</");
    let inner = &rest[if closes { 2 } else { 1 }..];
    let name = &inner[..inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')?];
    let raw = &rest[..=tag_end(rest)?];
    match (closes, TAGS.iter().any(|known| known.eq_ignore_ascii_case(name))) {
        (true, true) => Some(Piece::Close { name, raw }),
        (true, false) if raw == "</>" => Some(Piece::Close { name: "", raw }),
        (false, true) => Some(Piece::Open { name, raw }),
        _ => None,
    }
}

/// Where the tag at the beginning of this text ends; a `>` within quotes does not end it.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    rest.char_indices().find_map(|(at, c)| {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        None
    })
}

/// An entity at the beginning of this text: the four named ones Telegram knows, or a numeric one.
fn entity(rest: &str) -> Option<Piece<'_>> {
    // The longest that means anything is `&#x10FFFF;` or `&#1114111;`; leading zeros are allowed for.
    let end = rest.bytes().take(16).position(|byte| byte == b';')?;
    let shown = match &rest[1..end] {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        name => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')?
        }
    };
    Some(Piece::Char { shown, raw: &rest[..=end] })
}

fn units(piece: Piece<'_>) -> usize {
    match piece {
        Piece::Char { shown, .. } => shown.len_utf16(),
        _ => 0,
    }
}

fn is_ink(piece: &Piece<'_>) -> bool {
    matches!(piece, Piece::Char { shown, .. } if !shown.is_whitespace())
}

/// How many of these pieces the next part takes; at least one.
fn cut(pieces: &[Piece<'_>], limit: usize) -> usize {
    let mut taken = 0;
    let mut breaks = Breaks::default();
    for (at, piece) in pieces.iter().enumerate() {
        let more = units(*piece);
        if taken + more > limit {
            return breaks.best(limit).unwrap_or(at).max(1);
        }
        taken += more;
        if let Piece::Char { shown, .. } = piece {
            breaks.note(*shown, at + 1, taken);
        }
    }
    pieces.len()
}

/// Where a part could end: after which piece, and how much text that is.
#[derive(Default)]
struct Breaks {
    paragraph: Option<(usize, usize)>,
    line: Option<(usize, usize)>,
    word: Option<(usize, usize)>,
    lines_ended: usize,
}

impl Breaks {
    fn note(&mut self, shown: char, at: usize, taken: usize) {
        self.lines_ended = match shown {
            '\n' => self.lines_ended + 1,
            c if c.is_whitespace() => self.lines_ended,
            _ => 0,
        };
        if shown.is_whitespace() && shown != '\u{a0}' {
            self.word = Some((at, taken));
        }
        if shown == '\n' {
            self.line = Some((at, taken));
        }
        if shown == '\n' && self.lines_ended > 1 {
            self.paragraph = Some((at, taken));
        }
    }

    /// A paragraph or line that ends in the first quarter would leave a heading alone in a message of its own.
    fn best(&self, limit: usize) -> Option<usize> {
        let good = |found: Option<(usize, usize)>| found.filter(|(_, taken)| *taken >= limit / 4);
        good(self.paragraph).or_else(|| good(self.line)).or(self.word).map(|(at, _)| at)
    }
}

/// Writes a part: reopens what is open, copies the pieces, closes what remains open.
fn write_part<'a>(part: &[Piece<'a>], open: &mut Vec<(&'a str, &'a str)>) -> String {
    let mut text: String = open.iter().map(|(_, raw)| *raw).collect();
    for piece in part {
        match *piece {
            Piece::Open { name, raw } => {
                open.push((name, raw));
                text.push_str(raw);
            }
            Piece::Close { raw, .. } => {
                open.pop();
                text.push_str(raw);
            }
            Piece::Char { raw, .. } => text.push_str(raw),
        }
    }
    for (name, _) in open.iter().rev() {
        text.push_str("</");
        text.push_str(name);
        text.push('>');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_tags_entities_and_text() {
        assert_eq!(plain("<b>Если &lt; 5</b> &amp; <a href=\"https://a.b/?x>1\">ссылка</a>"), "Если < 5 & ссылка");
        assert_eq!(plain("&#1071;&#x42F;&nbsp;"), "ЯЯ&nbsp;");
    }

    #[test]
    fn unknown_tags_and_loose_signs_are_text() {
        assert_eq!(plain("a < b, <foo>c</foo>, x > y & z"), "a < b, <foo>c</foo>, x > y & z");
    }

    #[test]
    fn measures_as_utf_16() {
        assert_eq!(length("<b>😀</b>&lt;я"), 4);
    }

    #[test]
    fn splits_at_paragraphs_first() {
        let html = format!("<b>{}</b>\n\n{}\n{}", "а".repeat(60), "б".repeat(30), "в".repeat(30));
        assert_eq!(split(&html, 100), [format!("<b>{}</b>\n\n", "а".repeat(60)), format!("{}\n{}", "б".repeat(30), "в".repeat(30))]);
    }

    #[test]
    fn splits_at_lines_then_words_then_anywhere() {
        assert_eq!(split(&format!("{}\n{}", "а".repeat(60), "б б".repeat(20)), 100)[0], format!("{}\n", "а".repeat(60)));
        assert_eq!(split(&format!("{} {}", "а".repeat(60), "б".repeat(60)), 100)[0], format!("{} ", "а".repeat(60)));
        assert_eq!(split(&"а".repeat(250), 100).iter().map(|part| length(part)).collect::<Vec<_>>(), [100, 100, 50]);
    }

    #[test]
    fn a_heading_is_not_left_alone() {
        let html = format!("Итог\n\n{}", "слово ".repeat(40));
        assert!(split(&html, 100)[0].starts_with("Итог\n\nслово"));
    }

    #[test]
    fn tags_are_closed_and_opened_again() {
        let html = format!("<b>раз <a href=\"https://a.b\">{}</a></b>", "слово ".repeat(20));
        let parts = split(&html, 64);
        assert!(parts[0].ends_with("</a></b>"), "{}", parts[0]);
        assert!(parts[1].starts_with("<b><a href=\"https://a.b\">слово"), "{}", parts[1]);
    }

    #[test]
    fn a_part_of_white_space_is_left_out() {
        assert_eq!(split(&format!("а{}б", "\n".repeat(300)), 100).len(), 2);
    }

    /// Well-formed HTML of words, spaces, entities and nested tags.
    fn html() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[а-яa-z😀]{1,30}",
            Just(" ".to_owned()),
            Just("\n".to_owned()),
            Just("\n\n".to_owned()),
            Just("&lt;".to_owned()),
            Just("&amp;".to_owned()),
            Just("&#128512;".to_owned()),
        ];
        leaf.prop_recursive(5, 400, 12, |inner| {
            (
                prop::collection::vec(inner, 1..12),
                prop::sample::select(vec!["", "b", "i", "code", "tg-spoiler", "a href=\"https://a.b/?q=1&amp;r=2\""]),
            )
                .prop_map(|(inner, tag)| match tag.split(' ').next().unwrap_or_default() {
                    "" => inner.concat(),
                    name => format!("<{tag}>{}</{name}>", inner.concat()),
                })
        })
    }

    fn balanced(part: &str) -> bool {
        let mut open = Vec::new();
        for piece in pieces(part) {
            match piece {
                Piece::Open { name, .. } => open.push(name),
                Piece::Close { name, .. } if open.pop() != Some(name) => return false,
                _ => {}
            }
        }
        open.is_empty()
    }

    fn ink(html: &str) -> String {
        plain(html).chars().filter(|c| !c.is_whitespace()).collect()
    }

    proptest! {
        #[test]
        fn parts_fit_are_balanced_and_keep_the_text(html in html(), limit in 8_usize..120) {
            let parts = split(&html, limit);
            for part in &parts {
                prop_assert!(length(part) <= limit, "{part}");
                prop_assert!(balanced(part), "{part}");
            }
            prop_assert_eq!(parts.iter().map(|part| ink(part)).collect::<String>(), ink(&html));
        }

        #[test]
        fn any_text_can_be_read_and_split(text in "\\PC{0,300}", limit in 0_usize..50) {
            let written: String = pieces(&text).map(|piece| match piece {
                Piece::Open { raw, .. } | Piece::Close { raw, .. } | Piece::Char { raw, .. } => raw,
            }).collect();
            prop_assert_eq!(written, text.as_str());
            split(&text, limit);
        }
    }
}
