//! What is to be known of an expression besides its SQL.

use ara_core::{Error, Result, Rule, TableRef};

/// What running a query needs to know of the expressions in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    /// The first value that breaks a rule: running the query reports it.
    refused: Option<Box<Refused>>,
    /// The tables that are read besides those of the query: they must be there.
    reads: Vec<TableRef>,
    /// Whether it is of what was searched for.
    is_of_search: bool,
}

/// A value that breaks a rule.
#[derive(Debug, Clone)]
struct Refused {
    column: Option<(&'static str, &'static str)>,
    rule: Rule,
}

impl Notes {
    /// A value that breaks a rule.
    pub(crate) fn refusing(rule: Rule) -> Self {
        Self { refused: Some(Box::new(Refused { column: None, rule })), ..Self::default() }
    }

    /// Only a query that searches knows it.
    pub(crate) fn of_search() -> Self {
        Self { is_of_search: true, ..Self::default() }
    }

    /// As they are to the query that searches.
    pub(crate) fn searched(self) -> Self {
        Self { is_of_search: false, ..self }
    }

    /// These tables are read.
    pub(crate) fn reading(tables: impl IntoIterator<Item = TableRef>) -> Self {
        Self { reads: tables.into_iter().collect(), ..Self::default() }
    }

    /// Adds what is to be known of another expression.
    pub(crate) fn add(&mut self, other: Self) {
        self.refused = self.refused.take().or(other.refused);
        self.reads.extend(other.reads);
        self.is_of_search |= other.is_of_search;
    }

    /// A value that breaks a rule stands beside this column, by the names of its table and its own.
    pub(crate) fn beside(&mut self, table: &'static str, column: &'static str) {
        if let Some(refused) = &mut self.refused {
            refused.column = refused.column.or(Some((table, column)));
        }
    }

    /// The tables that are read besides those of the query.
    pub(crate) fn reads(&self) -> &[TableRef] {
        &self.reads
    }

    /// Fails if a value breaks a rule, or a search is missing.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(refused) = self.refused.as_deref() else {
            return if self.is_of_search { Err(Error::NotSearched) } else { Ok(()) };
        };
        let rule = refused.rule.clone();
        // No `From`: it would be listed among those of `Error` when an app's own conversion does not
        // compile.
        Err(match refused.column {
            Some((table, column)) => Error::Rule { table, column, rule },
            None => Error::Parameter { rule },
        })
    }
}
