//! What a row shows once a change is folded into it. The statement that folds it in writes that, too, so that no trigger
//! has to note the row, and nobody to come back to it.

use std::sync::Arc;

use rusqlite::types::ValueRef;

use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::row_clock::RowClock;
use crate::model::lens::Given;
use crate::rows::folded_change::FoldedChange;
use crate::rows::last_writer::{Beside, BesideWrite};
use crate::rows::plan::Plan;
use crate::value::Stored;

/// What a row holds in the columns that replace others and in those that are replaced, in the order of their
/// [names](crate::rows::lensed::Lensed::held). Empty if a change writes none of these.
pub(in crate::rows) type HeldValues = Vec<Given<'static>>;

/// What is written into the hidden columns of a row. Nothing if it decides nothing, or if more is to be done for the row
/// than to write that: then the row is worked out later.
#[derive(Default)]
pub(super) struct ShownAtOnce {
    plan: Option<Arc<Plan>>,
    pub(super) values: Vec<Given<'static>>,
}

impl ShownAtOnce {
    /// Works out what a row shows that a change makes.
    pub(super) fn of_new(plan: Option<Arc<Plan>>, change: &FoldedChange<'_>) -> Self {
        let lensed = plan.as_ref().and_then(|plan| plan.lensed.as_ref());
        let values = lensed.and_then(|lensed| lensed.shown_at_once(lensed.known_of_new(change)));
        Self { values: values.unwrap_or_default(), plan }
    }

    /// Works out what a row shows that exists. `clock` is that of the row after the change.
    pub(super) fn of(
        plan: Option<Arc<Plan>>,
        (change, clock, beside): (&FoldedChange<'_>, &RowClock, &Beside<'_>),
        held: &HeldValues,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) -> Self {
        let lensed = plan.as_ref().and_then(|plan| plan.lensed.as_ref());
        let values = lensed.and_then(|lensed| {
            let names = lensed.held();
            let before = |name: &str| {
                let at = names.iter().position(|known| known == name);
                at.and_then(|at| held.get(at)).map_or(ValueRef::Null, sql)
            };
            let after = names.iter().map(|name| {
                if let Some(cell) = change.cells.iter().find(|cell| cell.column.1 == name) {
                    return cell.value();
                }
                match beside.writes.iter().find(|(written, _)| written == name) {
                    Some((_, BesideWrite::Edit(edit))) => sql(edit),
                    Some((_, BesideWrite::HeldBy(column))) => before(column),
                    Some((_, BesideWrite::Nothing)) => ValueRef::Null,
                    None => before(name),
                }
            });
            lensed.shown_at_once(lensed.known(clock, after, id_of))
        });
        Self { values: values.unwrap_or_default(), plan }
    }

    /// Returns the names of the columns.
    pub(super) fn names(&self) -> &[String] {
        let lensed = self.plan.as_ref().and_then(|plan| plan.lensed.as_ref());
        lensed.filter(|_| !self.is_empty()).map_or(&[], |lensed| &lensed.at_once)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

fn sql<'v>(value: &'v Given<'_>) -> ValueRef<'v> {
    value.as_ref().map_or(ValueRef::Null, Stored::to_sql)
}
