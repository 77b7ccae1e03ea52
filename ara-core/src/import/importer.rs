//! Importing rows, with options.

use std::fmt;
use std::io::Read;
use std::path::Path;

use crate::database::Database;
use crate::database::writer::let_others_write;
use crate::error::{Error, Result};
use crate::import::imported::{ImportProgress, Imported};
use crate::import::row::ImportRow;
use crate::import::target::{Batch, Terms, refuse};
use crate::import::{json, sqlite_file};
use crate::model::table::{Create, Table};
use crate::names::is_ara_s;
use crate::value::UtcOffset;
use crate::value::foreign::read::Reading;

/// An import of rows from a SQLite file of another program, from CSV or from JSON, with options:
/// [`Database::importer`] returns it.
///
/// Each row of the source is given to a closure, which makes a draft of it. The draft says how the row is found again:
/// with an [`id`](ImportRow::id) that is made from its key, importing the same source again creates no second row, but
/// writes what differs, and restores a row that was deleted. Columns that the draft does not set are left alone.
///
/// Rows are written some thousands at a time, each time in a transaction of its own, so that memory is bounded, others
/// can write in between, and other devices get the rows in small pieces. A row that cannot be imported is left out, and
/// [`Imported`] tells why. If the import ends with an error, or the process ends, the rows that were written before
/// stay: import again, and it goes on. Rows without an id would be created twice then, so import these
/// [all or not at all](Self::all_or_nothing).
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Person { id: Id<Person>, name: NonEmptyString<100>, born: Option<i64> }
///
/// let db = Database::memory()?;
/// let json = r#"[{"no": 1, "name": "Ada", "born": 1815}, {"no": 2, "name": ""}]"#;
/// let mut done = 0;
/// let imported = db.importer().on_progress(|progress| done = progress.rows).json(json.as_bytes(), |row| {
///     Ok(Person::draft().id(row.id("no")?).name(row.get("name")?).born(row.get("born")?))
/// })?;
/// assert_eq!((imported.read, imported.created, imported.refused), (2, 1, 1));
/// assert_eq!(
///     imported.refusals[0].to_string(),
///     "row 2: column `person.name` must be text of 1 to 100 characters that is not blank, and the source has other text there"
/// );
/// assert_eq!(done, 2);
/// # Ok::<(), ara::Error>(())
/// ```
#[must_use = "it imports nothing until it is given a source: end it with `sqlite`, `csv` or `json`"]
pub struct Importer<'a> {
    database: &'a Database,
    terms: Terms,
    pub(super) offset: UtcOffset,
    #[cfg(feature = "csv")]
    pub(super) separator: u8,
    on_progress: Option<Box<dyn FnMut(ImportProgress) + 'a>>,
}

