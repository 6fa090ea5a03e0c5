//! `run`: another flow, then on.

use std::collections::BTreeMap;

use crate::engine::FactKind;
use crate::engine::record::{Frame, Held, Stage};
use crate::engine::start::{self, Refusal};
use crate::engine::walk::{DEPTH, Onward, Trouble, Walk};
use crate::expr::Value;
use crate::flow::{Run, Verb};

pub(super) fn enter<'p>(walk: &mut Walk<'_, '_, 'p>, run: &'p Run) -> Result<Onward<'p>, Trouble> {
    if walk.session.frames.len() >= DEPTH {
        return Err(Trouble::new(format!("flows run one another more than {DEPTH} deep")));
    }
    let flow = walk.project.flows.get(&run.flow).ok_or_else(|| Trouble::new(format!("flow \"{}\" is not there", run.flow)))?;
    let inputs = start::inputs(&walk.view(), flow, walk.values(&run.with)?)?;
    walk.frame_mut().stage = Stage::Running;
    match start::refusal(&walk.view(), flow)? {
        None => {}
        Some(Refusal::Denied) => return ended(walk, "not_allowed", BTreeMap::new(), false),
        Some(Refusal::Check(check)) => {
            walk.say(&check.say)?;
            return ended(walk, "not_allowed", BTreeMap::new(), false);
        }
    }
    walk.note(FactKind::Started { flow: flow.id.clone() });
    let now = walk.work.now;
    walk.session.frames.push(Frame::new(&flow.id, inputs, now));
    Ok(Onward::Enter(0))
}

/// The flow that ran has ended; its frame is gone.
pub(crate) fn ended<'p>(
    walk: &mut Walk<'_, '_, 'p>,
    end: &str,
    mut outputs: BTreeMap<String, Value>,
    committed: bool,
) -> Result<Onward<'p>, Trouble> {
    let step = walk.step()?;
    let Verb::Run(run) = &step.verb else { return Err(Trouble::new(format!("step \"{}\" runs no flow", step.id))) };
    outputs.insert("outcome".to_owned(), Value::Text(end.to_owned()));
    walk.keep(Held { value: Value::Record(outputs), committed, ..Held::default() });
    walk.audit(step.audit.as_ref());
    if committed {
        // Something was done that cannot be changed: from here on the walk is ordinary.
        walk.frame_mut().rewalk = None;
    }
    let road = run.outcomes.get(end).or_else(|| run.outcomes.get("else"));
    Ok(road.map_or(Onward::Complete, Onward::Take))
}
