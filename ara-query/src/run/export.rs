//! Exporting the rows of a query for people, as CSV or JSON.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufWriter, Write};

use ara_core::schema::Type;
#[cfg(feature = "csv")]
use ara_core::text_of;
use ara_core::{
    AsRead, Column, Error, FieldOf, Presence, Record, Result, SYSTEM_FIELDS, Stored, Timestamp,
    UtcOffset, Uuid, Value, put_json, put_json_text,
};

use crate::expr::scope::{Member, Scope};
use crate::query::Query;
use crate::query::aggregate::{Aggregated, Counted};
use crate::query::rows::{As, Left, Part, Rows};
use crate::query::select::{Computed, Item, Selected, Taken};
use crate::run::reader::{Next, each_row};
use crate::untyped::member::MemberRef;

/// An export of the rows of a query for people, with options: [`Query::exporter`] returns it.
///
/// Values are written as people write them:
///
/// | value | is written as |
/// |---|---|
/// | `bool` | `true` or `false` |
/// | number, counter | `12`, `0.5` |
/// | [`Timestamp`], and moments of `chrono`, `jiff` and `time` | `2026-11-21T09:30:00+01:00`, at the [offset](Self::at_offset), or with `Z` in UTC |
/// | date, time | `2026-11-21`, `09:30:00.5` |
/// | moment in a zone | `2026-11-21T08:30:00Z[Europe/Berlin]` |
/// | text, enum | the text, the stored name of the variant |
/// | [`Id`](ara_core::Id), UUID | `0194c1c2-9f3e-7d4e-8f00-0123456789ab` |
/// | [`Json`](ara_core::Json) | JSON |
/// | bytes | hexadecimal digits |
/// | a newtype | what it is stored as |
/// | no value | an empty field of CSV, `null` in JSON |
///
/// What is not JSON itself is a text there. [`Importer`](ara_core::Importer) reads all of it back, except that an empty
/// text in an optional column comes back from CSV as no value. What must come back bit for bit, with the rows that are
/// deleted and the columns of other versions of the app, is written by
/// [`export_json`](ara_core::Database::export_json).
#[must_use = "it writes nothing until it is given a writer: end it with `csv` or `json`"]
pub struct Exporter<'s, S: Scope, R = <S as Scope>::Rows> {
    query: Query<'s, S, R>,
    headers: Option<Vec<String>>,
    offset: UtcOffset,
    #[cfg(feature = "csv")]
    separator: u8,
    #[cfg(feature = "csv")]
    guards_formulas: bool,
}

/// # Exporting
///
/// These methods end a chain of clauses, and write its rows for people. Which columns they have, and in which order,
/// [`select`](Self::select) tells best: whole rows begin with the id and the times that ara keeps.
impl<'s, S: Scope, R: ExportRows> Query<'s, S, R> {
    /// Writes the rows as CSV, and returns their number. The first record has the names of the columns.
    ///
    /// It is CSV as RFC 4180 describes it, in UTF-8: fields are quoted where they have to be, and lines end with CR LF.
    /// See [`Exporter`] for how values are written, and for other separators, names and offsets.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Expense { id: Id<Expense>, title: String, euros: f64, paid_at: Option<Timestamp> }
    ///
    /// let db = Database::memory()?;
    /// db.create(Expense::draft().title("Milk, fresh").euros(1.29).paid_at("2026-11-21T08:30:00Z".parse::<Timestamp>()?))?;
    /// db.create(Expense::draft().title("Bread").euros(4.0))?;
    /// let mut csv = Vec::new(); // or a `std::fs::File`
    /// let expenses = db.query::<Expense>().order_by(Expense::title);
    /// expenses.select((Expense::title, Expense::euros, Expense::paid_at)).write_csv(&mut csv)?;
    /// assert_eq!(
    ///     String::from_utf8_lossy(&csv),
    ///     "title,euros,paid_at\r\nBread,4,\r\n\"Milk, fresh\",1.29,2026-11-21T08:30:00Z\r\n"
    /// );
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if `to` cannot be written, and the errors of [`all`](Self::all).
    #[cfg(feature = "csv")]
    pub fn write_csv(self, to: impl Write) -> Result<u64> {
        self.exporter().csv(to)
    }

