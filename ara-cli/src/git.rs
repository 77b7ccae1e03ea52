//! What git knows of the `ara.lock` of a package.

pub mod attributes;
mod command;
pub mod repository;
pub mod revision;
