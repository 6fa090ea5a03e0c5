//! What every command that stays shares: the async runtime, listening, and being told to stop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::exit::mistake;

/// Runs a future to its end. Threads that wait for a terminal or a name server are left behind: they may wait for ever.
pub fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the async runtime cannot be started")?;
    let ended = runtime.block_on(future);
    runtime.shutdown_background();
    ended
}

/// Ends when the process is asked to stop: Ctrl+C or SIGTERM.
pub fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be received")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be received")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// What tells that the flows are to be read again: SIGHUP.
pub fn asked_to_reload() -> anyhow::Result<Signal> {
    signal(SignalKind::hangup()).context("signals cannot be received")
}

/// Why an address cannot be listened on, in one sentence. `chosen` is where the operator chooses it.
pub fn cannot_listen(address: SocketAddr, error: &io::Error, chosen: &str) -> anyhow::Error {
    let (port, ip) = (address.port(), address.ip());
    mistake(match error.kind() {
        io::ErrorKind::AddrInUse => format!("port {port} on {ip} is in use by another program; stop that or choose another with {chosen}"),
        io::ErrorKind::PermissionDenied => format!("port {port} needs rights that this user has not; choose one above 1023 with {chosen}"),
        io::ErrorKind::AddrNotAvailable => format!("{ip} is not an address of this machine; choose another with {chosen}"),
        _ => format!("cannot listen on {address}: {error}"),
    })
}
