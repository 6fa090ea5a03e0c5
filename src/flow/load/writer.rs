//! Texts and expressions: compiled, checked against the names of their place, texts gathered in every language.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::diagnostic::{Diagnostic, Severity, Span, excerpt, nearest};
use crate::expr::{Context, Expression, Kind, Lengths, Names, Scope, Template, Time, Type, Value};
use crate::flow::Text;
use crate::flow::load::catalog::Catalogs;
use crate::flow::load::{codes, declare, links, markup, personal, wordings};
use crate::syntax::Node;

/// The most characters of a message and of a label.
const MESSAGE: usize = 4096;
const LABEL: usize = 64;
/// Characters that a button of a messenger copies.
const COPIED: usize = 256;

/// What a text is for: how long it may be, and whether it may print a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A message of `say` or `ask`: it is protected when it prints a secret.
    Shown,
    /// Any other message.
    Message,
    /// What is on a button, or a title.
    Label,
    /// What a button copies: a secret may be in it.
    Copied,
    /// An address that a button opens.
    Address,
    /// What only admins see: it need not be translated.
    Admin,
}

/// A text, and whether it prints a secret.
pub(super) struct Written {
    pub text: Text,
    pub secret: bool,
}

/// Compiles texts and expressions and gathers what is wrong with them.
pub(super) struct Writer<'c> {
    pub catalogs: &'c Catalogs<'c>,
    pub findings: Vec<Diagnostic>,
}

impl<'c> Writer<'c> {
    pub(super) fn new(catalogs: &'c Catalogs<'c>) -> Self {
        Self { catalogs, findings: Vec::new() }
    }

    /// A text with its translations, which stand under one of these addresses; the first is the one that people are told.
    pub(super) fn text(&mut self, node: &Node, addresses: &[String], names: &dyn Names, purpose: Purpose) -> Written {
        let (mut secret, before) = (false, self.findings.len());
        let mut by_language = vec![self.in_language(0, node, names, purpose, &mut secret)];
        let own = self.findings.len();
        for language in 1..self.catalogs.languages().len() {
            let translation = self.catalogs.find(language, addresses);
            if translation.is_none() && has_words(node, purpose) {
                self.catalogs.miss(language, &addresses[0], node.span);
            }
            if let Some(translation) = translation.filter(|_| has_words(node, purpose)) {
                wordings::check_translated(node, translation, &self.catalogs.languages()[language], &mut self.findings);
            }
            let found = self.findings.len();
            let translated = translation.and_then(|node| Some((self.translation(language, node, names, purpose, &mut secret)?, node)));
            // Where something is wrong with either, that is what it lacks. A value that may be none is not: it is shown to be there later.
            let is_error = |finding: &Diagnostic| finding.severity == Severity::Error || finding.code == codes::STRAY_BRACES;
            let is_sound = !self.findings[before..own].iter().chain(&self.findings[found..]).any(is_error);
            if let (true, Some((template, translation)), Some(Some(own))) = (is_sound, &translated, by_language.first()) {
                wordings::compare((own, node), (template, translation), &mut self.findings);
            }
            by_language.push(translated.map(|(template, _)| template));
        }
        // What is wrong in every language, such as a name that nothing has, is told once.
        let (known, translated) = (self.findings[before..own].to_vec(), self.findings.split_off(own));
        let is_known = |found: &Diagnostic| known.iter().any(|known| known.code == found.code && known.message == found.message);
        self.findings.extend(translated.into_iter().filter(|found| !is_known(found)));
        Written { text: Text { by_language }, secret }
    }

    /// A text in another language than the first. The labels of the first are measured with the shape of their file.
    pub(super) fn translation(
        &mut self,
        language: usize,
        node: &Node,
        names: &dyn Names,
        purpose: Purpose,
        secret: &mut bool,
    ) -> Option<Template> {
        let template = self.in_language(language, node, names, purpose, secret)?;
        if let (Purpose::Label, Some(fixed)) = (purpose, template.fixed()) {
            self.limit(node.span, fixed.chars().count(), LABEL);
        }
        Some(template)
    }

