//! Joined tables.

use sea_query::{BinOper, Expr as Sql, JoinType};

use crate::untyped::column::ColumnTerm;
use crate::untyped::member::MemberRef;
use crate::untyped::sql::{and, binary, constant};

/// A table that a query joins.
#[derive(Debug, Clone)]
pub(crate) struct Joined {
    pub member: MemberRef,
    pub kind: JoinType,
    pub on: Sql,
    /// Whether a row of the query may be joined with several rows of the table.
    pub are_many: bool,
}

impl Joined {
    /// Joins the row of a table to which a column of the query refers.
    pub(crate) fn one(kind: JoinType, member: MemberRef, reference: ColumnTerm) -> Self {
        let on = same(ColumnTerm::id(member), reference, member);
        Self { member, kind, on, are_many: false }
    }

    /// Joins the rows of a table that refer by one of their columns to a row of the query's, of which this is
    /// the id.
    pub(crate) fn many(
        kind: JoinType,
        member: MemberRef,
        reference: ColumnTerm,
        id: ColumnTerm,
    ) -> Self {
        Self { member, kind, on: same(reference, id, member), are_many: true }
    }
}

/// Returns the condition that two columns are equal, and that the row of the joined table is not deleted.
fn same(left: ColumnTerm, right: ColumnTerm, joined: MemberRef) -> Sql {
    let same = binary(left.sql(), BinOper::Equal, right.sql());
    let deleted = Sql::col((joined.name, "is_deleted"));
    and(same, binary(deleted, BinOper::IsNot, constant(1_i64)))
}
