//! `branch`: the first true line is taken.

use crate::engine::walk::{Onward, Trouble, Walk};
use crate::flow::Branch;

pub(super) fn enter<'p>(walk: &mut Walk<'_, '_, 'p>, branches: &'p [Branch]) -> Result<Onward<'p>, Trouble> {
    for branch in branches {
        let taken = match &branch.when {
            Some(when) => walk.holds(when)?,
            None => true,
        };
        if taken {
            return Ok(Onward::Take(&branch.road));
        }
    }
    Err(Trouble::new("no line of the branch holds"))
}
