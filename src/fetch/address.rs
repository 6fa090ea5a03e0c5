//! Which addresses may be connected to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// What a connection may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// Private networks and this machine, too.
    pub(super) private_network: bool,
}

impl Reach {
    /// True if this address may be connected to.
    pub(super) fn allows(self, address: IpAddr) -> bool {
        match kind_of(address) {
            Kind::Public => true,
            Kind::Private => self.private_network,
            Kind::Never => false,
        }
    }
}

/// Whether anything is sent to this address, if private networks may be reached or not. Names are judged when they are looked up;
/// addresses that stand in the URL itself are not looked up.
pub fn may_reach(url: &Url, private_network: bool) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host.parse::<IpAddr>().map_or(true, |address| Reach { private_network }.allows(address))
}

/// Looks names up and lets through what may be reached. It is asked at the moment of connecting, so a name that changes its address
/// between a check and its use gains nothing.
impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| NameNotFound)?;
            let allowed: Vec<SocketAddr> = found.filter(|address| reach.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(AddressRefused.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// The name has no address, or nobody could be asked.
#[derive(Debug)]
pub(super) struct NameNotFound;

impl fmt::Display for NameNotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("name not found")
    }
}

impl std::error::Error for NameNotFound {}

/// Why nothing is sent to an address that a connection may not reach.
pub const ADDRESS_REFUSED: &str = "address not allowed";

/// All its addresses are out of reach.
#[derive(Debug)]
pub(super) struct AddressRefused;

impl fmt::Display for AddressRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ADDRESS_REFUSED)
    }
}

impl std::error::Error for AddressRefused {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Public,
    Private,
    Never,
}

fn kind_of(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => kind_of_v6(address),
    }
}

fn kind_of_v4(address: Ipv4Addr) -> Kind {
    // Where clouds keep their metadata and credentials beside 169.254.169.254.
    const METADATA: [Ipv4Addr; 3] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];
    let [a, b, c, _] = address.octets();
    if METADATA.contains(&address) || address.is_link_local() || address.is_multicast() || a == 0 || a >= 240 {
        return Kind::Never;
    }
    let shared = a == 100 && (64..128).contains(&b);
    let special = matches!((a, b, c), (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113)) || (a == 198 && (b == 18 || b == 19));
    if address.is_private() || address.is_loopback() || shared || special { Kind::Private } else { Kind::Public }
}

fn kind_of_v6(address: Ipv6Addr) -> Kind {
    const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    if let Some(inner) = embedded(address) {
        return kind_of_v4(inner);
    }
    let first = address.segments()[0];
    let link_local = first & 0xffc0 == 0xfe80;
    if address == METADATA || link_local || address.is_multicast() || address.is_unspecified() {
        return Kind::Never;
    }
    let local = first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfec0;
    let documentation = address.segments()[..2] == [0x2001, 0xdb8];
    if address.is_loopback() || local || documentation { Kind::Private } else { Kind::Public }
}

/// The IPv4 address that an IPv6 address stands for: mapped, translated (NAT64) or tunnelled (6to4).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => inner(high, low),
        // Compatible addresses, long out of use, but for `::` and `::1`, which are IPv6's own.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => inner(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(address: &str) -> Kind {
        kind_of(address.parse().unwrap())
    }

    #[test]
    fn metadata_and_link_local_are_never_reached() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "fe80::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "168.63.129.16",
            "0.0.0.0",
            "::",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "::169.254.169.254",
            "255.255.255.255",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert_eq!(kind(address), Kind::Never, "{address}");
            assert!(!Reach { private_network: true }.allows(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn private_networks_are_reached_only_where_allowed() {
        for address in [
            "127.0.0.1",
            "127.8.9.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd12::1",
            "::ffff:10.0.0.1",
            "fec0::1",
        ] {
            assert_eq!(kind(address), Kind::Private, "{address}");
            assert!(!Reach { private_network: false }.allows(address.parse().unwrap()), "{address}");
            assert!(Reach { private_network: true }.allows(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn the_rest_is_public() {
        for address in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2a02:6b8::1", "::ffff:8.8.8.8"] {
            assert_eq!(kind(address), Kind::Public, "{address}");
        }
    }
}
