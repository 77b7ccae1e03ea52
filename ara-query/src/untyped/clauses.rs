//! The clauses of a query.

use std::mem;

use ara_core::{Id, Result, Table, TableRef};
use sea_query::{BinOper, Expr as Sql};

use crate::untyped::column::ColumnTerm;
use crate::untyped::condition::{Condition, Conjunct};
use crate::untyped::join::Joined;
use crate::untyped::member::MemberRef;
use crate::untyped::notes::Notes;
use crate::untyped::one_of::OneOfTerm;
use crate::untyped::order::OrderTerm;
use crate::untyped::search::Search;
use crate::untyped::sql::binary;
use crate::untyped::term::{Term, Untyped};

/// What a query was asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clauses {
    pub deleted: Deleted,
    pub joins: Vec<Joined>,
    pub narrowed: Vec<ColumnTerm>,
    pub limit: Option<u64>,
    pub offset: u64,
    pub distinct: bool,
    pub(super) search: Option<Search>,
    /// Whether SQL compares the rows, with those of another query or with a value.
    pub is_compared: bool,
    /// The conditions on the rows of the tables.
    pub filters: Vec<Conjunct>,
    /// What is returned instead of whole rows.
    pub(super) selected: Option<Vec<Term>>,
    /// What is returned besides the rows of tables, and how many of these precede it. Rows without are left out.
    pub(super) beside: Vec<(usize, OneOfTerm)>,
    /// Whether a narrowed column is not selected, so that the reader does not see whether it is there.
    is_unseen: bool,
    pub(super) groups: Option<Groups>,
    pub orders: Vec<OrderTerm>,
    /// Where the orders of the last `order_by` begin.
    last_order: usize,
    notes: Notes,
}

/// What the rows are grouped by, and the conditions on the groups.
#[derive(Debug, Clone, Default)]
pub(super) struct Groups {
    pub by: Vec<Term>,
    pub filters: Vec<Conjunct>,
}

/// Which rows are read, by whether they are deleted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Deleted {
    /// Those that are not.
    #[default]
    Not,
    /// All.
    Too,
    /// Those that are.
    Only,
}

impl Clauses {
    /// Keeps the rows, or once they are grouped the groups, for which a filter holds.
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

    /// Searches the first table.
    pub(crate) fn search(&mut self, search: Option<Search>, notes: Notes) {
        self.notes.add(notes);
        self.search = search;
    }

    /// Returns these terms instead of whole rows.
    pub(crate) fn select(&mut self, parts: Vec<Untyped>) {
        let parts = self.terms(parts);
        let column = |part: &Term| match part {
            Term::Column(column) => Some(*column),
            _ => None,
        };
        self.seeing(&parts.iter().filter_map(column).collect::<Vec<_>>());
        self.hide_beside();
        self.selected = Some(parts);
    }

    /// Returns with each row the one of several columns that was edited last, and leaves out rows without.
    pub(crate) fn one_of(&mut self, one_of: OneOfTerm) {
        self.beside.push((1 + self.joins.len(), one_of));
    }

    /// Leaves out by SQL the rows that lack what was to be returned beside them, and not by the reader.
    pub(super) fn hide_beside(&mut self) {
        let beside = mem::take(&mut self.beside);
        self.filters.extend(beside.iter().map(|(_, one_of)| Conjunct::from(one_of.is_there())));
    }

    /// Notes that the reader sees whether these columns are there, and no others.
    pub(crate) fn seeing(&mut self, columns: &[ColumnTerm]) {
        let is_seen = |known: &ColumnTerm| columns.iter().any(|column| column.is(*known));
        self.is_unseen = !self.narrowed.iter().all(is_seen);
    }

    /// Groups the rows.
    pub(crate) fn group(&mut self, by: Vec<Untyped>) {
        let by = self.terms(by);
        self.hide_beside();
        self.groups = Some(Groups { by, filters: Vec::new() });
    }

