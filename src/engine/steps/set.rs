//! `set`: values computed, for the flow or for the person.

use jiff::tz::TimeZone;

use crate::engine::EffectKind;
use crate::engine::record::Held;
use crate::engine::walk::{Onward, Trouble, Walk};
use crate::expr::Value;
use crate::flow::{Set, Step};

pub(super) fn enter<'p>(walk: &mut Walk<'_, '_, 'p>, step: &'p Step, set: &'p Set) -> Result<Onward<'p>, Trouble> {
    let value = match set {
        Set::Value(expression) => walk.value(expression)?,
        Set::Fields { result, person } => {
            let fields = walk.values(result)?;
            for (field, value) in walk.values(person)? {
                write_person(walk, &field, value)?;
            }
            Value::Record(fields)
        }
    };
    walk.keep(Held { value, ..Held::default() });
    walk.audit(step.audit.as_ref());
    Ok(Onward::Complete)
}

fn write_person(walk: &mut Walk<'_, '_, '_>, field: &str, value: Value) -> Result<(), Trouble> {
    let person = &mut walk.work.record.person;
    match (field, value) {
        ("language", Value::Text(language)) => {
            person.language = Some(language.clone());
            person.language_chosen = true;
            walk.work.order(EffectKind::ShowCommands { language });
        }
        ("timezone", Value::Text(name)) => {
            // The name may be what somebody has typed: it is not repeated in a fault.
            let known = TimeZone::get(&name).map_err(|_| Trouble::new("\"person.timezone\" is given a time zone that is not known"))?;
            person.timezone = known.iana_name().map(str::to_owned);
        }
        ("timezone", _) => person.timezone = None,
        (_, Value::None) => {
            person.fields.remove(field);
        }
        (_, value) => {
            person.fields.insert(field.to_owned(), value);
        }
    }
    Ok(())
}
