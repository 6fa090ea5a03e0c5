//! `GET` on positions.

use serde_json::{Value, json};

use crate::demo::Profile;
use crate::demo::api::Work;
use crate::demo::api::places::page;
use crate::demo::form::query_number;
use crate::demo::office::Position;
use crate::demo::reply::Reply;

/// What every position was created at, in the back-end's own notation.
const CREATED: &str = "2026-04-20T09:00:00.000000";

/// `GET /api/v1/positions/`: a bare array, inactive ones included.
pub fn list(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let section = query_number(work.call, "section_id")?;
    let positions = work.held.office.positions.values().filter(|position| section.is_none_or(|section| section == position.section_id));
    page(work, positions.map(|position| to_json(position, work.profile)).collect())
}

/// `GET /api/v1/positions/{position_id}`.
pub fn show(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let id = work.call.id("position_id")?;
    let position = work.held.office.positions.get(&id).ok_or_else(|| Reply::detail(404, "Должность не найдена"))?;
    Ok(Reply::json(200, to_json(position, work.profile)))
}

fn to_json(position: &Position, profile: Profile) -> Value {
    let mut value = json!({
        "id": position.id,
        "name": position.name,
        "code": position.code,
        "division_id": 1,
        "section_id": position.section_id,
        "attribute": position.attribute,
        "description": null,
        "is_active": position.is_active,
        "created_at": CREATED,
        "updated_at": CREATED,
        "function_ids": [],
    });
    if profile == Profile::Extended {
        value["erp_access"] = position.erp_access().into();
    }
    value
}
