//! Values as people read them, in a history above all.

use std::fmt;

use uuid::Uuid;

use crate::past::row_history::ColumnChange;
use crate::value::Stored;

/// Text and numbers as they are, 16 bytes as the UUID that they most often are, and of other bytes how many.
/// It does not tell a number from text that looks like one: that is what `Debug` is for. Nor does it know
/// what type a column is of: a moment is the number of its milliseconds, which
/// [`Timestamp::read`](crate::Value::read) makes a moment again.
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

/// `title: Buy milk -> Buy oat milk`, and `nothing` where a column is empty. The log does not know what
/// type a column is of, so the values are shown as [`Stored`] shows them: a moment is a number.
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
