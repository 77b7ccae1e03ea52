//! Ids of rows.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use ara_schema::Type;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::{IntoValue, Readable, Rule, Stored, Value};
use crate::table::Table;

/// The id of a row of table `T`: a UUID of version 7, which sorts by the time the row was made.
///
/// As a column's type it is a reference to a row of `T`.
///
/// ```
/// use ara_core::Id;
/// # struct Todo;
/// let id: Id<Todo> = "0194c1c2-9f3e-7d4e-8f00-0123456789ab".parse()?;
/// assert_eq!(id.to_string(), "0194c1c2-9f3e-7d4e-8f00-0123456789ab");
/// # Ok::<(), ara_core::Rule>(())
/// ```
pub struct Id<T> {
    uuid: Uuid,
    table: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// The id with these bytes.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, table: PhantomData }
    }

    /// The UUID.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        self.uuid.as_bytes()
    }
}

impl<T: Table> Id<T> {
    /// The id that belongs to a natural key, the same on every device: a UUID of version 5
    /// (RFC 9562) over the table's stored name and the key.
    ///
    /// Two devices that are offline cannot keep a unique constraint between them. They can agree on
    /// an id: rows created under the same key are one row after a merge.
    pub fn from_key(key: &str) -> Self {
        /// The namespace of all ara tables: drawn once, never to change.
        const NAMESPACE: Uuid = Uuid::from_u128(0x6f0c_5a52_37d1_4c0e_9b1d_58c4_7e2a_9f63);
        let table = Uuid::new_v5(&NAMESPACE, T::TABLE.name.as_bytes());
        Self::from_uuid(Uuid::new_v5(&table, key.as_bytes()))
    }
}

impl<T: Table> Value for Id<T> {
    const TYPE: Type = Type::Id(T::NAME);

    fn store(self) -> Result<Stored<'static>, Rule> {
        self.uuid.store()
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        Uuid::read(stored).map(Self::from_uuid)
    }

    fn readable() -> Readable {
        Uuid::readable()
    }
}

impl<T> IntoValue<Self> for Id<T> {
    fn into_value(self) -> Result<Self, Rule> {
        Ok(self)
    }
}

impl<T> IntoValue<Id<T>> for &Id<T> {
    fn into_value(self) -> Result<Id<T>, Rule> {
        Ok(*self)
    }
}

impl<T> From<Uuid> for Id<T> {
    fn from(uuid: Uuid) -> Self {
        Self::from_uuid(uuid)
    }
}

impl<T> From<Id<T>> for Uuid {
    fn from(id: Id<T>) -> Self {
        id.uuid
    }
}

impl<T> FromStr for Id<T> {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        Uuid::from_str(text)
            .map(Self::from_uuid)
            .map_err(|_| Rule::new("must be a UUID, such as 0194c1c2-9f3e-7d4e-8f00-0123456789ab"))
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.uuid)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.uuid)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
