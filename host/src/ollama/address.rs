//! Where the server is: `OLLAMA_HOST` and `--host`, read as Ollama itself reads them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use url::Host;

use crate::model::{clean::clean_within, loopback::is_loopback};

/// Ollama's own port, for an address without a scheme.
const OLLAMA_PORT: u16 = 11434;

/// Longest address. A host name has 253 characters at most, and a path before an API hardly a hundred.
const MOST_CHARS: usize = 1000;

/// The address of a server, complete, and without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    https: bool,
    host: Host,
    port: u16,
    /// Empty, or `/prefix` without a slash at the end.
    prefix: String,
}

/// An address that cannot be used. The messages never repeat a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("the server address contains a user name or a password")]
    Credentials,
    #[error("the server address contains a control character")]
    ControlCharacter,
    #[error("the server address has {0} characters, more than {MOST_CHARS}")]
    TooLong(usize),
    #[error("the server address has the scheme `{0}`, not http or https")]
    Scheme(String),
    #[error("`{0}` is not a host name or an IP address")]
    Host(String),
    #[error("`{0}` is not a path that a server address can have")]
    Path(String),
}

impl AddressError {
    /// What to write instead.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Credentials => "leave it out of the address; a key goes into OLLAMA_API_KEY".to_owned(),
            Self::ControlCharacter | Self::TooLong(_) | Self::Scheme(_) | Self::Host(_) | Self::Path(_) => {
                "write it as host:port or http://host:port, for example 127.0.0.1:11434".to_owned()
            }
        })
    }
}

impl Default for ServerAddress {
    /// `http://127.0.0.1:11434`.
    fn default() -> Self {
        Self { https: false, host: Host::Ipv4(Ipv4Addr::LOCALHOST), port: OLLAMA_PORT, prefix: String::new() }
    }
}

impl ServerAddress {
    /// Reads an address by the rules of `OLLAMA_HOST`: no scheme means HTTP on port 11434, `http://` port 80, `https://` port 443,
    /// nothing at all 127.0.0.1; a port that is none is replaced by the default; a path stays, as a prefix.
    ///
    /// As a client must, it turns the addresses that a server listens on into ones that can be reached: `0.0.0.0` is 127.0.0.1, `::` is `::1`.
    ///
    /// # Errors
    ///
    /// Stricter than Ollama in what could be misused: credentials, control characters, other schemes, queries, and hosts that are none.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim().trim_matches(['"', '\'']).trim();
        if text.chars().any(char::is_control) {
            return Err(AddressError::ControlCharacter);
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        let (https, default_port) = match scheme.as_deref() {
            Some("http") => (false, 80),
            Some("https") => (true, 443),
            None if rest == "ollama.com" => (true, 443),
            None => (false, OLLAMA_PORT),
            // Whatever stands before the colon may be a password here: `user:secret@host://`.
            Some(other) if other.contains('@') => return Err(AddressError::Credentials),
            Some(other) => return Err(AddressError::Scheme(clean_within(other, 40))),
        };
        // A browser's or a proxy's idea of where the host ends may differ; a stray `@` anywhere is refused.
        if rest.contains('@') {
            return Err(AddressError::Credentials);
        }
        let (host_and_port, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = split_host_port(host_and_port);
        let host = match host {
            "" => Host::Ipv4(Ipv4Addr::LOCALHOST),
            host => parse_host(host)?,
        };
        let port = port.and_then(|port| port.parse().ok()).unwrap_or(default_port);
        let address = Self { https, host: reachable(host), port, prefix: parse_prefix(path)? };
        // As it is shown, so that what is shown can be read again.
        let chars = address.base_url().chars().count();
        if chars > MOST_CHARS { Err(AddressError::TooLong(chars)) } else { Ok(address) }
    }

    /// Scheme, host, port and prefix, without a slash at the end: `http://127.0.0.1:11434`.
    #[must_use]
    pub fn base_url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}:{}{}", self.host, self.port, self.prefix)
    }

    /// Host and port: `127.0.0.1:11434`.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// What stands before every path, without a slash at the end; mostly nothing.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// The host alone: a name, or an IP address without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The host as an IP address, where it is one.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match self.host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        }
    }

    /// Whether the address is this machine's loopback: 127.0.0.0/8, `::1`, `localhost`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

impl std::fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.base_url())
    }
}

impl std::str::FromStr for ServerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Whether an address belongs to one of this machine's interfaces: only then can a socket be bound to it. Sends nothing.
#[must_use]
pub fn is_own_address(address: IpAddr) -> bool {
    let bindable = !address.is_unspecified() && !address.is_multicast() && address != IpAddr::V4(Ipv4Addr::BROADCAST);
    address.is_loopback() || (bindable && UdpSocket::bind((address, 0)).is_ok())
}

/// Splits at the port as Go's `net.SplitHostPort` does. A bare IPv6 address has no port.
fn split_host_port(text: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        return (host, rest.strip_prefix(':'));
    }
    match text.rsplit_once(':') {
        Some((host, _)) if host.contains(':') => (text, None),
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    }
}

fn parse_host(text: &str) -> Result<Host, AddressError> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Ok(Host::Ipv6(address));
    }
    // A percent sign would be decoded: `%40` is an at sign again.
    let refused = || AddressError::Host(clean_within(text, 80));
    if text.contains(['%', '[', ']', ':']) {
        return Err(refused());
    }
    Host::parse(text).map_err(|_| refused())
}

