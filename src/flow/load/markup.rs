//! What stands between the values of a text: tags that Telegram does not know or that are not closed, and braces that were meant to hold a value.

use crate::diagnostic::{Diagnostic, Fix};
use crate::expr::Names;
use crate::flow::load::codes;
use crate::syntax::Scalar;

/// The tags that texts may have: section 7.2 of the reference of the language, from the Bot API's HTML style.
const TAGS: [&str; 9] = ["b", "i", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler"];

/// A tag that is open: its name, and where it stands.
#[derive(Clone, PartialEq)]
struct Open<'t> {
    name: &'t str,
    start: usize,
    end: usize,
}

/// Finds mistakes in the tags of a text.
pub(super) fn check_tags(scalar: &Scalar, findings: &mut Vec<Diagnostic>) {
    let mut reader = Reader { scalar, open: Vec::new(), outer: Vec::new(), unknown: Vec::new(), findings };
    let mut at = 0;
    while let Some(found) = scalar.text[at..].find(['<', '{']) {
        let start = at + found;
        at = reader.piece(start);
    }
    reader.close_all();
}

/// Finds braces that were meant to hold a value and will be shown as they are.
pub(super) fn check_braces(scalar: &Scalar, names: &dyn Names, findings: &mut Vec<Diagnostic>) {
    let text = scalar.text.as_str();
    let mut at = 0;
    while let Some(found) = text[at..].find(['{', '}']) {
        let start = at + found;
        at = match closing(&text[start..]) {
            Some(close) => past(text, start, close),
            None => match stray(&text[start..]) {
                Some((length, name)) => {
                    let from = if text[..start].ends_with('$') { start - 1 } else { start };
                    let place = scalar.place(from, start + length);
                    let finding = Diagnostic::warning(codes::STRAY_BRACES, place, "people will see these braces as they are");
                    let written = text[start..start + length].trim_matches(['{', '}']).trim();
                    let is_known = names.type_of(name.split('.').next().unwrap_or_default()).is_some();
                    findings.push(if name.is_empty() {
                        finding.help("remove them")
                    } else {
                        let finding = finding.help(format!("a value stands in two of them on each side: {{{{ {written} }}}}"));
                        if is_known { finding.fix(Fix::risky(place, format!("{{{{ {written} }}}}"))) } else { finding }
                    });
                    start + length
                }
                None => start + 1,
            },
        };
    }
}

struct Reader<'t, 'f> {
    scalar: &'t Scalar,
    open: Vec<Open<'t>>,
    /// What was open where each `{% if %}` or `{% for %}` around this place began.
    outer: Vec<Vec<Open<'t>>>,
    /// Names of tags that have been refused.
    unknown: Vec<&'t str>,
    findings: &'f mut Vec<Diagnostic>,
}