    /// A text in the language of this index.
    fn in_language(&mut self, language: usize, node: &Node, names: &dyn Names, purpose: Purpose, secret: &mut bool) -> Option<Template> {
        node.text()?;
        let template = match Template::parse(&node.scalar) {
            Ok(template) => template,
            Err(found) => {
                self.findings.push(*found);
                return None;
            }
        };
        let of = template.check(names, &mut self.findings);
        markup::check_braces(&node.scalar, names, &mut self.findings);
        if matches!(purpose, Purpose::Shown | Purpose::Message) {
            markup::check_tags(&node.scalar, &mut self.findings);
        }
        *secret |= of.secret;
        let prints = if of.secret || of.pii { template.prints(names) } else { Vec::new() };
        let first = |is: fn(&Type) -> bool| prints.iter().find(|(_, of)| is(of)).map_or(node.span, |(span, _)| *span);
        if of.secret && !matches!(purpose, Purpose::Shown | Purpose::Copied) {
            self.misplaced_secret(first(|of| of.secret));
        } else if matches!(purpose, Purpose::Shown | Purpose::Message) {
            links::check(&node.scalar, &prints, &mut self.findings);
        }
        if of.pii && purpose == Purpose::Address {
            self.findings.push(personal::in_address(first(|of| of.pii), "the address of a button"));
        }
        if purpose == Purpose::Address {
            self.check_address(node, &template);
        }
        self.measure(node.span, template.lengths(names), purpose);
        if let Some(language) = self.catalogs.languages().get(language) {
            wordings::check_plurals(&template, language, &mut self.findings);
        }
        Some(template)
    }

    /// An expression whose value may not be a secret.
    pub(super) fn expression(&mut self, node: &Node, names: &dyn Names) -> Option<(Expression, Type)> {
        let (expression, of) = self.value(node, names)?;
        if of.secret {
            self.misplaced_secret(node.span);
        }
        Some((expression, of))
    }

    /// An expression whose value may be a secret, as it goes to a place that keeps it.
    pub(super) fn value(&mut self, node: &Node, names: &dyn Names) -> Option<(Expression, Type)> {
        let expression = Expression::from_node(node, &mut self.findings)?;
        let of = expression.check(names, &mut self.findings);
        Some((expression, of))
    }

    /// An expression that is true or false.
    pub(super) fn condition(&mut self, node: &Node, names: &dyn Names) -> Option<Expression> {
        let (expression, of) = self.expression(node, names)?;
        if !matches!(of.kind, Kind::Boolean | Kind::Any) {
            let message = format!("a condition is true or false, and this is {}", declare::describe(&of.kind));
            let found = wrong_type(&expression, node.span, message);
            self.findings.push(found.help("compare it with something, or ask whether it \"is none\""));
        }
        Some(expression)
    }

    /// An expression of one of these kinds.
    pub(super) fn of_kind(&mut self, node: &Node, names: &dyn Names, kinds: &[Kind]) -> Option<Expression> {
        let (expression, of) = self.expression(node, names)?;
        let fits = |kind: &Kind| declare::misfit(&of, &Type::certain(kind.clone())).is_none();
        if !kinds.iter().any(fits) {
            let wanted = kinds.iter().map(declare::describe).collect::<Vec<_>>().join(" or ");
            let message = format!("this is {}, and {wanted} is wanted", declare::describe(&of.kind));
            self.findings.push(wrong_type(&expression, node.span, message));
        }
        Some(expression)
    }

    /// A word as such that is none of those that are wanted.
    pub(super) fn check_word(&mut self, expression: &Expression, wanted: &Type) {
        let (Kind::OneOf(words), Some(Value::Text(word))) = (&wanted.kind, constant(expression)) else { return };
        if words.iter().any(|(known, _)| *known == word) {
            return;
        }
        let message = format!("\"{word}\" is none of the words that are wanted");
        let found = Diagnostic::error(codes::TYPE_MISMATCH, expression.span(), message);
        let known = words.iter().map(|(known, _)| known.as_str());
        self.findings.push(match nearest(&word, known.clone()) {
            Some(near) => found.help(format!("did you mean \"{near}\"?")),
            None => found.help(format!("they are {}", known.collect::<Vec<_>>().join(", "))),
        });
    }

    /// Reports an error without advice.
    pub(super) fn error(&mut self, code: crate::diagnostic::Code, span: Span, message: impl Into<String>) {
        self.findings.push(Diagnostic::error(code, span, message));
    }

    pub(super) fn misplaced_secret(&mut self, span: Span) {
        self.findings.push(Diagnostic::error(codes::MISPLACED_SECRET, span, "a secret cannot be used here").help(
            "it may stand in the text of \"say\" or \"ask\", in \"copy\", in an input declared \"secret: true\", and before \"is none\"",
        ));
    }

