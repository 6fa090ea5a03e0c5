//! Telegram's kind of HTML as a page may show it: formatting and nothing else, always well nested.

use std::fmt::Write;

use crate::channel::markup::{Piece, pieces};

/// Formatting that a browser shows by itself.
const PLAIN: [(&str, &str); 12] = [
    ("b", "</b>"),
    ("strong", "</strong>"),
    ("i", "</i>"),
    ("em", "</em>"),
    ("u", "</u>"),
    ("ins", "</ins>"),
    ("s", "</s>"),
    ("strike", "</strike>"),
    ("del", "</del>"),
    ("code", "</code>"),
    ("pre", "</pre>"),
    ("blockquote", "</blockquote>"),
];
/// How addresses begin that a page may open.
const SCHEMES: [&str; 4] = ["https://", "http://", "mailto:", "tel:"];

/// HTML that holds the same text and the formatting we know. Whatever else a tag says is left out. Addresses of pages become links, as
/// Telegram makes them.
pub fn safe(html: &str) -> String {
    let mut safe = String::with_capacity(html.len() * 2);
    let mut open: Vec<(String, &str)> = Vec::new();
    let mut run = String::new();
    for piece in pieces(html) {
        let links = !open.iter().any(|(name, _)| matches!(name.as_str(), "a" | "code" | "pre"));
        if let Piece::Char { shown, .. } = piece {
            run.push(shown);
            continue;
        }
        push_run(&mut safe, &mut run, links);
        match piece {
            Piece::Open { name, raw } => {
                let (tag, closes) = opening(&name.to_ascii_lowercase(), raw);
                safe.push_str(&tag);
                open.push((name.to_ascii_lowercase(), closes));
            }
            Piece::Close { name, .. } => {
                let name = name.to_ascii_lowercase();
                if name.is_empty() || open.last().is_some_and(|(last, _)| *last == name) {
                    safe.push_str(open.pop().map_or("", |(_, closes)| closes));
                }
            }
            Piece::Char { .. } => {}
        }
    }
    push_run(&mut safe, &mut run, open.is_empty());
    while let Some((_, closes)) = open.pop() {
        safe.push_str(closes);
    }
    safe
}

/// A plain text, as somebody wrote it.
pub fn linked(text: &str) -> String {
    let mut linked = String::with_capacity(text.len());
    push_run(&mut linked, &mut text.to_owned(), true);
    linked
}

/// A text without formatting; its addresses are links unless they stand where there can be none.
fn push_run(into: &mut String, run: &mut String, links: bool) {
    let mut rest = run.as_str();
    while let Some((before, address, after)) = links.then(|| address_in(rest)).flatten() {
        let address = escaped(address);
        into.push_str(&escaped(before));
        let _ = write!(into, "<a href=\"{address}\" target=\"_blank\" rel=\"noopener noreferrer\">{address}</a>");
        rest = after;
    }
    into.push_str(&escaped(rest));
    run.clear();
}

/// What stands before the first address of a page, the address, and what stands behind it.
fn address_in(text: &str) -> Option<(&str, &str, &str)> {
    let start = ["https://", "http://"].iter().filter_map(|scheme| text.find(scheme)).min()?;
    let (before, rest) = text.split_at(start);
    let end = rest.find(|letter: char| letter.is_whitespace() || "<>\"«»".contains(letter)).unwrap_or(rest.len());
    // What ends a sentence or closes a bracket does not belong to the address.
    let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '…']);
    let is_whole = address.split_once("://").is_some_and(|(_, host)| host.starts_with(char::is_alphanumeric));
    is_whole.then(|| (before, address, &rest[address.len()..]))
}

/// A text as it stands in markup and in quoted attributes.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    text.chars().for_each(|letter| push(&mut escaped, letter));
    escaped
}

/// True for an address that a page may open.
pub fn may_open(url: &str) -> bool {
    let begins = |scheme: &&str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    SCHEMES.iter().any(begins)
}