    /// Writes the rows as JSON, an array with an object for each, and returns their number.
    ///
    /// See [`Exporter`] for how values are written, and for other names and offsets.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Expense { id: Id<Expense>, title: String, euros: f64, is_paid: Option<bool> }
    ///
    /// let db = Database::memory()?;
    /// db.create(Expense::draft().title("Milk").euros(1.29).is_paid(true))?;
    /// let mut json = Vec::new();
    /// db.query::<Expense>().select((Expense::title, Expense::euros, Expense::is_paid)).write_json(&mut json)?;
    /// assert_eq!(String::from_utf8_lossy(&json), "[\n{\"title\":\"Milk\",\"euros\":1.29,\"is_paid\":true}\n]\n");
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if `to` cannot be written, and the errors of [`all`](Self::all).
    pub fn write_json(self, to: impl Write) -> Result<u64> {
        self.exporter().json(to)
    }

    /// Returns an export of the rows, to which options can be given: see [`Exporter`].
    pub fn exporter(self) -> Exporter<'s, S, R> {
        Exporter {
            query: self,
            headers: None,
            offset: UtcOffset::UTC,
            #[cfg(feature = "csv")]
            separator: b',',
            #[cfg(feature = "csv")]
            guards_formulas: false,
        }
    }
}

impl<S: Scope, R: ExportRows> Exporter<'_, S, R> {
    /// Sets the names of the columns, one for each. By default, they are the stored names, with the name of the table
    /// before those that several tables have; an expression is called by its number, such as `column 3`.
    pub fn headers(mut self, headers: impl IntoIterator<Item: Into<String>>) -> Self {
        self.headers = Some(headers.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the offset from UTC at which moments are written. The default is UTC.
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

    /// Writes `'` before each text of CSV that a spreadsheet would run as a formula, as it begins with `=`, `+`, `-`, `@`,
    /// a tab or a line break. Do so if the file is opened in one, and texts may come from somebody else. Importing the
    /// file gives the texts with that character.
    #[cfg(feature = "csv")]
    pub fn guard_formulas(mut self) -> Self {
        self.guards_formulas = true;
        self
    }

    /// Writes the rows as CSV, like [`Query::write_csv`].
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if `to` cannot be written, [`Error::Headers`] if there are more or fewer
    /// [headers](Self::headers) than columns, and the errors of [`Query::all`].
    #[cfg(feature = "csv")]
    pub fn csv(self, to: impl Write) -> Result<u64> {
        let (offset, guards) = (self.offset, self.guards_formulas);
        let mut csv = csv::WriterBuilder::new()
            .delimiter(self.separator)
            .terminator(csv::Terminator::CRLF)
            .from_writer(to);
        let columns = self.columns()?;
        let guarded =
            |text: &str| guards && text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        let field = |csv: &mut csv::Writer<_>, text: &str, is_text: bool| {
            if is_text && guarded(text) {
                csv.write_field(format!("'{text}"))
            } else {
                csv.write_field(text)
            }
        };
        let end = |csv: &mut csv::Writer<_>| csv.write_record(None::<&[u8]>);
        let failed = |error: csv::Error| failed(error.into());
        columns
            .iter()
            .try_for_each(|column| field(&mut csv, &column.header, true))
            .map_err(failed)?;
        end(&mut csv).map_err(failed)?;
        let rows = self.each(&columns, &mut |values| {
            for (value, column) in values.iter().zip(&columns) {
                let text = value.as_ref().map(|value| text_of(value, column.ty, offset));
                let is_text = matches!(value, Some(Stored::Text(_)));
                field(&mut csv, &text.unwrap_or_default(), is_text).map_err(failed)?;
            }
            end(&mut csv).map_err(failed)
        })?;
        csv.flush().map_err(self::failed)?;
        Ok(rows)
    }

    /// Writes the rows as JSON, like [`Query::write_json`].
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if `to` cannot be written, [`Error::Headers`] if there are more or fewer
    /// [headers](Self::headers) than columns, and the errors of [`Query::all`].
    pub fn json(self, to: impl Write) -> Result<u64> {
        let offset = self.offset;
        let mut to = BufWriter::new(to);
        let columns = self.columns()?;
        let mut row = Vec::new();
        let mut before: &[u8] = b"[\n{";
        let rows = self.each(&columns, &mut |values| {
            row.clear();
            row.extend(before);
            before = b",\n{";
            for (at, (value, column)) in values.iter().zip(&columns).enumerate() {
                if at > 0 {
                    row.push(b',');
                }
                put_json_text(&mut row, &column.header);
                row.push(b':');
                put_json(&mut row, value.as_ref(), column.ty, offset);
            }
            row.push(b'}');
            to.write_all(&row).map_err(failed)
        })?;
        let end: &[u8] = if rows == 0 { b"[]\n" } else { b"\n]\n" };
        to.write_all(end).and_then(|()| to.flush()).map_err(failed)?;
        Ok(rows)
    }

    /// Returns the columns, with their headers.
    fn columns(&self) -> Result<Vec<Headed>> {
        let selected = self.query.clauses.selected_names();
        let columns = R::columns(S::MEMBERS, &selected);
        let headers = match &self.headers {
            Some(headers) if headers.len() != columns.len() => {
                return Err(Error::Headers { given: headers.len(), columns: columns.len() });
            }
            Some(headers) => headers.clone(),
            None => headers_of(&columns),
        };
        let headed = |(ExportColumn { ty, as_read, .. }, header)| Headed { header, ty, as_read };
        Ok(columns.into_iter().zip(headers).map(headed).collect())
    }

    /// Calls a function with the values of each row, and returns the number of rows.
    fn each(self, columns: &[Headed], each: &mut EachRow<'_>) -> Result<u64> {
        let Query { source, clauses, .. } = self.query;
        clauses.check()?;
        let tables = clauses.tables(S::MEMBERS);
        let statement = clauses.rows(S::MEMBERS).at_once();
        let mut collected = Vec::new();
        let mut rows = 0;
        source.get()?.read(&tables, &mut |reading| {
            collected.clear();
            each_row(reading, &statement, &mut |row| {
                if R::from_row(row).is_none() {
                    return Ok(Next::Row);
                }
                let value =
                    |(at, column): (usize, &Headed)| Ok(column.as_read.seen(row.get_ref(at)?));
                let values: Values =
                    columns.iter().enumerate().map(value).collect::<Result<_>>()?;
                if reading.is_private {
                    each(&values)?;
                    rows += 1;
                } else {
                    collected.push(values);
                }
                Ok(Next::Row)
            })
        })?;
        for values in collected {
            each(&values)?;
            rows += 1;
        }
        Ok(rows)
    }
}

/// The values of a row.
type Values = Vec<Option<Stored<'static>>>;

/// What is called with the values of a row.
type EachRow<'a> = dyn FnMut(&[Option<Stored<'static>>]) -> Result<()> + 'a;

