//! Texts: the author's words, `{{ }}`, and the two statements `{% if %}` and `{% for %}`.
//!
//! The frame of a text is read here and only the expressions in it go to minijinja, so that every mistake has its exact place, and
//! constructs that the language does not have are refused as such.

use minijinja::machinery::Token;

use crate::diagnostic::Diagnostic;
use crate::expr::codes;
use crate::expr::tree::{Node, Part, Term};
use crate::syntax::Scalar;

use super::source::Source;

/// Statements inside one another.
const MAX_NESTING: usize = 16;

/// The parts of a text.
pub(super) fn parse(scalar: &Scalar) -> Result<Vec<Part>, Box<Diagnostic>> {
    let text = scalar.text.as_str();
    let end = text.strip_suffix('\n').map_or(text.len(), str::len);
    let mut reader = Reader { scalar, end, at: 0, open: Vec::new() };
    let (parts, stop) = reader.parts()?;
    match stop {
        Stop::End => Ok(parts),
        Stop::Statement(statement) => Err(reader.stray(&statement).into()),
    }
}

struct Reader<'s> {
    scalar: &'s Scalar,
    /// One past the last byte that belongs to the text.
    end: usize,
    at: usize,
    /// Statements begun and not ended: keyword and place.
    open: Vec<(&'static str, usize, usize)>,
}

/// Why a run of parts ended.
enum Stop<'s> {
    End,
    /// `else`, `elif`, `endif`, `endfor`.
    Statement(Statement<'s>),
}

/// A `{% %}`.
struct Statement<'s> {
    keyword: &'s str,
    /// The whole tag.
    start: usize,
    end: usize,
    /// What follows the keyword.
    rest: Source<'s>,
}

impl<'s> Reader<'s> {
    /// Parts up to the end or to a statement that belongs to an outer one.
    fn parts(&mut self) -> Result<(Vec<Part>, Stop<'s>), Box<Diagnostic>> {
        let text = &self.scalar.text[..self.end];
        let mut parts = Vec::new();
        loop {
            let Some(start) = next_tag(text, self.at) else {
                push_words(&mut parts, &text[self.at..]);
                self.at = self.end;
                return match self.open.last() {
                    Some(&(keyword, start, end)) => Err(self.unended(keyword, start, end).into()),
                    None => Ok((parts, Stop::End)),
                };
            };
            push_words(&mut parts, &text[self.at..start]);
            match text.as_bytes()[start + 1] {
                b'{' => {
                    let inner = self.tag(start, "}}")?;
                    parts.push(Part::Print(inner.compile()?));
                }
                b'%' => {
                    let statement = self.statement(start)?;
                    match statement.keyword {
                        "if" => parts.push(self.condition(&statement)?),
                        "for" => parts.push(self.repetition(&statement)?),
                        "elif" | "else" | "endif" | "endfor" => return Ok((parts, Stop::Statement(statement))),
                        _ => return Err(self.unknown(&statement).into()),
                    }
                }
                _ => {
                    let finding = self.forbidden(start, start + 2, "texts have no comments");
                    return Err(finding.help("write a YAML comment: `# …` before the text").into());
                }
            }
        }
    }

