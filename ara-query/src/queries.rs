//! Where queries begin.

use ara_core::{Result, Schema, Source, Table};

use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::run::prepared::{Params, Prepared};
use crate::run::raw_sql::{IntoSql, Sql, SqlRow};
use crate::run::unreadable::{UnreadableColumn, unreadable};

/// Starts queries. A database and a transaction both do.
pub trait Queries: Source {
    /// A query of the rows of `T` that are not deleted.
    fn query<T: Table>(&self) -> Query<'_, (T,)>;

    /// Reads with SQL that is written by hand, or a select of [`sea_query`](crate::sea_query), into tuples of
    /// values. It reads what is stored, deleted rows included (`is_deleted IS 1`), from the tables that are
    /// there: [`ensure`](ara_core::Database::ensure) them first. SQL that writes is refused: what it writes
    /// would be in no log.
    ///
    /// Whoever writes SQL knows what it gives, so no row is left out: a value that is NULL, or not of the type
    /// that it is read as, is an error. Read as an `Option`, it is `None`, as in a row of a table.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, stars: Option<i64> }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk").stars(2))?;
    /// let sql = "SELECT id, upper(title) FROM todo WHERE stars > ?1 AND is_deleted IS NOT 1";
    /// let rows = db.sql::<(Id<Todo>, Option<String>)>(sql).bind(1).all()?;
    /// assert_eq!(rows[0].1.as_deref(), Some("BUY MILK"));
    ///
    /// let select = db.query::<Todo>().select(Todo::stars).into_select();
    /// assert_eq!(db.sql::<(i64,)>(select).one()?, (2,));
    /// assert!(matches!(db.sql::<(i64,)>("DELETE FROM todo").all(), Err(ara::Error::RawWrite)));
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn sql<T: SqlRow>(&self, sql: impl IntoSql) -> Sql<'_, T>;

    /// Makes the SQL of a query once, to be run many times with other values: a closure is given the
    /// parameters, and uses them where it would use a value of their types.
    ///
    /// ```
    /// use ara::Param;
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, stars: i64 }
    ///
    /// let db = Database::memory()?;
    /// for (title, stars) in [("Buy milk", 2), ("Think", 5)] {
    ///     db.create(Todo::draft().title(title).stars(stars))?;
    /// }
    /// let starred = db.prepare(|(least, word): (Param<i64>, Param<String>)| {
    ///     db.query::<Todo>().filter(Todo::stars.ge(least) & Todo::title.ne(word))
    /// });
    /// assert_eq!(starred.count((1, "Think"))?, 1);
    /// assert_eq!(starred.all((3, "Buy milk"))?[0].title.as_deref(), Some("Think"));
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn prepare<'s, P: Params, S: Scope, R: Rows>(
        &'s self,
        build: impl FnOnce(P) -> Query<'s, S, R>,
    ) -> Prepared<'s, P, S, R> {
        Prepared::new(build(P::markers()))
    }

    /// The columns that hold values which this version of the app cannot read, and in how many rows, of a
    /// table or of a schema: names and numbers, never a value. Another version of the app wrote them, or
    /// another program: a variant that only a newer one knows, a text that is too long for this one. They
    /// read as missing, and stay as they are until they are overwritten.
    ///
    /// A column that holds nothing is not among them, and deleted rows are not counted. All rows are read.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// mod newer {
    ///     use ara::prelude::*;
    ///
    ///     #[derive(Table)]
    ///     pub struct Todo { pub id: Id<Todo>, pub title: NonEmptyString<1000> }
    /// }
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: NonEmptyString<5> }
    ///
    /// let db = Database::memory()?;
    /// db.create(newer::Todo::draft().title("Buy milk"))?;
    /// assert_eq!(db.query::<Todo>().one()?.title, None);
    /// for column in db.unreadable::<Todo>()? {
    ///     assert_eq!((column.table, column.column, column.rows), ("todo", "title", 1));
    ///     println!("{column}");
    /// }
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    fn unreadable<T: Schema>(&self) -> Result<Vec<UnreadableColumn>>;
}

impl<D: Source> Queries for D {
    fn query<T: Table>(&self) -> Query<'_, (T,)> {
        Query::new(self)
    }

    fn sql<T: SqlRow>(&self, sql: impl IntoSql) -> Sql<'_, T> {
        Sql::new(self, sql)
    }

    fn unreadable<T: Schema>(&self) -> Result<Vec<UnreadableColumn>> {
        unreadable(self, T::TABLES)
    }
}
