//! A real schema, and the reports that people write over it: a shop for music, of eleven tables. Each
//! report is held against the same question in SQL, and against how SQLite reads it.

mod by_hand;
mod data;
mod reports;
mod schema;