fn parse_prefix(path: &str) -> Result<String, AddressError> {
    let path = path.trim_matches('/');
    // Dots in disguise are dots to whoever opens the connection.
    let is_dots = |part: &str| matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    let refused = path.chars().any(|c| c.is_whitespace() || matches!(c, '?' | '#' | '\\' | '"' | '\'' | '<' | '>'))
        || path.split('/').any(is_dots);
    match (refused, path.is_empty()) {
        (true, _) => Err(AddressError::Path(clean_within(path, 80))),
        (false, true) => Ok(String::new()),
        (false, false) => Ok(format!("/{path}")),
    }
}

fn reachable(host: Host) -> Host {
    match host {
        Host::Ipv4(address) if address.is_unspecified() => Host::Ipv4(Ipv4Addr::LOCALHOST),
        Host::Ipv6(address) if address.is_unspecified() => Host::Ipv6(Ipv6Addr::LOCALHOST),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_to_an_end() {
        let of = |path: usize| ServerAddress::parse(&format!("http://a/{}", "x".repeat(path)));
        assert!(of(MOST_CHARS - "http://a:80/".len()).is_ok_and(|long| long.base_url().len() == MOST_CHARS));
        assert_eq!(of(MOST_CHARS - "http://a:80".len()), Err(AddressError::TooLong(MOST_CHARS + 1)));
    }

    #[test]
    fn addresses_mean_what_they_mean_to_ollama() {
        let table = [
            ("", "http://127.0.0.1:11434"),
            ("   ", "http://127.0.0.1:11434"),
            ("1.2.3.4", "http://1.2.3.4:11434"),
            ("1.2.3.4:", "http://1.2.3.4:11434"),
            (":56789", "http://127.0.0.1:56789"),
            (":0", "http://127.0.0.1:0"),
            (":66000", "http://127.0.0.1:11434"),
            (":-1", "http://127.0.0.1:11434"),
            ("example.com:abc", "http://example.com:11434"),
            ("https://example.com:abc", "https://example.com:443"),
            ("1.2.3.4:1234", "http://1.2.3.4:1234"),
            ("example.com", "http://example.com:11434"),
            ("example.com:1234", "http://example.com:1234"),
            ("localhost", "http://localhost:11434"),
            ("::1", "http://[::1]:11434"),
            ("[::1]", "http://[::1]:11434"),
            ("[::1]:1337", "http://[::1]:1337"),
            ("fe80::1:2", "http://[fe80::1:2]:11434"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]:443"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080"),
            ("http://0.0.0.0", "http://127.0.0.1:80"),
            ("::", "http://[::1]:11434"),
            ("[::]:8080", "http://[::1]:8080"),
            (" 1.2.3.4 ", "http://1.2.3.4:11434"),
            ("\"1.2.3.4\"", "http://1.2.3.4:11434"),
            ("'1.2.3.4'", "http://1.2.3.4:11434"),
            (" \" 1.2.3.4 \" ", "http://1.2.3.4:11434"),
            ("http://1.2.3.4", "http://1.2.3.4:80"),
            ("HTTP://1.2.3.4:4321", "http://1.2.3.4:4321"),
            ("http://", "http://127.0.0.1:80"),
            ("https://1.2.3.4", "https://1.2.3.4:443"),
            ("https://1.2.3.4:4321", "https://1.2.3.4:4321"),
            ("https://example.com/ollama", "https://example.com:443/ollama"),
            ("https://example.com/a/b/", "https://example.com:443/a/b"),
            ("example.com/ollama", "http://example.com:11434/ollama"),
            ("http://example.com/", "http://example.com:80"),
            ("ollama.com", "https://ollama.com:443"),
            ("http://ollama.com", "http://ollama.com:80"),
        ];
        for (text, expected) in table {
            let parsed = ServerAddress::parse(text).map(|address| address.base_url());
            assert_eq!(parsed.as_deref(), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn what_could_be_misused_is_refused_and_no_password_repeated() {
        for text in [
            "http://user:secret@host",
            "user:secret@host:80",
            "http://host/x@secret",
            "http://h\r\nX-Evil: 1",
            "host\u{0}",
            "ftp://host",
            "user:secret@ftp://host",
            "http://a b",
            "a:b:c",
            "http://user%3Asecret%40host",
            "[::1",
            "http://host/a?b=c",
            "http://host/../x",
            "http://host/.%2E/x",
            "http://host/x'/",
            "http://host#secret",
        ] {
            let error = ServerAddress::parse(text).map(|address| address.base_url()).expect_err(text);
            assert!(error.hint().is_some());
            let shown = error.to_string();
            assert!(!shown.contains("secret") || !text.contains('@'), "{shown}");
            assert!(!shown.contains(char::is_control), "{shown:?}");
        }
    }

    #[test]
    fn loopback_is_known_by_every_name() {
        for (text, expected) in [
            ("", true),
            ("127.9.9.9", true),
            ("localhost", true),
            ("LOCALHOST:1", true),
            ("box.localhost", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("0.0.0.0", true),
            ("192.168.1.5", false),
            ("localhost.example.com", false),
            ("ollama.com", false),
        ] {
            assert_eq!(ServerAddress::parse(text).map(|address| address.is_loopback()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn only_addresses_of_this_machine_are_own() {
        assert!(is_own_address(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        // Reserved for documentation: no machine has it.
        assert!(!is_own_address(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))));
        assert!(!is_own_address(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        assert!(!is_own_address(IpAddr::V4(Ipv4Addr::BROADCAST)));
    }
}
