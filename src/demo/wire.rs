//! Connections that can be cut, and a listener that can be shut for a while: how a network fails, at the level where it does.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;

/// How long to wait before a failed accept or bind is tried again.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the door may take to notice that it is to be shut.
const NOTICE: Duration = Duration::from_secs(1);

/// Tells the door to shut.
#[derive(Debug, Clone)]
pub struct Keeper {
    order: Arc<watch::Sender<Order>>,
    shut: Arc<watch::Sender<u64>>,
}

/// The last order to shut.
#[derive(Debug, Clone, Copy)]
struct Order {
    round: u64,
    until: Instant,
    /// The connection over which the order came: it is spared, so that it can be answered.
    spared: u64,
}

impl Default for Keeper {
    fn default() -> Self {
        let order = Order { round: 0, until: Instant::now(), spared: 0 };
        Self { order: Arc::new(watch::Sender::new(order)), shut: Arc::new(watch::Sender::new(0)) }
    }
}

impl Keeper {
    /// Shuts the door for a while and cuts every connection but one. False if there is no door.
    pub async fn shut(&self, length: Duration, spared: Option<&Scissors>) -> bool {
        let spared = spared.map_or(0, |scissors| scissors.id);
        let mut shut = self.shut.subscribe();
        let mut round = 0;
        self.order.send_modify(|order| {
            round = order.round + 1;
            *order = Order { round, until: Instant::now() + length, spared };
        });
        let done = tokio::time::timeout(NOTICE, shut.wait_for(|done| *done >= round)).await;
        done.is_ok_and(|done| done.is_ok())
    }
}

/// A listener that can be shut: meanwhile the operating system refuses connections to its address.
pub struct Door {
    listener: Option<TcpListener>,
    address: SocketAddr,
    keeper: Keeper,
    orders: watch::Receiver<Order>,
    last: AtomicU64,
}

impl Door {
    /// An open door.
    pub fn new(listener: TcpListener, keeper: Keeper) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let orders = keeper.order.subscribe();
        Ok(Self { listener: Some(listener), address, keeper, orders, last: AtomicU64::new(0) })
    }

    async fn open(&mut self) {
        while self.listener.is_none() {
            let until = self.orders.borrow().until;
            tokio::time::sleep_until(until).await;
            match TcpListener::bind(self.address).await {
                Ok(listener) => self.listener = Some(listener),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    fn wire(&self, stream: TcpStream) -> Wire {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (cut, mut was_cut) = watch::channel(false);
        let mut orders = self.orders.clone();
        let round = orders.borrow().round;
        let ended = async move {
            tokio::select! {
                _ = was_cut.wait_for(|cut| *cut) => {}
                _ = orders.wait_for(|order| order.round > round && order.spared != id) => {}
            }
        };
        Wire { stream, ended: Box::pin(ended), is_cut: false, scissors: Scissors { id, cut: Arc::new(cut) } }
    }
}

impl Listener for Door {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            self.open().await;
            let Some(listener) = &self.listener else { continue };
            tokio::select! {
                biased;
                changed = self.orders.changed() => {
                    // The sender lives in `keeper`, so a change is always an order.
                    if changed.is_ok() {
                        self.listener = None;
                        let round = self.orders.borrow_and_update().round;
                        self.keeper.shut.send_replace(round);
                    }
                }
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => return (self.wire(stream), peer),
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// Cuts one connection.
#[derive(Debug, Clone)]
pub struct Scissors {
    id: u64,
    cut: Arc<watch::Sender<bool>>,
}

impl Scissors {
    /// Cuts it: nothing more is read or written.
    pub fn cut(&self) {
        self.cut.send_replace(true);
    }
}

impl Connected<IncomingStream<'_, Door>> for Scissors {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().scissors.clone()
    }
}

/// A connection that can be cut.
pub struct Wire {
    stream: TcpStream,
    ended: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_cut: bool,
    scissors: Scissors,
}

impl Wire {
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.is_cut || self.ended.as_mut().poll(context).is_ready() {
            self.is_cut = true;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
