//! What a query says, without its types.

pub(crate) mod clauses;
pub(crate) mod condition;
pub(crate) mod named_rows;
pub(crate) mod notes;
pub(crate) mod null_rules;
pub(crate) mod readable;
pub(crate) mod sql;
pub(crate) mod term;
