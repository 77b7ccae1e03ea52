//! What is to be known of an expression besides its SQL.

use ara_core::{Error, Result, Rule, TableRef};
use sea_query::Expr as Sql;

/// What must be known of the expressions of a query to run it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    /// The first value that breaks a rule. Running the query reports it.
    refused: Option<Box<Refused>>,
    /// The tables that subqueries read. Like those of the query itself, they must be in the file.
    reads: Vec<TableRef>,
    /// Whether an expression is about the search of the query, which must have one.
    is_of_search: bool,
    /// What the query must be grouped by.
    of_groups: Vec<Sql>,
}

/// A value that breaks a rule, and the column that it was to be compared with.
#[derive(Debug, Clone)]
struct Refused {
    /// The stored names of the table and of the column.
    column: Option<(&'static str, &'static str)>,
    rule: Rule,
}

impl Notes {
    /// Notes that a value breaks a rule.
    pub(crate) fn refusing(rule: Rule) -> Self {
        Self { refused: Some(Box::new(Refused { column: None, rule })), ..Self::default() }
    }

    /// Notes that the query must search for something.
    pub(crate) fn of_search() -> Self {
        Self { is_of_search: true, ..Self::default() }
    }

    /// Returns the notes for a query that does search for something.
    pub(crate) fn searched(self) -> Self {
        Self { is_of_search: false, ..self }
    }

    /// Notes that these tables are read.
    pub(crate) fn reading(tables: impl IntoIterator<Item = TableRef>) -> Self {
        Self { reads: tables.into_iter().collect(), ..Self::default() }
    }

    /// Adds the notes of another expression.
    pub(crate) fn add(&mut self, other: Self) {
        self.refused = self.refused.take().or(other.refused);
        self.reads.extend(other.reads);
        self.is_of_search |= other.is_of_search;
        self.of_groups.extend(other.of_groups);
    }

    /// Notes that the query must be grouped by this.
    pub(crate) fn of_group(&mut self, by: Sql) {
        self.of_groups.push(by);
    }

    /// Notes a broken rule unless the query is grouped by all that it must be grouped by.
    pub(crate) fn grouped_by(&mut self, by: &[Sql]) {
        let of_groups = std::mem::take(&mut self.of_groups);
        if self.refused.is_none() && !of_groups.iter().all(|it| by.contains(it)) {
            let rule = Rule::new(
                "must be what the query is grouped by: give `group_by` the same expression",
            );
            self.refused = Self::refusing(rule).refused;
        }
    }

    /// Names the column that a value which breaks a rule was to be compared with, unless one is named
    /// already.
    pub(crate) fn beside(&mut self, table: &'static str, column: &'static str) {
        if let Some(refused) = &mut self.refused {
            refused.column = refused.column.or(Some((table, column)));
        }
    }

    /// Returns the tables that subqueries read.
    pub(crate) fn reads(&self) -> &[TableRef] {
        &self.reads
    }

    /// Checks that no value breaks a rule and that no search is missing.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(refused) = self.refused.as_deref() else {
            return if self.is_of_search { Err(Error::NotSearched) } else { Ok(()) };
        };
        let rule = refused.rule.clone();
        // This is no `From<Refused> for Error`, since the compiler would list it whenever an app's own
        // conversion into `Error` does not compile.
        Err(match refused.column {
            Some((table, column)) => Error::Rule { table, column, rule },
            None => Error::Parameter { rule },
        })
    }
}