    /// The inside of the tag that opens at `start`; moves behind it.
    fn tag(&mut self, start: usize, close: &str) -> Result<Source<'s>, Box<Diagnostic>> {
        let from = start + 2;
        let Some(to) = find_close(&self.scalar.text[..self.end], from, close) else {
            let opened = &self.scalar.text[start..from];
            let finding = Source::inside(self.scalar, start, from).error(0, 2, format!("`{opened}` is not closed"));
            return Err(finding.help(format!("close it with `{close}`")).into());
        };
        self.at = to + close.len();
        let inner = Source::inside(self.scalar, from, to);
        if inner.text.starts_with(['-', '+']) || (inner.text.ends_with(['-', '+']) && close == "%}") {
            let finding = self.forbidden(start, self.at, "texts have no signs for white space");
            return Err(finding.help("lines made empty by a `{% %}` are dropped anyway; put a space before a minus").into());
        }
        Ok(inner)
    }

    fn statement(&mut self, start: usize) -> Result<Statement<'s>, Box<Diagnostic>> {
        let inner = self.tag(start, "%}")?;
        let lead = inner.text.len() - inner.text.trim_start().len();
        let word = inner.text[lead..].split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let rest = inner.start + lead + word.len();
        let rest = Source::inside(self.scalar, rest, inner.start + inner.text.len());
        Ok(Statement { keyword: word, start, end: self.at, rest })
    }

    fn condition(&mut self, first: &Statement<'s>) -> Result<Part, Box<Diagnostic>> {
        self.open("if", first)?;
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        let mut condition = first.rest.compile()?;
        loop {
            let (body, stop) = self.parts()?;
            let Stop::Statement(statement) = stop else { break };
            branches.push((condition, body));
            match statement.keyword {
                "elif" => condition = statement.rest.compile()?,
                "else" => {
                    refuse_rest(&statement)?;
                    otherwise = self.last_body(&statement, "endif")?;
                    break;
                }
                "endif" => {
                    refuse_rest(&statement)?;
                    break;
                }
                _ => return Err(self.stray(&statement).into()),
            }
        }
        self.open.pop();
        Ok(Part::If { branches, otherwise })
    }

    fn repetition(&mut self, first: &Statement<'s>) -> Result<Part, Box<Diagnostic>> {
        self.open("for", first)?;
        let (item, list) = self.loop_head(first)?;
        let mut otherwise = Vec::new();
        let (body, stop) = self.parts()?;
        if let Stop::Statement(statement) = stop {
            refuse_rest(&statement)?;
            match statement.keyword {
                "else" => otherwise = self.last_body(&statement, "endfor")?,
                "endfor" => {}
                _ => return Err(self.stray(&statement).into()),
            }
        }
        self.open.pop();
        Ok(Part::For { item, list, body, otherwise })
    }

    /// What stands between `{% else %}` and the end of its statement.
    fn last_body(&mut self, opened: &Statement<'s>, end: &str) -> Result<Vec<Part>, Box<Diagnostic>> {
        let (body, stop) = self.parts()?;
        match stop {
            Stop::Statement(statement) if statement.keyword == end => {
                refuse_rest(&statement)?;
                Ok(body)
            }
            Stop::Statement(statement) => Err(self.stray(&statement).into()),
            Stop::End => Err(self.unended("else", opened.start, opened.end).into()),
        }
    }

    /// `item in list`
    fn loop_head(&self, statement: &Statement<'s>) -> Result<(String, Node), Box<Diagnostic>> {
        let rest = &statement.rest;
        let tokens = rest.tokens()?;
        let mut words = tokens.iter().take(3);
        let (item, list) = match (words.next(), words.next(), words.next()) {
            (Some(item), Some(word), Some(list)) => match (&item.token, &word.token) {
                (Token::Ident(item), Token::Ident("in")) => (*item, list.start),
                _ => return Err(self.bad_loop(statement).into()),
            },
            _ => return Err(self.bad_loop(statement).into()),
        };
        if ["true", "false", "none", "not", "in", "is", "if", "else", "and", "or"].contains(&item.to_lowercase().as_str()) {
            return Err(self.bad_loop(statement).into());
        }
        let from = rest.start + list;
        let node = Source::inside(self.scalar, from, rest.start + rest.text.len()).compile()?;
        if let Term::If { otherwise: None, .. } = node.term {
            let finding = Diagnostic::error(codes::FORBIDDEN_CONSTRUCT, node.span, "`for` takes every item of its list");
            return Err(finding.help("write `{% if %}` inside, or `list | select('field', value)`").into());
        }
        Ok((item.to_owned(), node))
    }

    fn open(&mut self, keyword: &'static str, statement: &Statement<'_>) -> Result<(), Box<Diagnostic>> {
        self.open.push((keyword, statement.start, statement.end));
        if self.open.len() > MAX_NESTING {
            return Err(self.error(statement.start, statement.end, "the text is nested too deeply").into());
        }
        Ok(())
    }

    fn unknown(&self, statement: &Statement<'_>) -> Diagnostic {
        let known = ["if", "elif", "else", "endif", "for", "endfor"];
        if statement.keyword.is_empty() {
            return self.error(statement.start, statement.end, "a statement is missing here").help("texts have `if` and `for`");
        }
        let from = statement.rest.start - statement.keyword.len();
        let finding = self.forbidden(from, statement.rest.start, format!("there is no statement `{}`", statement.keyword));
        // What other languages call it is nearer to another word of ours.
        let meant = matches!(statement.keyword, "elseif" | "elsif").then_some("elif");
        match meant.or_else(|| crate::diagnostic::nearest(statement.keyword, known)) {
            Some(near) => finding.help(format!("did you mean \"{near}\"?")),
            None => finding.help("texts have `{% if %}`, `{% elif %}`, `{% else %}` and `{% for item in list %}`, nothing else"),
        }
    }

    fn stray(&self, statement: &Statement<'_>) -> Diagnostic {
        let message = format!("`{}` has nothing here to belong to", statement.keyword);
        let finding = self.error(statement.start, statement.end, message);
        match self.open.last() {
            Some(&(keyword, start, end)) => {
                let place = Source::inside(self.scalar, start, end).place(0, end - start);
                finding.related(place, format!("this `{keyword}` is not ended"))
            }
            None => finding,
        }
    }

    fn unended(&self, keyword: &str, start: usize, end: usize) -> Diagnostic {
        let ending = if keyword == "for" { "endfor" } else { "endif" };
        self.error(start, end, format!("`{keyword}` is not ended")).help(format!("end it with `{{% {ending} %}}`"))
    }

    fn bad_loop(&self, statement: &Statement<'_>) -> Diagnostic {
        self.error(statement.start, statement.end, "`for` cannot be read").help("write `{% for item in list %}`")
    }

    fn error(&self, start: usize, end: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(codes::TEMPLATE_SYNTAX, self.scalar.place(start, end), message)
    }

    fn forbidden(&self, start: usize, end: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(codes::FORBIDDEN_CONSTRUCT, self.scalar.place(start, end), message)
    }
}

