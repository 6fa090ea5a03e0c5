//! The table of routes, and what a path or method outside it is answered.

use crate::demo::Profile;
use crate::demo::api::{Work, auth, files, logins, places, positions, staff};
use crate::demo::call::Call;
use crate::demo::reply::Reply;

/// One route.
#[derive(Clone, Copy)]
pub struct Route {
    /// `GET`, `POST`…
    method: &'static str,
    /// Its path, with `{}` around what varies.
    path: &'static str,
    /// Part of the agreed additions.
    extended: bool,
    /// Answers without a key.
    pub open: bool,
    /// Honours an `Idempotency-Key` (extended).
    pub once: bool,
    /// What it does.
    pub handle: fn(&mut Work<'_>) -> Result<Reply, Reply>,
}

type Handle = fn(&mut Work<'_>) -> Result<Reply, Reply>;

const fn route(method: &'static str, path: &'static str, handle: Handle) -> Route {
    Route { method, path, extended: false, open: false, once: false, handle }
}

const fn open(method: &'static str, path: &'static str, handle: Handle) -> Route {
    Route { open: true, ..route(method, path, handle) }
}

const fn once(method: &'static str, path: &'static str, handle: Handle) -> Route {
    Route { once: true, ..route(method, path, handle) }
}

const fn extended(route: Route) -> Route {
    Route { extended: true, ..route }
}

static ROUTES: [Route; 21] = [
    open("GET", "/health", places::health),
    open("GET", "/openapi.json", places::description),
    open("POST", "/api/v1/auth/activate", auth::activation),
    open("POST", "/api/v1/auth/login", auth::login),
    route("GET", "/api/v1/positions/", positions::list),
    route("GET", "/api/v1/positions/{position_id}", positions::show),
    route("GET", "/api/v1/staff/", staff::list),
    once("POST", "/api/v1/staff/", staff::create),
    route("GET", "/api/v1/staff/{staff_id}", staff::show),
    route("PUT", "/api/v1/staff/{staff_id}", staff::change),
    route("DELETE", "/api/v1/staff/{staff_id}", staff::remove),
    route("POST", "/api/v1/staff/{staff_id}/photo", files::photo),
    route("POST", "/api/v1/staff/{staff_id}/document", files::document),
    extended(once("POST", "/api/v1/staff/{staff_id}/user", logins::create)),
    extended(once("POST", "/api/v1/staff/{staff_id}/activation-code", logins::renew)),
    extended(route("DELETE", "/api/v1/staff/{staff_id}/activation-code", logins::revoke)),
    extended(route("GET", "/api/v1/staff/{staff_id}/activation", logins::state)),
    route("GET", "/api/v1/organizations/", places::organizations),
    route("GET", "/api/v1/divisions/", places::divisions),
    route("GET", "/api/v1/sections/", places::sections),
    route("GET", "/api/v1/functions/", places::functions),
];

impl Route {
    /// `METHOD /path`, as the documentation writes it.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The values in the path, if this route has it.
    fn parameters(&self, path: &str) -> Option<Vec<String>> {
        let (mut known, mut asked) = (self.path.split('/'), path.split('/'));
        let mut values = Vec::new();
        loop {
            match (known.next(), asked.next()) {
                (None, None) => return Some(values),
                (Some(part), Some(value)) if part.starts_with('{') && !value.is_empty() => values.push(value.to_owned()),
                (Some(part), Some(value)) if part == value => {}
                _ => return None,
            }
        }
    }
}

/// Whether `METHOD /path` names a route of this profile.
pub fn is_known(profile: Profile, name: &str) -> bool {
    visible(profile).any(|route| route.name() == name)
}

/// The route of a request, or the framework's answer to a path or method that it does not have.
pub fn find(profile: Profile, call: &mut Call) -> Result<&'static Route, Reply> {
    let mut allowed = Vec::new();
    for route in visible(profile) {
        let Some(parameters) = route.parameters(&call.path) else { continue };
        if call.method.as_str() == route.method {
            call.parameters = parameters;
            return Ok(route);
        }
        allowed.push(route.method);
    }
    if allowed.is_empty() {
        Err(slash_redirect(profile, call).unwrap_or_else(|| Reply::detail(404, "Not Found")))
    } else {
        Err(Reply::detail(405, "Method Not Allowed").with("allow", allowed.join(", ")))
    }
}

fn visible(profile: Profile) -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(move |route| profile == Profile::Extended || !route.extended)
}

/// 307 to the path with its last slash added or removed, if there is such a route.
fn slash_redirect(profile: Profile, call: &Call) -> Option<Reply> {
    let other = call.path.strip_suffix('/').map_or_else(|| format!("{}/", call.path), ToOwned::to_owned);
    visible(profile).find(|route| route.parameters(&other).is_some())?;
    let origin = call.header("host").map(|host| format!("http://{host}")).unwrap_or_default();
    let query = call.raw_query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    Some(Reply::empty(307).with("location", format!("{origin}{other}{query}")))
}
