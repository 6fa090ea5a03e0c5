//! What counts as an answer: `type` and its constraints, or options.

use crate::diagnostic::Diagnostic;
use crate::expr::{Kind, Type};
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::steps::Written;
use crate::flow::load::{codes, declare, matching};
use crate::flow::{AnswerType, Bounds, Files};
use crate::syntax::shape::bytes;
use crate::syntax::{self, Node};

/// Everything that some answer can be unclear for.
pub(super) const REASONS: [&str; 15] =
    ["short", "long", "pattern", "low", "high", "early", "late", "few", "many", "foreign", "forwarded", "typed", "big", "kind", "other"];

/// The longest text that is taken for an answer.
const LONGEST: usize = 4096;

/// The most characters of a text where the author says nothing.
const USUAL: usize = 1000;

/// The most characters of the answer to a question for a text.
pub(super) fn longest(step: &Node) -> Option<usize> {
    let is_text = step.get("type").is_none_or(|of| of.text() == Some("text"));
    if step.get("ask").is_none() || !is_text || step.get("choice").is_some() || step.get("choices").is_some() {
        return None;
    }
    step.get("max").map_or(Some(USUAL), |max| usize::try_from(max.integer()?).ok())
}

/// The type of the result of a question.
pub(super) fn result(step: &Node, place: &Place<'_>) -> Type {
    let several = step.get("choices");
    let mut of = match step.get("choice").or(several) {
        Some(options) => {
            let one = chosen(options, place);
            if several.is_some() { list_of(one) } else { one }
        }
        None if takes_many(step) => declare::scalar(word(step)).map_or_else(|| Type::certain(Kind::Any), list_of),
        None => declare::scalar(word(step)).unwrap_or_else(|| Type::certain(Kind::Any)),
    };
    let flag = |key: &str| step.get(key).and_then(Node::boolean);
    of.pii = flag("pii").unwrap_or(of.pii);
    of.secret = flag("secret").unwrap_or(of.secret);
    of.optional = step.get("optional").is_some_and(|optional| !matches!(optional.kind, syntax::Kind::Bool(false)));
    of
}

fn list_of(one: Type) -> Type {
    Type { pii: one.pii, secret: one.secret, ..Type::certain(Kind::List(Box::new(one))) }
}

/// True if several files are one answer.
fn takes_many(step: &Node) -> bool {
    matches!(word(step), "photo" | "document") && step.get("many").and_then(Node::boolean) == Some(true)
}

/// What one option stands for: its id, or the record it was made of.
fn chosen(options: &Node, place: &Place<'_>) -> Type {
    if let Some(from) = options.get("from") {
        return match place.silently(from).kind {
            Kind::List(item) => Type { optional: false, ..*item },
            _ => Type::certain(Kind::Any),
        };
    }
    let answers = options.entries().iter().filter(|entry| entry.value.get("url").is_none() && entry.value.get("copy").is_none());
    let label = |node: &Node| node.text().or_else(|| node.get("label")?.text()).unwrap_or_default().to_owned();
    Type::certain(Kind::OneOf(answers.map(|entry| (entry.key.clone(), label(&entry.value))).collect()))
}

pub(super) fn word(step: &Node) -> &str {
    step.get("type").and_then(Node::text).unwrap_or("text")
}

/// Why an answer of the step's type can be unclear.
pub(super) fn reasons(step: &Node) -> &'static [&'static str] {
    if step.get("choices").is_some() {
        return &["few", "many", "other"];
    }
    if step.get("choice").is_some() {
        return &["other"];
    }
    match word(step) {
        "text" => &["short", "long", "pattern", "other"],
        "integer" | "decimal" | "money" => &["low", "high", "other"],
        "date" | "time" | "datetime" => &["early", "late", "other"],
        "photo" | "document" if takes_many(step) => &["big", "kind", "many", "other"],
        "photo" | "document" => &["big", "kind", "other"],
        "contact" => &["foreign", "forwarded", "typed", "other"],
        _ => &["other"],
    }
}

/// The constraints that go with a type.
fn constraints(step: &Node) -> &'static [&'static str] {
    if step.get("choices").is_some() {
        return &["min", "max"];
    }
    if step.get("choice").is_some() {
        return &[];
    }
    match word(step) {
        "text" => &["min", "max", "pattern"],
        "integer" | "decimal" | "date" | "time" | "datetime" => &["min", "max"],
        "money" => &["min", "max", "currency"],
        "phone" => &["country"],
        "contact" => &["typed", "country", "button"],
        "photo" | "document" => &["max_size", "kinds", "many"],
        "location" => &["button"],
        _ => &[],
    }
}

