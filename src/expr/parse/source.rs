//! One expression inside a scalar: its tokens, the limits it must keep, and the spellings minijinja's grammar does not know.

use minijinja::machinery::{self, Token};

use crate::diagnostic::{Code, Diagnostic, Fix, Span};
use crate::expr::tree::{Node, Test};
use crate::expr::{codes, parse_duration};
use crate::syntax::Scalar;

use super::lower::Lowering;

/// More than any sane expression has; keeps every recursion over it shallow.
const MAX_TOKENS: usize = 2000;
/// Brackets, `not` and minus signs inside one another.
const MAX_NESTING: usize = 32;

/// A stretch of a scalar that holds one expression.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    pub scalar: &'s Scalar,
    /// Where `text` begins in the scalar's text.
    pub start: usize,
    pub text: &'s str,
    /// The code of a syntax error.
    pub code: Code,
}

/// A token and its place in [`Source::text`].
pub(super) struct Placed<'s> {
    pub token: Token<'s>,
    pub start: usize,
    pub end: usize,
}

/// The source as minijinja gets it.
pub(super) struct Rewritten {
    pub text: String,
    /// For each byte of `text`, and one past the last, its byte in [`Source::text`].
    origin: Vec<usize>,
    /// Where a duration stood, and its milliseconds.
    pub durations: Vec<(usize, i64)>,
}

impl<'s> Source<'s> {
    /// A whole scalar.
    pub fn expression(scalar: &'s Scalar) -> Self {
        Self { scalar, start: 0, text: &scalar.text, code: codes::EXPRESSION_SYNTAX }
    }

    /// Bytes `start..end` of a text.
    pub fn inside(scalar: &'s Scalar, start: usize, end: usize) -> Self {
        Self { scalar, start, text: &scalar.text[start..end], code: codes::TEMPLATE_SYNTAX }
    }

    /// The tree of the expression.
    pub fn compile(&self) -> Result<Node, Box<Diagnostic>> {
        if self.text.trim().is_empty() {
            return Err(self.error(0, self.text.len(), "an expression is missing here").into());
        }
        if self.text.trim_start().starts_with("{{") {
            return Err(self.braces().into());
        }
        let tokens = self.tokens()?;
        self.refuse_foreign_spellings(&tokens)?;
        self.refuse_excess(&tokens)?;
        let rewritten = self.rewrite(&tokens);
        let parsed = machinery::parse_expr(&rewritten.text).map_err(|error| self.syntax_error(&error, Some(&rewritten)))?;
        Lowering { source: *self, rewritten: &rewritten }.lower(&parsed)
    }

