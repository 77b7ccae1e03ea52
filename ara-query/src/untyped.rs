//! What a query says, without its types, and the SQL that this makes.
//!
//! The typed side (`expr`, `query`) checks what is put together, and leaves the work to the functions here:
//! they are compiled once, and not once for each type.
//!
//! - `term` is an operand: a `column`, a value, an expression or a `condition`. `null_rules` compares two
//!   of them. `readable` is the SQL that tells which stored values the app can read, and `notes` is what
//!   must be known of an operand besides its SQL.
//! - `clauses` is what a query was asked for, with what it reads (`member`, `join`, `search`), its `order`,
//!   and the columns of which the one counts that was edited last (`one_of`).
//! - `compile` makes a `select` of the clauses, which gives the `statement`s that are run. `children` and
//!   `after` do so for rows that refer to others, and for rows after a given one.

pub(crate) mod after;
pub(crate) mod children;
pub(crate) mod clauses;
pub(crate) mod column;
pub(crate) mod compile;
pub(crate) mod condition;
pub(crate) mod join;
pub(crate) mod member;
pub(crate) mod named_rows;
pub(crate) mod notes;
pub(crate) mod null_rules;
pub(crate) mod one_of;
pub(crate) mod order;
pub(crate) mod readable;
pub(crate) mod search;
pub(crate) mod select;
pub(crate) mod sql;
pub(crate) mod statement;
pub(crate) mod term;
