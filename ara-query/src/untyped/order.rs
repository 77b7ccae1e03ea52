//! What the rows of a query are ordered by.

use sea_query::{Expr as Sql, NullOrdering, Order as Direction, OrderedStatement};

use crate::untyped::column::ColumnTerm;
use crate::untyped::sql::call;
use crate::untyped::term::Term;

/// What rows are ordered by, in which direction, and where the rows come in which it is NULL.
#[derive(Debug, Clone)]
pub(crate) struct OrderTerm {
    pub by: Term,
    pub direction: Direction,
    /// `None` for where SQLite puts them: it takes NULL for the least value.
    pub nulls: Option<NullOrdering>,
}

impl OrderTerm {
    /// Orders by the ids of a table's rows, which are never NULL.
    pub(crate) fn by_id(id: ColumnTerm) -> Self {
        Self { by: Term::Column(id), direction: Direction::Asc, nulls: None }
    }

    /// Orders texts that differ in case alone as if they were the same. Other values stay as they are.
    pub(crate) fn ignore_case(&mut self) {
        self.by = Term::Computed(call("ara_fold", [self.sql()]));
    }

    /// Returns what SQL orders by.
    pub(crate) fn sql(&self) -> Sql {
        self.by.clone().stored()
    }

    /// Adds the order to a statement.
    pub(crate) fn put(self, statement: &mut impl OrderedStatement) {
        let by = self.by.stored();
        match self.nulls {
            Some(nulls) => statement.order_by_expr_with_nulls(by, self.direction, nulls),
            None => statement.order_by_expr(by, self.direction),
        };
    }
}
