//! What the operator says about a server.

use std::fmt;
use std::time::Duration;

use reqwest::Url;

use crate::fetch::{Breaker, Secret};

/// A named HTTP API.
#[derive(Clone)]
pub struct Connection {
    /// Where it is; a path is put before the path of every request.
    pub base: Url,
    /// How we sign in.
    pub auth: Auth,
    /// What may be asked: `GET`, `POST`…; nothing else is sent.
    pub methods: Vec<String>,
    /// How long a request may take, all in all.
    pub timeout: Duration,
    /// Bytes of an answer, at most.
    pub answer_max: u64,
    /// Which redirects are followed.
    pub redirects: Redirects,
    /// The server may be in a private network or on this machine.
    pub private_network: bool,
    /// Certificates, in PEM, of an authority of the server's own, beside the public ones.
    pub ca: Option<String>,
    /// When the server is left alone; never, if nothing is said.
    pub breaker: Option<Breaker>,
}

impl Connection {
    /// A connection with the usual limits: the common methods, 10 seconds, 1 MiB, no private network, nobody signed in.
    pub fn new(base: Url) -> Self {
        Self {
            base,
            auth: Auth::None,
            methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].map(str::to_owned).to_vec(),
            timeout: Duration::from_secs(10),
            answer_max: 1 << 20,
            redirects: Redirects::SameOrigin,
            private_network: false,
            ca: None,
            breaker: None,
        }
    }
}

/// The base address may hold what an operator should not have put there, so of it the host is shown only.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("host", &self.base.host_str()).field("auth", &self.auth).finish_non_exhaustive()
    }
}

/// How we sign in.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Not at all.
    None,
    /// With a header: `X-API-Key`, or `Authorization` with a word of the server's own before the key.
    Header {
        /// Its name.
        name: String,
        /// Its whole value.
        value: Secret,
    },
    /// `Authorization: Bearer …`.
    Bearer {
        /// The token.
        token: Secret,
    },
    /// `Authorization: Basic …`.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// With a token that is fetched first.
    OAuth2(OAuth2),
}

/// Signing in with a token that the server gives.
#[derive(Debug, Clone)]
pub struct OAuth2 {
    /// What the token is given for.
    pub grant: Grant,
    /// Where it is given, under the base address.
    pub token_path: String,
    /// The client, where the server knows clients.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<Secret>,
    /// The status that means that the token is old; 401 as a rule.
    pub refresh_on: u16,
}

/// What a token is given for.
#[derive(Debug, Clone)]
pub enum Grant {
    /// For a user and a password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// For the client itself.
    Client,
}

/// Which redirects are followed. None ever leads to another origin, changes the method or drops the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redirects {
    /// None: the redirect is the answer.
    Never,
    /// 307 and 308 within the same origin, three at most: what servers answer to a slash too few.
    #[default]
    SameOrigin,
}
