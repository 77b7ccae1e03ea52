//! Stored values, and changes of them, as text for people.

use std::fmt;

use uuid::Uuid;

use crate::past::row_history::ColumnChange;
use crate::value::Stored;

/// Formats the value for people: text and numbers as they are, 16 bytes as a UUID, and other bytes as their
/// number.
///
/// Text that looks like a number is formatted like the number; `Debug` tells them apart. As a stored value
/// does not know the type of its column, a moment is formatted as a number of milliseconds, which
/// [`Timestamp::read`](crate::Value::read) turns into a moment.
///
/// ```
/// use ara::{Stored, Uuid};
///
/// assert_eq!(Stored::Text("Buy milk".into()).to_string(), "Buy milk");
/// assert_eq!(Stored::Integer(7).to_string(), "7");
/// assert_eq!(Stored::Real(7.0).to_string(), "7.0");
/// assert_eq!(Stored::Blob(vec![1, 2].into()).to_string(), "2 bytes");
/// let id: Uuid = "0194c1c2-9f3e-7d4e-8f00-0123456789ab".parse().expect("is one");
/// assert_eq!(Stored::Blob(id.as_bytes().into()).to_string(), id.to_string());
///
/// use ara::{Timestamp, Value};
/// let moment = Stored::Integer(1_800_000_000_000);
/// assert_eq!(moment.to_string(), "1800000000000");
/// let moment = Timestamp::read(moment).expect("is one");
/// assert_eq!(moment.to_string(), "2027-01-15T08:00:00.000Z");
/// ```
impl fmt::Display for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Real(real) => write!(f, "{real:?}"),
            Self::Text(text) => f.write_str(text),
            Self::Blob(bytes) => match Uuid::from_slice(bytes) {
                Ok(uuid) => write!(f, "{uuid}"),
                Err(_) if bytes.len() == 1 => f.write_str("1 byte"),
                Err(_) => write!(f, "{} bytes", bytes.len()),
            },
        }
    }
}

/// Formats the change like `title: Buy milk -> Buy oat milk`, with `nothing` for an empty column. The values
/// are formatted as [`Stored`] formats them.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, stars: Option<i64> }
///
/// let db = Database::memory()?;
/// let milk = db.create(Todo::draft())?;
/// db.update(Todo::patch(milk).stars(3))?;
/// let history = db.history(milk)?;
/// assert_eq!(history[1].columns[0].to_string(), "stars: nothing -> 3");
/// # Ok::<(), ara::Error>(())
/// ```
impl fmt::Display for ColumnChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Option<Stored<'_>>, f: &mut fmt::Formatter<'_>| match value {
            Some(value) => value.fmt(f),
            None => f.write_str("nothing"),
        };
        write!(f, "{}: ", self.column)?;
        show(&self.from, f)?;
        f.write_str(" -> ")?;
        show(&self.to, f)
    }
}
