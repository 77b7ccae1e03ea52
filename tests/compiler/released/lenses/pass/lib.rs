//! Programs that keep what `ara.lock` says is replaced, and what ids are made from.
#![allow(dead_code, missing_docs, reason = "they are compiled, and not used")]

pub mod as_it_was;
pub mod later;
pub mod written_in_place;
