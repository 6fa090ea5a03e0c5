//! What is read from answers, and which answers are told apart.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::contract::body::is_json;
use crate::contract::causes::{Difference, Misread, Misreading};
use crate::contract::codes;
use crate::contract::kinds::JsonKind;
use crate::contract::place::{Place, Sight};
use crate::contract::sheet::{Sheet, Weight};
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::expr::{Kind, Type, Value};
use crate::flow::{JsonMatch, Match, OutcomeRule, Output, StatusPattern};
use crate::syntax::{self, Node};

/// Refusals that say no more than "refused", "not signed in", "not now" or "not as described". The others say something about the
/// matter itself, a conflict above all, which a person should hear of in words of its own.
const ORDINARY: [u16; 13] = [400, 401, 403, 404, 405, 406, 407, 408, 411, 415, 422, 425, 429];

/// The documented answers of an operation.
struct Answers<'d> {
    by_status: Vec<(StatusPattern, &'d Json)>,
    /// The description says that there are others, too.
    other: Option<&'d Json>,
}

/// Compares outputs, outcomes and statuses with the documented answers.
pub(super) fn check(sheet: &mut Sheet<'_>, offered: &Json) {
    let document = sheet.document;
    let mut answers = Answers { by_status: Vec::new(), other: None };
    for (status, answer) in offered.get("responses").and_then(Json::as_object).into_iter().flatten() {
        let Some(answer) = document.resolve(answer) else { continue };
        match pattern(status) {
            Some(pattern) => answers.by_status.push((pattern, answer)),
            None => answers.other = Some(answer),
        }
    }
    if answers.by_status.is_empty() && answers.other.is_none() {
        return;
    }
    let (operation, node) = (sheet.operation, sheet.node);
    let good = answers.place(sheet, |status| class(status) == 2);
    outputs(sheet, &operation.output, node.get("output"), good.as_ref());
    for rule in &operation.outcomes {
        let Some(written) = node.get("outcomes").and_then(|outcomes| outcomes.get(&rule.name)) else { continue };
        matching(sheet, &rule.matches, written, &answers);
        let place = answers.place(sheet, |status| is_met(&rule.matches, status));
        outputs(sheet, &rule.output, written.get("output"), place.as_ref());
    }
    swallowed(sheet, &answers);
    if let Some((success, written)) = operation.success.as_ref().zip(node.get("success")) {
        places(sheet, success, written, good.as_ref());
    }
    error_pointers(sheet, &answers);
    unhandled(sheet, &answers);
}

fn pattern(status: &str) -> Option<StatusPattern> {
    let class = status.strip_suffix("XX").or_else(|| status.strip_suffix("xx"));
    let class = class.and_then(|digit| digit.parse().ok()).map(StatusPattern::Class);
    status.parse().ok().map(StatusPattern::Exact).or(class)
}

fn class(status: StatusPattern) -> u16 {
    match status {
        StatusPattern::Exact(status) => status / 100,
        StatusPattern::Class(class) => class,
    }
}

/// True if a status may be both.
fn overlaps(one: StatusPattern, other: StatusPattern) -> bool {
    match (one, other) {
        (StatusPattern::Exact(one), StatusPattern::Exact(other)) => one == other,
        _ => class(one) == class(other),
    }
}

/// True if an answer of this status may satisfy the match.
fn is_met(wanted: &Match, status: StatusPattern) -> bool {
    let own = wanted.status.is_empty() || wanted.status.iter().any(|pattern| overlaps(*pattern, status));
    own && (wanted.any.is_empty() || wanted.any.iter().any(|inner| is_met(inner, status)))
}

