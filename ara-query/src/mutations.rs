//! The methods by which an app writes, wherever it writes.

use ara_core::{Column, Create, Database, Id, Result, Table, Transaction, Update};

use crate::queries::Queries;

/// What can be written to, and read: a database, and a transaction. A function that takes `&impl Mutations` works with
/// either.
///
/// Of a database, each method is a transaction of its own, unless [`within`](Self::within) makes one of several.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String }
///
/// fn add_both(to: &impl Mutations, titles: [&str; 2]) -> ara::Result<u64> {
///     to.within(|tx| {
///         tx.create_all(titles.map(|title| Todo::draft().title(title)))?;
///         tx.query::<Todo>().count()
///     })
/// }
///
/// let db = Database::memory()?;
/// assert_eq!(add_both(&db, ["Buy milk", "Think"])?, 2);
/// assert_eq!(db.transaction(|tx| add_both(tx, ["Rest", "Sleep"]))?, 4);
/// # Ok::<(), ara::Error>(())
/// ```
///
/// # Errors
///
/// The methods return the errors of those of the same names of [`Database`].
#[expect(clippy::missing_errors_doc, reason = "they are told once, above")]
pub trait Mutations: Queries {
    /// Runs a closure in a transaction: a new one of the database, or the transaction itself. If the closure fails,
    /// the new one is rolled back; a transaction goes on until its own closure is over, which should return the error.
    fn within<R>(&self, run: impl FnOnce(&Transaction<'_>) -> Result<R>) -> Result<R>;

    /// Creates a row, and returns its id: see [`Database::create`].
    fn create<C: Create>(&self, row: C) -> Result<Id<C::Table>>;

    /// Creates rows, and returns their ids: see [`Database::create_all`].
    fn create_all<C: Create>(&self, rows: impl IntoIterator<Item = C>)
    -> Result<Vec<Id<C::Table>>>;

    /// Creates a row, or updates the row that has its id: see [`Database::upsert`].
    fn upsert<C: Create>(&self, row: C) -> Result<Id<C::Table>>;

    /// Updates a row, and returns whether there was one: see [`Database::update`].
    fn update<U: Update>(&self, patch: U) -> Result<bool>;

    /// Deletes a row, and returns whether there was one: see [`Database::delete`].
    fn delete<T: Table>(&self, id: Id<T>) -> Result<bool>;

    /// Restores a deleted row, and returns whether the row exists now: see [`Database::restore`].
    fn restore<T: Table>(&self, id: Id<T>) -> Result<bool>;

    /// Returns the row with this id, or `None` if there is none or it is deleted: see [`Database::get`].
    fn get<T: Table>(&self, id: Id<T>) -> Result<Option<T::Row>>;

    /// Clears a value that this version of the app cannot read: see [`Database::clear_unreadable`].
    fn clear_unreadable<C: Column>(&self, id: Id<C::Table>, column: C) -> Result<bool>;
}

macro_rules! mutations {
    ($($ty:ty, |$self:ident, $run:ident| $within:expr;)*) => {$(
        impl Mutations for $ty {
            fn within<R>(&$self, $run: impl FnOnce(&Transaction<'_>) -> Result<R>) -> Result<R> {
                $within
            }

            fn create<C: Create>(&self, row: C) -> Result<Id<C::Table>> {
                self.create(row)
            }

            fn create_all<C: Create>(
                &self,
                rows: impl IntoIterator<Item = C>,
            ) -> Result<Vec<Id<C::Table>>> {
                self.create_all(rows)
            }

            fn upsert<C: Create>(&self, row: C) -> Result<Id<C::Table>> {
                self.upsert(row)
            }

            fn update<U: Update>(&self, patch: U) -> Result<bool> {
                self.update(patch)
            }

            fn delete<T: Table>(&self, id: Id<T>) -> Result<bool> {
                self.delete(id)
            }

            fn restore<T: Table>(&self, id: Id<T>) -> Result<bool> {
                self.restore(id)
            }

            fn get<T: Table>(&self, id: Id<T>) -> Result<Option<T::Row>> {
                self.get(id)
            }

            fn clear_unreadable<C: Column>(&self, id: Id<C::Table>, column: C) -> Result<bool> {
                self.clear_unreadable(id, column)
            }
        }
    )*};
}

mutations! {
    Database, |self, run| self.transaction(run);
    Transaction<'_>, |self, run| run(self);
}
