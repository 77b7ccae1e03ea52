//! The clauses of a query, and the SQL that they make.

use std::mem;

use ara_core::{Id, Result, Table, TableRef, select_list, stored_table_name};
use sea_query::{
    BinOper, Expr as Sql, Func, SelectStatement, SqliteQueryBuilder, Value, WindowStatement,
};

use crate::expr::order::{Order, Ordered};
use crate::expr::scope::MemberRef;
use crate::query::join::Joined;
use crate::query::search::Search;
use crate::untyped::condition::{Condition, Part};
use crate::untyped::notes::Notes;
use crate::untyped::sql::{self, binary, call, constant};
use crate::untyped::term::{ColumnTerm, Term, Untyped};

/// What a query was asked for, without its types.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clauses {
    pub deleted: Deleted,
    pub joins: Vec<Joined>,
    pub narrowed: Vec<ColumnTerm>,
    pub limit: Option<u64>,
    pub offset: u64,
    pub distinct: bool,
    search: Option<Search>,
    /// Whether SQL compares its rows, with those of another query or with a value.
    pub is_compared: bool,
    /// What holds for every row that the tables give.
    pub filters: Vec<Part>,
    /// What is returned instead of whole rows.
    selected: Option<Vec<Term>>,
    /// Whether what is selected does not show if a narrowed column is there.
    is_unseen: bool,
    groups: Option<Groups>,
    pub orders: Vec<Ordered>,
    notes: Notes,
}

/// What the rows are grouped by, and which groups are kept.
#[derive(Debug, Clone, Default)]
struct Groups {
    by: Vec<Term>,
    filters: Vec<Part>,
}

/// Which rows, by whether they are deleted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Deleted {
    #[default]
    Not,
    Too,
    Only,
}

/// What a column is called in [`Clauses::of_parents`], and a row's place among those of its parent. No
/// stored name has a space in it.
const PARENT: &str = "the parent";
const PLACE: &str = "the place";

/// The ids that follow one another in a value of bytes, whose length comes first. The places alone are
/// what the recursion carries: the bytes would be copied for each of them.
const IDS: &str = "(WITH RECURSIVE \"the ids\"(at) AS (SELECT 1 UNION ALL \
     SELECT at + 16 FROM \"the ids\" WHERE at + 16 < ?) \
     SELECT substr(?, at, 16) FROM \"the ids\")";

/// A statement and the values it is run with.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

impl Clauses {
    pub(crate) fn filter(&mut self, filter: Untyped) {
        self.notes.add(filter.notes);
        let filters = match &mut self.groups {
            Some(groups) => &mut groups.filters,
            None => &mut self.filters,
        };
        match filter.term.condition() {
            Condition::All(parts) => filters.extend(parts),
            other => filters.push(other.into_sql().into()),
        }
    }

    pub(crate) fn search(&mut self, search: Option<Search>, notes: Notes) {
        self.notes.add(notes);
        self.search = search;
    }

    pub(crate) fn select(&mut self, parts: Vec<Untyped>) {
        let parts = self.terms(parts);
        let column = |part: &Term| match part {
            Term::Column(column) => Some(*column),
            _ => None,
        };
        self.seeing(&parts.iter().filter_map(column).collect::<Vec<_>>());
        self.selected = Some(parts);
    }

    /// Who reads what is selected sees whether these columns are there, and no others.
    pub(crate) fn seeing(&mut self, columns: &[ColumnTerm]) {
        let is_seen = |known: &ColumnTerm| columns.iter().any(|column| column.is(*known));
        self.is_unseen = !self.narrowed.iter().all(is_seen);
    }

    pub(crate) fn group(&mut self, by: Vec<Untyped>) {
        let by = self.terms(by);
        self.groups = Some(Groups { by, filters: Vec::new() });
    }

    fn terms(&mut self, parts: Vec<Untyped>) -> Vec<Term> {
        let keep = |part: Untyped| {
            self.notes.add(part.notes);
            part.term
        };
        parts.into_iter().map(keep).collect()
    }

    pub(crate) fn order<S>(&mut self, order: Order<S>) {
        self.notes.add(order.notes);
        self.orders.push(order.ordered);
    }

