//! From the clauses of a query to its SQL.

use std::mem;

use ara_core::{put_columns, stored_table_name};
use sea_query::{BinOper, Expr as Sql, SelectStatement};

use crate::untyped::clauses::{Clauses, Deleted, Groups};
use crate::untyped::condition::Conjunct;
use crate::untyped::join::Joined;
use crate::untyped::member::MemberRef;
use crate::untyped::notes::Notes;
use crate::untyped::order::OrderTerm;
use crate::untyped::search::Search;
use crate::untyped::select::Select;
use crate::untyped::sql::{self, binary, call, constant};
use crate::untyped::statement::Statement;
use crate::untyped::term::Term;

impl Clauses {
    /// Reads the rows: what was selected, or what the records of each table are read from.
    pub(crate) fn rows(self, members: &[MemberRef]) -> Select {
        self.rows_and(members, Vec::new())
    }

    /// Reads the rows, each followed by the values of these expressions.
    pub(crate) fn rows_and(mut self, members: &[MemberRef], more: Vec<Sql>) -> Select {
        let mut select = SelectStatement::new();
        self.put_returned(&mut select, members);
        select.exprs(more);
        for mut order in self.take_orders() {
            if self.are_several_one() {
                order.by = Term::Computed(self.merged(order.by));
            }
            order.put(&mut select);
        }
        self.finish(select, members)
    }

    /// Reads the number of rows.
    pub(crate) fn count(self, members: &[MemberRef]) -> Statement {
        if !self.is_cut() && !self.is_merged() {
            return self.one_of_each(members, call("count", [constant(1_i64)]));
        }
        let mut statement = self.something_of_each(members);
        statement.sql = format!("SELECT count(1) FROM ({})", statement.sql);
        statement
    }

    /// Reads something of each row that the query returns, no matter what.
    pub(crate) fn something_of_each(mut self, members: &[MemberRef]) -> Statement {
        if self.distinct {
            let mut select = SelectStatement::new();
            self.put_returned(&mut select, members);
            return self.finish(select, members).exactly();
        }
        let something = match self.groups {
            // Without a column to group by, SQL makes its one group only where an aggregate is selected.
            Some(_) => call("count", [constant(1_i64)]),
            None => constant(1_i64),
        };
        self.one_of_each(members, something)
    }

    fn one_of_each(self, members: &[MemberRef], expr: Sql) -> Statement {
        let mut select = SelectStatement::new();
        select.expr(expr);
        self.finish(select, members).exactly()
    }

    /// Reads the rows as a part of another query, and returns what must be known of them there.
    pub(crate) fn subquery(self, members: &[MemberRef]) -> (SelectStatement, Notes) {
        let mut notes = self.notes();
        notes.add(Notes::reading(self.tables(members)));
        (self.rows(members).whole(), notes)
    }

    fn put_returned(&mut self, select: &mut SelectStatement, members: &[MemberRef]) {
        let Some(selected) = self.selected.take() else {
            let mut first = 0;
            for (after, beside) in &self.beside {
                put_records(select, members.get(first..*after));
                select.expr(beside.value());
                first = *after;
            }
            put_records(select, members.get(first..));
            return;
        };
        for term in selected {
            let term = match (term, &self.search) {
                (Term::Snippet(snippet), Some(search)) => Term::Computed(search.snippet(*snippet)),
                (term, _) => term,
            };
            let name = match &term {
                Term::Column(column) => column.needs_name(),
                _ => None,
            };
            let sql = if self.is_merged() { self.merged(term) } else { term.stored() };
            match name {
                Some(name) => select.expr_as(sql, name),
                None => select.expr(sql),
            };
        }
        if self.distinct {
            select.distinct();
        }
    }

