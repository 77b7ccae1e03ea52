//! Programs that keep what `ara.lock` says was released: each is compiled against it.
#![allow(dead_code, missing_docs, reason = "they are compiled, and not used")]

pub mod renamed_structs;
