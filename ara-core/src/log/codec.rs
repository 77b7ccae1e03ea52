//! How the change log and the clocks of rows pack integers and values into bytes.

use std::borrow::Cow;

use crate::value::Stored;

/// Appends an integer as LEB128.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut integer: u64) {
    while integer >= 0x80 {
        out.push((integer & 0x7f) as u8 | 0x80);
        integer >>= 7;
    }
    out.push(integer as u8);
}

/// Returns the tag of a value's kind; `None` is NULL.
///
/// Tags are below 16 and are never given another meaning, as the log keeps them for ever. The payload of
/// every tag above the last of [`tags`] is bytes that follow their length, so that a version which does not
/// know a kind can still pass it on.
pub(crate) fn tag(value: Option<&Stored<'_>>) -> u8 {
    match value {
        None => tags::NULL,
        Some(Stored::Integer(0)) => tags::ZERO,
        Some(Stored::Integer(1)) => tags::ONE,
        Some(Stored::Integer(_)) => tags::INTEGER,
        Some(Stored::Real(_)) => tags::REAL,
        Some(Stored::Text(_)) => tags::TEXT,
        Some(Stored::Blob(_)) => tags::BLOB,
    }
}

/// Appends the payload of a value: what it holds beyond its tag.
pub(crate) fn put_payload(out: &mut Vec<u8>, value: Option<&Stored<'_>>) {
    match value {
        None | Some(Stored::Integer(0 | 1)) => {}
        Some(Stored::Integer(integer)) => {
            put_zigzag(out, *integer);
        }
        Some(Stored::Real(real)) => out.extend(real.to_bits().to_be_bytes()),
        Some(Stored::Text(text)) => put_bytes(out, text.as_bytes()),
        Some(Stored::Blob(bytes)) => put_bytes(out, bytes),
    }
}

/// Appends the payload of an addition to a counter, whose tag is [`ADDITION`].
///
/// The salt is random. Two states of one file, whose clocks show the same, may add the same in the same place
/// of their log, and these are two additions, not one.
pub(crate) fn put_addition(out: &mut Vec<u8>, Addition { by, total }: Addition, salt: u32) {
    let mut bytes = Vec::with_capacity(24);
    put_zigzag(&mut bytes, by);
    put_zigzag(&mut bytes, total);
    bytes.extend(salt.to_be_bytes());
    put_bytes(out, &bytes);
}

/// Appends the payload of an update of a text, whose tag is [`UPDATE`].
pub(crate) fn put_update(out: &mut Vec<u8>, update: &[u8]) {
    put_varint(out, update.len() as u64 + 1);
    out.push(YJS_1);
    out.extend_from_slice(update);
}

/// The format of updates of texts: version 1 of the updates of Yjs.
const YJS_1: u8 = 1;

/// Appends an integer of either sign, such that those near zero take few bytes.
pub(crate) fn put_zigzag(out: &mut Vec<u8>, integer: i64) {
    put_varint(out, ((integer << 1) ^ (integer >> 63)).cast_unsigned());
}

/// Appends the length of some bytes, and the bytes.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// What a change adds to a counter. All additions add up, whereas of other values the last one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Addition {
    /// What is added.
    pub(crate) by: i64,
    /// What the node has added to the counter so far, this included, modulo 2^64.
    pub(crate) total: i64,
}

/// The tag of an [`Addition`].
pub(crate) const ADDITION: u8 = tags::ADDITION;

/// The tag of an update of a text that devices edit at the same time.
pub(crate) const UPDATE: u8 = tags::UPDATE;

/// The tag of a cell that tells that the row was forgotten.
pub(crate) const FORGOTTEN: u8 = tags::FORGOTTEN;

mod tags {
    pub(super) const NULL: u8 = 0;
    pub(super) const INTEGER: u8 = 1;
    pub(super) const REAL: u8 = 2;
    pub(super) const TEXT: u8 = 3;
    pub(super) const BLOB: u8 = 4;
    pub(super) const ZERO: u8 = 5;
    pub(super) const ONE: u8 = 6;
    pub(super) const ADDITION: u8 = 7;
    pub(super) const FORGOTTEN: u8 = 8;
    pub(super) const UPDATE: u8 = 9;
}

