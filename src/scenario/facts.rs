//! What a scenario takes for given, read as the bot declares it.

use crate::diagnostic::{Code, Diagnostic};
use crate::expr::{Type, Value};
use crate::flow::Project;
use crate::scenario::codes;
use crate::scenario::script::Fact;

/// What a person chose in the bot stands beside their fields.
pub(super) const LANGUAGE: &str = "language";

/// The value of a setting.
pub(super) fn setting(project: &Project, fact: &Fact, findings: &mut Vec<Diagnostic>) -> Option<Value> {
    let of = project.bot.settings.get(&fact.name).map(|setting| &setting.of);
    let names = project.bot.settings.keys().map(String::as_str);
    typed(fact, of, "setting", codes::UNKNOWN_SETTING, names, findings)
}

/// The value of a field of a person. Every one is optional: nothing is what it is before anybody writes it.
pub(super) fn field(project: &Project, fact: &Fact, findings: &mut Vec<Diagnostic>) -> Option<Value> {
    let of = project.bot.person.get(&fact.name).map(|declared| declared.of.clone().optional());
    let names = project.bot.person.keys().map(String::as_str);
    typed(fact, of.as_ref(), "person's field", codes::UNKNOWN_FIELD, names, findings)
}

/// A value as its declaration reads it.
fn typed<'n>(
    fact: &Fact,
    of: Option<&Type>,
    what: &str,
    unknown: Code,
    names: impl Iterator<Item = &'n str>,
    findings: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let Some(of) = of else {
        let found = Diagnostic::error(unknown, fact.span, format!("the bot has no {what} \"{}\"", fact.name));
        findings.push(found.nearest(&fact.name, names));
        return None;
    };
    match Value::from_json(&fact.value, of) {
        Ok(value) => Some(value),
        Err(expected) => {
            let message = format!("the {what} \"{}\" cannot have this value", fact.name);
            findings.push(Diagnostic::error(codes::WRONG_TYPE, fact.span, message).help(format!("it is {expected}")));
            None
        }
    }
}
