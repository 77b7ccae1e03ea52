//! The ids of transactions.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::log::clock::Time;
use crate::value::Rule;

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
/// let text = "0194c1c2-9f3e-7d4e-8f00-0123456789ab@018bcfe568000000";
/// let id: TransactionId = text.parse()?;
/// assert_eq!(id.to_string(), text);
/// # Ok::<(), ara::Rule>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId {
    /// The time of the transaction's last change.
    pub(crate) time: Time,
    /// The node that made it.
    pub(crate) node: Uuid,
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{:016x}", self.node, self.time.bits())
    }
}

impl FromStr for TransactionId {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let parse = || {
            let (node, time) = text.split_once('@')?;
            let is_time = time.len() == 16 && time.bytes().all(|byte| byte.is_ascii_hexdigit());
            let time = i64::from_str_radix(time, 16).ok().filter(|_| is_time)?;
            Some(Self { time: Time::from_bits(time), node: Uuid::parse_str(node).ok()? })
        };
        parse().ok_or_else(|| Rule::new("must be the id of a transaction, as `history` tells it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_is_read_as_it_was_written(time in 0..i64::MAX, node: u128) {
            let id = TransactionId { time: Time::from_bits(time), node: Uuid::from_u128(node) };
            prop_assert_eq!(id.to_string().parse::<TransactionId>(), Ok(id));
        }

        #[test]
        fn no_text_is_too_bad(text: String) {
            prop_assert!(text.parse::<TransactionId>().is_err());
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let node = "0194c1c2-9f3e-7d4e-8f00-0123456789ab";
        for time in
            ["", "018bcfe56800000", "+18bcfe568000000", "ffffffffffffffff", "018bcfe5680000000"]
        {
            assert!(format!("{node}@{time}").parse::<TransactionId>().is_err(), "{time}");
        }
    }
}
