//! Where the process listens.

use std::net::SocketAddr;

use crate::cli::config::codes;
use crate::cli::config::reading::Reading;
use crate::syntax::Node;

/// The address under a key, if it is there. One that cannot be read is a finding, so the bot does not run without it.
pub fn read(key: &str, tree: &Node, reading: &mut Reading<'_>) -> Option<SocketAddr> {
    let node = tree.get(key).filter(|_| reading.is_whole())?;
    let text = reading.text(node)?;
    let address = text.parse().ok();
    if address.is_none() {
        let port = text.trim_start_matches(':').parse::<u16>().unwrap_or(if key == "listen" { 8080 } else { 9464 });
        let help = format!("write an address and a port: 127.0.0.1:{port}, or [::1]:{port}");
        reading.error(codes::BAD_LISTENER, node.span, "this is not a place to listen on", Some(&help));
    }
    address
}
