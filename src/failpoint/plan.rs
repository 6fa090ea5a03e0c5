//! What happens at the points of a process of its own: `USHER_FAILPOINTS="commit=crash@3, call=delay:200@1, sent=error@2"`, each at the
//! nth time that the point is reached.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::failpoint::{Fault, Happening, Point};

/// What was planned, and how often each point was reached.
struct Plan {
    steps: Vec<(Point, u64, Happening)>,
    reached: Mutex<BTreeMap<Point, u64>>,
}

static PLAN: OnceLock<Option<Plan>> = OnceLock::new();

/// What happens at a point.
pub(super) fn at(point: Point) -> Happening {
    let Some(plan) = PLAN.get_or_init(read) else { return Happening::Nothing };
    let mut reached = plan.reached.lock().unwrap_or_else(PoisonError::into_inner);
    let times = reached.entry(point).or_default();
    *times += 1;
    let planned = plan.steps.iter().find(|(at, nth, _)| *at == point && nth == times);
    planned.map_or(Happening::Nothing, |(_, _, happening)| *happening)
}

/// Ends this process as `kill -9` does.
pub(super) fn kill() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
}

fn read() -> Option<Plan> {
    let text = std::env::var("USHER_FAILPOINTS").ok()?;
    let steps = text.split(',').map(|step| parse(step.trim()).unwrap_or_else(|| panic!("USHER_FAILPOINTS: what is \"{step}\"?")));
    Some(Plan { steps: steps.collect(), reached: Mutex::default() })
}

fn parse(step: &str) -> Option<(Point, u64, Happening)> {
    let (name, rest) = step.split_once('=')?;
    let (point, _) = Point::ALL.into_iter().find(|(_, known)| *known == name)?;
    let (what, nth) = rest.split_once('@')?;
    let happening = match what.split_once(':') {
        None if what == "crash" => Happening::Crash,
        None if what == "error" => Happening::Fault(Fault::Error),
        None if what == "duplicate" => Happening::Fault(Fault::Duplicate),
        Some(("delay", millis)) => Happening::Delay(Duration::from_millis(millis.parse().ok()?)),
        _ => return None,
    };
    Some((point, nth.parse().ok()?, happening))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read() {
        assert_eq!(parse("commit=crash@3"), Some((Point::Commit, 3, Happening::Crash)));
        assert_eq!(parse("call=delay:200@1"), Some((Point::Call, 1, Happening::Delay(Duration::from_millis(200)))));
        assert_eq!(parse("sent=error@2"), Some((Point::Sent, 2, Happening::Fault(Fault::Error))));
        for wrong in ["", "commit", "commit=crash", "nowhere=crash@1", "commit=sulk@1", "commit=crash@x"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
