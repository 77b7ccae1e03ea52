//! Operands without their types. What the typed side has checked is put together here, once and not
//! for each type.

use ara_core::{Column, IntoValue, Readable, Rule, SYSTEM_FIELDS, Stored, Table, Value};
use sea_query::{BinOper, CaseStatement, Expr as Sql, FunctionCall};

use crate::expr::scope::{Member, MemberRef};
use crate::query::search::SnippetTerm;
use crate::untyped::condition::Condition;
use crate::untyped::notes::Notes;
use crate::untyped::readable::{beside_equal, expected_readable, readable};
use crate::untyped::sql;

/// An operand without its type.
#[derive(Debug, Clone)]
pub struct Untyped {
    pub(crate) term: Term,
    pub(crate) notes: Notes,
}

#[derive(Debug, Clone)]
pub(crate) enum Term {
    /// A stored column.
    Column(ColumnTerm),
    /// A value that was computed from what can be read; NULL is absent.
    Computed(Sql),
    /// True or not.
    Condition(Condition),
    /// A value of the program's, which is never absent.
    Bound(sea_query::Value),
    /// The part of a text in which a search found its words: the clauses know what it is.
    Snippet(Box<SnippetTerm>),
    /// Nothing.
    Absent,
}

/// A column as it is stored.
#[derive(Debug, Clone, Copy)]
pub struct ColumnTerm {
    /// What its table is called in the query.
    member: &'static str,
    table: &'static str,
    name: &'static str,
    /// `None` for the columns that ara itself fills: they are always there.
    readable: Option<fn() -> Readable>,
}

impl ColumnTerm {
    pub(crate) fn of<M: Member, C: Column>() -> Self {
        let readable: Option<fn() -> Readable> =
            if SYSTEM_FIELDS.contains(&C::NAME) { None } else { Some(C::Value::readable) };
        Self { member: M::CALLED, table: C::Table::NAME, name: C::NAME, readable }
    }

    /// The id of a table's rows.
    pub(crate) fn id<M: Member>() -> Self {
        Self { member: M::CALLED, table: M::Table::NAME, name: "id", readable: None }
    }

    /// The id of a row that is joined.
    pub(crate) fn id_of(member: MemberRef) -> Self {
        Self { member: member.name, table: member.table.def.name, name: "id", readable: None }
    }

    /// The required columns of a table.
    pub(crate) fn required<M: Member>() -> impl Iterator<Item = Self> {
        let columns = M::Table::TABLE.columns.iter().zip(M::Table::READABLE);
        columns.filter(|(column, _)| column.required).map(|(column, readable)| Self {
            member: M::CALLED,
            table: M::Table::NAME,
            name: column.name,
            readable: Some(*readable),
        })
    }

    /// Whether its table requires it, so that few rows are without.
    pub(crate) fn is_required(self, members: &[MemberRef]) -> bool {
        let mut members = members.iter().filter(|member| member.name == self.member);
        members.any(|member| {
            let mut columns = member.table.def.columns.iter();
            columns.any(|column| column.required && column.name == self.name)
        })
    }

    /// Whether ara itself fills it: it is always there.
    pub(crate) fn is_system(&self) -> bool {
        self.readable.is_none()
    }

    /// Whether it is the same column.
    pub(crate) fn is(&self, other: Self) -> bool {
        self.member == other.member && self.name == other.name
    }

    /// Whether it is of this table of the query.
    pub(crate) fn is_of(self, member: MemberRef) -> bool {
        self.member == member.name
    }

    /// Its table in the query, and its name.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        (self.member, self.name)
    }

    /// Whether no value that cannot be read is equal to one that can, so that they are not merged.
    pub(crate) fn is_kept_apart(self) -> bool {
        self.readable().and_then(|it| beside_equal(&self.sql(), it)).is_none()
    }

    /// The column, readable or not.
    pub(crate) fn sql(self) -> Sql {
        Sql::col((self.member, self.name))
    }

    /// Which values the app can read, unless all.
    pub(crate) fn readable(self) -> Option<Readable> {
        self.readable.map(|readable| readable())
    }

    /// Whether it is there and can be read.
    pub(crate) fn is_there(self) -> Sql {
        let column = self.sql();
        match self.readable() {
            Some(it) => expected_readable(&column, it),
            None => self.is_stored(),
        }
    }

    /// Whether it is there, readable or not.
    pub(crate) fn is_stored(self) -> Sql {
        sql::binary(self.sql(), BinOper::IsNot, null())
    }
}

