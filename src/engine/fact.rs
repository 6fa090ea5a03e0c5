//! What is to be remembered of a turn: appended to the journal in the same commit. Facts hold names of the flow, never a value.

use serde::{Deserialize, Serialize};

use crate::engine::{EffectId, SessionId};
use crate::expr::Time;

/// One thing to remember.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// When.
    pub at: Time,
    /// In which session, if in one.
    pub session: Option<SessionId>,
    /// What.
    pub kind: FactKind,
}

/// What is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FactKind {
    /// A session began.
    Started {
        /// Its flow.
        flow: String,
    },
    /// A step was entered.
    Reached {
        /// The flow.
        flow: String,
        /// The step.
        step: String,
    },
    /// A question was answered.
    Answered {
        /// The flow.
        flow: String,
        /// The step.
        step: String,
    },
    /// An attempt of a call ended.
    Called {
        /// `connection.operation`.
        operation: String,
        /// How.
        outcome: String,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// A record the author asked for.
    Audited {
        /// Its dotted name.
        name: String,
    },
    /// A decision was asked for.
    Requested {
        /// The flow.
        flow: String,
        /// The step.
        step: String,
    },
    /// A request was decided.
    Decided {
        /// The flow.
        flow: String,
        /// The step.
        step: String,
        /// The option taken.
        choice: String,
        /// The record of whoever decided.
        by: String,
    },
    /// A button that works once was pressed by the first of those who had it.
    Handed {
        /// The flow it starts.
        flow: String,
        /// The record of whoever pressed it.
        to: String,
    },
    /// A session ended.
    Ended {
        /// Its flow.
        flow: String,
        /// How.
        end: String,
    },
    /// Somebody tried what they may not.
    Denied {
        /// The flow.
        flow: String,
    },
    /// A flow failed at a step.
    Faulted {
        /// The flow.
        flow: String,
        /// The step.
        step: String,
        /// Why, without any value.
        cause: String,
    },
    /// A message was given up.
    Undelivered {
        /// Why.
        why: String,
    },
    /// Whoever this was about was erased.
    Erased {
        /// The number of the act.
        act: u64,
    },
    /// Somebody of a role did something to this record, or tried to.
    Administered {
        /// The engine's own operation, `usher.…`
        operation: String,
        /// Their record.
        by: String,
        /// How it ended.
        outcome: String,
    },
    /// A message went out again after an attempt of which nobody knows what it came to: the person may have it twice.
    Repeated {
        /// What ordered it.
        message: EffectId,
    },
}
