//! Links in a text: whoever opens or previews one hands its address to servers and proxies, which write it into their logs.

use crate::diagnostic::{Diagnostic, Span};
use crate::expr::Type;
use crate::flow::load::markup::{closing, past};
use crate::flow::load::personal;
use crate::syntax::Scalar;

/// What begins an address that a messenger makes a link of by itself.
const ADDRESSES: [&str; 2] = ["https://", "http://"];

/// What begins an address that is handed to no server.
const LOCAL: [&str; 3] = ["tg:", "tel:", "mailto:"];

/// Tells of the first secret and of the first personal value in each link of a text that prints these.
pub(super) fn check(scalar: &Scalar, prints: &[(Span, Type)], findings: &mut Vec<Diagnostic>) {
    if scalar.origin.is_empty() || !prints.iter().any(|(_, of)| of.secret || of.pii) {
        return;
    }
    for (start, end) in links(&scalar.text) {
        let link = scalar.place(start, end);
        let mut inside = prints.iter().filter(|(span, _)| link.start <= span.start && span.end <= link.end);
        if let Some((span, _)) = inside.clone().find(|(_, of)| of.secret) {
            let found = personal::secret_in_address(*span, "a link");
            findings.push(found.help("show it beside the link, to be copied: in <code>…</code>"));
        } else if let Some((span, _)) = inside.find(|(_, of)| of.pii) {
            let found = personal::in_address(*span, "a link");
            findings.push(found.help("leave it out, or use a number that says nothing of the person"));
        }
    }
}

/// The addresses in a text: those of its tags, and those that stand in it as they are.
fn links(text: &str) -> Vec<(usize, usize)> {
    let mut links = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let quoted = ["href=\"", "href='"].into_iter().find(|begin| rest.starts_with(begin));
        if let Some(begin) = quoted {
            let (start, quote) = (at + begin.len(), begin.as_bytes()[begin.len() - 1] as char);
            at = end_of(text, start, |letter| letter == quote);
            if !LOCAL.iter().any(|scheme| text[start..at].trim_start().starts_with(scheme)) {
                links.push((start, at));
            }
        } else if ADDRESSES.iter().any(|begin| rest.starts_with(begin)) || begins_with_setting(rest) {
            let start = at;
            at = end_of(text, start, |letter| letter.is_whitespace() || "<>\"".contains(letter));
            links.push((start, at));
        } else {
            at = closing(rest).map_or_else(|| at + rest.chars().next().map_or(1, char::len_utf8), |close| past(text, at, close));
        }
    }
    links
}

/// Whether a setting stands here with a path or a query behind it: the operator's address, of which a link is made.
fn begins_with_setting(text: &str) -> bool {
    let inside = text.strip_prefix("{{").map(str::trim_start).filter(|inside| inside.starts_with("settings."));
    let behind = inside.and_then(|_| closing(text)).map(|close| &text[past(text, 0, close)..]);
    behind.is_some_and(|behind| behind.starts_with(['/', '?']))
}

/// Where an address ends: at the first letter that is none of it. Values and statements in it are its own, whatever is in them.
fn end_of(text: &str, start: usize, ends: impl Fn(char) -> bool) -> usize {
    let mut at = start;
    while let Some(letter) = text[at..].chars().next().filter(|letter| !ends(*letter)) {
        at = closing(&text[at..]).map_or(at + letter.len_utf8(), |close| past(text, at, close));
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        links(text).into_iter().map(|(start, end)| &text[start..end]).collect()
    }

    #[test]
    fn links_are_found_whatever_is_in_them() {
        assert_eq!(found("<a href=\"https://x.org/{{ a | default('b c') }}/d\">e</a>"), ["https://x.org/{{ a | default('b c') }}/d"]);
        assert_eq!(found("Откройте https://x.org/?q={{ a }}&p=1 или\nhttp://y.org"), ["https://x.org/?q={{ a }}&p=1", "http://y.org"]);
        assert_eq!(found("<a href='tg://user?id={{ a }}'>e</a>, {{ 'https://x.org' }}"), [] as [&str; 0]);
        assert_eq!(found("[link](https://x.org/{% if a %}{{ a }}{% endif %})"), ["https://x.org/{% if a %}{{ a }}{% endif %})"]);
        assert_eq!(found("Сюда: {{ settings.site }}/in?c={{ a }}."), ["{{ settings.site }}/in?c={{ a }}."]);
        assert_eq!(found("{{ settings.a }} / {{ b }}, {{ b }}/{{ c }}"), [] as [&str; 0]);
        assert_eq!(found("<a href=\"https://x.org/{{ a"), ["https://x.org/{{ a"]);
    }
}
