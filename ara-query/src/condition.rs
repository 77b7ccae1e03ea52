//! Conditions, and what `&`, `|` and `!` make of them.

use sea_query::{BinOper, Expr as Sql};

use crate::sql;

/// Something that holds for a row or does not. NULL counts as "does not".
#[derive(Debug, Clone)]
pub enum Condition {
    /// One.
    One(Sql),
    /// Those joined by `&`, kept flat so that a long chain is no deep tree.
    All(Vec<Sql>),
    /// Those joined by `|`, kept flat as well.
    Any(Vec<Sql>),
}

impl Condition {
    /// A condition on a stored value, and what else must hold for the value to be readable.
    pub(crate) fn guarded(condition: Sql, guard: Option<Sql>) -> Self {
        match guard {
            Some(guard) => Self::All(vec![condition, guard]),
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
                parts.push(other.into_sql());
                Self::All(parts)
            }
            (one, other) => Self::All(vec![one.into_sql(), other.into_sql()]),
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
            Self::All(parts) => sql::all(parts).unwrap_or_else(|| sql::constant(true)),
            Self::Any(parts) => {
                sql::join(parts, BinOper::Or).unwrap_or_else(|| sql::constant(false))
            }
        }
    }
}
