//! Bytes and UUIDs.

use std::borrow::Cow;

use ara_schema::Type;
use uuid::Uuid;

use super::{IntoValue, Readable, Rule, Stored, Value};

impl Value for Vec<u8> {
    const TYPE: Type = Type::Blob;

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

impl IntoValue<Vec<u8>> for Vec<u8> {
    fn into_value(self) -> Result<Vec<u8>, Rule> {
        Ok(self)
    }
}

impl IntoValue<Vec<u8>> for &Vec<u8> {
    fn into_value(self) -> Result<Vec<u8>, Rule> {
        Ok(self.clone())
    }
}

impl IntoValue<Vec<u8>> for &[u8] {
    fn into_value(self) -> Result<Vec<u8>, Rule> {
        Ok(self.to_vec())
    }
}

impl<const N: usize> IntoValue<Vec<u8>> for [u8; N] {
    fn into_value(self) -> Result<Vec<u8>, Rule> {
        Ok(self.to_vec())
    }
}

impl<const N: usize> IntoValue<Vec<u8>> for &[u8; N] {
    fn into_value(self) -> Result<Vec<u8>, Rule> {
        Ok(self.to_vec())
    }
}

impl Value for Uuid {
    const TYPE: Type = Type::Uuid;

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

impl IntoValue<Uuid> for Uuid {
    fn into_value(self) -> Result<Uuid, Rule> {
        Ok(self)
    }
}
