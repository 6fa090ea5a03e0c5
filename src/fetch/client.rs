//! The HTTP clients of one connection.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};

use crate::fetch::address::Reach;
use crate::fetch::{Connection, FetchError};

/// Connecting takes no longer, however patient the operator is.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Idle connections are closed before common servers close theirs (five seconds).
const IDLE_MAX: Duration = Duration::from_secs(3);

/// Two clients: reads may reuse a connection; anything else gets a new one, because a doubt must come from the server, never from a
/// connection that went stale in our own pool.
pub(super) struct Clients {
    /// For GET and HEAD.
    pub(super) reads: Client,
    /// For everything else.
    pub(super) writes: Client,
    /// How long connecting may take. Less than the whole, so that a server that cannot be reached is told from one that is silent.
    pub(super) connect: Duration,
}

impl Clients {
    pub(super) fn new(name: &str, connection: &Connection) -> Result<Self, FetchError> {
        let connect = CONNECT_MAX.min(connection.timeout / 2);
        let make = |kept_open: usize| {
            let builder = trusting(name, connection, builder(connection, connect))?.pool_max_idle_per_host(kept_open);
            builder.build().map_err(|source| FetchError::Client { connection: name.to_owned(), source: source.without_url() })
        };
        Ok(Self { reads: make(4)?, writes: make(0)?, connect })
    }
}

/// Nothing happens by itself: no redirect, no second attempt, no proxy from the environment, no cookie, no decompression.
fn builder(connection: &Connection, connect: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .connect_timeout(connect)
        .pool_idle_timeout(IDLE_MAX)
        .dns_resolver(Arc::new(Reach { private_network: connection.private_network }))
}

fn trusting(name: &str, connection: &Connection, builder: ClientBuilder) -> Result<ClientBuilder, FetchError> {
    let Some(pem) = &connection.ca else { return Ok(builder) };
    let authority = || FetchError::Authority { connection: name.to_owned() };
    let certificates = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|_| authority())?;
    if certificates.is_empty() {
        return Err(authority());
    }
    Ok(certificates.into_iter().fold(builder, ClientBuilder::add_root_certificate))
}