    /// Leaves the row with this id, if it is among the others, whatever the limit.
    pub(crate) fn find<T: Table>(&mut self, id: Id<T>) {
        let id = Sql::Value(id.uuid().into_bytes().to_vec().into());
        self.filters.push(binary(Sql::col((T::NAME, "id")), BinOper::Equal, id).into());
        self.limit = None;
        self.offset = 0;
    }

    /// Fails if a value was given that breaks a rule.
    pub(crate) fn check(&self) -> Result<()> {
        self.notes().check()
    }

    /// Reads the rows: for each table in turn, what its records are read from, or what was selected.
    pub(crate) fn rows(self, members: &[MemberRef]) -> Select {
        self.rows_and(members, Vec::new())
    }

    /// As [`rows`](Self::rows), followed by what is given.
    pub(crate) fn rows_and(mut self, members: &[MemberRef], more: Vec<Sql>) -> Select {
        let mut select = SelectStatement::new();
        self.returned(&mut select, members);
        select.exprs(more);
        for mut order in self.take_orders() {
            if self.are_several_one() {
                order.by = Term::Computed(self.merged(order.by));
            }
            order.put(&mut select);
        }
        self.finish(select, members)
    }

    /// Reads the rows that refer by a column to one of these rows, whose ids come one after the other. The
    /// values of a row are followed by that column. A limit is of the rows that refer to one.
    pub(crate) fn of_parents(
        mut self,
        members: &[MemberRef],
        by: ColumnTerm,
        parents: &[u8],
    ) -> Statement {
        let (limit, offset) = (self.limit.take(), mem::take(&mut self.offset));
        let is_cut = limit.is_some() || offset > 0;
        let mut select = SelectStatement::new();
        select.expr(Sql::Custom(columns(members).into()));
        select.expr_as(by.sql(), PARENT);
        let orders = self.take_orders();
        if is_cut {
            let mut place = WindowStatement::partition_by(by.names());
            orders.into_iter().for_each(|order| order.put(&mut place));
            select.expr_window_as(Func::cust("row_number"), place, PLACE);
        } else {
            orders.into_iter().for_each(|order| order.put(&mut select));
        }
        // All ids are one value: SQLite allows so many values and no more.
        let length = i64::try_from(parents.len()).unwrap_or(i64::MAX);
        let ids = Sql::cust_with_values(IDS, [Value::from(length), parents.to_vec().into()]);
        self.filters.push(binary(by.sql(), BinOper::In, ids).into());
        let select = self.finish(select, members);
        // Who reads all rows leaves out those that lack a narrowed column.
        let mut statement = if is_cut { select.exactly() } else { select.nearly() };
        if is_cut {
            let last = limit.map_or(i64::MAX.unsigned_abs(), |limit| offset.saturating_add(limit));
            let last = last.min(i64::MAX.unsigned_abs());
            statement.sql = format!(
                "SELECT * FROM ({}) WHERE \"{PLACE}\" > {offset} AND \"{PLACE}\" <= {last} \
                 ORDER BY \"{PLACE}\"",
                statement.sql
            );
        }
        statement
    }

    fn returned(&mut self, select: &mut SelectStatement, members: &[MemberRef]) {
        let Some(selected) = self.selected.take() else {
            select.expr(Sql::Custom(columns(members).into()));
            return;
        };
        for term in selected {
            let term = match (term, &self.search) {
                (Term::Snippet(snippet), Some(search)) => Term::Computed(search.snippet(*snippet)),
                (term, _) => term,
            };
            select.expr(if self.is_merged() { self.merged(term) } else { term.stored() });
        }
        if self.distinct {
            select.distinct();
        }
    }

    /// The order of the rows: what was searched for comes by rank, unless another order was asked for.
    fn take_orders(&mut self) -> Vec<Ordered> {
        let mut orders = mem::take(&mut self.orders);
        if orders.is_empty() && self.search.is_some() && !self.are_several_one() {
            let by = Term::Computed(Search::rank());
            orders.push(Ordered { by, direction: sea_query::Order::Asc, nulls: None });
        }
        orders
    }

