//! Logins and codes of staff that exist already: the agreed additions.

use serde_json::{Value, json};

use crate::demo::api::Work;
use crate::demo::office::{LoginState, NewCode, Refusal, User};
use crate::demo::reply::Reply;

/// `POST /api/v1/staff/{staff_id}/user`.
pub fn create(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let id = work.call.id("staff_id")?;
    let code = work.new_code()?;
    let user_id = work.held.office.admit(id, code.clone()).map_err(|refusal| work.refuse(&refusal))?;
    let mut body = told(&code);
    body["user_id"] = user_id.into();
    Ok(Reply::json(201, body))
}

/// `POST /api/v1/staff/{staff_id}/activation-code`: a new code; the old one ceases to be good.
pub fn renew(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let id = work.call.id("staff_id")?;
    let code = work.new_code()?;
    work.held.office.renew(id, code.clone()).map_err(|refusal| match refusal {
        Refusal::Active => Reply::detail(409, json!({ "code": "user_active" })),
        other => work.refuse(&other),
    })?;
    Ok(Reply::json(200, told(&code)))
}

/// `DELETE /api/v1/staff/{staff_id}/activation-code`.
pub fn revoke(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let id = work.call.id("staff_id")?;
    work.held.office.revoke(id).map_err(|refusal| work.refuse(&refusal))?;
    Ok(Reply::empty(204))
}

/// `GET /api/v1/staff/{staff_id}/activation`.
pub fn state(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let id = work.call.id("staff_id")?;
    if !work.held.office.staff.contains_key(&id) {
        return Err(work.refuse(&Refusal::NoStaff));
    }
    let user = work.held.office.user_of(id);
    let code = user.and_then(|user| user.code.as_ref());
    Ok(Reply::json(
        200,
        json!({
            "state": user.map_or(LoginState::None, User::state).name(),
            "issued_at": code.map(|code| code.issued.to_string()),
            "expires_at": code.and_then(|code| code.expires).map(|expires| expires.to_string()),
        }),
    ))
}

fn told(code: &NewCode) -> Value {
    json!({ "activation_code": code.text, "expires_at": code.expires.map(|expires| expires.to_string()) })
}
