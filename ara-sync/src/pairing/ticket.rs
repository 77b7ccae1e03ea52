//! A pairing code, and the relay at which it counts.

use ara_core::Result;
use ara_protocol::pairing::PairingCode;
use ara_protocol::request::origin;
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::pairing::fault::wrong_code;

/// What the text in a QR code begins with.
const SCHEME: &str = "ara-sync:";

/// A code, and the URL of the relay if it came with it.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) code: PairingCode,
    pub(super) relay: Option<String>,
}

impl Ticket {
    /// Reads what the user typed, or what a QR code says: `ara-sync:K7QP3MTX9WDR2HVC@https://relay.example`.
    pub(super) fn read(text: &str) -> Result<Self> {
        let text = text.trim();
        let (scheme, rest) = text.split_at_checked(SCHEME.len()).unwrap_or(("", text));
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            if text.contains("://") {
                return Err(wrong_code(
                    "this is a web address: type the letters and digits that the other device shows",
                ));
            }
            return Ok(Self { code: code(text)?, relay: None });
        }
        let (typed, relay) = rest.split_once('@').ok_or_else(|| {
            wrong_code("it names no relay: scan the QR code again, or type the letters below it")
        })?;
        origin(relay).map_err(Fault::from)?;
        Ok(Self { code: code(typed)?, relay: Some(relay.to_owned()) })
    }

    /// Returns the text of a QR code, which is as secret as the code.
    pub(super) fn text(code: &PairingCode, relay: &str) -> Zeroizing<String> {
        let letters = code.text();
        let plain = letters.chars().filter(|letter| *letter != '-');
        let mut text = Zeroizing::new(String::with_capacity(64 + relay.len()));
        text.push_str(SCHEME);
        text.extend(plain);
        text.push('@');
        text.push_str(relay);
        text
    }
}

fn code(typed: &str) -> Result<PairingCode> {
    PairingCode::parse(typed).map_err(|error| wrong_code(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use ara_core::Error;

    use super::*;

    const LETTERS: &str = "K7QP-3MTX-9WDR-2HVC";

    #[test]
    fn a_code_is_read_in_any_form() -> Result<()> {
        let relay = "https://relay.example/ara";
        for text in [LETTERS, "k7qp3mtx9wdr2hvc", "\tK7QP 3MTX 9WDR 2HVC\n"] {
            let ticket = Ticket::read(text)?;
            assert_eq!((&**ticket.code.text(), ticket.relay), (LETTERS, None));
        }
        let scanned = Ticket::text(&Ticket::read(LETTERS)?.code, relay);
        assert_eq!(*scanned, "ara-sync:K7QP3MTX9WDR2HVC@https://relay.example/ara");
        for text in [scanned.as_str(), &scanned.replace("ara-sync", "ARA-SYNC")] {
            let ticket = Ticket::read(text)?;
            assert_eq!((&**ticket.code.text(), ticket.relay.as_deref()), (LETTERS, Some(relay)));
        }
        Ok(())
    }

    #[test]
    fn what_is_wrong_is_told_without_the_code() {
        for text in ["", "K7QP", "K7QP-3MTX-9WDR-2HVU", "ara-sync:", "ara-sync:K7QP3MTX9WDR2HVC"] {
            let error = Ticket::read(text).unwrap_err();
            assert!(matches!(error, Error::PairingCode { .. }), "{text}: {error}");
            assert!(!error.to_string().contains("K7QP"), "{error}");
        }
        let error = Ticket::read("https://relay.example").unwrap_err();
        assert!(error.to_string().contains("web address"), "{error}");
        let error = Ticket::read("ara-sync:K7QP3MTX9WDR2HVC@nowhere").unwrap_err();
        assert!(matches!(error, Error::Relay { .. }), "{error}");
    }
}
