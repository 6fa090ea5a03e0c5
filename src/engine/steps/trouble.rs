//! What an answer of a server tells of the server itself: the house hears of it, once an outage.

use crate::engine::desk;
use crate::engine::house::{WAITING_AT_MOST, report};
use crate::engine::record::Calling;
use crate::engine::steps::call::was_said;
use crate::engine::walk::Walk;
use crate::engine::{Matter, SessionId};
use crate::flow::Operation;
use crate::operation::{Again, Outcome};

/// An attempt of this operation, which may be made so often, has come to this.
pub(super) fn noticed(
    walk: &mut Walk<'_, '_, '_>,
    (operation, attempts): (&Operation, Option<u32>),
    calling: &Calling,
    outcome: &Outcome,
    again: &Again,
) {
    if operation.is_own() {
        return;
    }
    let connection = &operation.connection;
    let open = walk.work.library.installation.house.outages.get(connection).copied();
    let has_waited = was_said(calling.said.as_deref(), "down");
    let matter = match (outcome.name.as_str(), again) {
        (_, Again::Doubt) => Matter::Doubt { connection: connection.clone(), operation: operation.id.clone() },
        ("down", Again::At(_)) if !has_waited && open.is_none_or(|waiting| waiting < WAITING_AT_MOST) => {
            down(operation, attempts, calling, outcome, Some(&walk.session.id))
        }
        ("down", Again::Settled) if open.is_none() => down(operation, attempts, calling, outcome, None),
        ("down", Again::Settled) if has_waited => Matter::GivenUp { connection: connection.clone() },
        ("down" | "unknown" | "absent", _) => return,
        // An answer that may have been kept from before shows nothing of the server.
        _ if open.is_some() && operation.keep.is_none() => Matter::Up { connection: connection.clone() },
        _ => return,
    };
    report(walk.work, matter);
}

fn down(operation: &Operation, attempts: Option<u32>, calling: &Calling, outcome: &Outcome, waits: Option<&SessionId>) -> Matter {
    let status = outcome.error.as_ref().and_then(|error| error.status);
    Matter::Down {
        connection: operation.connection.clone(),
        request: desk::line(operation),
        answer: status.map(|status| status.to_string()),
        attempts: (calling.attempts.max(1), attempts),
        waits: waits.map(|session| session.0.clone()),
    }
}