impl Builder<'_> {
    /// What counts as an answer to this step's question.
    pub(super) fn answer(&mut self, step: Written<'_>, place: &Place<'_>) -> AnswerType {
        self.check_constraints(step.node);
        if let Some(options) = step.node.get("choice") {
            return AnswerType::Choice(self.options(step, "choice", options, place));
        }
        if let Some(options) = step.node.get("choices") {
            let options = self.options(step, "choices", options, place);
            let (min, max) = (self.measure(step.node, "min"), self.measure(step.node, "max"));
            self.check_order(step.node, min, max);
            return AnswerType::Choices { options, min: min.unwrap_or(1), max };
        }
        self.typed(step.node, place)
    }

    /// What counts as an answer of the type that stands here.
    pub(super) fn typed(&mut self, step: &Node, place: &Place<'_>) -> AnswerType {
        let country = step.get("country").and_then(Node::text).unwrap_or(self.world.country).to_owned();
        match word(step) {
            "name" => AnswerType::Name,
            "integer" => AnswerType::Integer(self.bounds(step, place, &[Kind::Integer])),
            "decimal" => AnswerType::Decimal(self.bounds(step, place, &[Kind::Decimal])),
            "money" => {
                let currency = step.get("currency").and_then(Node::text).unwrap_or(self.world.currency).to_owned();
                AnswerType::Money(self.bounds(step, place, &[Kind::Decimal, Kind::Money]), currency)
            }
            "date" => AnswerType::Date(self.bounds(step, place, &[Kind::Date, Kind::DateTime])),
            "time" => AnswerType::Clock(self.bounds(step, place, &[Kind::Clock])),
            "datetime" => AnswerType::DateTime(self.bounds(step, place, &[Kind::DateTime])),
            "email" => AnswerType::Email,
            "phone" => AnswerType::Phone(country),
            "contact" => AnswerType::Contact { typed: step.get("typed").and_then(|node| self.condition(node, place)), country },
            "yes_no" => AnswerType::YesNo,
            "photo" => AnswerType::Photo(self.files(step)),
            "document" => AnswerType::Document(self.files(step)),
            "location" => AnswerType::Location,
            _ => self.free_text(step),
        }
    }

    /// Which files are taken.
    fn files(&mut self, step: &Node) -> Files {
        let size = step.get("max_size").and_then(|node| Some((node, bytes(node.text()?)?)));
        if let Some((node, _)) = size.filter(|(_, size)| *size > Files::LARGEST) {
            let found = Diagnostic::error(codes::OUT_OF_RANGE, node.span, "no channel passes on a file of more than 20MB");
            self.writer.findings.push(found.help("leave the line out: 20MB is what is taken then"));
        }
        let kinds = step.get("kinds").map_or(&[][..], Node::items);
        for node in kinds {
            if let Some(kind) = node.text().filter(|kind| !is_kind(kind)) {
                let found = Diagnostic::error(codes::BAD_FORMAT, node.span, format!("\"{kind}\" is no kind of file"));
                self.writer.findings.push(found.help("write image/*, application/pdf, or the ending of the name: pdf"));
            }
        }
        let wanted = kinds.iter().filter_map(Node::text).map(str::to_owned).collect();
        Files { kinds: wanted, max_size: size.map_or(Files::LARGEST, |(_, size)| size), many: takes_many(step) }
    }

    fn free_text(&mut self, step: &Node) -> AnswerType {
        let (min, max) = (self.measure(step, "min"), self.measure(step, "max"));
        self.check_order(step, min, max);
        if let Some(most) = max.filter(|max| *max > LONGEST) {
            let span = step.get("max").map_or(step.span, |node| node.span);
            self.writer.error(codes::OUT_OF_RANGE, span, format!("{most} is more than a message can have: {LONGEST} characters"));
        }
        let pattern = step.get("pattern").and_then(|pattern| matching::whole_pattern(pattern, &mut self.writer));
        AnswerType::Text { min: min.unwrap_or(1), max: max.unwrap_or(USUAL), pattern }
    }

    /// A constraint of another type would silently do nothing.
    fn check_constraints(&mut self, step: &Node) {
        let known = constraints(step);
        let what = ["choice", "choices"].into_iter().find(|key| step.get(key).is_some()).unwrap_or(word(step));
        for entry in step.entries() {
            let key = entry.key.as_str();
            if matches!(key, "min" | "max" | "pattern" | "currency" | "country" | "typed" | "button" | "max_size" | "kinds" | "many")
                && !known.contains(&key)
            {
                let found =
                    Diagnostic::error(codes::BAD_TYPE, entry.key_span, format!("\"{key}\" means nothing for an answer of type {what}"));
                self.writer.findings.push(match known {
                    [] => found.help("remove the line"),
                    _ => found.help(format!("this type knows {}", known.join(", "))),
                });
            }
        }
    }

    /// How many characters, or options.
    fn measure(&mut self, step: &Node, key: &str) -> Option<usize> {
        let node = step.get(key)?;
        let measure = node.integer().and_then(|number| usize::try_from(number).ok());
        if measure.is_none() && node.text().is_some() {
            self.writer.error(codes::BAD_TYPE, node.span, format!("\"{key}\" is a whole number here, 0 or more"));
        }
        measure
    }

    fn check_order(&mut self, step: &Node, min: Option<usize>, max: Option<usize>) {
        if let (Some(min), Some(max), Some(node)) = (min, max, step.get("max"))
            && min > max
        {
            self.writer.error(codes::BAD_TYPE, node.span, format!("at most {max} and at least {min} cannot both be"));
        }
    }

    fn bounds(&mut self, step: &Node, place: &Place<'_>, kinds: &[Kind]) -> Bounds {
        let mut bound = |key: &str| step.get(key).and_then(|node| self.of_kind(node, place, kinds));
        Bounds { min: bound("min"), max: bound("max") }
    }
}

/// `image/*`, `application/pdf`, `pdf`.
fn is_kind(text: &str) -> bool {
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-+._".contains(c));
    match text.split_once('/') {
        Some((family, media)) => word(family) && (media == "*" || word(media)),
        None => word(text.trim_start_matches('.')),
    }
}
