//! The tables that are ready.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::model::table_ref::TableRef;
use crate::rows::plan::Plan;

/// The plans of the tables that are in the file as their structs declare them. Tables only grow, so
/// what is ready stays ready.
#[derive(Debug, Default)]
pub(crate) struct Plans(RwLock<HashMap<TypeId, Arc<Plan>>>);

impl Plans {
    pub(crate) fn get(&self, table: TableRef) -> Option<Arc<Plan>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&table.ty).cloned()
    }

    pub(crate) fn keep(&self, ready: impl IntoIterator<Item = (TypeId, Arc<Plan>)>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).extend(ready);
    }
}
