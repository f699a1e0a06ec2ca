//! Headers of one connection stay on it; all others are passed on as they are.

use hyper::{
    HeaderMap,
    header::{
        CONNECTION, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
    },
};

/// Takes away what is about one connection alone (RFC 9110, 7.6.1), and what `Connection` names besides.
pub(super) fn drop_those_of_the_connection(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE]
        .iter()
        .chain(&[HeaderName::from_static("keep-alive"), HeaderName::from_static("proxy-connection")])
    {
        headers.remove(name);
    }
}
