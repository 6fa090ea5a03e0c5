//! The API: finds the route, meets the failures that were asked for, answers, and keeps the journal.

mod auth;
mod files;
mod logins;
mod places;
mod positions;
mod routes;
mod staff;

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Method, Response};
use axum::response::IntoResponse;
use bytes::Bytes;
use futures_util::stream;
use jiff::Timestamp;

use crate::demo::api::routes::Route;
use crate::demo::call::Call;
use crate::demo::faults::Fault;
use crate::demo::journal::Entry;
use crate::demo::office::NewCode;
use crate::demo::reply::Reply;
use crate::demo::wire::Scissors;
use crate::demo::{DemoErp, Held, Profile, token};

pub use auth::{MIN_PASSWORD, activate};
pub use routes::is_known;

/// Answers one request of the API.
pub async fn answer(State(erp): State<Arc<DemoErp>>, request: Request) -> Response<Body> {
    let scissors = request.extensions().get::<ConnectInfo<Scissors>>().map(|info| info.0.clone());
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(reply) => return reply.into_response(),
    };
    // A server finishes its work even if the caller has left: the answer is lost, not the deed.
    let work = tokio::spawn(async move { erp.perform(call).await });
    match work.await {
        Ok(Some(reply)) => reply.into_response(),
        Ok(None) => lost(scissors),
        Err(_) => Reply::crash().into_response(),
    }
}

/// No answer: the connection is cut or, where that is impossible, the answer breaks off.
fn lost(scissors: Option<Scissors>) -> Response<Body> {
    match scissors {
        Some(scissors) => {
            scissors.cut();
            Response::new(Body::empty())
        }
        None => Response::new(Body::from_stream(stream::once(async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset)) }))),
    }
}

/// What a route's function works with.
struct Work<'a> {
    erp: &'a DemoErp,
    held: &'a mut Held,
    call: &'a Call,
    profile: Profile,
    now: Timestamp,
    /// New logins are not linked: a failure that was asked for.
    unlinked: bool,
}

impl Work<'_> {
    /// A code for a login that may be made.
    fn new_code(&self) -> Result<NewCode, Reply> {
        let text = token::activation_code().map_err(|_| Reply::crash())?;
        let expires = match self.profile {
            Profile::Compat => None,
            Profile::Extended => self.now.checked_add(self.erp.options.code_life).ok(),
        };
        Ok(NewCode { text, now: self.now, expires })
    }
}

/// What a browser asks every site for by itself: nobody who reads what the ERP was asked wants to see that.
fn is_browsers_own(path: &str) -> bool {
    path == "/favicon.ico" || path == "/robots.txt" || path.starts_with("/apple-touch-icon") || path.starts_with("/.well-known/")
}

impl DemoErp {
    /// Does what is asked, as far as the failures that wait allow it.
    async fn perform(&self, mut call: Call) -> Option<Reply> {
        let found = routes::find(self.profile, &mut call);
        let name = found.as_ref().ok().map(|route| route.name());
        // What the API does not have meets no failure that was meant for it.
        let fault = name.as_deref().and_then(|name| self.held().faults.take(name));
        let Some(fault) = fault else {
            let reply = self.settle(found, &call, false);
            if !is_browsers_own(&call.path) {
                self.note(&call, None, reply.created, Some(&reply));
            }
            return Some(reply);
        };
        // Where the answer is to be lost, the deed comes before the wait: whoever gave up has a member of staff all the same.
        if !fault.drop_after_commit {
            tokio::time::sleep(fault.delay()).await;
        }
        let good = fault.commits().then(|| self.settle(found, &call, fault.unlinked));
        let created = good.as_ref().and_then(|reply| reply.created);
        if fault.drop_after_commit {
            tokio::time::sleep(fault.delay()).await;
        }
        let reply = fault.spoil(good, self.profile);
        self.note(&call, Some(&fault), created, reply.as_ref());
        reply
    }

    fn settle(&self, found: Result<&'static Route, Reply>, call: &Call, unlinked: bool) -> Reply {
        let reply = found.and_then(|route| self.carry_out(route, call, unlinked)).unwrap_or_else(|reply| reply);
        if call.method != Method::GET {
            self.changed();
        }
        reply
    }

    fn carry_out(&self, route: &Route, call: &Call, unlinked: bool) -> Result<Reply, Reply> {
        let mut held = self.held();
        let now = held.now();
        let mut work = Work { erp: self, held: &mut held, call, profile: self.profile, now, unlinked };
        if !route.open {
            auth::check(&work)?;
        }
        let key = call.header("idempotency-key").filter(|_| route.once && self.profile == Profile::Extended);
        if let Some(reply) = key.and_then(|key| work.held.remembered.answer(key, call, now)) {
            return Ok(reply);
        }
        let reply = (route.handle)(&mut work).unwrap_or_else(|reply| reply);
        if let Some(key) = key {
            held.remembered.remember(key, call, &reply, now);
        }
        Ok(reply)
    }

    fn note(&self, call: &Call, fault: Option<&Fault>, created: Option<i64>, reply: Option<&Reply>) {
        let mut held = self.held();
        let entry = Entry {
            at: held.now(),
            method: call.method.to_string(),
            path: call.path.clone(),
            query: call.queries.iter().map(|(name, _)| name.clone()).collect(),
            key: call.header("idempotency-key").map(ToOwned::to_owned),
            status: reply.map(|reply| reply.status),
            created,
            replayed: reply.is_some_and(|reply| reply.replayed),
            fault: fault.map(Fault::name),
        };
        held.journal.add(entry);
    }
}
