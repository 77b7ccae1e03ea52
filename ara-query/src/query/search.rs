//! Full-text search.

use ara_core::{SearchColumn, Searchable, Table, search_tables, stored_table_name};
use sea_query::{BinOper, Expr as Sql, JoinType, SelectStatement};

use crate::expr::column::ColumnRef;
use crate::expr::scope::{MemberRef, Scope};
use crate::expr::text::TextOperand;
use crate::expr::{Expr, Within};
use crate::query::Query;
use crate::query::select::{Computed, Selectable};
use crate::untyped::sql::{binary, call, constant};
use crate::untyped::term::{ColumnTerm, Term, Untyped};

/// What a query searches for in its first table.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    /// The FTS5 table, and the map from its rows to the table's.
    tables: (String, String),
    /// What the user wrote.
    text: Sql,
}

/// A [`Snippet`] without its types.
#[derive(Debug, Clone)]
pub(crate) struct SnippetTerm {
    column: ColumnTerm,
    before: String,
    after: String,
    words: u32,
}

/// What the FTS5 table is called in a query, and the map. No stored name has a space in it.
const FOUND: &str = "the search";
const ROWS: &str = "the rows found";

impl Search {
    pub(crate) fn rank() -> Sql {
        Sql::col((FOUND, "rank"))
    }

    pub(crate) fn snippet(&self, snippet: SnippetTerm) -> Sql {
        let SnippetTerm { column, before, after, words } = snippet;
        let (before, after) = (Sql::Value(before.into()), Sql::Value(after.into()));
        let text = Term::Column(column).value();
        let words = Sql::Value(i64::from(words).into());
        call("ara_snippet", [text, self.text.clone(), before, after, words])
    }

    /// Reads the rows that are found, of the query's first table, by the conditions that it returns. They
    /// are read in this order: FTS5 finds them, best first, and the others are read as they are asked for.
    pub(crate) fn read(self, select: &mut SelectStatement, first: MemberRef) -> [Sql; 3] {
        let (found, rows) = self.tables;
        let table = stored_table_name(first.table.def).into_owned();
        let matching = call("ara_match", [self.text]);
        let column = Sql::col((FOUND, found.clone()));
        let same = |one: (&'static str, &'static str), other: (&'static str, &'static str)| {
            binary(Sql::col(one), BinOper::Equal, Sql::col(other))
        };
        // A `CROSS JOIN` is one that SQLite does not reorder. sea-query knows it without a condition.
        let unconditional = || constant(true);
        select.from_as(found, FOUND);
        select.join_as(JoinType::CrossJoin, rows, ROWS, unconditional());
        select.join_as(JoinType::CrossJoin, table, first.name, unconditional());
        [
            binary(column, BinOper::Custom("MATCH"), matching),
            same((ROWS, "ara_doc"), (FOUND, "rowid")),
            same((first.name, "id"), (ROWS, "id")),
        ]
    }
}

/// # Search
impl<S: Scope, R> Query<'_, S, R> {
    /// Keeps the rows of the query's first table in which words are found, in any of the columns that have
    /// `#[table(search)]`, whatever their case and their accents. The best come first, unless the query has an
    /// order of its own.
    ///
    /// What a user writes can be given as it is. It is never an error:
    ///
    /// | | finds |
    /// |---|---|
    /// | `buy milk` | rows that have both words |
    /// | `mil*` | words that begin so |
    /// | `"oat milk"` | words that follow one another |
    /// | `milk -soy`, `milk -"soy milk"` | rows without a word, or without such words |
    ///
    /// Everything else separates words, and to look for nothing, or only for what must not be there, finds
    /// nothing. The first 1,000 characters count. The last search of a query counts.
    ///
    /// Deleted rows are not found.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo {
    ///     id: Id<Todo>,
    ///     #[table(search)]
    ///     title: NonEmptyString<1000>,
    ///     #[table(search)]
    ///     notes: Option<String>,
    /// }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk"))?;
    /// db.create(Todo::draft().title("Café").notes("milk: oat"))?;
    ///
    /// assert_eq!(db.query::<Todo>().search("buy mil*").count()?, 1);
    /// assert_eq!(db.query::<Todo>().search("cafe -soy").count()?, 1);
    /// assert_eq!(db.query::<Todo>().search("\"milk oat\"").count()?, 1);
    ///
    /// let snippet = ara::snippet(Todo::notes, "<b>", "</b>", 8);
    /// let found = db.query::<Todo>().search("oat").select((ara::rank(), snippet)).one()?;
    /// assert!(found.0.is_some_and(|rank| rank < 0.0));
    /// assert_eq!(found.1.as_deref(), Some("milk: <b>oat</b>"));
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn search<V, How>(mut self, text: V) -> Self
    where
        S::First: Searchable,
        V: TextOperand<(), How>,
    {
        let Untyped { term, notes } = text.text_operand();
        let tables = search_tables(S::First::TABLE);
        let search = tables.map(|tables| Search { tables, text: term.value() });
        self.clauses.search(search, notes);
        self
    }
}

/// How well a row fits what the query [searches](Query::search) for: the lower the better, and never above
/// zero. Words that few rows have weigh most (BM25).
///
/// A query that does not search fails with [`Error::NotSearched`](ara_core::Error::NotSearched).
#[must_use]
pub fn rank<S>() -> Expr<S, f64> {
    Expr::new(Untyped::of_search(Term::Computed(Search::rank())))
}

/// The part of a column's text in which most of what the query [searches](Query::search) for is found, to
/// be selected: this many words at most (64 are the most), each word that was found between `before` and
/// `after`, and `…` where text was left out. Where nothing is found in this column, it is the beginning of
/// the text.
///
/// The text is not escaped: mark words with characters that no text has if it is to become HTML, and
/// replace them once the text is escaped.
///
/// A query that does not search fails with [`Error::NotSearched`](ara_core::Error::NotSearched).
#[must_use]
pub fn snippet<C>(
    column: C,
    before: impl Into<String>,
    after: impl Into<String>,
    words: u32,
) -> Snippet<C>
where
    C: ColumnRef<Column: SearchColumn>,
{
    Snippet { column, before: before.into(), after: after.into(), words }
}

/// A part of the text of the column `C`: see [`snippet`].
#[derive(Debug, Clone)]
pub struct Snippet<C> {
    column: C,
    before: String,
    after: String,
    words: u32,
}

#[diagnostic::do_not_recommend]
impl<S, R, C: ColumnRef + Within<S, I>, I> Selectable<S, R, I> for Snippet<C> {
    type Item = Computed<String>;

    fn into_untyped(self) -> Untyped {
        let Self { column, before, after, words } = self;
        let _ = column;
        let snippet = SnippetTerm { column: C::term(), before, after, words };
        Untyped::of_search(Term::Snippet(Box::new(snippet)))
    }
}
