//! `wait`: time passes.

use crate::engine::record::{Held, Stage};
use crate::engine::walk::{Onward, Trouble, Walk};
use crate::flow::{Due, Step};

pub(super) fn enter<'p>(walk: &mut Walk<'_, '_, 'p>, step: &'p Step, due: &'p Due) -> Result<Onward<'p>, Trouble> {
    let until = walk.moment(due, walk.work.now)?;
    walk.frame_mut().stage = Stage::Waiting(until);
    walk.set_timeout(step)?;
    Ok(Onward::Stay)
}

/// The time has passed.
pub(crate) fn over<'p>(walk: &mut Walk<'_, '_, 'p>) -> Result<Onward<'p>, Trouble> {
    let step = walk.step()?;
    walk.keep(Held::default());
    walk.audit(step.audit.as_ref());
    Ok(Onward::Complete)
}
