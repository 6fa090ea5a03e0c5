//! Health, the description of the API, and the lists that only give a staff record its surroundings.

use serde_json::{Map, Value, json};

use crate::demo::Profile;
use crate::demo::api::Work;
use crate::demo::form::query_number;
use crate::demo::office::ORGANIZATION;
use crate::demo::reply::Reply;

/// The description of both profiles.
const DESCRIPTION: &str = include_str!("../../../schemas/erp.openapi.json");

/// `GET /health`.
#[expect(clippy::unnecessary_wraps, reason = "the signature of the table of routes")]
pub fn health(_: &mut Work<'_>) -> Result<Reply, Reply> {
    Ok(Reply::json(200, json!({ "status": "ok" })))
}

/// `GET /openapi.json`: what this profile offers.
pub fn description(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let mut whole: Value = serde_json::from_str(DESCRIPTION).map_err(|_| Reply::crash())?;
    strip(&mut whole, work.profile);
    Ok(Reply::json(200, whole))
}

/// `GET /api/v1/organizations/`.
pub fn organizations(work: &mut Work<'_>) -> Result<Reply, Reply> {
    page(work, vec![json!({ "id": ORGANIZATION.0, "name": ORGANIZATION.1, "is_active": true })])
}

/// `GET /api/v1/divisions/`.
pub fn divisions(work: &mut Work<'_>) -> Result<Reply, Reply> {
    page(work, vec![json!({ "id": 1, "name": "Производство", "organization_id": ORGANIZATION.0, "is_active": true })])
}

/// `GET /api/v1/sections/`.
pub fn sections(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let section = |id: i64, name: &str| json!({ "id": id, "name": name, "division_id": 1, "is_active": true });
    page(work, vec![section(1, "Фотостудия"), section(2, "Участки")])
}

/// `GET /api/v1/functions/`: the demo ERP has none.
pub fn functions(work: &mut Work<'_>) -> Result<Reply, Reply> {
    page(work, Vec::new())
}

/// The part of a list that is asked for.
pub fn page(work: &Work<'_>, items: Vec<Value>) -> Result<Reply, Reply> {
    let skip = query_number(work.call, "skip")?.unwrap_or(0);
    let limit = query_number(work.call, "limit")?.unwrap_or(100);
    // The database refuses a negative number, and nobody catches it.
    let skip = usize::try_from(skip).map_err(|_| Reply::crash())?;
    let limit = usize::try_from(limit).map_err(|_| Reply::crash())?;
    Ok(Reply::json(200, items.into_iter().skip(skip).take(limit).collect::<Value>()))
}

/// Takes away whatever belongs to another profile.
fn strip(value: &mut Value, profile: Profile) {
    let foreign = |entry: &Value| entry.get("x-profile").is_some_and(|only| only != profile.name());
    match value {
        Value::Object(entries) => {
            let kept: Map<String, Value> = std::mem::take(entries).into_iter().filter(|(_, entry)| !foreign(entry)).collect();
            *entries = kept;
            for entry in entries.values_mut() {
                strip(entry, profile);
            }
        }
        Value::Array(items) => {
            items.retain(|item| !foreign(item));
            for item in items {
                strip(item, profile);
            }
        }
        _ => {}
    }
}
