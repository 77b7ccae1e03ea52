//! Ids of rows.

use std::cell::Cell;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::value::parse_error::ParseError;

/// The id of a row of table `T`.
///
/// It is a UUID of version 7, so ids sort by the time at which the rows were created. As the type of a
/// column, it is a reference to a row of `T`.
///
/// ```
/// use ara::Id;
/// # struct Todo;
/// let id: Id<Todo> = "0194c1c2-9f3e-7d4e-8f00-0123456789ab".parse()?;
/// assert_eq!(id.to_string(), "0194c1c2-9f3e-7d4e-8f00-0123456789ab");
/// # Ok::<(), ara::ParseError>(())
/// ```
pub struct Id<T> {
    uuid: Uuid,
    table: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// Returns the id with this UUID.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, table: PhantomData }
    }

    /// Returns the UUID.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }

    /// Returns the bytes of the UUID.
    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        self.uuid.as_bytes()
    }
}

/// Returns the id that belongs to a natural key in the table with this stored name.
pub(crate) fn uuid_of_key(table: &'static str, key: &[u8]) -> Uuid {
    /// The namespace of all tables of ara. It was drawn at random once, and must never change.
    const NAMESPACE: Uuid = Uuid::from_u128(0x6f0c_5a52_37d1_4c0e_9b1d_58c4_7e2a_9f63);
    thread_local! {
        /// The table that was asked for last, and its own namespace: to make it takes as long as the rest.
        static LAST: Cell<(&'static str, Uuid)> = const { Cell::new(("", Uuid::nil())) };
    }
    let (last, mut namespace) = LAST.get();
    if last != table {
        namespace = Uuid::new_v5(&NAMESPACE, table.as_bytes());
        LAST.set((table, namespace));
    }
    Uuid::new_v5(&namespace, key)
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

const NO_UUID: ParseError = ParseError::new(
    "the text is not the id of a row: write a UUID, such as 0194c1c2-9f3e-7d4e-8f00-0123456789ab",
);

impl<T> FromStr for Id<T> {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Uuid::from_str(text).map(Self::from_uuid).map_err(|_| NO_UUID)
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
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
        deserializer.deserialize_str(TextVisitor).map(Self::from_uuid)
    }
}

/// Accepts text in whichever way the deserializer provides it: borrowed, owned or transient.
struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Uuid;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a UUID as text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Uuid, E> {
        Uuid::from_str(text).map_err(|_| E::custom(NO_UUID))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use ara_schema::Type;

    use super::*;
    use crate::value::column_type::Value;
    use crate::value::tests::{Category, Todo, others, stored_and_read};

    const TEXT: &str = "0194c1c2-9f3e-7d4e-8f00-0123456789ab";

    #[test]
    fn text_and_serde_agree() {
        let id: Id<Todo> = TEXT.parse().expect("a UUID");
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(format!("{id:>40}|{id:<38}|"), format!("    {TEXT}|{TEXT}  |"));
        assert_eq!(format!("{id:?}"), format!("Id({TEXT})"));
        assert_eq!(serde_json::to_value(id).ok(), Some(TEXT.into()));
        // The deserializers of a `&str`, of a `Value` and of a reader provide text in different ways.
        assert_eq!(serde_json::from_str::<Id<Todo>>(&format!("{TEXT:?}")).ok(), Some(id));
        assert_eq!(serde_json::from_value::<Id<Todo>>(TEXT.into()).ok(), Some(id));
        let reader = std::io::Cursor::new(format!("{TEXT:?}"));
        assert_eq!(serde_json::from_reader::<_, Id<Todo>>(reader).ok(), Some(id));
        let escaped = TEXT.replace('-', "\\u002d");
        assert_eq!(serde_json::from_str::<Id<Todo>>(&format!("\"{escaped}\"")).ok(), Some(id));
    }

    #[test]
    fn what_is_no_uuid_is_refused() {
        for text in ["", "secret", &TEXT[1..], &format!("{TEXT}0")] {
            let refused = text.parse::<Id<Todo>>().expect_err("no UUID");
            assert!(refused.to_string().starts_with("the text is not the id of a row: write"));
            let error = serde_json::from_value::<Id<Todo>>(text.into()).expect_err("no UUID");
            assert!(error.to_string().starts_with("the text is not the id of a row: write"));
        }
        assert!(serde_json::from_str::<Id<Todo>>("7").is_err());
        assert!(serde_json::from_str::<Id<Todo>>("null").is_err());
    }

    #[test]
    fn it_is_stored_as_a_uuid() {
        let uuid = Uuid::from_u128(7);
        let id = Id::<Todo>::from(uuid);
        assert_eq!(Uuid::from(id), uuid);
        assert_eq!(id.as_bytes(), uuid.as_bytes());
        assert_eq!(id.store(), uuid.store());
        assert_eq!(stored_and_read(id), id);
        assert_eq!(Id::<Todo>::TYPE, Type::Id("todo"));
        for other in others("blob") {
            assert_eq!(Id::<Todo>::read(other), None);
        }
    }

    /// These values are in users' files: they never change.
    #[test]
    fn an_id_of_a_key_is_the_same_for_ever() {
        assert_eq!(Id::<Todo>::from_key("").to_string(), "0035d31c-7365-5374-8478-25deed2f02f9");
        assert_eq!(
            Id::<Todo>::from_key("Buy milk").to_string(),
            "7d565eb4-b024-5585-9b45-5715ee447e9f"
        );
        assert_eq!(
            Id::<Category>::from_key("Buy milk").to_string(),
            "6c5fabd1-ac9f-518e-838f-abbe0681d1ed"
        );
    }

    proptest! {
        #[test]
        fn ids_sort_and_hash_as_their_bytes_do(a: u128, b: u128) {
            let id = |bits| Id::<Todo>::from_uuid(Uuid::from_u128(bits));
            prop_assert_eq!(id(a).cmp(&id(b)), a.cmp(&b));
            prop_assert_eq!(id(a).as_bytes().cmp(id(b).as_bytes()), a.cmp(&b));
            prop_assert_eq!(HashSet::from([id(a), id(b)]).len(), if a == b { 1 } else { 2 });
            prop_assert_eq!(id(a).to_string().parse(), Ok(id(a)));
        }
    }
}
