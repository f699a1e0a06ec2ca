//! Which hosts are this machine itself.

use url::Host;

/// Whether a host is this machine's loopback: 127.0.0.0/8, `::1` (also as mapped addresses), `localhost` and names below it (RFC 6761).
#[must_use]
pub fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref().trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.to_canonical().is_loopback(),
    }
}
