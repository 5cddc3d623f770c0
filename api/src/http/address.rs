//! The client's IP address, by which attempts are counted.
//!
//! The client is the peer of the connection, unless that is a trusted proxy. Then `X-Forwarded-For` is read from its end, and the
//! first address that is not a trusted proxy's is the client's. Trusted proxies are:
//!
//! - the addresses in the settings;
//! - if the settings have none and this server listens on a loopback address: every loopback address. Then only programs on this
//!   machine can connect, and one that forwards requests of other clients is a reverse proxy, such as NGINX in the README;
//! - no other peers. Their `X-Forwarded-For` is ignored, since any client can write it. All clients behind such a proxy look like
//!   one client, so the first such request logs a warning.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap},
};
use tracing::warn;

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The proxies whose `X-Forwarded-For` is trusted. Clones share whether the warning about an untrusted one was logged.
#[derive(Clone, Debug)]
pub struct TrustedProxies {
    addresses: Vec<IpAddr>,
    loopback: bool,
    warned: Arc<AtomicBool>,
}

impl TrustedProxies {
    /// Trusts the `addresses` of the settings, or if these are empty and `listen`, the server's address, is a loopback address, every
    /// loopback address.
    pub fn new(addresses: Vec<IpAddr>, listen: SocketAddr) -> Self {
        let loopback = addresses.is_empty() && listen.ip().to_canonical().is_loopback();
        Self { addresses, loopback, warned: Arc::default() }
    }

    /// Whether the peer of the connection is a trusted proxy, so that its headers about the client hold.
    pub(crate) fn trust_peer(&self, extensions: &Extensions) -> bool {
        self.trust(peer(extensions))
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address) || (self.loopback && address.is_loopback())
    }

    /// Returns the IP address of the client that sent a request.
    pub(crate) fn client_address(&self, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
        let peer = peer(extensions);
        if !self.trust(peer) {
            if headers.contains_key(X_FORWARDED_FOR) && !self.warned.swap(true, Ordering::Relaxed) {
                warn!(
                    %peer,
                    "Ignored X-Forwarded-For from {peer}, which is not a trusted proxy. If {peer} is your reverse proxy, set \
                     NANG_TRUSTED_PROXIES={peer}: until then all its clients share one limit on login attempts. \
                     Otherwise a client forged the header, and there is nothing to do. Nang does not log this warning again."
                );
            }
            return peer;
        }
        let forwarded: Vec<&str> = headers
            .get_all(X_FORWARDED_FOR)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        let mut nearest = peer;
        for hop in forwarded.iter().rev() {
            let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
            nearest = address.to_canonical();
            if !self.trust(nearest) {
                break;
            }
        }
        nearest
    }
}

fn peer(extensions: &Extensions) -> IpAddr {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip().to_canonical())
}

/// Returns the part of an address that identifies an Internet subscriber: all of an IPv4 address, the first 64 bits of an IPv6 one.
pub(crate) fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address_of(proxies: &TrustedProxies, peer: &str, forwarded: Option<&str>) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 9)));
        let mut headers = HeaderMap::new();
        if let Some(forwarded) = forwarded {
            headers.insert(X_FORWARDED_FOR, forwarded.parse().unwrap());
        }
        proxies.client_address(&extensions, &headers).to_string()
    }

    #[test]
    fn forwarded_addresses_are_accepted_only_from_trusted_proxies() {
        let named = vec!["127.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let proxies = TrustedProxies::new(named, "127.0.0.1:8080".parse().unwrap());
        for (peer, forwarded, expected) in [
            ("203.0.113.5", Some("198.51.100.1"), "203.0.113.5"),
            ("127.0.0.1", None, "127.0.0.1"),
            ("127.0.0.1", Some("198.51.100.1"), "198.51.100.1"),
            ("127.0.0.1", Some("1.2.3.4, 198.51.100.1"), "198.51.100.1"),
            ("127.0.0.1", Some("1.2.3.4, 198.51.100.1, 10.0.0.2"), "198.51.100.1"),
            ("127.0.0.1", Some("198.51.100.1, rubbish"), "127.0.0.1"),
            ("::ffff:127.0.0.1", Some("2001:db8::1"), "2001:db8::1"),
            ("127.0.0.2", Some("198.51.100.1"), "127.0.0.2"),
        ] {
            assert_eq!(address_of(&proxies, peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn loopback_proxies_are_trusted_if_the_server_listens_on_loopback() {
        for (listen, peer, expected) in [
            ("127.0.0.1:8080", "127.0.0.1", "198.51.100.1"),
            ("[::1]:8080", "::1", "198.51.100.1"),
            ("127.0.0.1:8080", "192.0.2.1", "192.0.2.1"),
            ("0.0.0.0:8080", "127.0.0.1", "127.0.0.1"),
            ("192.0.2.7:8080", "127.0.0.1", "127.0.0.1"),
        ] {
            let proxies = TrustedProxies::new(Vec::new(), listen.parse().unwrap());
            assert_eq!(address_of(&proxies, peer, Some("198.51.100.1")), expected, "{listen} {peer}");
        }
        let named = vec!["10.0.0.2".parse().unwrap()];
        let proxies = TrustedProxies::new(named, "127.0.0.1:8080".parse().unwrap());
        assert_eq!(
            address_of(&proxies, "127.0.0.1", Some("198.51.100.1")),
            "127.0.0.1",
            "addresses in the settings replace the default"
        );
    }

    #[test]
    fn addresses_in_one_ipv6_network_are_one_subscriber() {
        let of = |text: &str| subscriber(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
