//! What whoever runs a relay decides, and what it takes from its surroundings.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ara_protocol::request::origin;
use subtle::ConstantTimeEq;

/// How many bytes a space may have, unless something else is said: 1 GB.
pub const DEFAULT_QUOTA: u64 = 1 << 30;

/// Who may found a space.
#[derive(Clone, PartialEq, Eq)]
pub enum Admission {
    /// Everybody.
    Open,
    /// Who has one of these tokens.
    Token(Vec<String>),
}

impl Admission {
    /// Returns whether a token admits a new space. How long that takes does not tell how much of a token is right.
    pub(crate) fn admits(&self, token: &str) -> bool {
        match self {
            Self::Open => true,
            Self::Token(tokens) => tokens.iter().fold(false, |admitted, one| {
                admitted | (!one.is_empty() & bool::from(one.as_bytes().ct_eq(token.as_bytes())))
            }),
        }
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "Open",
            Self::Token(_) => "Token",
        })
    }
}

/// How many requests one address may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many a second, in the long run.
    pub per_second: u32,
    /// How many at once.
    pub burst: u32,
}

/// A clock, in seconds of Unix time.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What fills bytes with what nobody can guess, and returns whether it could.
pub type Entropy = Arc<dyn Fn(&mut [u8]) -> bool + Send + Sync>;

/// How a relay behaves.
#[derive(Clone)]
pub struct RelayOptions {
    /// The [origins](ara_protocol::request::origin) of the URLs by which clients reach it. A request that was signed
    /// for another one is refused.
    pub origins: Vec<String>,
    /// Who may found a space.
    pub admission: Admission,
    /// How many bytes a space may have.
    pub quota: u64,
    /// How many requests one address may send, or `None` for any number. Addresses that are unknown are not limited.
    pub rate: Option<Rate>,
    /// How many spaces one address may found a day, or `None` for any number. So many can be founded at once. Addresses
    /// that are unknown are not limited.
    pub new_spaces: Option<u32>,
    /// The clock by which challenges, staged parts and mailboxes expire.
    pub clock: Clock,
    /// Where the key under which it makes challenges comes from.
    pub entropy: Entropy,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            origins: vec![],
            admission: Admission::Open,
            quota: DEFAULT_QUOTA,
            rate: None,
            new_spaces: None,
            clock: Arc::new(now_seconds),
            entropy: Arc::new(|bytes| getrandom::fill(bytes).is_ok()),
        }
    }
}

impl fmt::Debug for RelayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayOptions")
            .field("origins", &self.origins)
            .field("admission", &self.admission)
            .field("quota", &self.quota)
            .field("rate", &self.rate)
            .field("new_spaces", &self.new_spaces)
            .finish_non_exhaustive()
    }
}

/// Returns the origins of the names that a listener on this machine has.
#[must_use]
pub fn loopback_origins(port: u16) -> Vec<String> {
    ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .filter_map(|host| origin(&format!("http://{host}:{port}")).ok())
        .collect()
}

/// Returns what the clock of this machine shows. One that is set before 1970 shows 1970.
#[must_use]
pub fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_admits_whole_and_not_empty() {
        let admission = Admission::Token(vec!["one".to_owned(), String::new(), "two".to_owned()]);
        assert!(admission.admits("one") && admission.admits("two"));
        for token in ["", "on", "one ", "One", "three"] {
            assert!(!admission.admits(token), "{token}");
        }
        assert!(Admission::Open.admits(""));
        assert_eq!(format!("{admission:?}"), "Token");
    }

    #[test]
    fn a_listener_has_three_names() {
        let names = ["http://127.0.0.1:4040", "http://localhost:4040", "http://[::1]:4040"];
        assert_eq!(loopback_origins(4040), names);
        assert_eq!(loopback_origins(80), ["http://127.0.0.1", "http://localhost", "http://[::1]"]);
    }
}
