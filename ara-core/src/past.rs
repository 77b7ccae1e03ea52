//! The past: the history of rows, queries as of a time, and undo.

pub(crate) mod as_of;
pub(crate) mod row_history;
mod shown_then;
pub(crate) mod text_then;
mod transaction_end;
pub(crate) mod transaction_list;
pub(crate) mod undo;
mod undo_last;
pub(crate) mod undone;
