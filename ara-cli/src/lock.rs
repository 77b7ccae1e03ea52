//! `ara.lock`, and how the code and other revisions differ from it.

pub mod against;
pub mod comparison;
pub mod file;
pub mod today;
