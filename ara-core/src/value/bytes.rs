//! Bytes and UUIDs.

use std::borrow::Cow;

use ara_schema::Type;
use uuid::Uuid;

use crate::value::column_type::Value;
use crate::value::into::IntoValue;
use crate::value::readable::Readable;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

#[diagnostic::do_not_recommend]
impl Value for Vec<u8> {
    const TYPE: Type = Type::Blob;
    const EXACT: bool = true;

    fn store(self) -> Result<Stored<'static>, Rule> {
        Ok(Stored::Blob(Cow::Owned(self)))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Blob(bytes) => Some(bytes.into_owned()),
            _ => None,
        }
    }

    fn readable() -> Readable {
        Readable::Blobs
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<Vec<u8>> for &[u8] {
    fn into_value(self) -> Result<Vec<u8>, Rule> {
        Ok(self.to_vec())
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> IntoValue<Vec<u8>> for [u8; N] {
    fn into_value(self) -> Result<Vec<u8>, Rule> {
        Ok(self.to_vec())
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> IntoValue<Vec<u8>> for &[u8; N] {
    fn into_value(self) -> Result<Vec<u8>, Rule> {
        Ok(self.to_vec())
    }
}

#[diagnostic::do_not_recommend]
impl Value for Uuid {
    const TYPE: Type = Type::Uuid;
    const EXACT: bool = true;

    fn store(self) -> Result<Stored<'static>, Rule> {
        Ok(Stored::Blob(Cow::Owned(self.into_bytes().to_vec())))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Blob(bytes) => Self::from_slice(&bytes).ok(),
            _ => None,
        }
    }

    fn readable() -> Readable {
        Readable::BlobsOf(16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::tests::{others, stored_and_read};

    #[test]
    fn bytes_come_back() {
        for bytes in [vec![], vec![0], vec![0xff; 1000]] {
            assert_eq!(stored_and_read(bytes.clone()), bytes);
        }
        for other in others("blob") {
            assert_eq!(Vec::read(other), None);
        }
    }

    #[test]
    fn a_uuid_is_sixteen_bytes() {
        for uuid in [Uuid::nil(), Uuid::max(), Uuid::from_u128(1)] {
            assert_eq!(uuid.store(), Ok(Stored::Blob(uuid.as_bytes().into())));
            assert_eq!(stored_and_read(uuid), uuid);
        }
        for length in [0, 15, 17, 36] {
            assert_eq!(Uuid::read(Stored::Blob(vec![0; length].into())), None);
        }
        for other in others("blob") {
            assert_eq!(Uuid::read(other), None);
        }
        assert_eq!(Uuid::read(Stored::Text(Uuid::nil().to_string().into())), None);
    }
}
