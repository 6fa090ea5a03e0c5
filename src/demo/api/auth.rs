//! Who may ask, logging in, and activation.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::api::Work;
use crate::demo::form::{Form, object};
use crate::demo::office::Refusal;
use crate::demo::reply::Reply;
use crate::demo::reports::Report;
use crate::demo::token::{Password, same};
use crate::demo::{DemoErp, Held, Profile};

/// The shortest password, in characters.
pub const MIN_PASSWORD: usize = 8;

/// Lets a caller in who presents the key — as `X-API-Key`, `Api-Key` or bearer token — or a token of a login.
pub fn check(work: &Work<'_>) -> Result<(), Reply> {
    let key = work.call.header("x-api-key").or_else(|| work.call.header("api-key"));
    if key.is_some_and(|key| same(key, &work.erp.options.api_key)) {
        return Ok(());
    }
    match (bearer(work), key) {
        (Some(token), _) if same(token, &work.erp.options.api_key) || owner(work, token).is_some() => Ok(()),
        (None, None) => Err(Reply::unauthorized("Not authenticated")),
        _ => Err(Reply::unauthorized("Could not validate credentials")),
    }
}

/// `POST /api/v1/auth/activate`.
pub fn activation(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let fields = object(work.call)?;
    let mut form = Form::new(&fields, vec![json!("body")]);
    let code = form.required("activation_code").and_then(|value| form.text("activation_code", value, (0, usize::MAX)));
    let password = form.required("password").and_then(|value| form.text("password", value, (MIN_PASSWORD, usize::MAX)));
    let (code, password) = form.finish((code.unwrap_or_default(), password.unwrap_or_default()))?;
    let kept = Password::new(&password).map_err(|_| Reply::crash())?;
    work.erp.open(work.held, &code, kept, work.now).map_err(|refusal| work.refuse(&refusal))?;
    Ok(Reply::json(200, json!({ "msg": "User activated successfully" })))
}

/// Activates a login for the page that works without JavaScript; the password has been checked by then.
pub fn activate(erp: &DemoErp, code: &str, password: &str) -> Result<(), Refusal> {
    let kept = Password::new(password).map_err(|_| Refusal::WrongCode)?;
    let opened = {
        let mut held = erp.held();
        let now = held.now();
        erp.open(&mut held, code, kept, now)
    };
    erp.changed();
    opened
}

impl DemoErp {
    /// Opens the login that waits for the code, which is to be reported if anybody wants to hear of it.
    fn open(&self, held: &mut Held, code: &str, password: Password, now: Timestamp) -> Result<(), Refusal> {
        let staff_id = held.office.activate(code, password, now)?;
        if self.courier.is_some() {
            held.reports.push_back(Report::new(staff_id, now));
        }
        Ok(())
    }
}

/// `POST /api/v1/auth/login`: a form, as `OAuth2` has it.
pub fn login(work: &mut Work<'_>) -> Result<Reply, Reply> {
    let fields = work.call.form();
    let field = |name: &str| fields.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str());
    let (username, password) = (field("username"), field("password"));
    let (Some(username), Some(password)) = (username, password) else {
        let missing = [("username", username), ("password", password)].into_iter().filter(|(_, value)| value.is_none());
        let problems: Vec<Value> =
            missing.map(|(name, _)| json!({ "type": "missing", "loc": ["body", name], "msg": "Field required", "input": null })).collect();
        return Err(Reply::json(422, json!({ "detail": problems })));
    };
    let wrong = match work.profile {
        Profile::Compat => "Incorrect email or password",
        Profile::Extended => "Неверный email или пароль",
    };
    let user = work.held.office.user_with(username).filter(|user| user.password.as_ref().is_some_and(|kept| kept.fits(password)));
    match user {
        None => Err(Reply::unauthorized(wrong)),
        Some(user) if !user.is_active => Err(Reply::detail(400, "Inactive user")),
        Some(user) => {
            let token = work.erp.tokens.issue(user.id, work.now);
            Ok(Reply::json(200, json!({ "access_token": token, "token_type": "bearer" })))
        }
    }
}

/// The token of an `Authorization: Bearer` header.
fn bearer<'a>(work: &'a Work<'_>) -> Option<&'a str> {
    let (scheme, token) = work.call.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The active login that a token was given to.
fn owner(work: &Work<'_>, token: &str) -> Option<i64> {
    let id = work.erp.tokens.read(token, work.now)?;
    work.held.office.users.get(&id).filter(|user| user.is_active).map(|user| user.id)
}
