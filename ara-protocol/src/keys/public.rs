//! The public halves.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::VerifyingKey;

use crate::bytes::Reader;
use crate::error::{Error, Result};

/// The Ed25519 public key of a member, by which all name it.
///
/// It is a valid key: [`from_bytes`](Self::from_bytes) refuses weak ones, and every encoding but the one
/// that a key has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberKey([u8; 32]);

impl MemberKey {
    /// Makes the key of its bytes.
    ///
    /// # Errors
    ///
    /// Returns [`Error::WeakKey`] if the bytes are not a key, or one of a small order.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self> {
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| Error::WeakKey)?;
        // The first bit of the last byte is the sign of the other coordinate. It is free only where that is zero, as
        // it is of weak keys alone.
        let [rest @ .., last] = bytes;
        let is_canonical = is_reduced(&rest, last & 0x7f);
        if key.is_weak() || !is_canonical { Err(Error::WeakKey) } else { Ok(Self(bytes)) }
    }

    /// The key of a pair that this crate made.
    pub(super) fn of(key: &VerifyingKey) -> Self {
        Self(key.to_bytes())
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Self::from_bytes(reader.array()?)
    }
}

impl fmt::Display for MemberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Reads what `Display` writes: 64 hexadecimal digits.
impl FromStr for MemberKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        const NO_KEY: Error = Error::Malformed { what: "id of a member" };
        let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let pairs = text.as_bytes().as_chunks().0.iter().filter(|_| is_hex);
        let read = pairs.map(|pair: &[u8; 2]| {
            let digits = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        let bytes: Option<Vec<u8>> = read.collect();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(NO_KEY)?;
        Self::from_bytes(bytes)
    }
}

impl fmt::Debug for MemberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemberKey({self})")
    }
}

/// Both public keys of a member: the one that checks its signatures, and the one to which keys are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKeys {
    member: MemberKey,
    agreement: [u8; 32],
}

impl PublicKeys {
    /// Makes the keys of their bytes, the Ed25519 key first.
    ///
    /// # Errors
    ///
    /// Returns [`Error::WeakKey`] if one is not a key, or one of a small order.
    pub fn from_bytes(bytes: &[u8; 64]) -> Result<Self> {
        let mut reader = Reader::new(bytes, "keys");
        Self::read(&mut reader)
    }

    /// Returns the bytes, the Ed25519 key first.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        let (member, agreement) = bytes.split_at_mut(32);
        member.copy_from_slice(&self.member.0);
        agreement.copy_from_slice(&self.agreement);
        bytes
    }

    /// Returns the key that checks the member's signatures, and names it.
    #[must_use]
    pub const fn member(&self) -> MemberKey {
        self.member
    }

    /// Returns the X25519 key.
    pub(crate) const fn agreement(&self) -> &[u8; 32] {
        &self.agreement
    }

    /// The keys of pairs that this crate made.
    pub(super) const fn of(member: MemberKey, agreement: [u8; 32]) -> Self {
        Self { member, agreement }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Self::new(MemberKey::read(reader)?, reader.array()?)
    }

    /// Joins both keys. The Ed25519 key was checked already.
    pub(crate) fn new(member: MemberKey, agreement: [u8; 32]) -> Result<Self> {
        if is_strong(&agreement) { Ok(Self { member, agreement }) } else { Err(Error::WeakKey) }
    }
}

/// The X25519 keys of a small order, on the curve and on its twist: zero, one, two of the order 8, and minus one.
/// To look one up is much faster than to multiply it.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    number(1, 0, 0),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
    number(0xec, 0xff, 0x7f),
];

/// Returns a number by its bytes: the least one, those in the middle, and the last one.
const fn number(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    (bytes[0], bytes[31]) = (first, last);
    bytes
}

/// Returns whether an X25519 key is written in the one way that it has, and is of a large order. With
/// one of a small order, all secrets that it is sent are known.
fn is_strong(key: &[u8; 32]) -> bool {
    let [rest @ .., last] = key;
    is_reduced(rest, *last) && !SMALL_ORDER.contains(key)
}

/// Returns whether a number is below the prime, 2^255 - 19, given by its bytes from the least one on.
fn is_reduced(rest: &[u8; 31], last: u8) -> bool {
    let [first, middle @ ..] = rest;
    last < 0x7f || last == 0x7f && !(middle.iter().all(|byte| *byte == 0xff) && *first >= 0xed)
}

#[cfg(test)]
mod tests {
    use x25519_dalek::x25519;

    use super::*;
    use crate::keys::SecretKeys;
    use crate::testing::Fixed;

    #[test]
    fn they_are_the_same_after_bytes() {
        let keys = SecretKeys::generate(&mut Fixed::new(1)).public();
        assert_eq!(PublicKeys::from_bytes(&keys.to_bytes()), Ok(keys));
    }

    #[test]
    fn a_weak_member_key_is_refused() {
        // The points of a small order, and zero and one written as numbers above the prime.
        let weak = [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0100000000000000000000000000000000000000000000000000000000000080",
        ];
        for key in weak {
            assert_eq!(MemberKey::from_bytes(of_hex(key)), Err(Error::WeakKey), "{key}");
        }
        // A strong point, whose `y` of 3 is written as a number above the prime.
        let mut three = [0; 32];
        three[0] = 3;
        assert!(MemberKey::from_bytes(three).is_ok());
        let above = of_hex("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
        assert_eq!(MemberKey::from_bytes(above), Err(Error::WeakKey));
    }

    #[test]
    fn a_weak_agreement_key_is_refused() {
        let weak = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            // A strong key, written in another way.
            "0900000000000000000000000000000000000000000000000000000000000080",
            "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ];
        for key in weak {
            assert!(!is_strong(&of_hex(key)), "{key}");
        }
        let mut nine = [0; 32];
        nine[0] = 9;
        assert!(is_strong(&nine));
        assert!(is_strong(&of_hex(
            "ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
        )));
    }

    #[test]
    fn the_keys_of_a_small_order_give_zero_whatever_they_are_multiplied_by() {
        // A secret is a multiple of 8, and has a bit of its own set.
        for key in SMALL_ORDER {
            assert_eq!([1, 7, 255].map(|secret| x25519([secret; 32], key)), [[0; 32]; 3]);
        }
        for seed in 0..50 {
            let key = *SecretKeys::generate(&mut Fixed::new(seed)).public().agreement();
            assert!(is_strong(&key) && x25519([1; 32], key) != [0; 32]);
        }
    }

    fn of_hex(hex: &str) -> [u8; 32] {
        std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
    }

    #[test]
    fn a_key_is_read_as_it_is_shown() {
        let key = MemberKey::from_bytes(
            ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key().to_bytes(),
        );
        let key = key.unwrap();
        let shown = key.to_string();
        assert_eq!(shown.parse(), Ok(key));
        assert_eq!(shown.to_uppercase().parse(), Ok(key));
        for text in ["", &shown[1..], &format!("{shown}00"), &format!("+{}", &shown[1..])] {
            assert!(text.parse::<MemberKey>().is_err(), "{text}");
        }
    }
}
