//! A member of staff, and what a request may say of one.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::demo::form::Given;

/// A member of staff.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Staff {
    /// Their id.
    pub id: i64,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Patronymic.
    pub middle_name: Option<String>,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// As it was written.
    pub phone: Option<String>,
    /// First day.
    pub hire_date: Option<Date>,
    /// Path of a photo.
    pub photo_path: Option<String>,
    /// Paths of documents by kind.
    pub document_paths: Map<String, Value>,
    /// False after dismissal.
    pub is_active: bool,
    /// Their organization.
    pub organization_id: Option<i64>,
    /// What they do.
    pub positions: Vec<Assignment>,
    /// Their login, as far as the back-end managed to link it.
    pub user_id: Option<i64>,
    /// The caller's own name for them (extended).
    pub external_id: Option<String>,
    /// Their Telegram account (extended).
    pub telegram_id: Option<i64>,
    /// When they were created.
    pub created: Timestamp,
    /// When they were changed.
    pub updated: Timestamp,
}

/// A position that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The id of the assignment itself; 0 until it is stored.
    pub id: i64,
    /// The position.
    pub position_id: i64,
    /// Whether it is the main one.
    pub is_primary: bool,
}

/// What `POST` and `PUT` on staff may give.
#[derive(Debug, Default)]
pub struct StaffForm {
    /// Given name.
    pub first_name: Given<String>,
    /// Family name.
    pub last_name: Given<String>,
    /// Patronymic.
    pub middle_name: Given<String>,
    /// Where mail reaches them.
    pub email: Given<String>,
    /// As it was written.
    pub phone: Given<String>,
    /// First day.
    pub hire_date: Given<Date>,
    /// Path of a photo.
    pub photo_path: Given<String>,
    /// Paths of documents by kind.
    pub document_paths: Given<Map<String, Value>>,
    /// False dismisses.
    pub is_active: Given<bool>,
    /// Their organization.
    pub organization_id: Given<i64>,
    /// What they do.
    pub positions: Given<Vec<Assignment>>,
    /// Whether a login is wanted.
    pub create_user: Given<bool>,
    /// The caller's own name for them (extended).
    pub external_id: Given<String>,
    /// Their Telegram account (extended).
    pub telegram_id: Given<i64>,
}

impl Staff {
    /// Somebody of whom nothing is known yet.
    pub fn blank(id: i64, now: Timestamp) -> Self {
        Self {
            id,
            first_name: String::new(),
            last_name: String::new(),
            middle_name: None,
            email: None,
            phone: None,
            hire_date: None,
            photo_path: None,
            document_paths: Map::new(),
            is_active: true,
            organization_id: None,
            positions: Vec::new(),
            user_id: None,
            external_id: None,
            telegram_id: None,
            created: now,
            updated: now,
        }
    }

    /// Takes over what a form gives.
    pub fn take(&mut self, form: StaffForm, now: Timestamp) {
        form.first_name.store(&mut self.first_name);
        form.last_name.store(&mut self.last_name);
        form.middle_name.store_optional(&mut self.middle_name);
        form.email.store_optional(&mut self.email);
        form.phone.store_optional(&mut self.phone);
        form.hire_date.store_optional(&mut self.hire_date);
        form.photo_path.store_optional(&mut self.photo_path);
        form.document_paths.store(&mut self.document_paths);
        form.is_active.store(&mut self.is_active);
        form.organization_id.store_optional(&mut self.organization_id);
        form.external_id.store_optional(&mut self.external_id);
        form.telegram_id.store_optional(&mut self.telegram_id);
        form.positions.store(&mut self.positions);
        self.updated = now;
    }

    /// The position that counts: the main one, or the first.
    pub fn main_position(&self) -> Option<i64> {
        let main = self.positions.iter().find(|held| held.is_primary).or(self.positions.first());
        main.map(|held| held.position_id)
    }

    /// Whether a field has this value; compared as people mean it, not letter by letter.
    pub fn has(&self, field: &str, value: &str) -> bool {
        let wanted = canonical(field, value);
        self.field(field).is_some_and(|held| canonical(field, &held) == wanted)
    }

    fn field(&self, name: &str) -> Option<String> {
        match name {
            "email" => self.email.clone(),
            "phone" => self.phone.clone(),
            "external_id" => self.external_id.clone(),
            "telegram_id" => self.telegram_id.map(|id| id.to_string()),
            _ => None,
        }
    }
}

/// A value as it is compared: an e-mail without case, a phone by its digits with the trunk prefix 8 read as +7.
fn canonical(field: &str, value: &str) -> String {
    match field {
        "email" => value.trim().to_lowercase(),
        "phone" => {
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            match digits.strip_prefix('8') {
                Some(rest) if rest.len() == 10 && !value.trim_start().starts_with('+') => format!("7{rest}"),
                _ => digits,
            }
        }
        _ => value.to_owned(),
    }
}