    /// Whether several rows of the tables become one.
    fn are_several_one(&self) -> bool {
        self.distinct || self.groups.is_some()
    }

    /// Whether SQL must know what is the same to who reads the rows.
    fn is_merged(&self) -> bool {
        self.is_compared || self.are_several_one()
    }

    fn is_narrowed(&self, column: ColumnTerm) -> bool {
        self.narrowed.iter().any(|known| known.is(column))
    }

    /// What rows are the same by: values that cannot be read are all absent, unless no such row is left.
    fn merged(&self, term: Term) -> Sql {
        match term {
            Term::Column(column) if self.is_narrowed(column) => column.sql(),
            other => other.value(),
        }
    }

    /// Reads how many rows there are.
    pub(crate) fn count(self, members: &[MemberRef]) -> Statement {
        if !self.is_cut() && !self.is_merged() {
            return self.of_each(members, call("count", [constant(1_i64)]));
        }
        let mut statement = self.of_every(members);
        statement.sql = format!("SELECT count(1) FROM ({})", statement.sql);
        statement
    }

    /// Reads something of every row that the query gives.
    pub(crate) fn of_every(mut self, members: &[MemberRef]) -> Statement {
        if !self.distinct {
            let one = self.of_one();
            return self.of_each(members, one);
        }
        let mut select = SelectStatement::new();
        self.returned(&mut select, members);
        self.finish(select, members).exactly()
    }

    /// A value for each row or group.
    fn of_one(&self) -> Sql {
        match self.groups {
            // Without an aggregate there is no group where no column makes one.
            Some(_) => call("count", [constant(1_i64)]),
            None => constant(1_i64),
        }
    }

    fn of_each(self, members: &[MemberRef], expr: Sql) -> Statement {
        let mut select = SelectStatement::new();
        select.expr(expr);
        self.finish(select, members).exactly()
    }

    /// Lowers the limit to this.
    pub(crate) fn at_most(&mut self, rows: u64) {
        self.limit = Some(self.limit.map_or(rows, |limit| limit.min(rows)));
    }

    /// What is to be known of the expressions.
    pub(crate) fn notes(&self) -> Notes {
        let notes = self.notes.clone();
        if self.search.is_some() { notes.searched() } else { notes }
    }

    /// The tables that are read, which must be there.
    pub(crate) fn tables(&self, members: &[MemberRef]) -> Vec<TableRef> {
        let mut tables: Vec<_> = members.iter().map(|member| member.table).collect();
        if let (Some(_), Some(first)) = (&self.search, tables.first_mut()) {
            *first = first.searched();
        }
        tables.extend(self.notes.reads());
        tables
    }

    /// A subquery of one column, and what is to be known of it.
    pub(crate) fn subquery(self, members: &[MemberRef]) -> (SelectStatement, Notes) {
        let mut notes = self.notes();
        notes.add(Notes::reading(self.tables(members)));
        (self.rows(members).whole(), notes)
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.limit.is_some() || self.offset > 0
    }

    /// Whether SQL must leave out every row in which a narrowed column cannot be read: who reads the rows
    /// does not see it, as they are counted, merged or passed over, or as it is not selected.
    pub(crate) fn is_exact(&self) -> bool {
        self.offset > 0 || self.is_compared || self.is_unseen || self.is_mixed()
    }

    /// Whether rows in which a narrowed column can be read are merged with rows in which it cannot.
    fn is_mixed(&self) -> bool {
        self.is_merged() && !self.narrowed.iter().all(|column| column.is_kept_apart())
    }

    /// Reads the rows by a statement that needs no second one: who reads them does not ask again.
    pub(crate) fn rows_at_once(self, members: &[MemberRef]) -> Statement {
        let is_exact = self.is_cut() || self.is_exact();
        let select = self.rows(members);
        if is_exact { select.exactly() } else { select.nearly() }
    }

