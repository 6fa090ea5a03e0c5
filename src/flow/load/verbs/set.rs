//! `set`: values computed.

use jiff::tz::TimeZone;

use crate::diagnostic::Diagnostic;
use crate::expr::{Expression, Type, Value};
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::writer::constant;
use crate::flow::load::{codes, declare};
use crate::flow::{Set, Verb};
use crate::syntax::{Entry, Kind, Node};

impl Builder<'_> {
    pub(in crate::flow::load) fn set(&mut self, node: &Node, place: &Place<'_>) -> Verb {
        let Kind::Map(entries) = &node.kind else {
            let value = self.writer.value(node, place).map(|(value, _)| value);
            let value = value.unwrap_or_else(|| Expression::constant(Value::None, node.span));
            self.note(&value);
            return Verb::Set(Set::Value(value));
        };
        let (mut result, mut person) = (Vec::new(), Vec::new());
        for entry in entries {
            let Some((value, of)) = self.writer.value(&entry.value, place) else { continue };
            self.note(&value);
            match entry.key.strip_prefix("person.") {
                Some(field) => {
                    self.check_person_field(entry, field, (&value, &of));
                    self.check_change(entry, &value);
                    person.push((field.to_owned(), value));
                }
                None => result.push((entry.key.clone(), value)),
            }
        }
        Verb::Set(Set::Fields { result, person })
    }

    /// What is set to itself stays what it was.
    fn check_change(&mut self, entry: &Entry, value: &Expression) {
        let names = value.names();
        if let [only] = names.as_slice()
            && only.span == value.span()
            && only.path.join(".") == entry.key
        {
            let found = Diagnostic::warning(codes::UNUSED_RESULT, entry.value.span, format!("this sets `{}` to itself", entry.key));
            self.writer.findings.push(found.help("name the new value, or remove the line"));
        }
    }

    /// Only what the bot's file declares is remembered of a person, and never a secret.
    fn check_person_field(&mut self, entry: &Entry, field: &str, (value, of): (&Expression, &Type)) {
        let Some(wanted) = self.world.writable.get(field) else {
            let message = format!("nothing called \"{field}\" is remembered of a person");
            let found = Diagnostic::error(codes::UNKNOWN_FIELD, entry.key_span, message);
            self.writer.findings.push(match crate::diagnostic::nearest(field, self.world.writable.keys().map(String::as_str)) {
                Some(name) => found.meant(&format!("person.{name}")),
                None => found.help("declare it under \"person\" of the bot's file"),
            });
            return;
        };
        let name = format!("person.{field}");
        self.writer.findings.extend(declare::unfit(value, of, (&name, wanted), |message| format!("\"{name}\": {message}")));
        self.writer.check_word(value, wanted);
        if let ("timezone", Some(Value::Text(name))) = (field, constant(value))
            && TimeZone::get(&name).is_err()
        {
            let found = Diagnostic::error(codes::BAD_FORMAT, entry.value.span, format!("the time zone \"{name}\" is not known"));
            self.writer.findings.push(found.help("write the name of a city in the IANA list, such as Europe/Moscow"));
        }
        if of.secret {
            self.writer.misplaced_secret(entry.value.span);
        }
    }
}
