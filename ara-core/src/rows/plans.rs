//! The tables that are ready to be used.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use foldhash::fast::FixedState;

use crate::model::table_ref::TableRef;
use crate::rows::plan::Plan;

/// The plans of the tables that the file contains as their structs declare them. Tables only grow, so a plan
/// stays valid, unless another program changes the file. Every read and write of a row asks for one, so the hash
/// is a fast one: no keys come from outside.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    ready: RwLock<HashMap<TypeId, Arc<Plan>, FixedState>>,
    /// The tables whose rows were worked out anew since the file was opened.
    renewed: Mutex<HashSet<TypeId>>,
    /// The tables that the app has ensured or used since then and that have columns which replace others. They stay known
    /// while plans come and go, as merges and undos do not name them.
    lensed: Mutex<HashMap<TypeId, TableRef>>,
}

impl Plans {
    /// Returns the plan of a table, or `None` if the table must be ensured first.
    pub(crate) fn get(&self, table: TableRef) -> Option<Arc<Plan>> {
        self.ready.read().unwrap_or_else(PoisonError::into_inner).get(&table.ty).cloned()
    }

    /// Returns whether the rows of a table are to be worked out anew, as that was not done since the file was opened. A
    /// debug build does it once, since the functions between columns may have been changed without a new revision.
    pub(crate) fn is_to_be_renewed(&self, table: TableRef) -> bool {
        cfg!(debug_assertions)
            && !table.lenses.reads.is_empty()
            && !self.renewed.lock().unwrap_or_else(PoisonError::into_inner).contains(&table.ty)
    }

    /// Keeps in mind that the rows of a table are worked out anew.
    pub(crate) fn renew(&self, table: TableRef) {
        self.renewed.lock().unwrap_or_else(PoisonError::into_inner).insert(table.ty);
    }

    /// Returns the tables that are known to have columns which replace others.
    pub(crate) fn lensed(&self) -> Vec<TableRef> {
        let lensed = self.lensed.lock().unwrap_or_else(PoisonError::into_inner);
        lensed.values().copied().collect()
    }

    /// Keeps in mind that the app declares tables.
    pub(crate) fn declare(&self, tables: impl IntoIterator<Item = TableRef>) {
        let lensed = tables.into_iter().filter(|table| !table.lenses.reads.is_empty());
        let lensed = lensed.map(|table| (table.ty, table));
        self.lensed.lock().unwrap_or_else(PoisonError::into_inner).extend(lensed);
    }

    /// Keeps the plans of tables that are ready now.
    pub(crate) fn keep(&self, ready: impl IntoIterator<Item = (TypeId, Arc<Plan>)>) {
        let ready: Vec<_> = ready.into_iter().collect();
        self.declare(ready.iter().filter_map(|(_, plan)| Some(plan.lensed.as_ref()?.table)));
        self.ready.write().unwrap_or_else(PoisonError::into_inner).extend(ready);
    }

    /// Forgets all plans, as tables may have changed that they are of.
    pub(crate) fn forget(&self) {
        self.ready.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
