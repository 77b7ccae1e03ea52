//! The rows that a query names by their ids, so that others need not be looked at.

use ara_core::{Uuid, stored_table_name};
use sea_query::{BinOper, ColumnName, ColumnRef, Expr as Sql, Value};

use crate::expr::scope::MemberRef;
use crate::untyped::clauses::Clauses;

/// For each table of which the query reads only rows that it names: its stored name and their ids.
pub(crate) fn named_rows(clauses: &Clauses, members: &[MemberRef]) -> Vec<(String, Vec<Uuid>)> {
    let of_member = |member: &MemberRef| {
        // All filters must hold for a row of the result.
        let rows = clauses.filters.iter().find_map(|filter| ids(&filter.sql, member.name))?;
        Some((stored_table_name(member.table.def).into_owned(), rows))
    };
    // A table that is read under an alias too, or by a subquery, is read in other rows.
    let read = clauses.tables(members);
    let is_read_once = |member: &&MemberRef| {
        read.iter().filter(|table| table.def.name == member.table.def.name).count() == 1
    };
    members.iter().filter(is_read_once).filter_map(of_member).collect()
}

/// The ids, if the filter is that a row of this table has one of them.
fn ids(filter: &Sql, member: &str) -> Option<Vec<Uuid>> {
    let Sql::Binary(column, op, values) = filter else { return None };
    if !is_id(column, member) {
        return None;
    }
    match (op, &**values) {
        (BinOper::Is | BinOper::Equal, value) => Some(vec![id(value)?]),
        (BinOper::In, Sql::Tuple(values)) if values.len() <= MOST => {
            values.iter().map(id).collect()
        }
        _ => None,
    }
}

/// The most rows that are looked for at each commit.
const MOST: usize = 64;

fn is_id(column: &Sql, member: &str) -> bool {
    let Sql::Column(ColumnRef::Column(ColumnName(Some(table), column))) = column else {
        return false;
    };
    table.1.inner() == member && column.inner() == "id"
}

fn id(value: &Sql) -> Option<Uuid> {
    match value {
        Sql::Value(Value::Bytes(Some(bytes))) => Uuid::from_slice(bytes).ok(),
        _ => None,
    }
}
