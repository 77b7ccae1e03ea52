//! What is asked of the tables: queries, searches, and watches of both.

mod chinook;
mod clauses;
mod items;
mod null_rules;
mod pages;
mod plans;
mod raw_sql;
mod search;
mod texts;
mod typing;
mod watch;