impl<'d> Answers<'d> {
    /// The body of all answers with such a status; nothing if there is none, or one of them is not understood.
    fn place<'s: 'd>(&self, sheet: &Sheet<'s>, is_asked: impl Fn(StatusPattern) -> bool) -> Option<Place<'d>> {
        let documented = self.by_status.iter().filter(|(status, _)| is_asked(*status)).map(|(_, answer)| *answer);
        let mut answers: Vec<&Json> = documented.collect();
        if answers.is_empty() {
            answers.extend(self.other);
        }
        let mut whole: Option<Place<'d>> = None;
        for answer in answers {
            // An answer without JSON, like a bare error of a gateway, says nothing about the places of those that have it.
            let Some(media) = answer.get("content").and_then(Json::as_object) else { continue };
            let Some((_, described)) = media.iter().find(|(name, _)| is_json(name)) else { continue };
            let place = Place::new(sheet.document, described.get("schema")?)?;
            whole = Some(match whole {
                Some(before) => before.or(place),
                None => place,
            });
        }
        whole
    }
}

fn outputs(sheet: &mut Sheet<'_>, outputs: &[Output], node: Option<&Node>, place: Option<&Place<'_>>) {
    let Some((node, place)) = node.zip(place) else { return };
    for output in outputs {
        let Some(at) = node.get(&output.name).and_then(|written| written.get("at")) else { continue };
        let found = place.at(&output.at);
        let defaults = (output.default.is_some(), &output.defaults);
        let at = At { span: at.span, output: &output.name, name: &format!("\"{}\"", output.at) };
        read(sheet, at, &output.of, defaults, found);
    }
}

/// What is read: where that is written, for which output, and what a message calls it.
#[derive(Clone, Copy)]
struct At<'a> {
    span: Span,
    output: &'a str,
    name: &'a str,
}

/// Judges what is read from a place. An optional value may be there in one profile only.
fn read(sheet: &mut Sheet<'_>, at: At<'_>, of: &Type, (has_default, defaults): (bool, &BTreeMap<String, Value>), sight: Sight<'_>) {
    let At { span, name, output } = at;
    let is_certain = !of.optional && !has_default;
    let weight = if is_certain { Weight::Any } else { Weight::All };
    match sight {
        Sight::Unknown => {}
        Sight::Missing(known) => missing(sheet, weight, (span, name), &known),
        Sight::Found(place) => {
            if let Some(message) = misfit(&place, &of.kind) {
                let message = format!("{name} is read as {message}");
                let finding = Diagnostic::error(codes::ANSWER_MISMATCH, span, message).help("correct the type of the output");
                let operation = sheet.operation.id.clone();
                let misread = Some(Misread { operation, output: output.to_owned(), how: Misreading::Type(of.kind.describe()) });
                return sheet.note(Weight::Any, Difference { finding, misread });
            }
            if let Some(value) = unforeseen(&place, &of.kind) {
                let found = Diagnostic::error(codes::ANSWER_MISMATCH, span, format!("the description has {value} for {name}, too"));
                let finding = found.help("add it: else such an answer counts as not as described");
                let operation = sheet.operation.id.clone();
                let misread = Some(Misread { operation, output: output.to_owned(), how: Misreading::Lacks(value.to_string()) });
                sheet.note(Weight::Any, Difference { finding, misread });
            }
            if place.is_password() && !of.secret {
                let found = Diagnostic::warning(codes::MISPLACED_SECRET, span, format!("the description has a password for {name}"));
                sheet.tell(found.help("write \"secret: true\" at the output, so that it is shown to nobody else and kept nowhere"));
            }
            if is_certain && place.may_be_none() {
                let found = Diagnostic::error(codes::ANSWER_MISMATCH, span, format!("the description lets {name} be null or left out"));
                sheet.tell(found.help("add \"optional: true\" or a default: else such an answer counts as not as described"));
            }
            within(sheet, at, &of.kind, defaults, &place);
        }
    }
}

/// A described value that is none of the words it is read as.
fn unforeseen<'d>(place: &Place<'d>, kind: &Kind) -> Option<&'d Json> {
    let Kind::OneOf(words) = kind else { return None };
    let is_known = |value: &Json| value.as_str().is_none_or(|value| words.iter().any(|(word, _)| word == value));
    place.values()?.into_iter().find(|value| !is_known(value))
}

