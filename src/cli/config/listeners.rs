//! Where the process listens.

use std::net::SocketAddr;

use crate::cli::config::codes;
use crate::cli::config::reading::Reading;
use crate::syntax::Node;

/// Where web chats and webhooks are answered, and where health and metrics are shown, if they are. An address that cannot be read is a
/// finding, so the bot does not run without it; whatever is wanted of the file, one that is written out is read.
pub fn read(tree: &Node, reading: &mut Reading<'_>) -> (Option<SocketAddr>, Option<SocketAddr>) {
    let (public, admin) = (address("listen", tree, reading), address("admin_listen", tree, reading));
    if let (Some(public), Some(admin)) = (public, admin)
        && is_one(public, admin)
    {
        let mut both: Vec<_> = ["listen", "admin_listen"].into_iter().filter_map(|key| Some((key, tree.entry(key)?))).collect();
        both.sort_by_key(|(_, entry)| entry.key_span.start);
        if let [(first, _), (_, second)] = both[..] {
            let message = if public == admin {
                format!("{first} has this address, and one port cannot be listened on twice")
            } else {
                format!("{first} and this have the same port, and one of them takes it on every address of the machine")
            };
            reading.error(codes::BAD_LISTENER, second.value.span, message, Some("give one of them another port"));
        }
    }
    if reading.is_whole() { (public, admin) } else { (None, None) }
}

/// Both would listen on the same port of the same address: an unspecified one stands for all of its kind, and that of IPv6 for all.
fn is_one(one: SocketAddr, other: SocketAddr) -> bool {
    let takes = |all: SocketAddr, some: SocketAddr| all.ip().is_unspecified() && (all.is_ipv6() || some.is_ipv4());
    one.port() == other.port() && one.port() != 0 && (one.ip() == other.ip() || takes(one, other) || takes(other, one))
}

fn address(key: &str, tree: &Node, reading: &mut Reading<'_>) -> Option<SocketAddr> {
    let node = tree.get(key)?;
    let text = if reading.is_whole() { reading.text(node)? } else { reading.without_references(|reading| reading.text(node))? };
    let address = text.parse().ok();
    if address.is_none() {
        let port = text.rsplit(':').next().unwrap_or_default().parse::<u16>().unwrap_or(if key == "listen" { 8080 } else { 9464 });
        let help = format!("write an address and a port: 127.0.0.1:{port}, or [::1]:{port}");
        reading.error(codes::BAD_LISTENER, node.span, "this is not a place to listen on", Some(&help));
    }
    address
}