    /// From which tables, and which rows of them.
    fn finish(mut self, mut select: SelectStatement, members: &[MemberRef]) -> Select {
        let Some((first, _)) = members.split_first() else {
            return Select {
                select,
                narrowed: self.narrowed,
                limit: self.limit,
                offset: self.offset,
            };
        };
        let stored_name = stored_table_name(first.table.def);
        if let Some(search) = self.search.take() {
            self.filters.extend(search.read(&mut select, *first).into_iter().map(Part::from));
        } else if stored_name == first.name {
            select.from(first.name);
        } else {
            select.from_as(stored_name.into_owned(), first.name);
        }
        for Joined { member, kind, on, .. } in mem::take(&mut self.joins) {
            let stored_name = stored_table_name(member.table.def).into_owned();
            select.join_as(kind, stored_name, member.name, on);
        }
        // Who reads all rows sees which of them lack a column. To ask SQL as well is worth it only
        // where many may lack it.
        let is_cut = self.is_cut();
        let asked = |column: &&ColumnTerm| is_cut || !column.is_required(members);
        // What says no more than that a column can be read is said by narrowing it.
        let mut filters = mem::take(&mut self.filters);
        filters.retain(|part| !part.guards.is_some_and(|column| self.is_narrowed(column)));
        let mut conditions: Vec<_> = filters.into_iter().map(|part| part.sql).collect();
        conditions.extend(self.deleted.condition(first.name));
        conditions.extend(self.narrowed.iter().filter(asked).map(|column| column.is_stored()));
        if let Some(condition) = sql::all(conditions) {
            select.and_where(condition);
        }
        if let Some(Groups { by, filters }) = self.groups.take() {
            for term in by {
                select.add_group_by([self.merged(term)]);
            }
            if let Some(condition) = sql::all(filters.into_iter().map(|part| part.sql).collect()) {
                select.and_having(condition);
            }
        }
        Select { select, narrowed: self.narrowed, limit: self.limit, offset: self.offset }
    }
}

/// A select whose tables and conditions are settled.
#[derive(Debug)]
pub(crate) struct Select {
    select: SelectStatement,
    narrowed: Vec<ColumnTerm>,
    limit: Option<u64>,
    offset: u64,
}

impl Select {
    /// It may give rows in which a narrowed column is there and cannot be read: who reads the rows
    /// leaves them out, or asks again, exactly.
    pub(crate) fn nearly(&self) -> Statement {
        let (sql, values) = self.select.build(SqliteQueryBuilder);
        let mut statement = Statement { sql, values: values.0 };
        if self.limit.is_some() || self.offset > 0 {
            // The limit stands in the text: SQLite plans by it, so that it would prepare a statement
            // again for each value that is bound there. It knows no offset without a limit.
            let limit = self.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(-1));
            statement.sql.push_str(&format!(" LIMIT {limit}"));
        }
        if self.offset > 0 {
            statement.sql.push_str(" OFFSET ?");
            let offset = i64::try_from(self.offset).unwrap_or(i64::MAX);
            statement.values.push(offset.into());
        }
        statement
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.limit.is_some() || self.offset > 0
    }

    fn leave_out_unread(&mut self) {
        for column in mem::take(&mut self.narrowed) {
            self.select.and_where(column.is_there());
        }
    }

    /// The statement within another one.
    fn whole(mut self) -> SelectStatement {
        self.leave_out_unread();
        if self.limit.is_some() || self.offset > 0 {
            self.select.limit(self.limit.unwrap_or(i64::MAX.unsigned_abs()));
        }
        if self.offset > 0 {
            self.select.offset(self.offset);
        }
        self.select
    }

    /// SQL alone says which rows have all narrowed columns.
    pub(crate) fn exactly(mut self) -> Statement {
        self.leave_out_unread();
        self.nearly()
    }
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

/// The columns that records are read from. They are many and always the same, so they are written at
/// once and not one by one through sea-query; a stored name has no quotes in it.
fn columns(members: &[MemberRef]) -> String {
    let mut list = String::with_capacity(512);
    for member in members {
        for column in select_list(member.table.def) {
            let comma = if list.is_empty() { "\"" } else { ", \"" };
            for part in [comma, member.name, "\".\"", column, "\""] {
                list.push_str(part);
            }
        }
    }
    list
}
