//! What is asked of the tables: queries, searches, and watches of both.

mod chinook;
mod clauses;
mod exports;
mod groups;
mod items;
mod json;
mod lists;
mod newtypes;
mod null_rules;
mod owned;
mod pages;
mod plans;
mod raw_sql;
mod search;
mod texts;
mod times;
mod typing;
mod watch;
mod writes;