impl<'t> Reader<'t, '_> {
    /// A tag or a pair of braces at this place, or neither; tells where to go on.
    fn piece(&mut self, start: usize) -> usize {
        let text = self.scalar.text.as_str();
        let rest = &text[start..];
        if rest.starts_with('<') {
            return self.tag(start);
        }
        let Some(close) = closing(rest) else { return start + 1 };
        let end = past(text, start, close);
        if close == "%}" {
            self.statement(text[start + 2..end].trim_end_matches("%}").trim());
        }
        end
    }

    /// Each way through a text must leave open what it found open.
    fn statement(&mut self, statement: &str) {
        match statement.split_whitespace().next().unwrap_or_default() {
            "if" | "for" => self.outer.push(self.open.clone()),
            "elif" | "else" => {
                let Some(before) = self.outer.last().cloned() else { return };
                self.return_to(before);
            }
            "endif" | "endfor" => {
                let Some(before) = self.outer.pop() else { return };
                self.return_to(before);
            }
            _ => {}
        }
    }

    fn return_to(&mut self, before: Vec<Open<'t>>) {
        let opened = self.open.iter().filter(|open| !before.contains(open)).cloned().collect::<Vec<_>>();
        for open in opened {
            self.unclosed(&open, "close it before the statement ends");
        }
        self.open = before;
    }

    fn tag(&mut self, start: usize) -> usize {
        let text = self.scalar.text.as_str();
        let inside = &text[start + 1..];
        let (closes, named) = inside.strip_prefix('/').map_or((false, inside), |named| (true, named));
        let length = named.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').unwrap_or(named.len());
        let name = &named[..length];
        // Only what looks like a tag is one: `5 < 6` is text.
        let Some(end) = inside.find('>').filter(|_| name.starts_with(|letter: char| letter.is_ascii_alphabetic())) else {
            return start + 1;
        };
        let end = start + 1 + end + 1;
        let opens = Open { name, start, end };
        if !TAGS.contains(&name) {
            // The tag that closes it is the same mistake.
            if !closes || !self.unknown.contains(&name) {
                self.unknown.push(name);
                let message = format!("Telegram has no tag \"{name}\"");
                let finding = Diagnostic::error(codes::BAD_HTML, self.scalar.place(start, end), message);
                self.findings.push(finding.help(format!("texts may have {}; write &lt; for a sign that is no tag", TAGS.join(", "))));
            }
        } else if !closes {
            self.open.push(opens);
        } else if self.open.last().is_some_and(|open| open.name == name) {
            self.open.pop();
        } else {
            self.misplaced(&opens);
        }
        end
    }

    /// A tag is closed that is not the one opened last.
    fn misplaced(&mut self, closed: &Open<'t>) {
        let place = self.scalar.place(closed.start, closed.end);
        if let Some(at) = self.open.iter().rposition(|open| open.name == closed.name) {
            let inner = self.open.drain(at..).nth(1);
            let finding = Diagnostic::error(codes::BAD_HTML, place, format!("</{}> closes a tag while another is open in it", closed.name));
            self.findings.push(match inner {
                Some(inner) => finding.help(format!("close <{}> first", inner.name)),
                None => finding,
            });
        } else {
            let message = format!("</{}> closes a tag that is not open", closed.name);
            self.findings.push(Diagnostic::error(codes::BAD_HTML, place, message).help("remove it, or open the tag before"));
        }
    }

    fn close_all(&mut self) {
        for open in std::mem::take(&mut self.open) {
            let advice = format!("end it with </{}>", open.name);
            self.unclosed(&open, &advice);
        }
    }

    fn unclosed(&mut self, open: &Open<'t>, advice: &str) {
        let place = self.scalar.place(open.start, open.end);
        let finding = Diagnostic::error(codes::BAD_HTML, place, format!("the tag <{}> is not closed", open.name));
        self.findings.push(finding.help(advice));
    }
}

/// What closes the value or the statement that begins here, if one does.
pub(super) fn closing(rest: &str) -> Option<&'static str> {
    [("{{", "}}"), ("{%", "%}")].into_iter().find(|(open, _)| rest.starts_with(open)).map(|(_, close)| close)
}

/// Behind the value or statement that begins at `start`; one that is not closed has been reported already.
pub(super) fn past(text: &str, start: usize, close: &str) -> usize {
    text[start + 2..].find(close).map_or(text.len(), |at| start + 2 + at + close.len())
}

/// Single braces around a name, or braces that only close: how long they are, and the name.
fn stray(rest: &str) -> Option<(usize, &str)> {
    if rest.starts_with("}}") {
        return Some((2, ""));
    }
    let inside = rest.strip_prefix('{')?;
    let close = inside.find('}')?;
    let written = inside[..close].trim();
    let name = written.split([' ', '|']).next()?;
    let is_name = name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
    let rest_is_filter = written[name.len()..].trim_start();
    let whole = is_name && (rest_is_filter.is_empty() || rest_is_filter.starts_with('|'));
    let length = 1 + close + if inside[close..].starts_with("}}") { 2 } else { 1 };
    whole.then_some((length, name))
}
