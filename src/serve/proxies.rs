//! Whose word about the client's address is taken: that of the proxies named in the configuration, and no other's.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::HeaderMap;
use hyper::header::{FORWARDED, HeaderName};

/// A network such as `10.0.0.0/8`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

/// Which header the proxies set. A client can send the other one through most of them, so only one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedBy {
    #[default]
    XForwardedFor,
    Forwarded,
}

#[derive(Clone, Debug, Default)]
pub struct Proxies {
    pub networks: Vec<Network>,
    /// Whoever may connect to the server's Unix socket is a proxy.
    pub unix: bool,
    pub header: ForwardedBy,
}

impl Proxies {
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty() && !self.unix
    }

    /// `None` is a peer on a Unix socket.
    pub fn trust(&self, peer: Option<IpAddr>) -> bool {
        match peer {
            Some(address) => self.networks.iter().any(|network| network.holds(address)),
            None => self.unix,
        }
    }

    /// The nearest address that no trusted proxy has, read from the end of the list; `None` when nothing of
    /// the kind is there.
    pub fn client(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let name = match self.header {
            ForwardedBy::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            ForwardedBy::Forwarded => FORWARDED,
        };
        let lists: Vec<&str> = headers.get_all(name).iter().filter_map(|list| list.to_str().ok()).collect();
        for hop in lists.iter().rev().flat_map(|list| list.rsplit(',')) {
            let address = match self.header {
                ForwardedBy::XForwardedFor => address(hop),
                ForwardedBy::Forwarded => forwarded_for(hop),
            }?;
            if !self.trust(Some(address)) {
                return Some(address);
            }
        }
        None
    }
}

/// The `for` of one element of Forwarded (RFC 7239, section 4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    address(node.trim().trim_matches('"'))
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim();
    let bare = match node.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None if node.matches(':').count() == 1 => node.split(':').next()?,
        None => node,
    };
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

impl Network {
    fn holds(&self, address: IpAddr) -> bool {
        let same = |ours: u128, theirs: u128, width: u32| {
            let shift = width - self.bits;
            ours.checked_shr(shift).unwrap_or(0) == theirs.checked_shr(shift).unwrap_or(0)
        };
        match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => same(ours.to_bits().into(), theirs.to_bits().into(), 32),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => same(ours.to_bits(), theirs.to_bits(), 128),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is neither an address nor a network such as 10.0.0.0/8");
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.parse().map_err(|_| wrong()))?;
        (bits <= width).then_some(Network { address, bits }).ok_or_else(wrong)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn proxies(header: ForwardedBy) -> Proxies {
        let networks = ["127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48"].map(|text| text.parse().unwrap());
        Proxies { networks: networks.into(), unix: false, header }
    }

    fn client(header: ForwardedBy, name: &'static str, lists: &[&'static str]) -> Option<String> {
        let headers = lists.iter().map(|list| (HeaderName::from_static(name), HeaderValue::from_static(list)));
        proxies(header).client(&headers.collect()).map(|address| address.to_string())
    }

    #[test]
    fn the_client_is_the_nearest_address_that_is_no_proxy() {
        for (lists, expected) in [
            (&["203.0.113.7"][..], Some("203.0.113.7")),
            (&["198.51.100.1, 203.0.113.7"], Some("203.0.113.7")),
            (&["203.0.113.7, 10.1.2.3"], Some("203.0.113.7")),
            (&["198.51.100.1", "203.0.113.7, 10.1.2.3"], Some("203.0.113.7")),
            (&["203.0.113.7:4711"], Some("203.0.113.7")),
            (&["2001:db8::1"], Some("2001:db8::1")),
            (&["[2001:db8::1]:80"], Some("2001:db8::1")),
            (&["::ffff:203.0.113.7"], Some("203.0.113.7")),
            (&["203.0.113.7, unknown"], None),
            (&["203.0.113.7, "], None),
            (&["10.1.2.3"], None),
            (&[""], None),
            (&[], None),
        ] {
            let found = client(ForwardedBy::XForwardedFor, "x-forwarded-for", lists);
            assert_eq!(found.as_deref(), expected, "{lists:?}");
        }
    }

    #[test]
    fn only_the_header_that_the_proxy_sets_is_read() {
        let by = ForwardedBy::Forwarded;
        assert_eq!(client(by, "x-forwarded-for", &["203.0.113.7"]), None);
        let lists = &["for=198.51.100.1, FOR=\"[2001:db8::7]:4711\";proto=https;by=10.0.0.1, for=10.2.3.4"];
        assert_eq!(client(by, "forwarded", lists).as_deref(), Some("2001:db8::7"));
        assert_eq!(client(by, "forwarded", &["for=_hidden"]), None);
        assert_eq!(client(ForwardedBy::XForwardedFor, "forwarded", &["for=203.0.113.7"]), None);
    }

    #[test]
    fn a_network_holds_its_own_addresses() {
        let proxies = proxies(ForwardedBy::XForwardedFor);
        for (address, trusted) in [
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("10.255.0.1", true),
            ("11.0.0.1", false),
            ("2001:db8:ffff:1::1", true),
            ("2001:db8:fffe::1", false),
        ] {
            assert_eq!(proxies.trust(Some(address.parse().unwrap())), trusted, "{address}");
        }
        assert!(!proxies.trust(None));
        assert!("0.0.0.0/0".parse::<Network>().unwrap().holds([203, 0, 113, 7].into()));
        for wrong in ["10.0.0.0/33", "10.0.0/8", "proxy", "", "::/129", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
