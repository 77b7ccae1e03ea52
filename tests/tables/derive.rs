//! `#[derive(Table)]`: what it generates, and where it must compile.

mod database;
mod default;
mod names;
mod places;
mod shape;
mod todo;

use ara::{Create, Update};

/// As `create` asks for it.
fn creates<C: Create>(_: C) {}

/// As `update` asks for it.
fn updates<U: Update>(_: U) {}
