//! The body of `POST` and `PUT` on staff.

use serde_json::{Value, json};

use crate::demo::Profile;
use crate::demo::call::Call;
use crate::demo::form::{Form, Given, object};
use crate::demo::office::{Assignment, StaffForm};
use crate::demo::reply::Reply;

/// The longest name that is taken.
const NAME: (usize, usize) = (1, 100);
const PHONE: (usize, usize) = (0, 50);
const REFERENCE: (usize, usize) = (1, 255);

/// What the body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Somebody new: the names are required.
    New,
    /// A change of somebody: whatever is given.
    Change,
}

/// Reads the body of a request about a member of staff. Unknown fields are ignored, as the back-end does.
pub fn staff_form(call: &Call, profile: Profile, wanted: Wanted) -> Result<StaffForm, Reply> {
    let fields = object(call)?;
    let mut form = Form::new(&fields, vec![json!("body")]);
    let mut staff = StaffForm {
        first_name: name(&mut form, "first_name", wanted),
        last_name: name(&mut form, "last_name", wanted),
        middle_name: field(&mut form, "middle_name", |form, name, value| form.text(name, value, (0, NAME.1))),
        email: field(&mut form, "email", Form::email),
        phone: field(&mut form, "phone", |form, name, value| form.text(name, value, PHONE)),
        hire_date: field(&mut form, "hire_date", Form::date),
        photo_path: field(&mut form, "photo_path", |form, name, value| form.text(name, value, REFERENCE)),
        document_paths: field(&mut form, "document_paths", |form, name, value| {
            let paths = value.as_object().cloned();
            if paths.is_none() {
                form.problem("dict_type", name, "Input should be a valid dictionary", value);
            }
            paths
        }),
        is_active: field(&mut form, "is_active", Form::boolean),
        create_user: field(&mut form, "create_user", Form::boolean),
        organization_id: field(&mut form, "organization_id", Form::integer),
        positions: positions(&mut form),
        ..StaffForm::default()
    };
    if profile == Profile::Extended {
        staff.external_id = field(&mut form, "external_id", |form, name, value| form.text(name, value, REFERENCE));
        staff.telegram_id = field(&mut form, "telegram_id", Form::integer);
    }
    form.finish(staff)
}

fn name(form: &mut Form<'_>, name: &str, wanted: Wanted) -> Given<String> {
    let value = match wanted {
        Wanted::New => form.required(name),
        Wanted::Change => form.fields.get(name),
    };
    value.and_then(|value| form.text(name, value, NAME)).map_or(Given::Absent, Given::Value)
}

fn field<'a, T>(form: &mut Form<'a>, name: &str, read: impl Fn(&mut Form<'a>, &str, &'a Value) -> Option<T>) -> Given<T> {
    match form.optional(name) {
        Given::Absent => Given::Absent,
        Given::Null => Given::Null,
        Given::Value(value) => read(form, name, value).map_or(Given::Absent, Given::Value),
    }
}

fn positions(form: &mut Form<'_>) -> Given<Vec<Assignment>> {
    field(form, "positions", |form, name, value| {
        let Some(items) = value.as_array() else {
            form.problem("list_type", name, "Input should be a valid list", value);
            return None;
        };
        let read = items.iter().enumerate().filter_map(|(index, item)| assignment(form, index, item));
        Some(read.collect())
    })
}

fn assignment(form: &mut Form<'_>, index: usize, item: &Value) -> Option<Assignment> {
    let mut place = form.at("positions");
    place.push(json!(index));
    let Some(fields) = item.as_object() else {
        let words = "Input should be a valid dictionary or object to extract fields from";
        form.problems.push(json!({ "type": "model_attributes_type", "loc": place, "msg": words, "input": item }));
        return None;
    };
    let mut inner = Form::new(fields, place);
    let position_id = inner.required("position_id").and_then(|value| inner.integer("position_id", value));
    let is_primary = match inner.optional("is_primary") {
        Given::Value(value) => inner.boolean("is_primary", value),
        Given::Absent | Given::Null => Some(false),
    };
    form.problems.append(&mut inner.problems);
    Some(Assignment { id: 0, position_id: position_id?, is_primary: is_primary? })
}
