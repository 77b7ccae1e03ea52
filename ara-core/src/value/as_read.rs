//! How the app sees what is stored in a column.

use rusqlite::types::ValueRef;

use crate::value::column_type::Value;
use crate::value::readable::Readable;
use crate::value::rule::Rule;
use crate::value::stored::{Stored, is_same};

/// How the app sees the stored values of a column type.
///
/// Several stored values can look alike to it: those that it cannot read, `5` and `5.0` in a column of floats,
/// or JSON with entries that its struct lacks. Writing back what it sees must not change the stored value,
/// which may say more to another version of the app.
#[derive(Debug, Clone, Copy)]
pub struct AsRead {
    /// Returns which stored values can be read.
    pub readable: fn() -> Readable,
    /// Returns a stored value as it would be written back, or `None` if it cannot be read.
    to_seen: fn(ValueRef<'_>) -> Option<Stored<'static>>,
    /// Whether stored values that can be read and that SQLite finds different are different to the app.
    is_exact: bool,
    /// What a row without a value is read as, if it is read as anything.
    missing: Option<fn() -> Result<Stored<'static>, Rule>>,
}

impl AsRead {
    /// Returns how values of a type are seen.
    #[must_use]
    pub const fn of<V: Value>(missing: Option<fn() -> Result<Stored<'static>, Rule>>) -> Self {
        Self { readable: V::readable, to_seen: seen::<V>, is_exact: V::EXACT, missing }
    }

    /// Returns what the app sees of a stored value, as it would be written back, or `None` if it cannot read that.
    #[must_use]
    pub fn seen(&self, held: ValueRef<'_>) -> Option<Stored<'static>> {
        (self.to_seen)(held)
    }

    /// Returns what a row without a value is read as.
    fn missing(self) -> Option<Stored<'static>> {
        self.missing.and_then(|missing| missing().ok())
    }

    /// Returns whether the app sees a value in a column where `held` is stored. `None` stands for no value.
    pub(crate) fn is_seen(self, held: ValueRef<'_>, value: Option<&Stored<'_>>) -> bool {
        let seen = match held {
            ValueRef::Null => self.missing(),
            held => self.seen(held),
        };
        match seen {
            Some(seen) => is_same(seen.to_sql(), value),
            None => value.is_none(),
        }
    }

    /// Returns whether the app can read a stored value.
    pub(crate) fn can_read(self, held: ValueRef<'_>) -> bool {
        self.seen(held).is_some()
    }

    /// Returns whether the app sees another value than the one that is written wherever SQLite finds that the
    /// stored one differs from it.
    pub(crate) fn differs_as_stored(self, written: Option<&Stored<'_>>) -> bool {
        self.is_exact
            && written.is_some()
            && (self.missing.is_none() || self.missing().as_ref() != written)
    }
}

fn seen<V: Value>(held: ValueRef<'_>) -> Option<Stored<'static>> {
    V::read(Stored::from_sql(held)?)?.store().ok()
}