fn failed(error: io::Error) -> Error {
    Error::Io { reason: error.to_string() }
}

/// A column of an export.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub struct ExportColumn {
    /// The names of its table and its own, unless it is an expression.
    names: Option<ColumnNames>,
    ty: Type,
    as_read: AsRead,
}

/// A column with the name that it has in the export.
struct Headed {
    header: String,
    ty: Type,
    as_read: AsRead,
}

/// The names of a table as the query reads it, and of a column.
type ColumnNames = (&'static str, &'static str);

/// Returns the names of columns: the stored ones, with those of the tables where several have it.
fn headers_of(columns: &[ExportColumn]) -> Vec<String> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for (_, name) in columns.iter().filter_map(|column| column.names) {
        *times.entry(name).or_default() += 1;
    }
    let header = |(at, column): (usize, &ExportColumn)| match column.names {
        Some((member, name)) if times.get(name).is_some_and(|times| *times > 1) => {
            format!("{}.{name}", member.strip_prefix("as ").unwrap_or(member))
        }
        Some((_, name)) => name.to_owned(),
        None => format!("column {}", at + 1),
    };
    columns.iter().enumerate().map(header).collect()
}

/// Rows that can be exported for people: those of tables, and columns and expressions that are selected.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be exported",
    label = "expected the rows of tables, or columns and expressions that are selected",
    note = "select the columns: `.select((Todo::title, Todo::done))`"
)]
pub trait ExportRows: Rows {
    #[doc(hidden)]
    fn columns(members: &[MemberRef], selected: &[Option<ColumnNames>]) -> Vec<ExportColumn>;
}

