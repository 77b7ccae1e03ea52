//! The rows that come after a given one in the order of a query.

use sea_query::{BinOper, Expr as Sql, JoinType, NullOrdering, Order as Direction, Value};

use crate::untyped::clauses::Clauses;
use crate::untyped::column::ColumnTerm;
use crate::untyped::condition::Conjunct;
use crate::untyped::member::MemberRef;
use crate::untyped::order::OrderTerm;
use crate::untyped::sql::{and, binary, constant, null, or};
use crate::untyped::term::Term;

impl Clauses {
    /// Orders rows that the order leaves equal by the ids of the first table, and of the tables that are
    /// joined by `join_many`. A row of the others follows from these.
    pub(crate) fn order_by_ids(&mut self, members: &[MemberRef]) {
        let first = members.first().copied();
        let many = self.joins.iter().filter(|joined| joined.are_many).map(|joined| joined.member);
        let ids = first.into_iter().chain(many).map(ColumnTerm::id);
        self.orders.extend(ids.map(OrderTerm::by_id));
    }

    /// Keeps the rows that come after the row with these values, of which there is one for each order.
    pub(crate) fn after(&mut self, values: &[Value]) {
        let orders: Vec<_> = self.orders.iter().zip(values).collect();
        let mut filters = Vec::new();
        // This follows from the condition below, but an index can find where the rows begin only by a
        // condition on the first order alone.
        if let Some((order, value)) = orders.first()
            && !is_null(value)
            && (order.nulls_come_first() || self.is_never_null(&order.by))
        {
            filters.push(binary(order.sql(), order.later(true), Sql::Value((*value).clone())));
        }
        // A row comes after the given one if the first order says so; or if it leaves both equal, and the
        // others say so.
        let after = orders.into_iter().rev().fold(None, |after, (order, value)| {
            let later = order.is_later(value);
            Some(match after {
                None => later,
                Some(after) => {
                    let same = binary(order.sql(), BinOper::Is, Sql::Value(value.clone()));
                    or(later, and(same, after))
                }
            })
        });
        filters.extend(after);
        self.filters.extend(filters.into_iter().map(Conjunct::from));
    }

    /// Returns whether it is there in every row.
    fn is_never_null(&self, term: &Term) -> bool {
        let Term::Column(column) = *term else { return false };
        if self.is_narrowed(column) {
            return true;
        }
        let mut left = self.joins.iter().filter(|joined| joined.kind == JoinType::LeftJoin);
        column.is_system() && !left.any(|joined| column.is_of(joined.member))
    }
}

fn is_null(value: &Value) -> bool {
    matches!(value, Value::Bytes(None))
}

impl OrderTerm {
    fn nulls_come_first(&self) -> bool {
        match self.nulls {
            Some(nulls) => matches!(nulls, NullOrdering::First),
            None => !matches!(self.direction, Direction::Desc),
        }
    }

    /// Returns the operator that compares a later value with an earlier one, or with the same one if
    /// `or_same`.
    fn later(&self, or_same: bool) -> BinOper {
        match (&self.direction, or_same) {
            (Direction::Desc, false) => BinOper::SmallerThan,
            (Direction::Desc, true) => BinOper::SmallerThanOrEqual,
            (_, false) => BinOper::GreaterThan,
            (_, true) => BinOper::GreaterThanOrEqual,
        }
    }

    /// Returns the condition that a row comes after those with this value.
    fn is_later(&self, value: &Value) -> Sql {
        match (is_null(value), self.nulls_come_first()) {
            (true, true) => binary(self.sql(), BinOper::IsNot, null()),
            (true, false) => constant(false),
            (false, first) => {
                let later = binary(self.sql(), self.later(false), Sql::Value(value.clone()));
                if first { later } else { or(later, binary(self.sql(), BinOper::Is, null())) }
            }
        }
    }
}
