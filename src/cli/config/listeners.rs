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
        let help = "write an address and a port: 127.0.0.1:9464, or [::1]:9464";
        reading.error(codes::BAD_LISTENER, node.span, "this is not a place to listen on", Some(help));
    }
    address
}
