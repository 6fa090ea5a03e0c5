//! Routes of `/api/v1/staff/`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::demo::Profile;
use crate::demo::api::Work;
use crate::demo::api::places::page;
use crate::demo::form::{Wanted, staff_form};
use crate::demo::office::{ORGANIZATION, Office, Refusal, Staff};
use crate::demo::reply::Reply;

/// What staff can be searched by (extended). An empty value is a value: it finds nobody.
const SEARCHES: [&str; 4] = ["external_id", "telegram_id", "phone", "email"];

/// `GET /api/v1/staff/`: a bare array. The back-end as it is ignores searches and hides its errors behind an empty list.
pub fn list(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let office = &work.held.office;
    let searched = |staff: &&Staff| match work.profile {
        Profile::Compat => true,
        Profile::Extended => SEARCHES.iter().all(|field| work.call.query(field).is_none_or(|value| staff.has(field, value))),
    };
    let found = office.staff.values().filter(searched).map(|staff| to_json(staff, office, work.profile)).collect();
    match page(work, found) {
        Err(reply) if reply.status == 500 => Ok(Reply::json(200, json!([]))),
        answer => answer,
    }
}

/// `POST /api/v1/staff/`: 201 with the code in the back-end as it is, 200 in the extended one.
pub fn create(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let form = staff_form(work.call, work.profile, Wanted::New)?;
    let code = work.new_code()?;
    let id = work.held.office.hire(work.profile, form, code.clone()).map_err(|refusal| work.refuse(&refusal))?;
    let has_user = work.held.office.user_of(id).is_some();
    if work.unlinked {
        work.held.office.unlink(id);
    }
    let staff = work.held.office.staff.get(&id).ok_or_else(Reply::crash)?;
    let mut body = to_json(staff, &work.held.office, work.profile);
    body["activation_code"] = has_user.then_some(code.text).into();
    if work.profile == Profile::Extended {
        body["expires_at"] = code.expires.filter(|_| has_user).map(|expires| expires.to_string()).into();
    }
    let status = if work.profile == Profile::Compat { 201 } else { 200 };
    Ok(Reply { created: Some(id), ..Reply::json(status, body) })
}

/// `GET /api/v1/staff/{staff_id}`.
pub fn show(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let id = work.call.id("staff_id")?;
    let staff = work.held.office.staff.get(&id).ok_or_else(|| work.refuse(&Refusal::NoStaff))?;
    Ok(Reply::json(200, to_json(staff, &work.held.office, work.profile)))
}

/// `PUT /api/v1/staff/{staff_id}`. A login that it creates gets a code which the answer does not tell.
pub fn change(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let id = work.call.id("staff_id")?;
    let form = staff_form(work.call, work.profile, Wanted::Change)?;
    let code = work.new_code()?;
    work.held.office.change(work.profile, id, form, code).map_err(|refusal| work.refuse(&refusal))?;
    show(work)
}

/// `DELETE /api/v1/staff/{staff_id}`.
pub fn remove(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let id = work.call.id("staff_id")?;
    work.held.office.remove(id).map_err(|refusal| work.refuse(&refusal))?;
    Ok(Reply::empty(204))
}

impl Work<'_> {
    /// A refusal in the words of the profile.
    pub fn refuse(&self, refusal: &Refusal) -> Reply {
        Reply::refusal(self.profile, refusal)
    }
}

fn to_json(staff: &Staff, office: &Office, profile: Profile) -> Value {
    let mut value = json!({
        "id": staff.id,
        "first_name": staff.first_name,
        "last_name": staff.last_name,
        "middle_name": staff.middle_name,
        "email": staff.email,
        "phone": staff.phone,
        "hire_date": staff.hire_date.map(|date| date.to_string()),
        "user_id": staff.user_id,
        "photo_path": staff.photo_path,
        "document_paths": staff.document_paths,
        "is_active": staff.is_active,
        "organization_id": staff.organization_id,
        "organization_name": staff.organization_id.map(|_| ORGANIZATION.1),
        "positions": positions(staff, office),
        "user": user(staff, office),
        "created_at": naive(staff.created),
        "updated_at": naive(staff.updated),
    });
    if profile == Profile::Extended {
        value["external_id"] = staff.external_id.clone().into();
        value["telegram_id"] = staff.telegram_id.into();
    }
    value
}

fn positions(staff: &Staff, office: &Office) -> Vec<Value> {
    let name = |id: i64| office.positions.get(&id).map(|position| position.name.clone());
    let held = staff.positions.iter().map(|held| {
        json!({
            "id": held.id,
            "staff_id": staff.id,
            "position_id": held.position_id,
            "is_primary": held.is_primary,
            "position_name": name(held.position_id),
        })
    });
    held.collect()
}

fn user(staff: &Staff, office: &Office) -> Value {
    let user = staff.user_id.and_then(|id| office.users.get(&id));
    user.map_or(Value::Null, |user| json!({ "id": user.id, "email": user.email, "is_active": user.is_active, "is_superuser": false }))
}

/// A time without a zone, as the back-end writes it.
fn naive(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}
