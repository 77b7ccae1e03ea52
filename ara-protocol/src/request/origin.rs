//! The origin of a URL.

use std::net::Ipv6Addr;

use crate::error::{Error, Result};

/// Returns the origin of a relay's URL, which is the audience of the requests to it: the scheme, the host and
/// the port, in lower case, without a port that is the scheme's own.
///
/// ```
/// use ara_protocol::request::origin;
///
/// assert_eq!(origin("HTTPS://Relay.example:443/ara/")?, "https://relay.example");
/// assert_eq!(origin("http://127.0.0.1:4040")?, "http://127.0.0.1:4040");
/// # Ok::<(), ara_protocol::Error>(())
/// ```
///
/// # Errors
///
/// Returns [`Error::RelayUrl`] if this is no URL of `http` or `https` in ASCII, or has a user name in it.
pub fn origin(url: &str) -> Result<String> {
    let (scheme, rest) = url.split_once("://").ok_or(Error::RelayUrl)?;
    let scheme = scheme.to_ascii_lowercase();
    let own_port = match &*scheme {
        "http" => 80,
        "https" => 443,
        _ => return Err(Error::RelayUrl),
    };
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    let authority = rest.split(['/', '?', '#']).next().filter(|_| is_plain);
    let authority = authority.ok_or(Error::RelayUrl)?;
    let (host, port) = match authority.rsplit_once(':') {
        // A colon within brackets is of the address.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let host = host_of(host)?;
    match port.map(port_of).transpose()? {
        Some(port) if port != own_port => Ok(format!("{scheme}://{host}:{port}")),
        _ => Ok(format!("{scheme}://{host}")),
    }
}

fn host_of(host: &str) -> Result<String> {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let address: Ipv6Addr = address.parse().map_err(|_| Error::RelayUrl)?;
        return Ok(format!("[{address}]"));
    }
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if host.is_empty() || !host.bytes().all(is_name) {
        return Err(Error::RelayUrl);
    }
    Ok(host.to_ascii_lowercase())
}

fn port_of(port: &str) -> Result<u16> {
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = if is_number { port.parse().ok() } else { None };
    port.filter(|port| *port != 0).ok_or(Error::RelayUrl)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_origin_is_written_in_one_way() {
        for (url, expected) in [
            ("http://a", "http://a"),
            ("http://A:80?x", "http://a"),
            ("https://a:80#x", "https://a:80"),
            ("https://a:00443", "https://a"),
            ("http://[::1]", "http://[::1]"),
            ("http://[0:0::0001]:4040/x:y", "http://[::1]:4040"),
            ("http://a/b@c", "http://a"),
        ] {
            assert_eq!(origin(url).as_deref(), Ok(expected), "{url}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in [
            "",
            "a",
            "://a",
            "ftp://a",
            "http://",
            "http:///a",
            "http://a:",
            "http://a:0",
            "http://a:65536",
            "http://a:+1",
            "http://me@a",
            "http://a b",
            "http://ä",
            "http://[::1",
            "http://::1",
            "http://[a]",
            "http://a\\b",
            "http://[::1]x",
            " http://a",
            "http://[::1]:x",
        ] {
            assert_eq!(origin(url), Err(Error::RelayUrl), "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String) {
            let _ = origin(&text);
            if let Ok(found) = origin(&format!("http://{text}")) {
                prop_assert_eq!(origin(&found), Ok(found.clone()));
            }
        }
    }
}
