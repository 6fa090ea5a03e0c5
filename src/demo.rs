//! The demo ERP: a back-end in memory that answers as the real one does, oddities included.
//!
//! It lets the shipped bot be shown, tested and broken on purpose without a real back-end. In the profile [`Profile::Compat`] it is
//! the back-end as it is (duplicates told in prose, bare arrays, a redirect for a missing slash, `FastAPI`'s error bodies); in
//! [`Profile::Extended`] it has the agreed additions (idempotency keys, search, codes that can be issued anew and revoked, and a report
//! of each activation to a [`Receiver`]).
//!
//! It must not know the engine, the store or any channel: whoever talks to it does so over HTTP, and so does it. It holds personal data in memory
//! only, logs no bodies, and its `/_demo/…` routes have no authentication: it belongs on a loopback address.

mod api;
mod backstage;
mod call;
mod faults;
mod form;
mod journal;
mod kept;
mod office;
mod once;
mod pages;
mod parts;
mod reply;
mod reports;
mod token;
mod wire;

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::demo::faults::Faults;
use crate::demo::journal::Journal;
use crate::demo::office::Office;
use crate::demo::once::Remembered;
use crate::demo::reports::{Courier, Report};
use crate::demo::token::Tokens;
use crate::demo::wire::{Door, Keeper, Scissors};

pub use pages::{Guest, front};
pub use reports::{ACTIVATED, Receiver};

/// How long a graceful shutdown waits for requests that are being answered.
const GRACE: Duration = Duration::from_secs(2);

/// Which back-end the demo ERP behaves as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// The back-end as it is.
    Compat,
    /// The back-end with the agreed additions.
    #[default]
    Extended,
}

impl Profile {
    /// The word people use for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compat => "compat",
            Self::Extended => "extended",
        }
    }
}

/// What can be chosen about a demo ERP.
#[derive(Clone)]
pub struct Options {
    /// Which back-end it behaves as.
    pub profile: Profile,
    /// The key that callers present.
    pub api_key: String,
    /// Positions beyond the four usual ones, for lists that need paging.
    pub extra_positions: u32,
    /// How long a new activation code is good (extended only; in compat a code never expires).
    pub code_life: Duration,
    /// Who hears that somebody has activated their login (extended only; in compat nobody does).
    pub receiver: Option<Receiver>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            api_key: "demo-key".to_owned(),
            extra_positions: 0,
            code_life: Duration::from_hours(24),
            receiver: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("profile", &self.profile).field("extra_positions", &self.extra_positions).finish_non_exhaustive()
    }
}

/// One demo ERP and all it holds.
pub struct DemoErp {
    /// Which back-end it behaves as.
    pub profile: Profile,
    options: Options,
    tokens: Tokens,
    keeper: Keeper,
    courier: Option<Courier>,
    held: Mutex<Held>,
    /// Where what it holds is kept, if it is.
    file: Option<PathBuf>,
}

/// What changes while it runs.
struct Held {
    office: Office,
    remembered: Remembered,
    faults: Faults,
    journal: Journal,
    /// What is still to be told, the oldest first.
    reports: VecDeque<Report>,
    /// How far its clock was moved ahead.
    ahead: Duration,
}

impl DemoErp {
    /// A demo ERP without staff.
    pub fn new(options: Options) -> Result<Self, Error> {
        let tokens = Tokens::new().map_err(|_| Error::Randomness)?;
        let receiver = options.receiver.clone().filter(|_| options.profile == Profile::Extended);
        let courier = receiver.map(Courier::new).transpose()?;
        let held = Mutex::new(Held::new(&options));
        Ok(Self { profile: options.profile, options, tokens, keeper: Keeper::default(), courier, held, file: None })
    }

    /// A demo ERP that keeps what it holds in this file, and begins with what is there.
    pub fn kept_in(options: Options, file: PathBuf) -> Result<Self, Error> {
        let mut erp = Self::new(options)?;
        if let Some(found) = kept::read(&file)? {
            let extra = erp.options.extra_positions;
            let held = erp.held.get_mut().unwrap_or_else(PoisonError::into_inner);
            held.office = found.office.with_positions(extra);
            held.remembered = found.remembered;
            held.reports = found.reports;
        }
        Ok(Self { file: Some(file), ..erp })
    }

    /// Forgets everything that happened since the start.
    pub fn reset(&self) {
        *self.held() = Held::new(&self.options);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // A panic while the lock was held leaves plain data that is still worth showing.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn new(options: &Options) -> Self {
        Self {
            office: Office::new(options.extra_positions),
            remembered: Remembered::default(),
            faults: Faults::default(),
            journal: Journal::default(),
            reports: VecDeque::new(),
            ahead: Duration::ZERO,
        }
    }

    /// The time by its clock.
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(self.ahead).unwrap_or(now)
    }
}

impl fmt::Debug for DemoErp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoErp").field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// Why a demo ERP cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers")]
    Randomness,
    /// What was kept cannot be read.
    #[error("what the demo ERP kept in {0} cannot be read; delete the file to begin anew")]
    Kept(PathBuf),
    /// The address of a receiver is not one of a server.
    #[error("the address for reports must be http or https, without user, query and fragment")]
    Receiver,
    /// Nothing can be sent to a receiver.
    #[error("no client for reports could be made")]
    Client,
}

/// All its routes: the API, the pages, and the controls under `/_demo/`. Whoever opens the bare address sees the staff.
pub fn router(erp: Arc<DemoErp>) -> Router {
    routes(erp).merge(entrance())
}

fn routes(erp: Arc<DemoErp>) -> Router {
    Router::new().merge(pages::router()).merge(backstage::router()).fallback(api::answer).with_state(erp)
}

fn entrance() -> Router {
    Router::new().route("/", get(|| async { Redirect::temporary("/staff") }))
}

/// Answers requests until `shutdown` is over, and then finishes those that are being answered.
///
/// Only here connections can be cut or refused on purpose, and activations are reported; a bare [`router`] ends an answer early instead,
/// and cannot refuse or report.
pub async fn serve(listener: TcpListener, erp: Arc<DemoErp>, shutdown: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    serve_beside(listener, erp, entrance(), shutdown).await
}

/// As [`serve`], with other routes on the same address, which say what its bare form shows: [`front`].
pub async fn serve_beside(
    listener: TcpListener,
    erp: Arc<DemoErp>,
    beside: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let door = Door::new(listener, erp.keeper.clone())?;
    let service = routes(Arc::clone(&erp)).merge(beside).into_make_service_with_connect_info::<Scissors>();
    let (leave, mut leaving) = watch::channel(false);
    let signal = async move {
        shutdown.await;
        leave.send_replace(true);
    };
    let too_long = async move {
        // An error means that the server has ended by itself, and with it the signal.
        if leaving.wait_for(|left| *left).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = std::future::IntoFuture::into_future(axum::serve(door, service).with_graceful_shutdown(signal)) => ended,
        () = too_long => Ok(()),
        never = erp.tell() => match never {},
    }
}
