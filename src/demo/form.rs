//! Reads bodies and queries as `FastAPI` and pydantic do, with their error lists: `type`, `loc`, `msg` and the echoed `input`.

mod email;
mod staff;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::demo::call::Call;
use crate::demo::reply::Reply;

pub use staff::{Wanted, staff_form};

/// What a request says of one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Given<T> {
    /// Nothing.
    #[default]
    Absent,
    /// That it is empty.
    Null,
    /// This.
    Value(T),
}

impl<T> Given<T> {
    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Puts a value in place; nothing and null change nothing.
    pub fn store(self, place: &mut T) {
        if let Self::Value(value) = self {
            *place = value;
        }
    }

    /// Puts a value in place; null empties it.
    pub fn store_optional(self, place: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *place = None,
            Self::Value(value) => *place = Some(value),
        }
    }
}

/// Reads the fields of one object and gathers what is wrong with them.
pub struct Form<'a> {
    fields: &'a Map<String, Value>,
    place: Vec<Value>,
    /// Everything that is wrong so far.
    pub problems: Vec<Value>,
}

impl<'a> Form<'a> {
    /// A form whose fields stand at `place`: `["body"]`, `["body", "positions", 0]`…
    pub fn new(fields: &'a Map<String, Value>, place: Vec<Value>) -> Self {
        Self { fields, place, problems: Vec::new() }
    }

    /// The answer to a form with problems.
    pub fn finish<T>(self, value: T) -> Result<T, Reply> {
        if self.problems.is_empty() { Ok(value) } else { Err(Reply::json(422, json!({ "detail": self.problems }))) }
    }

    /// A field that has to be there.
    pub fn required(&mut self, name: &str) -> Option<&'a Value> {
        let value = self.fields.get(name);
        if value.is_none() {
            let input = Value::Object(self.fields.clone());
            self.problem("missing", name, "Field required", &input);
        }
        value
    }

    /// A field that may be absent or null.
    pub fn optional(&mut self, name: &str) -> Given<&'a Value> {
        match self.fields.get(name) {
            None => Given::Absent,
            Some(Value::Null) => Given::Null,
            Some(value) => Given::Value(value),
        }
    }

    /// A text of `least` to `most` characters.
    pub fn text(&mut self, name: &str, value: &Value, (least, most): (usize, usize)) -> Option<String> {
        let Some(text) = value.as_str() else {
            self.problem("string_type", name, "Input should be a valid string", value);
            return None;
        };
        let length = text.chars().count();
        if length < least {
            let noun = if least == 1 { "character" } else { "characters" };
            let words = format!("String should have at least {least} {noun}");
            self.problem_with("string_too_short", name, &words, value, &json!({ "min_length": least }));
            return None;
        }
        if length > most {
            let words = format!("String should have at most {most} characters");
            self.problem_with("string_too_long", name, &words, value, &json!({ "max_length": most }));
            return None;
        }
        Some(text.to_owned())
    }

    /// An e-mail address, its domain in lower case.
    pub fn email(&mut self, name: &str, value: &Value) -> Option<String> {
        let text = self.text(name, value, (0, usize::MAX))?;
        email::check(&text)
            .map_err(|reason| {
                let words = format!("value is not a valid email address: {reason}");
                self.problem_with("value_error", name, &words, value, &json!({ "reason": reason }));
            })
            .ok()
    }

    /// A whole number; a text of digits will do.
    pub fn integer(&mut self, name: &str, value: &Value) -> Option<i64> {
        let (number, kind, words) = match value {
            Value::Number(number) if number.is_i64() => (number.as_i64(), "", ""),
            Value::Number(_) => (None, "int_from_float", "Input should be a valid integer, got a number with a fractional part"),
            Value::String(text) => {
                (text.trim().parse().ok(), "int_parsing", "Input should be a valid integer, unable to parse string as an integer")
            }
            _ => (None, "int_type", "Input should be a valid integer"),
        };
        if number.is_none() {
            self.problem(kind, name, words, value);
        }
        number
    }

    /// True or false; the usual words and 0 and 1 will do.
    pub fn boolean(&mut self, name: &str, value: &Value) -> Option<bool> {
        let (found, kind, words) = match value {
            Value::Bool(value) => (Some(*value), "", ""),
            Value::String(text) => (truth(text), "bool_parsing", "Input should be a valid boolean, unable to interpret input"),
            Value::Number(number) => {
                let truth = number.as_i64().and_then(|number| truth(&number.to_string()));
                (truth, "bool_parsing", "Input should be a valid boolean, unable to interpret input")
            }
            _ => (None, "bool_type", "Input should be a valid boolean"),
        };
        if found.is_none() {
            self.problem(kind, name, words, value);
        }
        found
    }

    /// A date as `2026-04-26`.
    pub fn date(&mut self, name: &str, value: &Value) -> Option<Date> {
        let date = value.as_str().filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
        if date.is_none() {
            let words = "Input should be a valid date in the format YYYY-MM-DD";
            self.problem_with("date_from_datetime_parsing", name, words, value, &json!({ "error": "invalid date" }));
        }
        date
    }

    /// Notes that something is wrong with a field.
    pub fn problem(&mut self, kind: &str, name: &str, words: &str, input: &Value) {
        let problem = json!({ "type": kind, "loc": self.at(name), "msg": words, "input": input });
        self.problems.push(problem);
    }

    /// Where a field stands.
    pub fn at(&self, name: &str) -> Vec<Value> {
        self.place.iter().cloned().chain([Value::from(name)]).collect()
    }

    fn problem_with(&mut self, kind: &str, name: &str, words: &str, input: &Value, context: &Value) {
        let problem = json!({ "type": kind, "loc": self.at(name), "msg": words, "input": input, "ctx": context });
        self.problems.push(problem);
    }
}

/// The JSON object of a body.
pub fn object(call: &Call) -> Result<Map<String, Value>, Reply> {
    let whole = |kind: &str, words: &str, input: Value| Err(Reply::problem(kind, &["body"], words, &input));
    if call.body.is_empty() {
        return whole("missing", "Field required", Value::Null);
    }
    let not_an_object = "Input should be a valid dictionary or object to extract fields from";
    if !call.is_json() {
        return whole("model_attributes_type", not_an_object, String::from_utf8_lossy(&call.body).into());
    }
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(other) => whole("model_attributes_type", not_an_object, other),
        Err(error) => {
            let place = json!(["body", error.column()]);
            let problem = json!({ "type": "json_invalid", "loc": place, "msg": "JSON decode error", "input": {}, "ctx": { "error": "Expecting value" } });
            Err(Reply::json(422, json!({ "detail": [problem] })))
        }
    }
}

/// `skip`, `limit` and other numbers of a query.
pub fn query_number(call: &Call, name: &str) -> Result<Option<i64>, Reply> {
    let Some(text) = call.query(name) else { return Ok(None) };
    let words = "Input should be a valid integer, unable to parse string as an integer";
    text.trim().parse().map(Some).map_err(|_| Reply::problem("int_parsing", &["query", name], words, &text.into()))
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}