    fn terms(&mut self, parts: Vec<Untyped>) -> Vec<Term> {
        let keep = |part: Untyped| {
            self.notes.add(part.notes);
            part.term
        };
        parts.into_iter().map(keep).collect()
    }

    /// Orders the rows that the orders before leave equal.
    pub(crate) fn order(&mut self, orders: impl IntoIterator<Item = (OrderTerm, Notes)>) {
        self.last_order = self.orders.len();
        for (order, notes) in orders {
            self.notes.add(notes);
            self.orders.push(order);
        }
    }

    /// Ignores the case of texts in the orders that were added last.
    pub(crate) fn ignore_case(&mut self) {
        self.orders.iter_mut().skip(self.last_order).for_each(OrderTerm::ignore_case);
    }

    /// Keeps only the row with this id, whatever the limit and the offset.
    pub(crate) fn find<T: Table>(&mut self, id: Id<T>) {
        let id = Sql::Value(id.uuid().into_bytes().to_vec().into());
        self.filters.push(binary(Sql::col((T::NAME, "id")), BinOper::Equal, id).into());
        self.limit = None;
        self.offset = 0;
    }

    /// Returns at most this many rows, or fewer if a lower limit is set.
    pub(crate) fn at_most(&mut self, rows: u64) {
        self.limit = Some(self.limit.map_or(rows, |limit| limit.min(rows)));
    }

    /// Returns the names of the tables and columns that are selected, and `None` for each expression.
    pub(crate) fn selected_names(&self) -> Vec<Option<(&'static str, &'static str)>> {
        let names = |term: &Term| match term {
            Term::Column(column) => Some(column.names()),
            _ => None,
        };
        self.selected.iter().flatten().map(names).collect()
    }

    /// Checks that no value breaks a rule, and that no search is missing.
    pub(crate) fn check(&self) -> Result<()> {
        self.notes().check()
    }

    /// Returns what must be known of the expressions.
    pub(crate) fn notes(&self) -> Notes {
        let mut notes = self.notes.clone();
        if let Some(groups) = &self.groups {
            let by: Vec<_> = groups.by.iter().map(|term| term.clone().value()).collect();
            notes.grouped_by(&by);
        }
        if self.search.is_some() { notes.searched() } else { notes }
    }

    /// Returns the tables that are read, which must be in the file.
    pub(crate) fn tables(&self, members: &[MemberRef]) -> Vec<TableRef> {
        let mut tables: Vec<_> = members.iter().map(|member| member.table).collect();
        if let (Some(_), Some(first)) = (&self.search, tables.first_mut()) {
            *first = first.searched();
        }
        tables.extend(self.notes.reads());
        tables
    }

    /// Returns whether only some of the rows are returned.
    pub(crate) fn is_cut(&self) -> bool {
        self.limit.is_some() || self.offset > 0
    }

    /// Returns whether SQL must leave out every row in which a narrowed column cannot be read, as the reader
    /// does not see it: see [`select`](super::select).
    pub(super) fn is_exact(&self) -> bool {
        self.offset > 0 || self.is_compared || self.is_unseen || self.is_mixed()
    }

    /// Returns whether SQL merges rows in which a narrowed column can be read with rows in which it cannot.
    fn is_mixed(&self) -> bool {
        self.is_merged() && !self.narrowed.iter().all(|column| column.is_kept_apart())
    }

    /// Returns whether SQL must take for equal what is equal to the reader.
    pub(super) fn is_merged(&self) -> bool {
        self.is_compared || self.are_several_one()
    }

    /// Returns whether several rows of the tables become one.
    pub(super) fn are_several_one(&self) -> bool {
        self.distinct || self.groups.is_some()
    }

    /// Returns whether the rows are grouped.
    pub(crate) fn is_grouped(&self) -> bool {
        self.groups.is_some()
    }

    /// Returns whether the column is narrowed.
    pub(super) fn is_narrowed(&self, column: ColumnTerm) -> bool {
        self.narrowed.iter().any(|known| known.is(column))
    }
}