/// The fields of a record, and of the records of a list.
fn within(sheet: &mut Sheet<'_>, at: At<'_>, kind: &Kind, defaults: &BTreeMap<String, Value>, place: &Place<'_>) {
    let nothing = BTreeMap::new();
    match kind {
        Kind::List(item) => {
            if let Sight::Found(each) = place.item() {
                within(sheet, at, &item.kind, defaults, &each);
            }
        }
        Kind::Record(fields) => {
            for (field, of) in fields {
                let name = format!("\"{field}\" of {}", at.name);
                read(sheet, At { name: &name, ..at }, of, (defaults.contains_key(field), &nothing), place.field(field));
            }
        }
        _ => {}
    }
}

fn missing(sheet: &mut Sheet<'_>, weight: Weight, (at, name): (Span, &str), known: &[&str]) {
    let found = Diagnostic::error(codes::ANSWER_MISMATCH, at, format!("the described answer has no {name}"));
    let last = name.trim_start_matches('"').split('"').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let found = match nearest(last, known.iter().copied()) {
        Some(near) => found.help(format!("did you mean \"{near}\"?")),
        None if known.is_empty() => found,
        None => found.help(format!("it has {}", known.join(", "))),
    };
    sheet.note(weight, found);
}

fn misfit(place: &Place<'_>, kind: &Kind) -> Option<String> {
    let (accepted, described) = (JsonKind::read_as(kind)?, place.kinds()?);
    let is_read = |kind: &JsonKind| accepted.contains(kind);
    (!described.iter().any(is_read)).then(|| {
        let what = JsonKind::written(kind).unwrap_or(accepted[0]).words();
        format!("{what}, and the description has {}", JsonKind::list(&described))
    })
}

/// A match of statuses and places, and the matches in it.
fn matching(sheet: &mut Sheet<'_>, wanted: &Match, written: &Node, answers: &Answers<'_>) {
    if answers.other.is_none()
        && let Some(statuses) = written.get("status")
    {
        let one = std::slice::from_ref(statuses);
        let nodes = if matches!(statuses.kind, syntax::Kind::List(_)) { statuses.items() } else { one };
        for (status, node) in wanted.status.iter().zip(nodes) {
            if !answers.by_status.iter().any(|(known, _)| overlaps(*known, *status)) {
                let said = node.text().unwrap_or_default();
                let known = answers.by_status.iter().map(|(status, _)| words(*status)).collect::<Vec<_>>().join(", ");
                let message = format!("the description has no answer {said} here");
                let found = Diagnostic::warning(codes::UNDOCUMENTED_STATUS, node.span, message);
                sheet.note(Weight::All, found.help(format!("it has {known}")));
            }
        }
    }
    let place = answers.place(sheet, |status| wanted.status.is_empty() || wanted.status.iter().any(|pattern| overlaps(*pattern, status)));
    places(sheet, wanted, written, place.as_ref());
    for (inner, node) in wanted.any.iter().zip(written.get("any").map_or(&[][..], Node::items)) {
        matching(sheet, inner, node, answers);
    }
}

fn words(status: StatusPattern) -> String {
    match status {
        StatusPattern::Exact(status) => status.to_string(),
        StatusPattern::Class(class) => format!("{class}xx"),
    }
}

/// The places of a match.
fn places(sheet: &mut Sheet<'_>, wanted: &Match, written: &Node, place: Option<&Place<'_>>) {
    let Some(place) = place else { return };
    for (pointer, wanted) in &wanted.json {
        let Some(entry) = written.get("json").and_then(|json| json.entry(pointer)) else { continue };
        // That something is absent may be asked of what is never there.
        if matches!(wanted, JsonMatch::Absent) {
            continue;
        }
        match place.at(pointer) {
            Sight::Unknown => {}
            Sight::Missing(known) => missing(sheet, Weight::All, (entry.key_span, &format!("\"{pointer}\"")), &known),
            Sight::Found(place) => {
                if let Some(message) = never(&place, wanted) {
                    let found = Diagnostic::error(codes::ANSWER_MISMATCH, entry.value.span, message);
                    sheet.note(Weight::All, found.help("this outcome would never be met"));
                }
            }
        }
    }
}

