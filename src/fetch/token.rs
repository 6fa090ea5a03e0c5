//! Tokens: fetched once for everybody, renewed once when they are old.

use std::time::Duration;

use serde_json::Value as Json;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::fetch::exchange::Exchange;
use crate::fetch::{Grant, OAuth2, Secret};
use crate::operation::Answer;

/// A token is renewed so long before it expires.
const MARGIN: Duration = Duration::from_secs(30);

/// The tokens of one connection.
pub(super) struct Tokens {
    oauth: OAuth2,
    state: Mutex<State>,
}

/// A token, and which one it is.
#[derive(Clone)]
pub(super) struct Token {
    /// What is sent.
    pub(super) secret: Secret,
    number: u64,
    until: Option<Instant>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    fetched: u64,
    /// When signing in failed last, and why.
    failed: Option<(Instant, String)>,
}

impl Tokens {
    pub(super) fn new(oauth: OAuth2) -> Self {
        Self { oauth, state: Mutex::default() }
    }

    /// The status that means that a token is old.
    pub(super) fn refresh_on(&self) -> u16 {
        self.oauth.refresh_on
    }

    /// The token in use, or a first one.
    pub(super) async fn current(&self, exchange: &Exchange) -> Result<Token, String> {
        self.newer_than(0, exchange).await
    }

    /// The token that follows `old`. Whoever comes first fetches it, everybody else waits for it.
    pub(super) async fn after(&self, old: &Token, exchange: &Exchange) -> Result<Token, String> {
        self.newer_than(old.number, exchange).await
    }

    async fn newer_than(&self, number: u64, exchange: &Exchange) -> Result<Token, String> {
        let arrived = Instant::now();
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token
            && token.number > number
            && token.until.is_none_or(|until| Instant::now() < until)
        {
            return Ok(token.clone());
        }
        // Those who waited while signing in failed do not try again one after another.
        if let Some((at, why)) = &state.failed
            && *at >= arrived
        {
            return Err(why.clone());
        }
        match self.fetch(exchange).await {
            Ok((secret, lives)) => {
                state.fetched += 1;
                let until = lives.and_then(|lives| Instant::now().checked_add(lives.saturating_sub(MARGIN).max(lives / 2)));
                let token = Token { secret, number: state.fetched, until };
                state.token = Some(token.clone());
                Ok(token)
            }
            Err(why) => {
                state.failed = Some((Instant::now(), why.clone()));
                Err(why)
            }
        }
    }

    async fn fetch(&self, exchange: &Exchange) -> Result<(Secret, Option<Duration>), String> {
        let mut fields = match &self.oauth.grant {
            Grant::Password { user, password } => {
                vec![("grant_type", "password"), ("username", user.as_str()), ("password", password.expose())]
            }
            Grant::Client => vec![("grant_type", "client_credentials")],
        };
        if let Some(id) = &self.oauth.client_id {
            fields.push(("client_id", id));
        }
        if let Some(secret) = &self.oauth.client_secret {
            fields.push(("client_secret", secret.expose()));
        }
        let message = exchange.token_message(&self.oauth.token_path, &fields)?;
        match exchange.send(&message, None).await {
            Answer::Replied { status: 200..=299, body, .. } => {
                read(&Zeroizing::new(body)).ok_or_else(|| "signing in failed: the answer holds no token".to_owned())
            }
            Answer::Replied { status, .. } => Err(format!("signing in failed: HTTP {status}")),
            Answer::NothingSent { why } | Answer::Unanswered { why } | Answer::Unsendable { why } | Answer::LeftAlone { why } => {
                Err(format!("signing in failed: {why}"))
            }
        }
    }
}

/// The token of an answer and how long it lives, if that is said.
fn read(body: &str) -> Option<(Secret, Option<Duration>)> {
    let json: Json = serde_json::from_str(body.trim_start_matches('\u{feff}')).ok()?;
    let token = json.get("access_token")?.as_str()?;
    let is_bearer = json.get("token_type").and_then(Json::as_str).is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    let can_be_sent = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let lives = json.get("expires_in").and_then(Json::as_u64).map(Duration::from_secs);
    (is_bearer && can_be_sent).then(|| (Secret::new(token), lives))
}
