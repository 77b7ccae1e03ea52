//! The ids of transactions.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::log::place::ChangeNumber;
use crate::value::ParseError;

/// The id of a transaction, which is the same on every device.
///
/// [`Database::transactions`](crate::Database::transactions) and
/// [`Database::history`](crate::Database::history) return it, and
/// [`Database::undo`](crate::Database::undo) takes it.
///
/// Its text can be stored, and parsed again:
///
/// ```
/// use ara::TransactionId;
///
/// let text = "0194c1c2-9f3e-7d4e-8f00-0123456789ab@17.018bcfe568000000";
/// let id: TransactionId = text.parse()?;
/// assert_eq!(id.to_string(), text);
/// # Ok::<(), ara::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId {
    /// The node that made it.
    pub(crate) node: Uuid,
    /// The number of its last change.
    pub(crate) number: ChangeNumber,
    /// The hash of its last change as it was first written, which tells apart what two devices wrote under
    /// one node id.
    pub(crate) hash: u64,
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}.{:016x}", self.node, self.number.get(), self.hash)
    }
}

impl FromStr for TransactionId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let parse = || {
            let (node, place) = text.split_once('@')?;
            let (number, hash) = place.split_once('.')?;
            let is_canonical = !number.starts_with(['0', '+']);
            let number = ChangeNumber::new(number.parse().ok().filter(|_| is_canonical)?);
            let is_hash = hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            let hash = u64::from_str_radix(hash, 16).ok().filter(|_| is_hash)?;
            let node = Uuid::parse_str(node).ok()?;
            number.is_valid().then_some(Self { node, number, hash })
        };
        parse().ok_or(ParseError::new(
            "the text is not the id of a transaction: keep what `to_string` makes of one, such as \
             0194c1c2-9f3e-7d4e-8f00-0123456789ab@17.018bcfe568000000",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_is_read_as_it_was_written(number in 1i64..1 << 62, hash: u64, node: u128) {
            let (number, node) = (ChangeNumber::new(number), Uuid::from_u128(node));
            let id = TransactionId { node, number, hash };
            prop_assert_eq!(id.to_string().parse::<TransactionId>(), Ok(id));
        }

        #[test]
        fn no_text_is_too_bad(text: String) {
            prop_assert!(text.parse::<TransactionId>().is_err());
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let refused = "secret".parse::<TransactionId>().expect_err("no id").to_string();
        assert!(refused.starts_with("the text is not the id of a transaction: keep what"));
        assert!(!refused.contains("secret"));
        let node = "0194c1c2-9f3e-7d4e-8f00-0123456789ab";
        assert!(format!("{node}@1.018bcfe568000000").parse::<TransactionId>().is_ok());
        for place in [
            "",
            "1",
            "1.",
            ".018bcfe568000000",
            "0.018bcfe568000000",
            "-1.018bcfe568000000",
            "+1.018bcfe568000000",
            "01.018bcfe568000000",
            "1.018bcfe56800000",
            "1.+18bcfe568000000",
            "1.018bcfe5680000000",
            "9223372036854775807.018bcfe568000000",
        ] {
            assert!(format!("{node}@{place}").parse::<TransactionId>().is_err(), "{place}");
        }
    }
}
