//! `--host` and `OLLAMA_HOST`.

use std::net::IpAddr;

use ralf_tune::ollama::address::{AddressError, ServerAddress};
use url::Url;

use super::{is_fit_to_show, reader::Reader};

pub fn check(input: &[u8]) {
    let text = Reader(input).text();
    match ServerAddress::parse(&text) {
        Ok(address) => means_the_same_to_all(&address),
        Err(error) => {
            is_fit_to_show(&error.to_string());
            is_fit_to_show(&error.hint().unwrap());
            // A password stands before an at sign, and what stands before one is not repeated.
            match &error {
                AddressError::ControlCharacter | AddressError::Credentials => {}
                AddressError::Scheme(scheme) => assert!(!scheme.contains('@'), "{scheme}"),
                _ => assert!(!text.contains('@'), "{error}"),
            }
        }
    }
}

/// We, and the library that opens the connection, read the same host, port and path.
fn means_the_same_to_all(address: &ServerAddress) {
    let text = address.base_url();
    assert_eq!(ServerAddress::parse(&text).as_ref(), Ok(address), "{text}");
    assert_eq!(address.to_string(), text);
    is_fit_to_show(&text);
    let asked = format!("{text}/api/version");
    let url = Url::parse(&asked).unwrap_or_else(|error| panic!("{asked}: {error}"));
    assert_eq!(url.scheme() == "https", address.is_https());
    assert_eq!(url.port_or_known_default(), Some(address.port()), "{asked}");
    assert_eq!((url.username(), url.password(), url.query(), url.fragment()), ("", None, None, None), "{asked}");
    assert_eq!(url.host_str().map(|host| host.trim_matches(['[', ']'])), Some(address.host().as_str()), "{asked}");
    assert_eq!(address.ip(), address.host().parse::<IpAddr>().ok());
    assert!(url.path().ends_with("/api/version"), "{asked} asks for {}", url.path());
    let slashes = |text: &str| text.matches('/').count();
    assert_eq!(slashes(url.path()) + 2, slashes(&asked), "{asked} asks for {}", url.path());
}