/// Why what stands there is never so; nothing if it may be.
fn never(place: &Place<'_>, wanted: &JsonMatch) -> Option<String> {
    let kinds = place.kinds()?;
    let (of, what) = match wanted {
        JsonMatch::Equals(value) => {
            let values = place.values().filter(|values| !value.is_null() && !values.contains(&value));
            if let Some(values) = values {
                let known = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                return Some(format!("the description has {known} here, and never {value}"));
            }
            (vec![JsonKind::of(value)], JsonKind::of(value).words())
        }
        JsonMatch::Matches(_) => (vec![JsonKind::Text], "a text"),
        JsonMatch::Size(_) => (vec![JsonKind::List, JsonKind::Record, JsonKind::Text], "something that has a size"),
        JsonMatch::Present | JsonMatch::Absent => return None,
    };
    (!of.iter().any(|kind| kinds.contains(kind))).then(|| format!("the description has {} here, and never {what}", JsonKind::list(&kinds)))
}

fn error_pointers(sheet: &mut Sheet<'_>, answers: &Answers<'_>) {
    let (operation, node) = (sheet.operation, sheet.node);
    let Some(place) = answers.place(sheet, |status| class(status) >= 4 || (operation.success.is_some() && class(status) == 2)) else {
        return;
    };
    let error = &operation.error;
    for (key, pointer) in [("message", &error.message), ("code", &error.code), ("fields", &error.fields)] {
        let written = node.get("error").and_then(|error| error.get(key));
        if let Some((pointer, written)) = pointer.as_ref().zip(written)
            && let Sight::Missing(known) = place.at(pointer)
        {
            missing(sheet, Weight::All, (written.span, &format!("\"{pointer}\"")), &known);
        }
    }
}

/// True if each answer of this status is taken.
fn takes_all(wanted: &Match, status: StatusPattern) -> bool {
    let covers = |pattern: &StatusPattern| match pattern {
        StatusPattern::Exact(_) => *pattern == status,
        StatusPattern::Class(of) => *of == class(status),
    };
    let own = wanted.status.is_empty() || wanted.status.iter().any(covers);
    let asks_more = !wanted.json.is_empty() || wanted.text.is_some();
    own && !asks_more && (wanted.any.is_empty() || wanted.any.iter().any(|inner| takes_all(inner, status)))
}

/// An outcome that takes all good answers leaves none that is just good.
fn swallowed(sheet: &mut Sheet<'_>, answers: &Answers<'_>) {
    let (operation, node) = (sheet.operation, sheet.node);
    let good: Vec<_> = answers.by_status.iter().map(|(status, _)| *status).filter(|status| class(*status) == 2).collect();
    let takes_good = |rule: &&OutcomeRule| !good.is_empty() && good.iter().all(|status| takes_all(&rule.matches, *status));
    let Some(rule) = operation.outcomes.iter().find(takes_good) else { return };
    let Some(written) = node.get("outcomes").and_then(|outcomes| outcomes.entry(&rule.name)) else { return };
    let message = format!("the outcome \"{}\" takes every good answer, so \"{}\" never ends well", rule.name, operation.id);
    let found = Diagnostic::error(codes::ANSWER_MISMATCH, written.key_span, message);
    sheet.note(Weight::All, found.help("write the status of that answer alone, or tell it from the others by \"json\""));
}

/// Documented refusals that no outcome tells apart.
fn unhandled(sheet: &mut Sheet<'_>, answers: &Answers<'_>) {
    let (operation, node) = (sheet.operation, sheet.node);
    let at = node.entry("outcomes").map_or(operation.span, |entry| entry.key_span);
    for (status, answer) in &answers.by_status {
        let StatusPattern::Exact(number) = *status else { continue };
        let is_ordinary = !(400..500).contains(&number) || ORDINARY.contains(&number);
        if is_ordinary || operation.outcomes.iter().any(|rule| is_met(&rule.matches, *status)) {
            continue;
        }
        let says = answer.get("description").and_then(Json::as_str).map_or_else(String::new, |text| format!(": {text}"));
        let message = format!("the description has the answer {number}, and no outcome of \"{}\" takes it", operation.id);
        let found = Diagnostic::warning(codes::UNHANDLED_STATUS, at, message);
        sheet.tell(found.help(format!("give it an outcome, or it ends as any refusal{}", says.trim_end_matches('.'))));
    }
}