fn null() -> Sql {
    Sql::Keyword(sea_query::Keyword::Null)
}

impl Term {
    /// The value, NULL where it is absent.
    pub(crate) fn value(self) -> Sql {
        match self {
            Self::Column(column) => match column.readable() {
                None => column.sql(),
                Some(it) => {
                    CaseStatement::new().case(readable(&column.sql(), it), column.sql()).into()
                }
            },
            Self::Computed(value) => value,
            Self::Condition(condition) => sql::is_true(condition.into_sql()),
            Self::Bound(value) => Sql::Value(value),
            Self::Snippet(_) | Self::Absent => null(),
        }
    }

    /// The value as it is stored: what an index on the column holds.
    pub(crate) fn stored(self) -> Sql {
        match self {
            Self::Column(column) => column.sql(),
            other => other.value(),
        }
    }

    /// As a condition, of a term that is true or not or absent.
    pub(crate) fn condition(self) -> Condition {
        match self {
            Self::Condition(condition) => condition,
            other => Condition::One(other.value()),
        }
    }
}

impl Untyped {
    pub(crate) fn column(column: ColumnTerm) -> Self {
        Self::from(Term::Column(column))
    }

    /// What only a query that searches knows.
    pub(crate) fn of_search(term: Term) -> Self {
        Self { term, notes: Notes::of_search() }
    }

    /// What converts to a value of type `T`.
    pub(crate) fn bound<T: Value>(value: impl IntoValue<T>) -> Self {
        Self::stored(value.into_value().and_then(T::store).map(Some))
    }

    /// A value, or nothing.
    pub(crate) fn optional<T: Value>(value: Option<T>) -> Self {
        Self::stored(value.map(T::store).transpose())
    }

    /// What is stored of a value, or nothing.
    pub(crate) fn stored(stored: Result<Option<Stored<'static>>, Rule>) -> Self {
        match stored {
            Ok(Some(stored)) => Self::from(Term::Bound(into_sea(stored))),
            Ok(None) => Self::from(Term::Absent),
            Err(rule) => Self { term: Term::Absent, notes: Notes::refusing(rule) },
        }
    }

    /// The value that it is bound to.
    pub(crate) fn into_bound(self) -> ara_core::Result<sea_query::Value> {
        self.notes.check()?;
        Ok(match self.term {
            Term::Bound(value) => value,
            _ => sea_query::Value::Bytes(None),
        })
    }

    /// Puts two together. A value that breaks a rule is told of with the column it stands beside.
    pub(crate) fn with(self, other: Self, make: impl FnOnce(Term, Term) -> Term) -> Self {
        let mut notes = self.notes;
        notes.add(other.notes);
        if let (Term::Column(column), _) | (_, Term::Column(column)) = (&self.term, &other.term) {
            notes.beside(column.table, column.name);
        }
        Self { term: make(self.term, other.term), notes }
    }

    pub(crate) fn map(self, make: impl FnOnce(Term) -> Term) -> Self {
        Self { term: make(self.term), notes: self.notes }
    }

    /// An aggregate of what is there. The rows in which a column is not are passed over: to make NULL of
    /// it first would take longer.
    pub(crate) fn aggregate(self, function: impl FnOnce(Sql) -> FunctionCall) -> Self {
        self.map(|term| {
            Term::Computed(Sql::FunctionCall(match term {
                Term::Column(column) => match column.readable() {
                    Some(it) => {
                        let column = column.sql();
                        function(column.clone()).filter(readable(&column, it))
                    }
                    None => function(column.sql()),
                },
                other => function(other.value()),
            }))
        })
    }

    /// A function of the value.
    pub(crate) fn compute(self, make: impl FnOnce(Sql) -> Sql) -> Self {
        self.map(|term| Term::Computed(make(term.value())))
    }

    /// A function of two values.
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
