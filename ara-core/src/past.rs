//! History: what was, reading it again, and undoing it.

pub(crate) mod at;
pub(crate) mod row_history;
pub(crate) mod shown;
pub(crate) mod transaction_list;
pub(crate) mod undo;
pub(crate) mod undone;
