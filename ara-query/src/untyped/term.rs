//! Operands.

use ara_core::{IntoValue, Result, Rule, Stored, Value};
use sea_query::{Expr as Sql, FunctionCall};

use crate::untyped::column::ColumnTerm;
use crate::untyped::condition::Condition;
use crate::untyped::notes::Notes;
use crate::untyped::readable::readable;
use crate::untyped::search::SnippetTerm;
use crate::untyped::sql;

/// An operand without its type.
#[derive(Debug, Clone)]
pub struct Untyped {
    pub(crate) term: Term,
    pub(crate) notes: Notes,
}

/// What an operand is.
#[derive(Debug, Clone)]
pub(crate) enum Term {
    /// A column.
    Column(ColumnTerm),
    /// What is computed from values that the app can read. NULL is absent.
    Computed(Sql),
    /// A condition.
    Condition(Condition),
    /// A value that the app gives. It is never absent.
    Bound(sea_query::Value),
    /// A value that the app gives, or nothing, which is known only when the query is run.
    Perhaps(sea_query::Value),
    /// A snippet of a text. Its SQL needs what was searched for, which the clauses know.
    Snippet(Box<SnippetTerm>),
    /// Nothing.
    Absent,
}

impl Term {
    /// Returns the value, which is NULL where it is absent.
    pub(crate) fn value(self) -> Sql {
        match self {
            Self::Column(column) => column.value(),
            Self::Computed(value) => value,
            Self::Condition(condition) => sql::is_true(condition.into_sql()),
            Self::Bound(value) | Self::Perhaps(value) => Sql::Value(value),
            Self::Snippet(_) | Self::Absent => sql::null(),
        }
    }

    /// Returns the value as it is stored, which is what an index on the column holds.
    pub(crate) fn stored(self) -> Sql {
        match self {
            Self::Column(column) => column.sql(),
            other => other.value(),
        }
    }

    /// Returns the condition that a term of type `bool` is true.
    pub(crate) fn condition(self) -> Condition {
        match self {
            Self::Condition(condition) => condition,
            other => Condition::One(other.value()),
        }
    }

    /// Returns the value to bind: NULL unless the term is a value that the app gives.
    pub(crate) fn into_bound(self) -> sea_query::Value {
        match self {
            Self::Bound(value) => value,
            _ => sea_query::Value::Bytes(None),
        }
    }
}

impl Untyped {
    /// Returns a column.
    pub(crate) fn column(column: ColumnTerm) -> Self {
        Self::from(Term::Column(column))
    }

    /// Returns a term for queries that search.
    pub(crate) fn of_search(term: Term) -> Self {
        Self { term, notes: Notes::of_search() }
    }

    /// Returns what converts to a value of type `T`.
    pub(crate) fn bound<T: Value, V: IntoValue<T>>(value: V) -> Self {
        const {
            assert!(
                !V::IS_ADDITION,
                "only a patch takes `Counter::add(..)`: a query compares a counter with a number, such as `3`"
            );
        }
        Self::stored(value.into_value().and_then(T::store).map(Some))
    }

    /// Returns a value of type `T`, or nothing.
    pub(crate) fn optional<T: Value>(value: Option<T>) -> Self {
        Self::stored(value.map(T::store).transpose())
    }

    /// Returns a value as it is stored, or nothing, or the note that it breaks a rule.
    pub(crate) fn stored(stored: Result<Option<Stored<'static>>, Rule>) -> Self {
        match stored {
            Ok(Some(stored)) => Self::from(Term::Bound(into_sea(stored))),
            Ok(None) => Self::from(Term::Absent),
            Err(rule) => Self { term: Term::Absent, notes: Notes::refusing(rule) },
        }
    }

    /// Returns the value to bind for what [`stored`](Self::stored) has made.
    pub(crate) fn into_bound(self) -> Result<sea_query::Value> {
        self.notes.check()?;
        Ok(self.term.into_bound())
    }

    /// Makes one term of two. If one of them is a value that breaks a rule, and the other a column, the error
    /// names the column.
    pub(crate) fn with(self, other: Self, make: impl FnOnce(Term, Term) -> Term) -> Self {
        let mut notes = self.notes;
        notes.add(other.notes);
        if let (Term::Column(column), _) | (_, Term::Column(column)) = (&self.term, &other.term) {
            let (table, column) = column.stored_names();
            notes.beside(table, column);
        }
        Self { term: make(self.term, other.term), notes }
    }

    /// Makes another term of it.
    pub(crate) fn map(self, make: impl FnOnce(Term) -> Term) -> Self {
        Self { term: make(self.term), notes: self.notes }
    }

    /// Returns an aggregate of the values that are not absent. The rows in which a column cannot be read are
    /// filtered out, which takes less time than making NULL of its values.
    pub(crate) fn aggregate(self, function: impl FnOnce(Sql) -> FunctionCall) -> Self {
        self.map(|term| {
            Term::Computed(Sql::FunctionCall(match term {
                Term::Column(column) => match column.readable() {
                    Some(it) => function(column.sql()).filter(readable(&column.sql(), it)),
                    None => function(column.sql()),
                },
                other => function(other.value()),
            }))
        })
    }

    /// Returns it as what the groups of a query have, which must be grouped by it.
    pub(crate) fn of_group(self) -> Self {
        let Self { term, mut notes } = self;
        notes.of_group(term.clone().value());
        Self { term, notes }
    }

    /// Computes something from the value.
    pub(crate) fn compute(self, make: impl FnOnce(Sql) -> Sql) -> Self {
        self.map(|term| Term::Computed(make(term.value())))
    }

    /// Computes something from two values.
    pub(crate) fn compute_with(self, other: Self, make: impl FnOnce(Sql, Sql) -> Sql) -> Self {
        self.with(other, |left, right| Term::Computed(make(left.value(), right.value())))
    }
}

impl From<Term> for Untyped {
    fn from(term: Term) -> Self {
        Self { term, notes: Notes::default() }
    }
}

fn into_sea(stored: Stored<'static>) -> sea_query::Value {
    match stored {
        Stored::Integer(integer) => integer.into(),
        Stored::Real(real) => real.into(),
        Stored::Text(text) => text.into_owned().into(),
        Stored::Blob(bytes) => bytes.into_owned().into(),
    }
}
