//! Counters.

use std::fmt;

use ara_schema::Type;
use serde::{Deserialize, Serialize};

use crate::value::column_type::Value;
use crate::value::into::IntoValue;
use crate::value::made_of::MadeOf;
use crate::value::ordered::Ordered;
use crate::value::readable::Readable;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

/// A number to which devices add.
///
/// What several devices add while they are apart adds up when they merge, whereas of any other number
/// only the last write would win.
///
/// A draft sets the number that a counter starts from. After that it can only be [added](Self::add) to,
/// by a patch: an upsert of a row that exists does not change its counters. A sum beyond the range of
/// `i64` is the nearest `i64`. A query uses a counter as any other number.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Article { id: Id<Article>, title: String, views: Counter }
///
/// let phone = Database::memory()?;
/// let laptop = Database::memory()?;
/// # let sync = |from: &Database, to: &Database| -> ara::Result<()> {
/// #     for changes in from.changes_since(&to.version_vector()?)? { to.merge(&changes?)?; }
/// #     Ok(())
/// # };
/// let article = phone.create(Article::draft().title("Counting").views(10))?;
/// sync(&phone, &laptop)?;
///
/// phone.update(Article::patch(article).views(Counter::add(1)))?;
/// laptop.update(Article::patch(article).views(Counter::add(5)))?;
/// laptop.update(Article::patch(article).views(Counter::add(-2)))?;
/// sync(&laptop, &phone)?;
/// assert_eq!(phone.query::<Article>().filter(Article::views.ge(14)).count()?, 1);
/// assert_eq!(phone.query::<Article>().narrow(Article::views).one()?.views.get(), 14);
/// # Ok::<(), ara::Error>(())
/// ```
///
/// The value is the sum of all additions, whoever made them, and in whatever order they arrive. What was
/// added to two copies of one file adds up as well. The additions stay in the log, some 30 bytes each, even
/// when it is [compacted](crate::Database::compact).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Counter(i64);

impl Counter {
    /// Returns an addition, which a patch takes. A negative amount subtracts.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Article { id: Id<Article>, likes: Option<Counter> }
    /// # let db = Database::memory()?;
    /// let article = db.create(Article::draft())?;
    /// db.update(Article::patch(article).likes(Counter::add(3)))?;
    /// db.update(Article::patch(article).likes(Counter::add(-1)))?;
    /// assert_eq!(db.query::<Article>().one()?.likes.map(Counter::get), Some(2));
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub const fn add(amount: i64) -> Addition {
        Addition(amount)
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl From<i64> for Counter {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl From<Counter> for i64 {
    fn from(counter: Counter) -> Self {
        counter.0
    }
}

impl PartialEq<i64> for Counter {
    fn eq(&self, other: &i64) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An amount to add to a counter, which [`Counter::add`] returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "it is added by the patch that it is given to"]
pub struct Addition(i64);

#[diagnostic::do_not_recommend]
impl Value for Counter {
    const TYPE: Type = Type::Counter;
    const EXACT: bool = true;

    fn store(self) -> Result<Stored<'static>, Rule> {
        Ok(Stored::Integer(self.0))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Integer(integer) => Some(Self(integer)),
            _ => None,
        }
    }

    fn readable() -> Readable {
        Readable::Integers(i64::MIN, i64::MAX)
    }
}

#[diagnostic::do_not_recommend]
impl Ordered for Counter {}

#[diagnostic::do_not_recommend]
impl IntoValue<Counter> for i64 {
    fn into_value(self) -> Result<Counter, Rule> {
        Ok(Counter(self))
    }
}

/// This covers newtypes of counters as well.
#[diagnostic::do_not_recommend]
impl<T: MadeOf<Counter>> IntoValue<T> for Addition {
    const IS_ADDITION: bool = true;

    fn into_value(self) -> Result<T, Rule> {
        T::made_of(Counter(self.0))
    }
}

/// What a patch takes for a column: any value of the column, but for a counter only an [`Addition`].
/// The trait exists for the compiler's message.
#[diagnostic::on_unimplemented(
    message = "a patch does not set or clear a counter, it adds to it",
    label = "expected `Counter::add(..)`",
    note = "write `Counter::add(1)` to add one, `Counter::add(-1)` to take one away"
)]
pub trait Patches<const IS_COUNTER: bool> {}

#[diagnostic::do_not_recommend]
impl<V> Patches<false> for V {}

impl Patches<true> for Addition {}
