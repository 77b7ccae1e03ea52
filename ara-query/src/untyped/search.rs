//! The SQL of full-text search.

use ara_core::stored_table_name;
use sea_query::{BinOper, Expr as Sql, JoinType, SelectStatement};

use crate::untyped::column::ColumnTerm;
use crate::untyped::member::MemberRef;
use crate::untyped::sql::{binary, call, constant};

/// What a query searches for in its first table.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    /// The FTS5 table.
    pub index: String,
    /// What the user wrote.
    pub text: Sql,
}

/// A [`Snippet`](crate::Snippet) without its type.
#[derive(Debug, Clone)]
pub(crate) struct SnippetTerm {
    pub column: ColumnTerm,
    pub before: String,
    pub after: String,
    pub words: u32,
}

/// The name by which a query reads the FTS5 table. No stored name has a space in it.
const FOUND: &str = "the search";

impl Search {
    /// Returns how well a row fits, which FTS5 computes.
    pub(crate) fn rank() -> Sql {
        Sql::col((FOUND, "rank"))
    }

    /// Returns a snippet of the text that was found.
    pub(crate) fn snippet(&self, snippet: SnippetTerm) -> Sql {
        let SnippetTerm { column, before, after, words } = snippet;
        let (before, after) = (Sql::Value(before.into()), Sql::Value(after.into()));
        let words = Sql::Value(i64::from(words).into());
        call("ara_snippet", [column.value(), self.text.clone(), before, after, words])
    }

    /// Makes a select read the rows of the query's first table that are found, and returns the conditions
    /// that it must have.
    ///
    /// The tables are read in the order in which they are added, so that FTS5 finds the rows, best first, and
    /// SQLite reads each of them only once it is needed.
    pub(crate) fn read(self, select: &mut SelectStatement, first: MemberRef) -> [Sql; 2] {
        let Self { index, text } = self;
        let table = stored_table_name(first.table.def).into_owned();
        let matching = call("ara_match", [text]);
        let column = Sql::col((FOUND, index.clone()));
        // SQLite does not reorder the tables of a `CROSS JOIN`. sea-query wants a condition for each join,
        // and writes none for this kind.
        select.from_as(index, FOUND);
        select.join_as(JoinType::CrossJoin, table, first.name, constant(true));
        [
            binary(column, BinOper::Custom("MATCH"), matching),
            binary(Sql::col((first.name, "ara_row")), BinOper::Equal, Sql::col((FOUND, "rowid"))),
        ]
    }
}
