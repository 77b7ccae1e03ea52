//! The clauses of a query, and the SQL that they make.

use ara_core::{Error, Id, Result, Table, TableRef, select_list, stored_table_name};
use sea_query::{
    BinOper, Expr as Sql, NullOrdering, Order as Direction, SelectStatement, SqliteQueryBuilder,
    Value,
};

use crate::order::Order;
use crate::sql::{self, binary, call, constant};
use crate::term::{ColumnTerm, Refused, Untyped};

/// What a query was asked for, without its types.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clauses {
    pub deleted: Deleted,
    pub narrowed: Vec<ColumnTerm>,
    pub limit: Option<u64>,
    pub offset: u64,
    filters: Vec<Sql>,
    orders: Vec<(Sql, Direction, Option<NullOrdering>)>,
    refused: Option<Box<Refused>>,
}

/// Which rows, by whether they are deleted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Deleted {
    #[default]
    Not,
    Too,
    Only,
}

/// A statement and the values it is run with.
#[derive(Debug)]
pub(crate) struct Statement {
    pub sql: String,
    pub values: Vec<Value>,
}

impl Clauses {
    pub(crate) fn filter(&mut self, filter: Untyped) {
        self.refused = self.refused.take().or(filter.refused);
        self.filters.push(filter.term.condition().into_sql());
    }

    pub(crate) fn order<S>(&mut self, order: Order<S>) {
        self.refused = self.refused.take().or(order.refused);
        self.orders.push((order.by, order.direction, order.nulls));
    }

    /// Leaves the row with this id, if it is among the others, whatever the limit.
    pub(crate) fn find<T: Table>(&mut self, id: Id<T>) {
        let id = Sql::Value(id.uuid().into_bytes().to_vec().into());
        self.filters.push(binary(Sql::col((T::NAME, "id")), BinOper::Equal, id));
        self.limit = None;
        self.offset = 0;
    }

    /// Fails if a value was given that breaks a rule.
    pub(crate) fn check(&self) -> Result<()> {
        self.refused.as_deref().map_or(Ok(()), |refused| Err(Error::from(refused)))
    }

    /// Reads the rows: for each table in turn, what its records are read from.
    pub(crate) fn rows(&self, tables: &[TableRef]) -> Statement {
        let mut select = SelectStatement::new();
        for table in tables {
            for column in select_list(table.def) {
                select.column((table.def.name, column));
            }
        }
        self.restrict(&mut select, tables, if self.is_cut() { Exactly::Yes } else { Exactly::No });
        for (by, direction, nulls) in &self.orders {
            match nulls {
                Some(nulls) => {
                    select.order_by_expr_with_nulls(by.clone(), direction.clone(), *nulls)
                }
                None => select.order_by_expr(by.clone(), direction.clone()),
            };
        }
        Statement::of(&select)
    }

    /// Reads how many rows there are.
    pub(crate) fn count(&self, tables: &[TableRef]) -> Statement {
        let mut select = SelectStatement::new();
        let count = call("count", [constant(1_i64)]);
        if !self.is_cut() {
            select.expr(count);
            self.restrict(&mut select, tables, Exactly::Yes);
            return Statement::of(&select);
        }
        select.expr(constant(1_i64));
        self.restrict(&mut select, tables, Exactly::Yes);
        Statement::of(SelectStatement::new().expr(count).from_subquery(select, "rows"))
    }

    /// Reads one row of one column if there is a row, and none otherwise.
    pub(crate) fn exists(mut self, tables: &[TableRef]) -> Statement {
        self.at_most(1);
        let mut select = SelectStatement::new();
        select.expr(constant(1_i64));
        self.restrict(&mut select, tables, Exactly::Yes);
        Statement::of(&select)
    }

    /// Lowers the limit to this.
    pub(crate) fn at_most(&mut self, rows: u64) {
        self.limit = Some(self.limit.map_or(rows, |limit| limit.min(rows)));
    }

    fn is_cut(&self) -> bool {
        self.limit.is_some() || self.offset > 0
    }

    /// From which tables, which rows of them, and how many.
    fn restrict(&self, select: &mut SelectStatement, tables: &[TableRef], exactly: Exactly) {
        for table in tables {
            let name = table.def.name;
            if table.def.local {
                select.from_as(stored_table_name(table.def).into_owned(), name);
            } else {
                select.from(name);
            }
        }
        let deleted = tables.iter().filter_map(|table| self.deleted.condition(table.def.name));
        let narrowed = self.narrowed.iter().map(|column| match exactly {
            Exactly::Yes => column.is_there(),
            Exactly::No => column.is_stored(),
        });
        let conditions = deleted.chain(self.filters.iter().cloned()).chain(narrowed).collect();
        if let Some(condition) = sql::join(conditions, BinOper::And) {
            select.and_where(condition);
        }
        if self.is_cut() {
            // SQLite knows no offset without a limit, and no limit above that of its integers.
            let most = i64::MAX.unsigned_abs();
            select.limit(self.limit.unwrap_or(most).min(most));
            if self.offset > 0 {
                select.offset(self.offset.min(most));
            }
        }
    }
}

/// Whether SQL alone must say which rows have all narrowed columns.
#[derive(Clone, Copy)]
enum Exactly {
    Yes,
    /// Every row is read to its end anyway, and left out where a column cannot be read.
    No,
}

impl Deleted {
    fn condition(self, table: &'static str) -> Option<Sql> {
        let op = match self {
            Self::Not => BinOper::IsNot,
            Self::Too => return None,
            Self::Only => BinOper::Is,
        };
        Some(binary(Sql::col((table, "is_deleted")), op, constant(1_i64)))
    }
}

impl Statement {
    fn of(select: &SelectStatement) -> Self {
        let (sql, values) = select.build(SqliteQueryBuilder);
        Self { sql, values: values.0 }
    }
}
