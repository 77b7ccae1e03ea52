//! Conditions, and what `&`, `|` and `!` make of them.

use sea_query::{BinOper, Expr as Sql};

use crate::untyped::sql;
use crate::untyped::term::ColumnTerm;

/// Something that holds for a row or does not. NULL counts as "does not".
#[derive(Debug, Clone)]
pub enum Condition {
    /// One.
    One(Sql),
    /// Those joined by `&`, kept flat so that a long chain is no deep tree.
    All(Vec<Part>),
    /// Those joined by `|`, kept flat as well.
    Any(Vec<Sql>),
}

/// One of several conditions that must all hold.
#[derive(Debug, Clone)]
pub struct Part {
    pub(crate) sql: Sql,
    /// The column, if all that it says is that what the column holds can be read.
    pub(crate) guards: Option<ColumnTerm>,
}

impl From<Sql> for Part {
    fn from(sql: Sql) -> Self {
        Self { sql, guards: None }
    }
}

impl Condition {
    /// A condition on what a column holds, and what else must hold for that to be readable.
    pub(crate) fn guarded(condition: Sql, column: ColumnTerm, guard: Option<Sql>) -> Self {
        match guard {
            Some(sql) => Self::All(vec![condition.into(), Part { sql, guards: Some(column) }]),
            None => Self::One(condition),
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(mut parts), Self::All(others)) => {
                parts.extend(others);
                Self::All(parts)
            }
            (Self::All(mut parts), other) => {
                parts.push(other.into_sql().into());
                Self::All(parts)
            }
            (one, other) => Self::All(vec![one.into_sql().into(), other.into_sql().into()]),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any(mut parts), Self::Any(others)) => {
                parts.extend(others);
                Self::Any(parts)
            }
            (Self::Any(mut parts), other) => {
                parts.push(other.into_sql());
                Self::Any(parts)
            }
            (one, other) => Self::Any(vec![one.into_sql(), other.into_sql()]),
        }
    }

    pub(crate) fn negate(self) -> Self {
        Self::One(sql::is_not_true(self.into_sql()))
    }

    pub(crate) fn into_sql(self) -> Sql {
        match self {
            Self::One(condition) => condition,
            Self::All(parts) => {
                let parts = parts.into_iter().map(|part| part.sql).collect();
                sql::all(parts).unwrap_or_else(|| sql::constant(true))
            }
            Self::Any(parts) => {
                sql::join(parts, BinOper::Or).unwrap_or_else(|| sql::constant(false))
            }
        }
    }
}
