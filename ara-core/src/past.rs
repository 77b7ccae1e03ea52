//! History: what was, reading it again, and undoing it.

pub(crate) mod as_of;
pub(crate) mod display;
pub(crate) mod row_history;
pub(crate) mod transaction_list;
pub(crate) mod undo;
pub(crate) mod undone;
