//! The country of the client, from a header that a trusted proxy sets.

use axum::http::{Extensions, HeaderMap, HeaderName};
use domain::country::ViewerCountry;

use super::address::TrustedProxies;

/// Returns the country from which the client sent a request. Without `header`, the server does not learn countries. A request that no
/// trusted proxy forwarded, or with several such headers, comes from an unknown country: the client may have written one of them.
pub(crate) fn viewer_country(
    header: Option<&HeaderName>,
    proxies: &TrustedProxies,
    extensions: &Extensions,
    headers: &HeaderMap,
) -> ViewerCountry {
    let Some(header) = header else { return ViewerCountry::NotLearned };
    let mut values = headers.get_all(header).iter();
    let (value, others) = (values.next(), values.next());
    match value.and_then(|value| value.to_str().ok()) {
        Some(text) if others.is_none() && proxies.trust_peer(extensions) => ViewerCountry::parse(text),
        _ => ViewerCountry::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;
    use domain::country::ViewerCountry::{Known, NotLearned, Unknown};

    use super::*;

    #[test]
    fn only_a_trusted_proxy_says_where_the_client_is() {
        let proxies = TrustedProxies::new(vec!["10.0.0.2".parse().unwrap()], "0.0.0.0:80".parse().unwrap());
        let header = HeaderName::from_static("cf-ipcountry");
        for (peer, values, expected) in [
            ("10.0.0.2", &["LA"][..], Known(*b"LA")),
            ("10.0.0.2", &[], Unknown),
            ("10.0.0.2", &["XX"], Unknown),
            ("10.0.0.2", &["T1"], Unknown),
            ("10.0.0.2", &["LA", "FR"], Unknown),
            ("203.0.113.5", &["LA"], Unknown),
        ] {
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 9)));
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(&header, value.parse().unwrap());
            }
            let country = viewer_country(Some(&header), &proxies, &extensions, &headers);
            assert_eq!(country, expected, "{peer} {values:?}");
            assert_eq!(viewer_country(None, &proxies, &extensions, &headers), NotLearned);
        }
    }
}
