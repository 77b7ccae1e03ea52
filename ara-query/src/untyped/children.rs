//! The rows that refer to given rows.

use std::mem;

use sea_query::{BinOper, Func, OverStatement, SelectStatement, Value, WindowStatement};

use crate::untyped::clauses::Clauses;
use crate::untyped::column::ColumnTerm;
use crate::untyped::compile::record_columns;
use crate::untyped::member::MemberRef;
use crate::untyped::sql::{binary, each_of};
use crate::untyped::statement::Statement;

/// The name of the column that tells to which row a row refers. No stored name has a space in it.
const PARENT: &str = "the parent";

/// The name of the column that tells a row's place among those that refer to the same row, from 1.
const PLACE: &str = "the place";

impl Clauses {
    /// Reads the rows that refer by a column to one of the parents with these ids. The values of each row are
    /// followed by that column. The limit and the offset count the rows of each parent.
    pub(crate) fn of_parents(
        mut self,
        members: &[MemberRef],
        by: ColumnTerm,
        parents: Vec<Value>,
    ) -> Statement {
        let (limit, offset) = (self.limit.take(), mem::take(&mut self.offset));
        let is_cut = limit.is_some() || offset > 0;
        let mut select = SelectStatement::new();
        select.expr(record_columns(members));
        select.expr_as(by.sql(), PARENT);
        let orders = self.take_orders();
        if is_cut {
            let mut place = WindowStatement::new();
            place.add_partition_by(by.sql());
            orders.into_iter().for_each(|order| order.put(&mut place));
            select.expr_window_as(Func::cust("row_number"), place, PLACE);
        } else {
            orders.into_iter().for_each(|order| order.put(&mut select));
        }
        self.filters.push(binary(by.sql(), BinOper::In, each_of(parents)).into());
        let mut select = self.finish(select, members);
        // SQL counts the rows by their places, and not by a limit that the select has.
        select.is_exact |= is_cut;
        let statement = select.at_once();
        if is_cut { cut(statement, limit, offset) } else { statement }
    }
}

fn cut(statement: Statement, limit: Option<u64>, offset: u64) -> Statement {
    let most = i64::MAX.unsigned_abs();
    let last = limit.map_or(most, |limit| offset.saturating_add(limit)).min(most);
    let sql = format!(
        "SELECT * FROM ({}) WHERE \"{PLACE}\" > {offset} AND \"{PLACE}\" <= {last} \
         ORDER BY \"{PLACE}\"",
        statement.sql
    );
    Statement { sql, ..statement }
}
