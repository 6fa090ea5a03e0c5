//! Faults on demand.

use std::time::Duration;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429 with this many seconds to wait; nothing is done.
    TooMany(u64),
    /// The server fails with this status and a page of HTML; nothing is done.
    Status(u16),
    /// The call is refused in these words; nothing is done.
    Refuse(u16, &'static str),
    /// The connection is cut; nothing is done.
    DropBefore,
    /// The call is done, and the connection is cut before its answer.
    DropAfter,
    /// The call is done, and its answer comes so late.
    Slow(Duration),
    /// The call is done, and its answer means nothing.
    Garbage,
}

/// The faults to come.
#[derive(Default)]
pub(super) struct Faults(Vec<(String, Fault)>);

impl Faults {
    pub(super) fn plan(&mut self, method: &str, times: usize, fault: Fault) {
        self.0.extend(std::iter::repeat_n((method.to_ascii_lowercase(), fault), times));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that this call meets.
    pub(super) fn take(&mut self, method: &str) -> Option<Fault> {
        let place = self.0.iter().position(|(planned, _)| planned.eq_ignore_ascii_case(method))?;
        Some(self.0.remove(place).1)
    }
}
