//! The methods by which an app begins its queries.

use ara_core::{Database, Handle, Result, Schema, Source, Table};

use crate::expr::param::Params;
use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::run::prepared::Prepared;
use crate::run::raw_sql::{IntoSql, Sql};
use crate::run::sql_row::SqlRow;
use crate::run::unreadable::{UnreadableColumn, unreadable};

/// What begins queries: a database, a transaction, and the past of a database.
pub trait Queries: Source {
    /// Begins a query of the rows of `T` that are not deleted.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// db.transaction(|tx| {
    ///     tx.create(Todo::draft().title("Buy milk"))?;
    ///     assert_eq!(tx.query::<Todo>().count()?, 1);
    ///     Ok(())
    /// })?;
    /// assert_eq!(db.query::<Todo>().count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn query<T: Table>(&self) -> Query<'_, (T,)>;

    /// Reads tuples of values by SQL that is written by hand, or by a select of
    /// [`sea_query`](crate::sea_query).
    ///
    /// The SQL reads the stored values, those of deleted rows included (`is_deleted IS 1`). The tables must
    /// be in the file, so [`ensure`](ara_core::Database::ensure) them first. SQL that writes is refused,
    /// since its changes would not be in the log.
    ///
    /// No row is left out. If a value is NULL, or not of the type that it is read as, reading fails; a
    /// value that is read as an `Option` is `None` then, as in a row of a table.
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

    /// Compiles a query once, to run it many times with other values. The closure that builds the query is
    /// given its parameters, and uses them in place of values.
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
    ///
    /// The query may be one that [owns its database](OwnedQueries::owned_query), so that it can be kept in a struct.
    fn prepare<'q, P: Params, S: Scope, R: Rows>(
        &self,
        build: impl FnOnce(P) -> Query<'q, S, R>,
    ) -> Prepared<'q, P, S, R> {
        Prepared::new(build(P::markers()))
    }

    /// Returns the columns of a table or a schema that hold values which this version of the app cannot
    /// read, and in how many rows. It returns no values.
    ///
    /// Another version of the app, or another program, wrote these values: a variant that only a newer
    /// version knows, say, or a text that is too long for this one. To this version they are missing. They
    /// stay in the file until they are overwritten.
    ///
    /// A column that replaces others is absent, too, where the function that reads it panics, and a replaced one has no
    /// value where the function that writes it does. These are counted apart, with the name of the
    /// [function](UnreadableColumn::lens), which is called again to find out.
    ///
    /// Other rows in which nothing is stored are not counted, nor are deleted rows. This reads all rows of the
    /// tables.
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
    /// Returns the errors of [`Query::all`].
    fn unreadable<T: Schema>(&self) -> Result<Vec<UnreadableColumn>>;
}

impl<D: Source> Queries for D {
    fn query<T: Table>(&self) -> Query<'_, (T,)> {
        Query::new(self.handle())
    }

    fn sql<T: SqlRow>(&self, sql: impl IntoSql) -> Sql<'_, T> {
        Sql::new(self.handle(), sql)
    }

    fn unreadable<T: Schema>(&self) -> Result<Vec<UnreadableColumn>> {
        unreadable(self, T::TABLES)
    }
}

/// Queries and SQL that own a handle to their database, and can be kept longer than another handle: in the field of a
/// struct, in a thread or in a task.
pub trait OwnedQueries {
    /// Begins a query, as [`query`](Queries::query) does, that owns a handle to the database and keeps it open.
    ///
    /// ```
    /// use ara::prelude::*;
    /// use ara::{Param, Prepared};
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, stars: i64 }
    ///
    /// struct Todos { all: Query<'static, (Todo,)>, starred: Prepared<'static, (Param<i64>,), (Todo,)> }
    ///
    /// impl Todos {
    ///     fn new(db: &Database) -> Self {
    ///         let all = db.owned_query::<Todo>().order_by(Todo::title);
    ///         let starred = db.prepare(|(least,)| db.owned_query::<Todo>().filter(Todo::stars.ge(least)));
    ///         Self { all, starred }
    ///     }
    /// }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk").stars(2))?;
    /// let todos = Todos::new(&db);
    /// drop(db);
    /// let counts = std::thread::spawn(move || Ok((todos.all.count()?, todos.starred.count((3,))?)));
    /// assert_eq!(counts.join().expect("does not panic")?, (1, 0));
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn owned_query<T: Table>(&self) -> Query<'static, (T,)>;

    /// Returns SQL, as [`sql`](Queries::sql) does, that owns a handle to the database and keeps it open.
    fn owned_sql<T: SqlRow>(&self, sql: impl IntoSql) -> Sql<'static, T>;
}

impl OwnedQueries for Database {
    fn owned_query<T: Table>(&self) -> Query<'static, (T,)> {
        Query::new(Handle::owned(self.clone()))
    }

    fn owned_sql<T: SqlRow>(&self, sql: impl IntoSql) -> Sql<'static, T> {
        Sql::new(Handle::owned(self.clone()), sql)
    }
}
