//! The rows that a query names by their ids. A watch need not look at changes of others.

use ara_core::{Uuid, stored_table_name};
use sea_query::{BinOper, ColumnName, ColumnRef, Expr as Sql, Value};

use crate::untyped::clauses::Clauses;
use crate::untyped::member::MemberRef;

/// The most rows of a table that are worth looking for in each commit.
const MOST: usize = 64;

/// Returns, for each table of which the query reads only rows that it names, the stored name of the table
/// and the ids of those rows.
pub(crate) fn named_rows(clauses: &Clauses, members: &[MemberRef]) -> Vec<(String, Vec<Uuid>)> {
    let of_member = |member: &MemberRef| {
        // A row is returned only if all filters hold, so one that names ids is enough.
        let rows = clauses.filters.iter().find_map(|filter| ids(&filter.sql, member.name))?;
        Some((stored_table_name(member.table.def).into_owned(), rows))
    };
    // If the query reads a table also under an alias or in a subquery, it reads other rows of it there.
    let read = clauses.tables(members);
    let is_read_once = |member: &&MemberRef| {
        read.iter().filter(|table| table.def.name == member.table.def.name).count() == 1
    };
    members.iter().filter(is_read_once).filter_map(of_member).collect()
}

/// Returns the ids, if the filter says that a row of this table has one of them.
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
