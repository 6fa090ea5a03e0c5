//! Logins: the code that opens one, the password that keeps it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::demo::office::{NewCode, Office, Refusal};
use crate::demo::token::{Password, same};

/// A login.
#[derive(Debug, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub staff_id: i64,
    /// The name to log in with.
    pub email: String,
    /// Set by activation.
    pub password: Option<Password>,
    /// The code that it waits for.
    pub code: Option<Code>,
    /// The code that opened it, to tell a second use from a wrong code.
    used: Option<Code>,
    /// False after dismissal.
    pub is_active: bool,
}

/// An activation code. Its text shows nowhere but in the answer that issues it.
#[derive(Serialize, Deserialize)]
pub struct Code {
    text: String,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ceases to be good.
    pub expires: Option<Timestamp>,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").finish_non_exhaustive()
    }
}

impl From<NewCode> for Code {
    fn from(new: NewCode) -> Self {
        Self { text: new.text, issued: new.now, expires: new.expires }
    }
}

/// How far a login is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginState {
    /// There is no login, or no code that could open it.
    None,
    /// A code was issued.
    Issued,
    /// The owner has set a password.
    Active,
}

impl LoginState {
    /// The word of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Issued => "issued",
            Self::Active => "active",
        }
    }
}

impl User {
    /// A new login that waits for its code.
    pub fn waiting(id: i64, staff_id: i64, email: String, code: NewCode) -> Self {
        Self { id, staff_id, email, password: None, code: Some(code.into()), used: None, is_active: true }
    }

    /// How far it is.
    pub fn state(&self) -> LoginState {
        match (&self.password, &self.code) {
            (Some(_), _) => LoginState::Active,
            (None, Some(_)) => LoginState::Issued,
            (None, None) => LoginState::None,
        }
    }
}

impl Office {
    /// The login with this e-mail.
    pub fn user_with(&self, email: &str) -> Option<&User> {
        let wanted = email.trim().to_lowercase();
        self.users.values().find(|user| user.email.to_lowercase() == wanted)
    }

    /// Opens the login that waits for `code`; whose it is.
    pub fn activate(&mut self, code: &str, password: Password, now: Timestamp) -> Result<i64, Refusal> {
        let fits = |held: &Option<Code>| held.as_ref().is_some_and(|held| same(&held.text, code));
        if self.users.values().any(|user| fits(&user.used)) {
            return Err(Refusal::Active);
        }
        let user = self.users.values_mut().find(|user| user.is_active && fits(&user.code)).ok_or(Refusal::WrongCode)?;
        if user.code.as_ref().and_then(|held| held.expires).is_some_and(|expires| expires <= now) {
            return Err(Refusal::Expired);
        }
        user.used = user.code.take();
        user.password = Some(password);
        Ok(user.staff_id)
    }

    /// A new code in place of the old one.
    pub fn renew(&mut self, staff_id: i64, code: NewCode) -> Result<(), Refusal> {
        let user = self.login(staff_id)?.ok_or(Refusal::NoUser)?;
        if user.password.is_some() {
            return Err(Refusal::Active);
        }
        user.code = Some(code.into());
        Ok(())
    }

    /// No code any more. Nothing to revoke is nothing wrong.
    pub fn revoke(&mut self, staff_id: i64) -> Result<(), Refusal> {
        if let Some(user) = self.login(staff_id)? {
            user.code = None;
        }
        Ok(())
    }

    fn login(&mut self, staff_id: i64) -> Result<Option<&mut User>, Refusal> {
        if !self.staff.contains_key(&staff_id) {
            return Err(Refusal::NoStaff);
        }
        Ok(self.users.values_mut().find(|user| user.staff_id == staff_id))
    }
}