    /// The messenger refuses a whole message for a button whose address it does not take.
    fn check_address(&mut self, node: &Node, template: &Template) {
        const BEGIN: [&str; 3] = ["https://", "http://", "tg://"];
        let text = node.text().unwrap_or_default();
        // What begins with a value may be an address as a whole.
        let is_open = template.fixed().is_none() && text.starts_with('{');
        let is_whole = BEGIN.iter().any(|begin| text.strip_prefix(begin).is_some_and(|rest| !rest.is_empty()));
        if !is_open && (!is_whole || template.fixed().is_some_and(|fixed| fixed.contains(char::is_whitespace))) {
            let message = format!("\"{}\" is no address that a button can open", excerpt(text));
            let found = Diagnostic::error(codes::BAD_ADDRESS, node.span, message);
            self.findings.push(found.help("write it whole: https://example.com/page"));
        }
    }

    /// What is too long whatever its values are will not be shown as it is; what may be is told as well, if all its values are bounded.
    fn measure(&mut self, span: Span, length: Lengths, purpose: Purpose) {
        let (most, help) = match purpose {
            Purpose::Shown | Purpose::Message => {
                (MESSAGE, "bound the answers in it (max: 500), shorten them (| truncate(200)), or send it in several steps")
            }
            Purpose::Label => (LABEL, "shorten its values: {{ … | truncate(40) }}"),
            Purpose::Copied => (COPIED, "bound the answers in it (max: 200): the messenger refuses the whole message"),
            _ => return,
        };
        if length.blank && matches!(purpose, Purpose::Shown | Purpose::Message) {
            let found = Diagnostic::warning(codes::EMPTY_MESSAGE, span, "there is a way on which this text is empty");
            self.findings.push(found.help("add `{% else %}` or other words; or ask for the same in the step's `when`"));
        }
        if length.least > most && purpose != Purpose::Label {
            let message = format!("this text has {} characters, and {most} are the most here", length.least);
            self.findings.push(Diagnostic::error(codes::TOO_LONG, span, message).help("shorten it"));
        } else if let Some(longest) = length.most.filter(|longest| *longest > most && length.least < *longest) {
            let message = format!("this text can have up to {longest} characters, and {most} are the most here");
            self.findings.push(Diagnostic::warning(codes::TOO_LONG, span, message).help(help));
        }
    }

    /// The labels of the first language are measured with the shape of their file.
    fn limit(&mut self, span: Span, length: usize, most: usize) {
        if length > most {
            let message = format!("this text has {length} characters, and {most} are the most here");
            self.findings.push(Diagnostic::error(codes::TOO_LONG, span, message).help("shorten it"));
        }
    }
}

/// The value of an expression that depends on nothing.
pub(super) fn constant(expression: &Expression) -> Option<Value> {
    struct Nothing;
    impl Scope for Nothing {
        fn get(&self, _: &str) -> Option<Cow<'_, Value>> {
            None
        }
        fn label(&self, _: &str) -> Option<String> {
            None
        }
    }
    if !expression.names().is_empty() {
        return None;
    }
    expression.evaluate(&Context { scope: &Nothing, language: "ru", zone: &TimeZone::UTC, now: Time(0) }).ok()
}

/// True if there is something to translate: a letter outside values and tags.
pub(super) fn has_words(node: &Node, purpose: Purpose) -> bool {
    !matches!(purpose, Purpose::Copied | Purpose::Address | Purpose::Admin)
        && node.text().is_some_and(|text| words(text).contains(char::is_alphabetic))
}

/// A text without its values, statements and tags.
pub(super) fn words(text: &str) -> String {
    let (mut words, mut rest) = (String::new(), text);
    while let Some(letter) = rest.chars().next() {
        let closes = match letter {
            '<' => ">",
            _ if rest.starts_with("{{") => "}}",
            _ if rest.starts_with("{%") => "%}",
            _ => {
                words.push(letter);
                rest = &rest[letter.len_utf8()..];
                continue;
            }
        };
        rest = rest.find(closes).map_or("", |at| &rest[at + closes.len()..]);
    }
    words
}

/// The finding that the value of an expression is of another type than is wanted at its place.
pub(super) fn wrong_type(expression: &Expression, span: Span, message: impl Into<String>) -> Diagnostic {
    let mut found = Diagnostic::error(codes::TYPE_MISMATCH, span, message);
    found.about.extend(expression.reads());
    found
}
