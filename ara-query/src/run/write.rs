//! Updating and deleting the rows of a query.

use ara_core::{Handle, Id, Record, Result, Source, Table, Transaction};

use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::select::{Computed, Selected};
use crate::untyped::clauses::Clauses;
use crate::untyped::column::ColumnTerm;
use crate::untyped::member::MemberRef;
use crate::untyped::term::Untyped;

/// The table of a query whose rows `R` can be updated and deleted: one that reads a single table and returns its rows.
#[diagnostic::on_unimplemented(
    message = "the rows of this query cannot be updated or deleted",
    label = "the query reads `{Self}`",
    note = "call this on a query of the rows of one table, without joins, groups, views and selections",
    note = "to choose rows by those of another table, filter instead of joining: by `Todo::category_id.in_query(..)`, or by \
            `Comment::todo_id.exists()`"
)]
pub trait OneTable<R>: Scope {}

#[diagnostic::do_not_recommend]
impl<T: Table, R: Record<Table = T>> OneTable<(R,)> for (T,) {}

/// # Writing
///
/// These methods end a chain of clauses, and write the rows that the query would return, in the transaction that it is of,
/// or else in one of their own.
impl<S: Scope, R> Query<'_, S, R> {
    /// Updates the rows, and returns how many there were. The function sets what is to change.
    ///
    /// All clauses count, so that a query with a limit updates the first rows only.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, done: Option<bool> }
    ///
    /// let db = Database::memory()?;
    /// db.create_all(["Buy milk", "Buy tea", "Think"].map(|title| Todo::draft().title(title)))?;
    /// let to_buy = db.query::<Todo>().filter(Todo::title.starts_with("Buy"));
    /// assert_eq!(to_buy.update(|todo| todo.done(true))?, 2);
    /// assert_eq!(db.query::<Todo>().filter(Todo::done.eq(true)).count()?, 2);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`all`](Self::all), and of `Database::update` for the first row that fails. No row is
    /// updated then, but in a transaction that goes on, those before it are. A query of the past returns
    /// [`Error::OnlyNow`](ara_core::Error::OnlyNow).
    pub fn update(
        self,
        mut change: impl FnMut(<S::First as Table>::Patch) -> <S::First as Table>::Patch,
    ) -> Result<u64>
    where
        S: OneTable<R>,
    {
        self.write_each(&mut |tx, id| tx.update(change(S::First::patch(id))))
    }

    /// Deletes the rows, and returns how many it has deleted.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, done: bool }
    ///
    /// let db = Database::memory()?;
    /// for (title, done) in [("Buy milk", true), ("Buy tea", true), ("Think", false)] {
    ///     db.create(Todo::draft().title(title).done(done))?;
    /// }
    /// assert_eq!(db.query::<Todo>().filter(Todo::done.eq(true)).delete()?, 2);
    /// assert_eq!(db.query::<Todo>().count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`update`](Self::update).
    pub fn delete(self) -> Result<u64>
    where
        S: OneTable<R>,
    {
        self.write_each(&mut |tx, id| tx.delete(id))
    }

    fn write_each(self, write: &mut WriteRow<'_, S::First>) -> Result<u64> {
        self.clauses.check()?;
        let mut rows = 0;
        self.source.get()?.write(&mut |tx| {
            rows = 0;
            for id in ids::<S::First>(tx.handle(), self.clauses.clone())? {
                rows += u64::from(write(tx, id)?);
            }
            Ok(())
        })?;
        Ok(rows)
    }
}

/// Writes a row, and returns whether it was there.
type WriteRow<'w, T> = dyn FnMut(&Transaction<'_>, Id<T>) -> Result<bool> + 'w;

/// Returns the ids of the rows with these clauses.
fn ids<T: Table>(source: Handle<'_>, mut clauses: Clauses) -> Result<Vec<Id<T>>> {
    clauses.select(vec![Untyped::column(ColumnTerm::id(MemberRef::of::<T>()))]);
    let query: Query<'_, (T,), Selected<Computed<Id<T>>>> = Query::with(source, clauses);
    Ok(query.all()?.into_iter().flatten().collect())
}