/// `else`, `endif` and `endfor` stand alone.
fn refuse_rest(statement: &Statement<'_>) -> Result<(), Box<Diagnostic>> {
    let rest = statement.rest.text;
    if rest.trim().is_empty() {
        return Ok(());
    }
    let from = rest.len() - rest.trim_start().len();
    let finding = statement.rest.error(from, rest.trim_end().len(), format!("nothing follows `{}`", statement.keyword));
    let condition = statement.keyword == "else" && rest.trim_start().starts_with("if");
    Err(if condition { finding.help("write `{% elif … %}`").into() } else { finding.into() })
}

fn push_words(parts: &mut Vec<Part>, words: &str) {
    if !words.is_empty() {
        parts.push(Part::Words(words.to_owned()));
    }
}

/// The next `{{`, `{%` or `{#` from `at` on.
fn next_tag(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (at..bytes.len().saturating_sub(1)).find(|&start| bytes[start] == b'{' && matches!(bytes[start + 1], b'{' | b'%' | b'#'))
}

/// Where `close` stands outside quotes and brackets.
fn find_close(text: &str, from: usize, close: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut depth = 0_usize;
    let mut at = from;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if open == byte => quote = None,
            (None, byte @ (b'\'' | b'"')) => quote = Some(byte),
            (None, _) if depth == 0 && bytes[at..].starts_with(close.as_bytes()) => return Some(at),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    // An unclosed quote or bracket: the error is told best about what stands before the first closing sign.
    text[from..].find(close).map(|found| from + found)
}
