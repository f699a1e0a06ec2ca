//! What a registry says when it wants a token: `WWW-Authenticate: Bearer realm="…",service="…",scope="…"`.

use url::Url;

/// Where a token is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    realm: Url,
    service: Option<String>,
    scope: Option<String>,
}

impl Challenge {
    /// Reads the header; `None` when it asks for something else than a token.
    pub fn parse(header: &str) -> Option<Self> {
        // The scheme is a word of its own, wherever it stands among others.
        let lower = header.to_ascii_lowercase();
        let (at, _) = lower.match_indices("bearer ").find(|(at, _)| {
            header.get(..*at).is_some_and(|before| before.trim_end().is_empty() || before.trim_end().ends_with(','))
        })?;
        let (mut realm, mut service, mut scope) = (None, None, None);
        let mut rest = header.get(at + "bearer ".len()..)?;
        while let Some((name, value, after)) = pair(rest) {
            match name.to_ascii_lowercase().as_str() {
                "realm" => realm = Url::parse(&value).ok(),
                "service" => service = Some(value),
                "scope" => scope = Some(value),
                _ => {}
            }
            rest = after;
        }
        Some(Self { realm: realm?, service, scope })
    }

    /// The address that gives the token; `scope` where the registry names none.
    pub fn address(&self, scope: &str) -> Url {
        let mut url = self.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = &self.service {
                query.append_pair("service", service);
            }
            query.append_pair("scope", self.scope.as_deref().unwrap_or(scope));
        }
        url
    }
}

/// The next `name=value` or `name="value"`, and what follows.
fn pair(text: &str) -> Option<(&str, String, &str)> {
    let text = text.trim_start_matches([' ', '\t', ',']);
    let (name, rest) = text.split_once('=')?;
    if name.contains([' ', ',', '"']) {
        return None;
    }
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([',', ' ']).unwrap_or(rest.len());
        let (value, after) = rest.split_at(end);
        return Some((name, value.to_owned(), after));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((name, value, quoted.get(at + 1..)?)),
            '\\' => value.push(letters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_registries_are_read() {
        for (header, address) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull""#,
                "https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Aa%2Fb%3Apull",
            ),
            (r#"bearer realm=https://h/token , service="a, \"b\"""#, "https://h/token?service=a%2C+%22b%22&scope=mine"),
            (r#"Basic realm="x", Bearer realm="https://h/t?x=1""#, "https://h/t?x=1&scope=mine"),
        ] {
            assert_eq!(Challenge::parse(header).unwrap().address("mine").as_str(), address, "{header}");
        }
        for header in [
            "",
            "Basic realm=\"x\"",
            "Bearer",
            "Bearer realm=\"no address\"",
            "Bearer realm=\"https://h",
            "Bearer service=\"x\"",
        ] {
            assert_eq!(Challenge::parse(header), None, "{header}");
        }
    }
}
