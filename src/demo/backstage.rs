//! `/_demo/…`: breaks things on purpose, moves the clock, and shows what happened. No part of the ERP's own API.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, State};
use axum::http::{Extensions, HeaderMap};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Router, response::Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::demo::DemoErp;
use crate::demo::api::is_known;
use crate::demo::faults::Fault;
use crate::demo::office::{LoginState, Office, Staff, User};
use crate::demo::reply::Reply;
use crate::demo::wire::Scissors;

/// How long connections are refused if nobody says otherwise.
const REFUSAL: Duration = Duration::from_secs(2);
/// How far the clock can be moved at once: a year.
const MAX_ADVANCE: u64 = 366 * 24 * 3600;

/// The routes.
pub fn router() -> Router<Arc<DemoErp>> {
    Router::new()
        .route("/_demo/faults", get(waiting).post(fail))
        .route("/_demo/log", get(log))
        .route("/_demo/staff", get(staff))
        .route("/_demo/clock", post(advance))
        .route("/_demo/reset", post(reset))
}

/// A step of the demo ERP's clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// Seconds.
    advance: u64,
}

async fn waiting(State(erp): State<Arc<DemoErp>>) -> Reply {
    Reply::json(200, json!(erp.held().faults.waiting()))
}

async fn fail(State(erp): State<Arc<DemoErp>>, extensions: Extensions, headers: HeaderMap, body: Bytes) -> Result<Reply, Reply> {
    let fault: Fault = read(&headers, &body)?;
    if let Some(mistake) = fault.mistake() {
        return Err(Reply::detail(422, mistake));
    }
    if let Some(route) = fault.route.as_deref().filter(|route| !is_known(erp.profile, route)) {
        return Err(Reply::detail(422, format!("there is no route \"{route}\"; write METHOD /path as the API's description does")));
    }
    if fault.refuse {
        let length = if fault.delay_ms.is_some() { fault.delay() } else { REFUSAL };
        let scissors = extensions.get::<ConnectInfo<Scissors>>().map(|info| info.0.clone());
        if !erp.keeper.shut(length, scissors.as_ref()).await {
            return Err(Reply::detail(409, "this demo ERP does not own its listener, so it cannot refuse connections"));
        }
        return Ok(Reply::empty(204));
    }
    erp.held().faults.add(fault);
    Ok(Reply::empty(204))
}

async fn log(State(erp): State<Arc<DemoErp>>) -> Reply {
    Reply::json(200, erp.held().journal.to_json())
}

async fn staff(State(erp): State<Arc<DemoErp>>) -> Reply {
    let held = erp.held();
    let all: Vec<Value> = held.office.staff.values().map(|staff| to_json(staff, &held.office)).collect();
    Reply::json(200, all.into())
}

async fn advance(State(erp): State<Arc<DemoErp>>, headers: HeaderMap, body: Bytes) -> Result<Reply, Reply> {
    let Advance { advance } = read(&headers, &body)?;
    if advance > MAX_ADVANCE {
        return Err(Reply::detail(422, "the clock moves by a year at most"));
    }
    let mut held = erp.held();
    held.ahead = held.ahead.saturating_add(Duration::from_secs(advance));
    Ok(Reply::json(200, json!({ "now": held.now().to_string() })))
}

async fn reset(State(erp): State<Arc<DemoErp>>) -> Response {
    erp.reset();
    Reply::empty(204).into_response()
}

/// Reads a JSON body. The content type is insisted upon: a web page elsewhere cannot send it without being asked first.
fn read<T: for<'a> Deserialize<'a>>(headers: &HeaderMap, body: &[u8]) -> Result<T, Reply> {
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Err(Reply::detail(415, "send JSON with the content type application/json"));
    }
    serde_json::from_slice(body).map_err(|error| Reply::detail(422, error.to_string()))
}

/// Somebody as tests want to see them; never a code.
fn to_json(staff: &Staff, office: &Office) -> Value {
    let user = office.user_of(staff.id);
    let code = user.and_then(|user| user.code.as_ref());
    json!({
        "id": staff.id,
        "last_name": staff.last_name,
        "first_name": staff.first_name,
        "middle_name": staff.middle_name,
        "email": staff.email,
        "phone": staff.phone,
        "external_id": staff.external_id,
        "position_ids": staff.positions.iter().map(|held| held.position_id).collect::<Vec<_>>(),
        "is_active": staff.is_active,
        "user_id": user.map(|user| user.id),
        "linked": staff.user_id.is_some(),
        "login": user.map_or(LoginState::None, User::state).name(),
        "expires_at": code.and_then(|code| code.expires).map(|expires| expires.to_string()),
    })
}