impl Database {
    /// Returns an import of rows, to which options can be given: see [`Importer`].
    pub fn importer(&self) -> Importer<'_> {
        Importer {
            database: self,
            terms: Terms { keeps_existing: false, is_all_or_nothing: false },
            offset: UtcOffset::UTC,
            #[cfg(feature = "csv")]
            separator: b',',
            on_progress: None,
        }
    }

    /// Imports rows from a SQLite file of another program, such as one of `rusqlite` or `diesel`.
    ///
    /// `sql` is a query of that file, and `row` makes a draft of each row that it gives. A setter takes
    /// [`row.get("name")?`](ImportRow::get), whatever the type of its column.
    ///
    /// The file is only read, as of the moment at which the import begins. Nothing is written into its folder, also if
    /// its write-ahead log lies beside it, or the folder is read-only. Another program may use the file meanwhile.
    ///
    /// See [`Importer`] for what is kept if the import ends with an error, and for options.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Person { id: Id<Person>, name: NonEmptyString<100>, boss_id: Option<Id<Person>> }
    ///
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// # let path = folder.path().join("old.db");
    /// # let old = rusqlite::Connection::open(&path).expect("opens");
    /// # old.execute_batch("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, boss INTEGER); \
    /// #     INSERT INTO people VALUES (1, 'Ada', NULL), (2, 'Charles', 1)").expect("is made");
    /// let db = Database::memory()?;
    /// let imported = db.import_sqlite(&path, "SELECT id, name, boss FROM people", |row| {
    ///     Ok(Person::draft().id(row.id("id")?).name(row.get("name")?).boss_id(row.get("boss")?))
    /// })?;
    /// assert_eq!(imported.created, 2);
    /// let charles = db.query::<Person>().filter(Person::name.eq("Charles")).one()?;
    /// assert_eq!(charles.boss_id, Some(Id::from_key("1")));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Importer::sqlite`].
    pub fn import_sqlite<C: Create>(
        &self,
        path: impl AsRef<Path>,
        sql: &str,
        row: impl FnMut(&ImportRow<'_>) -> Result<C>,
    ) -> Result<Imported> {
        self.importer().sqlite(path, sql, row)
    }

    /// Imports rows from CSV, whose first record names the columns.
    ///
    /// `row` makes a draft of each other record. A setter takes [`row.get("name")?`](ImportRow::get), whatever the type
    /// of its column; an empty field is no value. CSV is text in UTF-8, as RFC 4180 describes it.
    ///
    /// See [`Importer`] for what is kept if the import ends with an error, and for options.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Expense { id: Id<Expense>, title: String, paid: bool, at: Option<Timestamp> }
    ///
    /// let csv = "no,title,paid,at\n\
    ///     1,\"Milk, fresh\",yes,2026-11-21 08:30\n\
    ///     2,Bread,perhaps,\n";
    /// let db = Database::memory()?;
    /// let imported = db.import_csv(csv.as_bytes(), |row| {
    ///     Ok(Expense::draft()
    ///         .id(row.id("no")?)
    ///         .title(row.get("title")?)
    ///         .paid(row.get("paid")?)
    ///         .at(row.get("at")?))
    /// })?;
    /// assert_eq!(imported.created, 1);
    /// assert_eq!(
    ///     imported.refusals[0].to_string(),
    ///     "row 3: column `expense.paid` must be true or false, and the source has other text there"
    /// );
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Importer::csv`].
    #[cfg(feature = "csv")]
    pub fn import_csv<C: Create>(
        &self,
        from: impl Read,
        row: impl FnMut(&ImportRow<'_>) -> Result<C>,
    ) -> Result<Imported> {
        self.importer().csv(from, row)
    }
}

impl<'a> Importer<'a> {
    /// Imports all rows or none, in one transaction: the first row that is refused ends the import, with
    /// [`Error::Row`], and nothing is written if it ends with an error.
    ///
    /// Nobody else can write meanwhile, the closure must not use the database, and other devices get the rows in one
    /// piece.
    pub fn all_or_nothing(mut self) -> Self {
        self.terms.is_all_or_nothing = true;
        self
    }

    /// Leaves rows alone that are there already, also if they were deleted or forgotten. So importing again changes
    /// nothing of what the user has edited meanwhile.
    pub fn keep_existing(mut self) -> Self {
        self.terms.keeps_existing = true;
        self
    }

    /// Sets the offset from UTC of moments that are written without one. The default is none: they are in UTC, as those
    /// that SQLite writes.
    pub fn at_offset(mut self, offset: impl Into<UtcOffset>) -> Self {
        self.offset = offset.into();
        self
    }

    /// Sets the character between the fields of CSV, such as `b';'` or `b'\t'`. The default is a comma.
    #[cfg(feature = "csv")]
    pub fn separator(mut self, separator: u8) -> Self {
        self.separator = separator;
        self
    }

    /// Sets a function that is told how far the import has come, each time that some thousand rows are written.
    ///
    /// For its `total`, the rows of the query of a SQLite file are counted first.
    pub fn on_progress(mut self, tell: impl FnMut(ImportProgress) + 'a) -> Self {
        self.on_progress = Some(Box::new(tell));
        self
    }

    /// Imports rows from a SQLite file of another program, like [`Database::import_sqlite`].
    ///
    /// # Errors
    ///
    /// Returns [`Error::Open`] or [`Error::NotADatabase`] if the file cannot be opened; [`Error::Source`] if the SQL is
    /// not valid in it, or the closure asks for a column that the query does not give; an error of the closure that
    /// is not about its row; with [`all_or_nothing`](Self::all_or_nothing), [`Error::Row`] if a row is refused; and
    /// [common errors](Database#common-errors).
    pub fn sqlite<C: Create>(
        self,
        path: impl AsRef<Path>,
        sql: &str,
        row: impl FnMut(&ImportRow<'_>) -> Result<C>,
    ) -> Result<Imported> {
        let source = sqlite_file::open(path.as_ref(), self.database.0.options.busy_timeout)?;
        let total = match self.on_progress {
            Some(_) => Some(source.count(sql)?),
            None => None,
        };
        let reading = self.reading();
        self.import(total, row, &mut |each| source.each_row(sql, reading, each))
    }

    /// Imports rows from JSON: an array of objects, or objects one after another, as in JSON Lines.
    ///
    /// `row` makes a draft of each object. A setter takes [`row.get("name")?`](ImportRow::get), whatever the type of its
    /// column; a column that an object does not name has no value in it, and an array or an object within one is JSON
    /// for a column of [`Json`](crate::Json).
    ///
    /// [`import_json`](Database::import_json) is another thing: it reads back exactly what
    /// [`export_json`](Database::export_json) wrote.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Source`] if `from` is not JSON, and [`Error::Io`] if it cannot be read; an error of the closure
    /// that is not about its row; with [`all_or_nothing`](Self::all_or_nothing), [`Error::Row`] if a row is refused; and
    /// [common errors](Database#common-errors).
    pub fn json<C: Create>(
        self,
        from: impl Read,
        row: impl FnMut(&ImportRow<'_>) -> Result<C>,
    ) -> Result<Imported> {
        let mut from = std::io::BufReader::new(from);
        let reading = self.reading();
        self.import(None, row, &mut |each| json::each_row(&mut from, reading, each))
    }

    /// Imports rows from CSV, like [`Database::import_csv`].
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if `from` cannot be read; [`Error::Source`] if the closure asks for a column that the first
    /// record does not name; an error of the closure that is not about its row; with
    /// [`all_or_nothing`](Self::all_or_nothing), [`Error::Row`] if a row is refused; and
    /// [common errors](Database#common-errors).
    #[cfg(feature = "csv")]
    pub fn csv<C: Create>(
        self,
        from: impl Read,
        row: impl FnMut(&ImportRow<'_>) -> Result<C>,
    ) -> Result<Imported> {
        let (reading, separator) = (self.reading(), self.separator);
        let mut from = from;
        self.import(None, row, &mut |each| {
            crate::import::csv::each_row(&mut from, separator, reading, each)
        })
    }

    fn reading(&self) -> Reading {
        Reading { offset: self.offset, unit: None }
    }

    /// Imports the rows that a source gives.
    fn import<C: Create>(
        mut self,
        total: Option<u64>,
        mut row: impl FnMut(&ImportRow<'_>) -> Result<C>,
        source: &mut dyn FnMut(&mut EachRow<'_>) -> Result<()>,
    ) -> Result<Imported> {
        const {
            assert!(
                !is_ara_s(<C::Table as Table>::NAME),
                "ara writes this table itself: an app reads it"
            )
        }
        let Self { database, terms, .. } = self;
        let mut tell = self.on_progress.take();
        let mut read_all = |write: &mut WriteBatch<'_, C::Table>| {
            let mut imported = Imported::default();
            let mut batch = Batch::new();
            let mut write_out = |batch: &mut Batch<C::Table>, imported: &mut Imported| {
                write(batch, imported)?;
                batch.clear();
                if let Some(tell) = &mut tell {
                    tell(ImportProgress { rows: imported.read, total });
                }
                Ok(())
            };
            source(&mut |number, read| {
                imported.read += 1;
                let added = match read {
                    Ok(read) => row(&read).and_then(|row| batch.add(number, row)),
                    Err(reason) => Err(Error::Row { row: number, reason }),
                };
                if let Err(error) = added {
                    refuse(number, error, terms, &mut imported)?;
                }
                if batch.is_full() { write_out(&mut batch, &mut imported) } else { Ok(()) }
            })?;
            write_out(&mut batch, &mut imported)?;
            imported.refusals.sort_by_key(|refused| refused.row);
            Ok(imported)
        };
        if terms.is_all_or_nothing {
            return database.transaction(|tx| {
                read_all(&mut |batch, imported| batch.write(tx, terms, imported))
            });
        }
        database.0.refuse_if_read_only()?;
        let mut is_first = true;
        read_all(&mut |batch, imported| {
            if batch.is_empty() {
                return Ok(());
            }
            if !std::mem::take(&mut is_first) {
                let_others_write();
            }
            // What a transaction did counts once it is committed.
            let mut with_batch = imported.clone();
            database.transaction(|tx| batch.write(tx, terms, &mut with_batch))?;
            *imported = with_batch;
            Ok(())
        })
    }
}

/// Is called with each row of a source: its number, and the row, or what is wrong with it.
pub(super) type EachRow<'a> = dyn FnMut(u64, Result<ImportRow<'_>, String>) -> Result<()> + 'a;

/// Writes the rows of a batch.
type WriteBatch<'a, T> = dyn FnMut(&Batch<T>, &mut Imported) -> Result<()> + 'a;

impl fmt::Debug for Importer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Importer").field("terms", &self.terms).finish_non_exhaustive()
    }
}