    /// The tokens, or the finding about what is none.
    pub fn tokens(&self) -> Result<Vec<Placed<'s>>, Box<Diagnostic>> {
        machinery::tokenize(self.text, true, minijinja::syntax::SyntaxConfig::default())
            .map(|read| {
                let (token, span) = read.map_err(|error| self.syntax_error(&error, None))?;
                Ok(Placed { token, start: span.start_offset as usize, end: span.end_offset as usize })
            })
            .collect()
    }

    /// The place of bytes `from..to` of the text in the file.
    pub fn place(&self, from: usize, to: usize) -> Span {
        self.scalar.place(self.start + from, self.start + to)
    }

    /// A syntax error at bytes `from..to`.
    pub fn error(&self, from: usize, to: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.code, self.place(from, to), message)
    }

    fn braces(&self) -> Diagnostic {
        let from = self.text.len() - self.text.trim_start().len();
        let span = self.place(from, self.text.trim_end().len());
        let finding = Diagnostic::error(codes::ASSIGNMENT_IN_CONDITION, span, "braces around an expression");
        match self.text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
            Some(inner) if !inner.contains("}}") => {
                let bare = inner.trim().to_owned();
                finding.help(format!("expressions stand without braces: {bare}")).fix(Fix::risky(span, bare))
            }
            _ => finding.help("expressions stand without braces; only texts have them"),
        }
    }

    /// `=`, `===`, `<>`, `=>`, `&&`, `||` and `!` are other languages' words for `==`, `!=`, `>=`, `and`, `or` and `not`.
    fn refuse_foreign_spellings(&self, tokens: &[Placed<'_>]) -> Result<(), Box<Diagnostic>> {
        let mut depth = 0_usize;
        for (at, placed) in tokens.iter().enumerate() {
            match placed.token {
                Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => depth += 1,
                Token::ParenClose | Token::BracketClose | Token::BraceClose => depth = depth.saturating_sub(1),
                Token::Eq | Token::Ne | Token::Assign | Token::Lt if let Some(right) = self.odd_comparison(tokens, at) => {
                    return Err(self.foreign(placed.start, tokens[at + 1].end, right).into());
                }
                Token::Assign if depth == 0 || !is_keyword_argument(tokens, at) => {
                    return Err(self.foreign(placed.start, placed.end, "==").into());
                }
                Token::Pipe if tokens.get(at + 1).is_some_and(|next| matches!(next.token, Token::Pipe)) => {
                    return Err(self.foreign(placed.start, tokens[at + 1].end, "or").into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What is meant by two signs that stand together and are one in other languages.
    fn odd_comparison(&self, tokens: &[Placed<'_>], at: usize) -> Option<&'static str> {
        let (first, second) = (&tokens[at], tokens.get(at + 1)?);
        (first.end == second.start).then(|| &self.text[first.start..second.end]).and_then(|written| match written {
            "===" => Some("=="),
            "!==" | "<>" => Some("!="),
            "=>" => Some(">="),
            "=<" => Some("<="),
            _ => None,
        })
    }

    fn foreign(&self, from: usize, to: usize, right: &str) -> Diagnostic {
        let written = &self.text[from..to];
        let span = self.place(from, to);
        Diagnostic::error(codes::ASSIGNMENT_IN_CONDITION, span, format!("`{written}` is not a word of the language"))
            .help(format!("write `{}`", right.trim()))
            .fix(Fix::risky(span, right))
    }

    fn refuse_excess(&self, tokens: &[Placed<'_>]) -> Result<(), Box<Diagnostic>> {
        if tokens.len() > MAX_TOKENS {
            return Err(self.error(0, self.text.len(), "the expression is too long").help("compute parts of it in a `set` step").into());
        }
        let (mut brackets, mut prefixes) = (0_usize, 0_usize);
        for placed in tokens {
            match placed.token {
                Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => brackets += 1,
                Token::ParenClose | Token::BracketClose | Token::BraceClose => brackets = brackets.saturating_sub(1),
                Token::Minus | Token::Ident("not") => prefixes += 1,
                _ => prefixes = 0,
            }
            if brackets + prefixes > MAX_NESTING {
                return Err(self.too_deep(placed.start, placed.end).into());
            }
        }
        Ok(())
    }

    /// The finding about an expression that is nested too deeply.
    pub fn too_deep(&self, from: usize, to: usize) -> Diagnostic {
        self.error(from, to, "the expression is nested too deeply").help("compute parts of it in a `set` step")
    }

    /// Durations become names of the same length, and a test without arguments before `if`, `in` or `not` gets its empty brackets:
    /// minijinja's grammar has no durations, and would take the next word for an argument of the test.
    fn rewrite(&self, tokens: &[Placed<'_>]) -> Rewritten {
        let mut out = Rewritten { text: String::with_capacity(self.text.len()), origin: Vec::new(), durations: Vec::new() };
        let mut copied = 0;
        for at in 0..tokens.len() {
            if let Some((end, millis)) = self.duration_at(tokens, at) {
                out.copy(self.text, copied, tokens[at].start);
                out.durations.push((out.text.len(), millis));
                out.push_at("_", tokens[at].start);
                out.copy(self.text, tokens[at].start + 1, end);
                copied = end;
            } else if ends_bare_test(tokens, at) {
                out.copy(self.text, copied, tokens[at].end);
                out.push_at("()", tokens[at].end);
                copied = tokens[at].end;
            }
        }
        out.copy(self.text, copied, self.text.len());
        out.origin.push(self.text.len());
        out
    }

    fn duration_at(&self, tokens: &[Placed<'_>], at: usize) -> Option<(usize, i64)> {
        let (number, unit) = (&tokens[at], tokens.get(at + 1)?);
        let adjacent = matches!(number.token, Token::Int(_)) && matches!(unit.token, Token::Ident(_)) && number.end == unit.start;
        let index = at > 0 && matches!(tokens[at - 1].token, Token::Dot);
        if !adjacent || index {
            return None;
        }
        Some((unit.end, parse_duration(&self.text[number.start..unit.end])?))
    }

    fn syntax_error(&self, error: &minijinja::Error, rewritten: Option<&Rewritten>) -> Box<Diagnostic> {
        let range = error.range().unwrap_or(0..self.text.len());
        let (from, to) = match rewritten {
            Some(rewritten) => (rewritten.origin(range.start), rewritten.origin(range.end)),
            None => (range.start, range.end),
        };
        let from = floor(self.text, from);
        let to = ceil(self.text, to.max(from + 1));
        let written = &self.text[from..to];
        let finding = match (error.detail().unwrap_or("this cannot be read"), written) {
            ("unexpected character", "&") if self.text[from..].starts_with("&&") => self.foreign(from, from + 2, "and"),
            ("unexpected character", "!") => self.foreign(from, to, "not "),
            ("unexpected character", "“" | "”" | "„" | "‘" | "’" | "«" | "»") => {
                self.error(from, to, format!("`{written}` does not quote a text")).help("use straight quotes: 'word'")
            }
            ("unexpected character", _) => self.error(from, to, format!("`{written}` is not expected here")),
            ("unexpected end of string", _) => {
                self.error(open_quote(self.text).unwrap_or(from), self.text.len(), "this quote is not closed")
            }
            (detail, _) if detail.starts_with("unexpected end of input") && open_bracket(self.text).is_some() => {
                let at = open_bracket(self.text).unwrap_or(from);
                self.error(at, at + 1, format!("the bracket `{}` is not closed", &self.text[at..=at]))
            }
            ("unexpected input after expression", "AND" | "And" | "и" | "И") => self.foreign(from, to, "and"),
            ("unexpected input after expression", "OR" | "Or" | "или" | "ИЛИ") => self.foreign(from, to, "or"),
            ("unexpected input after expression", _) => self
                .error(from, to, format!("`{written}` is not expected here"))
                .help("conditions are joined by `and` and `or`; a text stands in quotes"),
            (detail, _) => self.error(from, to, detail),
        };
        Box::new(finding)
    }
}

impl Rewritten {
    /// The byte in the source of byte `at` of the rewritten text.
    pub fn origin(&self, at: usize) -> usize {
        self.origin.get(at).or(self.origin.last()).copied().unwrap_or_default()
    }

    fn copy(&mut self, text: &str, from: usize, to: usize) {
        self.text.push_str(&text[from..to]);
        self.origin.extend(from..to);
    }

    fn push_at(&mut self, text: &str, at: usize) {
        self.text.push_str(text);
        self.origin.extend(std::iter::repeat_n(at, text.len()));
    }
}

/// `name=value` directly behind an opening bracket or a comma.
fn is_keyword_argument(tokens: &[Placed<'_>], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|index| &tokens[index].token);
    matches!(before(1), Some(Token::Ident(_))) && matches!(before(2), Some(Token::ParenOpen | Token::Comma))
}

/// True if token `at` is the name of a test that takes no arguments, and a word follows that minijinja would take for one.
fn ends_bare_test(tokens: &[Placed<'_>], at: usize) -> bool {
    let Token::Ident(name) = tokens[at].token else { return false };
    let bare = Test::ALL.iter().any(|(test, arguments)| *test == name && *arguments == 0);
    let swallowed = |next: &Placed<'_>| matches!(next.token, Token::Ident("if" | "in" | "not") | Token::Plus | Token::Minus);
    let word = |back: usize| match at.checked_sub(back).map(|index| &tokens[index].token) {
        Some(Token::Ident(word)) => *word,
        _ => "",
    };
    let tested = word(1) == "is" || (word(1) == "not" && word(2) == "is");
    bare && tested && tokens.get(at + 1).is_some_and(swallowed)
}

/// Where the innermost bracket stands that nothing closes.
fn open_bracket(text: &str) -> Option<usize> {
    let (mut open, mut quote) = (Vec::new(), None);
    for (at, sign) in text.char_indices() {
        match (quote, sign) {
            (Some(opened), sign) if opened == sign => quote = None,
            (None, '\'' | '"') => quote = Some(sign),
            (None, '(' | '[' | '{') => open.push(at),
            (None, ')' | ']' | '}') => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

/// Where a quote begins that nothing closes.
fn open_quote(text: &str) -> Option<usize> {
    let mut open = None;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match open {
            Some(_) if escaped => escaped = false,
            Some(_) if byte == b'\\' => escaped = true,
            Some((_, quote)) if byte == quote => open = None,
            None if matches!(byte, b'\'' | b'"') => open = Some((at, byte)),
            _ => {}
        }
    }
    open.map(|(at, _)| at)
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
