//! The columns of a query.

use ara_core::schema::{ReadAs, TableDef};
use ara_core::{Class, Column, Readable, SYSTEM_FIELDS, Value, read_as};
use sea_query::{BinOper, CaseStatement, Expr as Sql};

use crate::untyped::member::MemberRef;
use crate::untyped::readable::{beside_equal, expected_readable, readable};
use crate::untyped::sql::{as_real, binary, null};

/// A column of a table that a query reads.
#[derive(Debug, Clone, Copy)]
pub struct ColumnTerm {
    /// The name by which the query reads the table.
    member: &'static str,
    table: &'static TableDef,
    name: &'static str,
    /// The name of the column that is read: a hidden one, if the column replaces others.
    shown: &'static str,
    /// What rows without a value are read as.
    missing: Option<ReadAs>,
    /// Which stored values the app can read. `None` for a column that ara itself fills, as it is in every
    /// row.
    readable: Option<fn() -> Readable>,
}

impl ColumnTerm {
    /// Returns the column `C` of a table.
    pub(crate) fn of<C: Column>(member: MemberRef) -> Self {
        let readable: Option<fn() -> Readable> =
            if SYSTEM_FIELDS.contains(&C::NAME) { None } else { Some(C::Value::readable) };
        let (table, name, shown) = (member.table.def, C::NAME, C::SHOWN);
        let missing = match C::MISSING {
            Some(_) => table.column(name).and_then(|column| column.missing),
            None => None,
        };
        Self { member: member.name, table, name, shown, missing, readable }
    }

    /// Returns the id of a table's rows.
    pub(crate) fn id(member: MemberRef) -> Self {
        let (table, name) = (member.table.def, "id");
        Self { member: member.name, table, name, shown: name, missing: None, readable: None }
    }

    /// Returns the required columns of a table.
    pub(crate) fn required(member: MemberRef) -> impl Iterator<Item = Self> {
        let MemberRef { table, name: member } = member;
        let columns = table.def.columns.iter().zip(table.as_read);
        columns.filter(|(column, _)| column.required).map(move |(column, as_read)| Self {
            member,
            table: table.def,
            name: column.name,
            shown: column.shown(),
            missing: column.missing,
            readable: Some(as_read.readable),
        })
    }

    /// Returns whether its table requires it, so that few rows lack it.
    pub(crate) fn is_required(self) -> bool {
        self.table.columns.iter().any(|column| column.required && column.name == self.name)
    }

    /// Returns whether ara itself fills it, so that no row lacks it.
    pub(crate) fn is_system(self) -> bool {
        self.readable.is_none()
    }

    /// Returns whether the other one is the same column.
    pub(crate) fn is(self, other: Self) -> bool {
        self.member == other.member && self.name == other.name
    }

    /// Returns whether it belongs to this table of the query.
    pub(crate) fn is_of(self, member: MemberRef) -> bool {
        self.member == member.name
    }

    /// Returns the name of the column that is read, if its SQL is not that of a column alone: what reads the query as a
    /// table needs a name then.
    pub(crate) fn needs_name(self) -> Option<&'static str> {
        self.missing.map(|_| self.shown)
    }

    /// Returns the name by which the query reads its table, and the stored name of the column.
    pub(crate) fn names(self) -> (&'static str, &'static str) {
        (self.member, self.name)
    }

    /// Returns the stored names of its table and of the column.
    pub(crate) fn stored_names(self) -> (&'static str, &'static str) {
        (self.table.name, self.name)
    }

    /// Returns whether no value that cannot be read equals one that can, so that SQL merges no two rows of
    /// which the app reads but one.
    pub(crate) fn is_kept_apart(self) -> bool {
        self.beside_equal().is_none()
    }

    /// Returns the column as it is stored, readable or not. Where nothing is stored, it is what such rows are read as.
    pub(crate) fn sql(self) -> Sql {
        match self.missing.map(ReadAs::literal) {
            Some(Ok(literal)) => {
                Sql::Custom(read_as(Some(self.member), self.shown, &literal).into())
            }
            _ => Sql::col((self.member, self.shown)),
        }
    }

    /// Returns the value, which is NULL where it cannot be read.
    pub(crate) fn value(self) -> Sql {
        match self.readable() {
            Some(it) => {
                let value = if is_real(it) { as_real(self.sql()) } else { self.sql() };
                CaseStatement::new().case(readable(&self.sql(), it), value).into()
            }
            None => self.sql(),
        }
    }

    /// Returns which values the app can read, or `None` if it can read all that are stored.
    pub(crate) fn readable(self) -> Option<Readable> {
        self.readable.map(|readable| readable())
    }

    /// Returns what must hold besides for a value that equals a readable one: see
    /// [`beside_equal`](fn@beside_equal).
    pub(crate) fn beside_equal(self) -> Option<Sql> {
        self.readable().and_then(|it| beside_equal(&self.sql(), it))
    }

    /// Returns the condition that a value is stored and can be read.
    pub(crate) fn is_there(self) -> Sql {
        match self.readable() {
            Some(it) => expected_readable(&self.sql(), it),
            None => self.is_stored(),
        }
    }

    /// Returns whether the value can be read, where no rows are chosen by it. `None` if all that is stored can be.
    pub(crate) fn is_readable(self) -> Option<Sql> {
        self.readable().map(|it| readable(&self.sql(), it))
    }

    /// Returns the condition that a value is stored, readable or not.
    pub(crate) fn is_stored(self) -> Sql {
        binary(self.sql(), BinOper::IsNot, null())
    }
}

/// Returns whether it is of floats, of which whole ones may be stored as integers, with which SQLite would
/// calculate otherwise.
fn is_real(it: Readable) -> bool {
    matches!(it, Readable::Reals | Readable::Checked { class: Class::Real, .. })
}
