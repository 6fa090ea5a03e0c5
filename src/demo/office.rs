//! What the ERP holds — positions, staff and their logins — and what may be done with it.
//!
//! Time and new codes come in as arguments, so every rule here can be tested without a clock.

mod hiring;
mod logins;
mod positions;
mod staff;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use logins::{LoginState, User};
pub use positions::Position;
pub use staff::{Assignment, Staff, StaffForm};

/// The only organization.
pub const ORGANIZATION: (i64, &str) = (1, "ООО «Ромашка»");

/// Everything the ERP holds. Ids grow and are never used twice in a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Office {
    /// By id.
    #[serde(skip)]
    pub positions: BTreeMap<i64, Position>,
    /// By id.
    pub staff: BTreeMap<i64, Staff>,
    /// By id.
    pub users: BTreeMap<i64, User>,
    last_staff: i64,
    last_user: i64,
    last_assignment: i64,
}

impl Office {
    /// The seeded positions, `extra` more, and no staff.
    pub fn new(extra: u32) -> Self {
        Self {
            positions: positions::seed(extra),
            staff: BTreeMap::new(),
            users: BTreeMap::new(),
            last_staff: 0,
            last_user: 0,
            last_assignment: 0,
        }
    }

    /// What was kept, with the positions of today.
    #[must_use]
    pub fn with_positions(self, extra: u32) -> Self {
        Self { positions: positions::seed(extra), ..self }
    }

    /// The login of this member of staff, linked or not.
    pub fn user_of(&self, staff_id: i64) -> Option<&User> {
        self.users.values().find(|user| user.staff_id == staff_id)
    }
}

/// A code that was made for a new or renewed login.
#[derive(Clone)]
pub struct NewCode {
    /// The code.
    pub text: String,
    /// When it was made.
    pub now: Timestamp,
    /// When it ceases to be good; never, if there is none.
    pub expires: Option<Timestamp>,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A login needs an e-mail.
    EmailRequired,
    /// Another login has this e-mail.
    UserExists {
        /// The e-mail.
        email: String,
        /// Whose login it is.
        staff_id: i64,
    },
    /// Another member of staff has the same value in this field.
    Duplicate {
        /// `email`, `phone`, `external_id` or `telegram_id`.
        field: &'static str,
        /// Who has it.
        staff_id: i64,
    },
    /// There is no such position.
    NoPosition(i64),
    /// There is no such organization.
    NoOrganization(i64),
    /// There is no such member of staff.
    NoStaff,
    /// There is no login to do that with.
    NoUser,
    /// There is a login already.
    UserPresent,
    /// The login is in use, so codes have no meaning.
    Active,
    /// No login waits for this code.
    WrongCode,
    /// The code was good once.
    Expired,
}