/// A table's share of a row that can be exported.
#[doc(hidden)]
pub trait ExportPart: Part {}

impl<R: Record> ExportPart for R {}
impl<A: Member, R: Record<Table = A::Table>> ExportPart for As<A, R> {}
impl<P: ExportPart> ExportPart for Left<P> {}

/// A part of a selection that can be exported.
#[doc(hidden)]
pub trait ExportItem: Item {}

impl<C: Column, F: FieldOf<C>> ExportItem for Taken<C, F> {}
impl<T: Value> ExportItem for Computed<T> {}
impl<P: Presence, T: Value> ExportItem for Aggregated<P, T> {}
impl ExportItem for Counted {}

/// Returns the columns that the rows of tables are read from.
fn columns_of(members: &[MemberRef]) -> Vec<ExportColumn> {
    let mut columns = Vec::new();
    for MemberRef { table, name: member } in members {
        for name in SYSTEM_FIELDS {
            let (ty, as_read) = match name {
                "id" => (Type::Uuid, AsRead::of::<Uuid>(None)),
                _ => (Type::Timestamp, AsRead::of::<Timestamp>(None)),
            };
            columns.push(ExportColumn { names: Some((member, name)), ty, as_read });
        }
        let kept =
            table.def.columns.iter().zip(table.as_read).filter(|(column, _)| !column.retired);
        columns.extend(kept.map(|(column, as_read)| ExportColumn {
            names: Some((member, column.name)),
            ty: column.ty,
            as_read: *as_read,
        }));
    }
    columns
}

fn column_of<I: ExportItem>(names: Option<ColumnNames>) -> ExportColumn {
    ExportColumn { names, ty: I::Value::TYPE, as_read: AsRead::of::<I::Value>(None) }
}

impl<I: ExportItem> ExportRows for Selected<I> {
    fn columns(_: &[MemberRef], selected: &[Option<ColumnNames>]) -> Vec<ExportColumn> {
        vec![column_of::<I>(selected.first().copied().flatten())]
    }
}

macro_rules! selected {
    ($($part:ident $_i:ident $n:literal)*) => {
        impl<$($part: ExportItem),*> ExportRows for Selected<($($part,)*)> {
            fn columns(_: &[MemberRef], selected: &[Option<ColumnNames>]) -> Vec<ExportColumn> {
                vec![$(column_of::<$part>(selected.get($n).copied().flatten())),*]
            }
        }
    };
}

tuples! { selected }

macro_rules! whole {
    ($($part:ident $_i:ident $n:literal)*) => {
        impl<$($part: ExportPart),*> ExportRows for ($($part,)*) {
            fn columns(members: &[MemberRef], _: &[Option<ColumnNames>]) -> Vec<ExportColumn> {
                columns_of(members)
            }
        }
    };
}

tables! { whole }

/// Shows the query.
impl<S: Scope, R> fmt::Debug for Exporter<'_, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("headers", &self.headers).finish_non_exhaustive()
    }
}