    /// Returns what the rows are ordered by. Rows that were searched for come by their rank, unless the query
    /// has an order.
    pub(super) fn take_orders(&mut self) -> Vec<OrderTerm> {
        let mut orders = mem::take(&mut self.orders);
        if orders.is_empty() && self.search.is_some() && !self.are_several_one() {
            let by = Term::Computed(Search::rank());
            orders.push(OrderTerm { by, direction: sea_query::Order::Asc, nulls: None });
        }
        orders
    }

    /// Returns the value by which SQL merges rows. It is NULL where it cannot be read, so that all values
    /// which cannot be read are equal; of a narrowed column, the rows with such values are left out instead.
    fn merged(&self, term: Term) -> Sql {
        match term {
            Term::Column(column) if self.is_narrowed(column) => column.sql(),
            other => other.value(),
        }
    }

    /// Adds to a select from which tables it reads, and which of their rows.
    pub(super) fn finish(mut self, mut select: SelectStatement, members: &[MemberRef]) -> Select {
        let (is_exact, tables) = (self.is_exact(), self.tables(members));
        if self.is_cut() {
            // The rows that a limit counts are those that are returned.
            self.hide_beside();
        }
        if let Some(first) = members.first() {
            self.put_tables(&mut select, *first);
            self.put_conditions(&mut select, *first);
            self.put_groups(&mut select);
        }
        let Self { narrowed, limit, offset, beside, .. } = self;
        let beside = beside.into_iter().map(|(_, one_of)| one_of).collect();
        Select { select, narrowed, beside, limit, offset, is_exact, tables }
    }

    fn put_tables(&mut self, select: &mut SelectStatement, first: MemberRef) {
        let stored_name = stored_table_name(first.table.def);
        if let Some(search) = self.search.take() {
            self.filters.extend(search.read(select, first).map(Conjunct::from));
        } else if stored_name == first.name {
            select.from(first.name);
        } else {
            select.from_as(stored_name.into_owned(), first.name);
        }
        for Joined { member, kind, on, .. } in mem::take(&mut self.joins) {
            let stored_name = stored_table_name(member.table.def).into_owned();
            select.join_as(kind, stored_name, member.name, on);
        }
    }

    fn put_conditions(&mut self, select: &mut SelectStatement, first: MemberRef) {
        // What narrows a column also says that it can be read.
        let mut filters = mem::take(&mut self.filters);
        filters.retain(|part| !part.guards.is_some_and(|column| self.is_narrowed(column)));
        let mut conditions = sql_of(filters);
        conditions.extend(self.deleted.condition(first.name));
        // A reader of all rows sees which of them lack a column. To ask SQL too saves time only where many
        // rows may lack it.
        let is_cut = self.is_cut();
        let asked = self.narrowed.iter().filter(|column| is_cut || !column.is_required());
        conditions.extend(asked.map(|column| column.is_stored()));
        if let Some(condition) = sql::all(conditions) {
            select.and_where(condition);
        }
    }

    fn put_groups(&mut self, select: &mut SelectStatement) {
        let Some(Groups { by, filters }) = self.groups.take() else { return };
        for term in by {
            select.add_group_by([self.merged(term)]);
        }
        if let Some(condition) = sql::all(sql_of(filters)) {
            select.and_having(condition);
        }
    }
}

fn sql_of(parts: Vec<Conjunct>) -> Vec<Sql> {
    parts.into_iter().map(|part| part.sql).collect()
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

/// Puts the columns that the records of tables are read from, if there are any.
fn put_records(select: &mut SelectStatement, members: Option<&[MemberRef]>) {
    if let Some(members @ [_, ..]) = members {
        select.expr(record_columns(members));
    }
}

/// Returns the columns that records are read from. They are many, and the same for each query of the tables,
/// so they are written as text and not one by one through sea-query. No stored name has a quote in it.
pub(super) fn record_columns(members: &[MemberRef]) -> Sql {
    let mut list = String::with_capacity(512);
    for member in members {
        put_columns(&mut list, member.table.def, Some(member.name));
    }
    Sql::Custom(list.into())
}