/// What opens and what closes a tag; nothing for one that a page does not show.
fn opening(name: &str, raw: &str) -> (String, &'static str) {
    let spoiler = name == "tg-spoiler" || (name == "span" && attribute(raw, "class").as_deref() == Some("tg-spoiler"));
    if spoiler {
        return ("<span class=\"spoiler\" tabindex=\"0\">".to_owned(), "</span>");
    }
    if name == "a" {
        let Some(url) = attribute(raw, "href").filter(|url| may_open(url)) else { return (String::new(), "") };
        return (format!("<a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">", escaped(&url)), "</a>");
    }
    let known = PLAIN.iter().find(|(plain, _)| *plain == name);
    known.map_or((String::new(), ""), |(name, closes)| (format!("<{name}>"), *closes))
}

/// The value of an attribute in quotes, with its entities read.
fn attribute(raw: &str, name: &str) -> Option<String> {
    let lower = raw.to_ascii_lowercase();
    let start = lower.find(&format!(" {name}="))? + name.len() + 2;
    let quote = raw[start..].chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let value = &raw[start + 1..];
    let value = &value[..value.find(quote)?];
    let read = pieces(value).filter_map(|piece| match piece {
        Piece::Char { shown, .. } => Some(shown),
        _ => None,
    });
    Some(read.collect())
}

fn push(into: &mut String, letter: char) {
    match letter {
        '&' => into.push_str("&amp;"),
        '<' => into.push_str("&lt;"),
        '>' => into.push_str("&gt;"),
        '"' => into.push_str("&quot;"),
        '\'' => into.push_str("&#39;"),
        other => into.push(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formatting_stays_and_everything_else_is_text() {
        assert_eq!(safe("<b>Код</b>: <code>a&lt;b</code>"), "<b>Код</b>: <code>a&lt;b</code>");
        assert_eq!(safe("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
        assert_eq!(safe("<b onclick=\"x()\">a"), "<b>a</b>");
        assert_eq!(safe("</i>a<b><i>c</b></i>"), "a<b><i>c</i></b>");
        assert_eq!(safe("<tg-spoiler>x</tg-spoiler>"), "<span class=\"spoiler\" tabindex=\"0\">x</span>");
    }

    #[test]
    fn addresses_in_a_text_are_links_unless_they_stand_in_a_link_or_in_code() {
        let link = |url: &str| format!("<a href=\"{url}\" target=\"_blank\" rel=\"noopener noreferrer\">{url}</a>");
        assert_eq!(safe("Откройте (http://a.b/c?d=1&amp;e=2)."), format!("Откройте ({}).", link("http://a.b/c?d=1&amp;e=2")));
        assert_eq!(safe("«https://a.b» и https://c.d/"), format!("«{}» и {}", link("https://a.b"), link("https://c.d/")));
        assert_eq!(safe("<b>https://a.b</b>"), format!("<b>{}</b>", link("https://a.b")));
        for plain in ["<code>https://a.b</code>", "https://", "http://)", "ahttp:/x"] {
            assert_eq!(safe(plain), plain);
        }
        assert_eq!(safe("<a href=\"https://a.b\">https://c.d</a>").matches("<a ").count(), 1);
    }

    #[test]
    fn only_addresses_of_pages_mail_and_telephones_are_links() {
        let link = "<a href=\"https://a.b/?q=1&amp;r=2\" target=\"_blank\" rel=\"noopener noreferrer\">x</a>";
        assert_eq!(safe("<a href=\"https://a.b/?q=1&amp;r=2\">x</a>"), link);
        for bad in ["javascript:alert(1)", " https://a", "data:text/html,x", "java\nscript:x", "//a.b", ""] {
            assert_eq!(safe(&format!("<a href=\"{bad}\">x</a>")), "x", "{bad}");
        }
        assert!(!safe("<a href='https://a/\" onclick=\"x'>y</a>").contains("\" onclick"));
    }

    proptest! {
        #[test]
        fn whatever_comes_in_no_foreign_tag_comes_out(text in "(<|>|/|\"|'|&|=| |a|b|href|script|img|onerror|tg-spoiler|https://|javascript:){0,40}") {
            let safe = safe(&text);
            for tag in safe.split('<').skip(1) {
                let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
                prop_assert!(PLAIN.iter().any(|(plain, _)| *plain == name) || name == "a" || name == "span", "{safe}");
                let inside = tag.split('>').next().unwrap_or_default();
                let known = inside.trim_start_matches('/') == name || inside.starts_with("a href=\"http") || inside.starts_with("span class=\"spoiler\"");
                prop_assert!(known, "{safe}");
            }
        }
    }
}
