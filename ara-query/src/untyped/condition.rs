//! Conditions, and what `&`, `|` and `!` make of them.

use sea_query::{BinOper, Expr as Sql};

use crate::untyped::column::ColumnTerm;
use crate::untyped::sql;

/// Something that holds for a row or does not. Where its SQL is NULL, it does not hold.
#[derive(Debug, Clone)]
pub enum Condition {
    /// A single condition.
    One(Sql),
    /// Conditions joined by `&`: a list, so that a long chain does not become a deep tree.
    All(Vec<Conjunct>),
    /// Conditions joined by `|`: a list as well.
    Any(Vec<Sql>),
}

/// One of several conditions that must all hold.
#[derive(Debug, Clone)]
pub struct Conjunct {
    pub(crate) sql: Sql,
    /// The column, if the condition says only that its value can be read.
    pub(crate) guards: Option<ColumnTerm>,
}

impl From<Sql> for Conjunct {
    fn from(sql: Sql) -> Self {
        Self { sql, guards: None }
    }
}

impl Condition {
    /// Returns a condition on the stored value of a column, together with its guard: the condition under
    /// which that value can be read.
    pub(crate) fn guarded(condition: Sql, column: ColumnTerm, guard: Option<Sql>) -> Self {
        match guard {
            Some(sql) => Self::All(vec![condition.into(), Conjunct { sql, guards: Some(column) }]),
            None => Self::One(condition),
        }
    }

    /// Returns the condition that both hold.
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

    /// Returns the condition that one of them holds, or both.
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

    /// Returns the condition that it does not hold.
    pub(crate) fn negate(self) -> Self {
        Self::One(sql::is_not_true(self.into_sql()))
    }

    /// Returns its SQL.
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