/// Reads packed bytes from the front. Every method returns `None` if the bytes are not what it reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// Returns whether nothing is left to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a byte.
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    /// Reads this many bytes.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Reads an array of bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    /// Reads what [`put_varint`] wrote.
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut integer = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let digit = u64::from(byte & 0x7f);
            // The tenth byte can hold only the 64th bit, and `put_varint` never ends with a byte of zero.
            if (shift == 63 && digit > 1) || (shift > 0 && byte == 0) {
                return None;
            }
            integer |= digit << shift;
            if byte & 0x80 == 0 {
                return Some(integer);
            }
        }
        None
    }

    /// Reads what [`put_bytes`] wrote.
    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = self.varint()?;
        self.take(usize::try_from(count).ok()?)
    }

    /// Reads what [`put_zigzag`] wrote.
    pub(crate) fn zigzag(&mut self) -> Option<i64> {
        let zigzag = self.varint()?;
        Some((zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed()))
    }

    /// Reads the payload of a value with this tag, without a look into it. The tag need not be known.
    pub(crate) fn raw_payload(&mut self, tag: u8) -> Option<&'a [u8]> {
        let start = self.0;
        match tag {
            tags::NULL | tags::ZERO | tags::ONE => {}
            tags::INTEGER => drop(self.varint()?),
            tags::REAL => drop(self.take(8)?),
            _ => drop(self.bytes()?),
        }
        start.get(..start.len() - self.0.len())
    }

    /// Reads the payload of a value with this tag, and returns the value. `Some(None)` is NULL.
    #[expect(
        clippy::option_option,
        reason = "the outer one tells whether the bytes are a value, the inner one is the value"
    )]
    pub(crate) fn payload(&mut self, tag: u8) -> Option<Option<Stored<'a>>> {
        Some(match tag {
            tags::NULL => None,
            tags::ZERO => Some(Stored::Integer(0)),
            tags::ONE => Some(Stored::Integer(1)),
            tags::INTEGER => Some(Stored::Integer(self.zigzag()?)),
            tags::REAL => Some(Stored::Real(f64::from_bits(u64::from_be_bytes(self.array()?)))),
            tags::TEXT => {
                let text = std::str::from_utf8(self.bytes()?).ok()?;
                Some(Stored::Text(Cow::Borrowed(text)))
            }
            tags::BLOB => Some(Stored::Blob(Cow::Borrowed(self.bytes()?))),
            _ => return None,
        })
    }

    /// Reads the payload of an update of a text. Returns `None` if it has a format that only a newer version knows.
    pub(crate) fn update(&mut self) -> Option<&'a [u8]> {
        match self.bytes()?.split_first()? {
            (&YJS_1, update) => Some(update),
            _ => None,
        }
    }

    /// Reads the payload of an addition to a counter.
    pub(crate) fn addition(&mut self) -> Option<Addition> {
        let mut bytes = Reader(self.bytes()?);
        let addition = Addition { by: bytes.zigzag()?, total: bytes.zigzag()? };
        let _salt: [u8; 4] = bytes.array()?;
        bytes.is_empty().then_some(addition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stored() -> impl Strategy<Value = Option<Stored<'static>>> {
        prop_oneof![
            Just(None),
            any::<i64>().prop_map(|integer| Some(Stored::Integer(integer))),
            (-2i64..3).prop_map(|integer| Some(Stored::Integer(integer))),
            any::<u64>().prop_map(|bits| Some(Stored::Real(f64::from_bits(bits)))),
            any::<String>().prop_map(|text| Some(Stored::Text(text.into()))),
            any::<Vec<u8>>().prop_map(|bytes| Some(Stored::Blob(bytes.into()))),
        ]
    }

    proptest! {
        #[test]
        fn values_come_back_bit_for_bit(values in prop::collection::vec(stored(), 0..8)) {
            let mut packed = Vec::new();
            for value in &values {
                packed.push(tag(value.as_ref()));
                put_payload(&mut packed, value.as_ref());
            }
            let mut reader = Reader(&packed);
            for value in &values {
                let read = reader.byte().and_then(|tag| reader.payload(tag)).expect("was packed so");
                match (value, &read) {
                    (Some(Stored::Real(left)), Some(Stored::Real(right))) => {
                        prop_assert_eq!(left.to_bits(), right.to_bits());
                    }
                    _ => prop_assert_eq!(value, &read),
                }
            }
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn additions_come_back(by: i64, total: i64, salt: u32, rest: Vec<u8>) {
            let mut packed = Vec::new();
            put_addition(&mut packed, Addition { by, total }, salt);
            let length = packed.len();
            packed.extend(&rest);
            // A version that knows no additions skips them as it does every unknown kind.
            prop_assert_eq!(Reader(&packed).raw_payload(15), Some(&packed[..length]));
            let mut reader = Reader(&packed);
            prop_assert_eq!(reader.addition(), Some(Addition { by, total }));
            prop_assert_eq!(reader.0, &rest[..]);
        }

        #[test]
        fn varints_come_back(integer: u64) {
            let mut packed = Vec::new();
            put_varint(&mut packed, integer);
            prop_assert_eq!(Reader(&packed).varint(), Some(integer));
        }

        #[test]
        fn no_bytes_are_too_bad(bytes: Vec<u8>) {
            let mut reader = Reader(&bytes);
            while reader.byte().and_then(|tag| reader.payload(tag)).is_some() {}
            prop_assert!(reader.0.len() <= bytes.len());
        }

        #[test]
        fn a_payload_is_passed_over_as_it_is_read(value in stored(), rest: Vec<u8>) {
            let mut packed = Vec::new();
            put_payload(&mut packed, value.as_ref());
            let length = packed.len();
            packed.extend(&rest);
            let mut reader = Reader(&packed);
            prop_assert_eq!(reader.raw_payload(tag(value.as_ref())), Some(&packed[..length]));
            prop_assert_eq!(reader.0, &rest[..]);
        }
    }

    #[test]
    fn an_addition_is_two_varints_a_salt_and_no_more() {
        let addition = Addition { by: 2, total: 3 };
        assert_eq!(Reader(&[6, 4, 6, 1, 2, 3, 4]).addition(), Some(addition));
        for bad in [
            &[0][..],
            &[1, 4],
            &[2, 4, 6],
            &[5, 4, 6, 1, 2, 3],
            &[7, 4, 6, 1, 2, 3, 4, 5],
            &[7, 0x84, 0, 6, 1, 2, 3, 4],
            &[7, 4, 6, 1, 2, 3, 4],
        ] {
            assert_eq!(Reader(bad).addition(), None, "{bad:?}");
        }
    }

    #[test]
    fn a_varint_has_one_form() {
        assert_eq!(Reader(&[0x80, 0x00]).varint(), None);
        assert_eq!(Reader(&[0xff; 11]).varint(), None);
        assert_eq!(Reader(&[]).varint(), None);
    }
}
