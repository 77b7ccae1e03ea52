//! Ids as values of columns, and ids that belong to a key.

use ara_schema::Type;
use uuid::Uuid;

use crate::model::natural_key::NaturalKey;
use crate::model::table::Table;
use crate::value::{Id, IntoSqlValue, Ordered, Readable, Rule, Stored, Value, uuid_of_key};

impl<T: Table> Id<T> {
    /// Returns the id that belongs to a natural key, the same on every device: a UUID of version 5 (RFC
    /// 9562) of the table's stored name and the key.
    ///
    /// Devices that are offline cannot enforce a unique constraint among them, but they can derive the
    /// same id from the same key: rows that they create under one key are one row after a merge.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Contact { id: Id<Contact>, email: String }
    ///
    /// let id = Id::<Contact>::from_key("ada@example.org");
    /// assert_eq!(id, Id::from_key("ada@example.org"));
    /// assert_ne!(id, Id::from_key("bob@example.org"));
    ///
    /// let of_two = Id::<Contact>::from_key((id, 2026));
    /// assert_ne!(of_two, Id::from_key((id, 2027)));
    /// ```
    pub fn from_key(key: impl NaturalKey) -> Self {
        Self::from_uuid(uuid_of_key(T::TABLE.name, &key.bytes()))
    }
}

impl<T: Table> Value for Id<T> {
    const TYPE: Type = Type::Id(T::NAME);
    const EXACT: bool = true;

    fn store(self) -> Result<Stored<'static>, Rule> {
        self.uuid().store()
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        Uuid::read(stored).map(Self::from_uuid)
    }

    fn readable() -> Readable {
        Uuid::readable()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Table> Ordered for Id<T> {}

#[diagnostic::do_not_recommend]
impl<T: Table> IntoSqlValue for &Id<T> {
    fn into_sql_value(self) -> Result<Option<Stored<'static>>, Rule> {
        (*self).into_sql_value()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Table> IntoSqlValue for Option<&Id<T>> {
    fn into_sql_value(self) -> Result<Option<Stored<'static>>, Rule> {
        self.copied().into_sql_value()
    }
}
