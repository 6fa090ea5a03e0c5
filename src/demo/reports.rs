//! What it reports by itself: that somebody has activated their login. Told to one receiver until that has taken it, so it may come twice;
//! its id says that it is the same.

use std::convert::Infallible;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Notify;

use crate::demo::token::mac;
use crate::demo::{DemoErp, Error};

/// The event that is reported.
pub const ACTIVATED: &str = "erp.activated";

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long it waits after the first failure; twice as long after each one more.
const PAUSE: Duration = Duration::from_secs(1);
/// And never longer than this.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Who is told, and what tells them that it comes from here.
#[derive(Clone)]
pub struct Receiver {
    address: Url,
    secret: String,
}

impl Receiver {
    /// Whoever takes `POST /events/<name>` under this http or https address, and knows this secret.
    pub fn new(base: &str, secret: String) -> Result<Self, Error> {
        let url = Url::parse(base).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let bare = |url: &Url| url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        let mut address = url.filter(bare).ok_or(Error::Receiver)?;
        address.path_segments_mut().map_err(|()| Error::Receiver)?.pop_if_empty().extend(["events", ACTIVATED]);
        Ok(Self { address, secret })
    }
}

/// One login that was activated.
#[derive(Clone, Serialize, Deserialize)]
pub struct Report {
    /// Never given to another one, even if everything is forgotten in between.
    id: String,
    /// Whose login it is.
    staff_id: i64,
}

impl Report {
    /// Of this person's login, activated at this time.
    pub fn new(staff_id: i64, at: Timestamp) -> Self {
        Self { id: format!("{staff_id}-activated-{}", at.as_nanosecond()), staff_id }
    }
}

/// Tells the receiver.
pub struct Courier {
    receiver: Receiver,
    client: Client,
    /// Something may be there to be told.
    waits: Notify,
}

/// What came of telling.
enum Told {
    Taken,
    /// It would be answered the same for ever.
    Refused(StatusCode),
    NotYet(String),
}

impl Courier {
    /// One that has told nothing yet.
    pub fn new(receiver: Receiver) -> Result<Self, Error> {
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT).build().map_err(|_| Error::Client)?;
        Ok(Self { receiver, client, waits: Notify::new() })
    }

    /// Looks whether something is there to be told.
    pub fn wake(&self) {
        self.waits.notify_one();
    }

    async fn tell(&self, report: &Report) -> Told {
        let Receiver { address, secret } = &self.receiver;
        let body = json!({ "id": report.id, "fields": { "staff_id": report.staff_id } }).to_string();
        // The real time, wherever the demo's own clock was moved to: the receiver looks how old a signature is.
        let at = Timestamp::now().as_second();
        let seal = mac(secret.as_bytes(), format!("{at}.{body}").as_bytes());
        let seal = seal.iter().fold(String::new(), |seal, byte| seal + &format!("{byte:02x}"));
        let request = self.client.post(address.clone()).header("content-type", "application/json");
        let answer = request.header("x-usher-signature", format!("t={at},v1={seal}")).body(body).send().await;
        match answer.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Told::Taken,
            Ok(status @ (StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY)) => {
                Told::Refused(status)
            }
            Ok(status) => Told::NotYet(format!("it was answered {}", status.as_u16())),
            Err(error) => Told::NotYet(error.without_url().to_string()),
        }
    }
}

impl DemoErp {
    /// Tells what is to be told, one after the other, for as long as it runs.
    pub(super) async fn tell(&self) -> Infallible {
        let Some(courier) = &self.courier else { return std::future::pending().await };
        let mut pause = PAUSE;
        loop {
            let next = self.held().reports.front().cloned();
            let Some(report) = next else {
                courier.waits.notified().await;
                continue;
            };
            match courier.tell(&report).await {
                Told::NotYet(why) => {
                    tracing::warn!(event = ACTIVATED, why, "a report was not taken; it is sent again");
                    tokio::time::sleep(pause).await;
                    pause = LONGEST_PAUSE.min(pause * 2);
                    continue;
                }
                Told::Refused(status) => {
                    tracing::error!(event = ACTIVATED, status = status.as_u16(), "a report was refused; it is not sent again");
                }
                Told::Taken => {}
            }
            pause = PAUSE;
            self.held().reports.retain(|waiting| waiting.id != report.id);
            self.keep();
        }
    }
}
