//! Sends a request and says what came of it.
//!
//! The one thing that must be right here is how far a request got: whether nothing was sent, so that it may be sent again, or something
//! was and no whole answer came back. Which of the two it is decides in `operation` whether a person is ever created twice. What an
//! answer means is not known here, and no error or log line of this module holds an address with its query, a header, a body or a secret.

mod address;
mod answer;
mod breaker;
mod client;
mod connection;
mod exchange;
mod files;
mod gate;
mod kept;
mod retry_after;
mod secret;
mod token;

use std::collections::BTreeMap;
use std::fmt;

use crate::failpoint;
use crate::fetch::client::Clients;
use crate::fetch::exchange::{Exchange, Message};
use crate::fetch::gate::Gate;
use crate::fetch::kept::Kept;
use crate::fetch::token::Tokens;
use crate::operation::{Answer, Request};

pub use address::{ADDRESS_REFUSED, may_reach};
pub use breaker::Rule as Breaker;
pub use connection::{Auth, Connection, Grant, OAuth2, Redirects};
pub use exchange::METHOD_REFUSED;
pub use files::{Opener, Stream};
pub use secret::Secret;

/// Why connections cannot be used as the operator configured them.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The base address is not one of a server.
    #[error("connection \"{connection}\": the address must be http or https, without user, query and fragment")]
    Base {
        /// The connection's name.
        connection: String,
    },
    /// The credentials cannot be sent in a header.
    #[error("connection \"{connection}\": the credentials hold characters that a header cannot")]
    Credentials {
        /// The connection's name.
        connection: String,
    },
    /// The certificates of the connection's own authority cannot be read.
    #[error("connection \"{connection}\": the certificates of its authority cannot be read")]
    Authority {
        /// The connection's name.
        connection: String,
    },
    /// No client could be made.
    #[error("connection \"{connection}\": no client could be made")]
    Client {
        /// The connection's name.
        connection: String,
        /// Why.
        source: reqwest::Error,
    },
}

/// All connections, ready to send.
pub struct Fetch {
    lines: BTreeMap<String, Line>,
    kept: Kept,
}

/// One connection with its clients and its token.
struct Line {
    exchange: Exchange,
    tokens: Option<Tokens>,
    gate: Option<Gate>,
}

impl Fetch {
    /// Makes the connections ready; nothing is sent yet.
    pub fn new(connections: BTreeMap<String, Connection>) -> Result<Self, FetchError> {
        let line = |(name, connection): (String, Connection)| {
            let clients = Clients::new(&name, &connection)?;
            let tokens = match &connection.auth {
                Auth::OAuth2(oauth) => Some(Tokens::new(oauth.clone())),
                _ => None,
            };
            let gate = connection.breaker.map(Gate::new);
            let exchange = Exchange::new(&name, connection, clients)?;
            Ok((name, Line { exchange, tokens, gate }))
        };
        Ok(Self { lines: connections.into_iter().map(line).collect::<Result<_, _>>()?, kept: Kept::default() })
    }

    /// Makes one attempt. Never fails: what went wrong is the answer.
    ///
    /// An answer to a request with `keep` may be one that another person's request got; identical requests under way are one.
    pub async fn send(&self, request: &Request) -> Answer {
        self.send_with_files(request, &files::none()).await
    }

    /// The same of a request that may hold files, each opened when it is about to be sent.
    pub async fn send_with_files(&self, request: &Request, files: &Opener) -> Answer {
        match request.keep {
            Some(millis) => self.kept.share(request, millis, self.attempt(request, files)).await,
            None => self.attempt(request, files).await,
        }
    }

    async fn attempt(&self, request: &Request, files: &Opener) -> Answer {
        if let Some(answer) = failpoint::server(request) {
            return answer.await;
        }
        match self.lines.get(&request.connection) {
            Some(line) => line.send(request, files).await,
            None => Answer::NothingSent { why: "no such connection".to_owned() },
        }
    }
}

impl Fetch {
    /// What a connection's server says of the time, in seconds since 1970; nothing if it says nothing. No credentials are shown.
    pub async fn clock(&self, connection: &str) -> Option<i64> {
        self.lines.get(connection)?.exchange.clock().await
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch").field("connections", &self.lines.keys()).finish_non_exhaustive()
    }
}

impl Line {
    /// Sends, unless the server is left alone.
    async fn send(&self, request: &Request, files: &Opener) -> Answer {
        let Some(gate) = &self.gate else { return self.sent(request, files).await };
        let Some(pass) = gate.enter().await else {
            return Answer::LeftAlone { why: "the server failed several times in a row and is left alone for a while".to_owned() };
        };
        let answer = self.sent(request, files).await;
        pass.ended(&answer);
        answer
    }

    async fn sent(&self, request: &Request, files: &Opener) -> Answer {
        match self.exchange.message(request, files) {
            Ok(message) => self.signed(message).await.unwrap_or_else(|why| Answer::NothingSent { why }),
            Err(why) => Answer::NothingSent { why },
        }
    }

    /// Sends with the token of the connection, if it has one. A status that says that the token is old means that nothing was done: the
    /// token is renewed and the request sent once more.
    async fn signed(&self, message: Message) -> Result<Answer, String> {
        let Some(tokens) = &self.tokens else { return Ok(self.exchange.send(&message, None).await) };
        let token = tokens.current(&self.exchange).await?;
        let answer = self.exchange.send(&message, Some(&token.secret)).await;
        match answer {
            Answer::Replied { status, .. } if status == tokens.refresh_on() => {
                let token = tokens.after(&token, &self.exchange).await?;
                Ok(self.exchange.send(&message, Some(&token.secret)).await)
            }
            answer => Ok(answer),
        }
    }
}
