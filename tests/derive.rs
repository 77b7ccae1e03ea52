//! `#[derive(Table)]`: what it generates, and where it must compile.

#[path = "derive/database.rs"]
mod database;
#[path = "derive/default.rs"]
mod default;
#[path = "derive/names.rs"]
mod names;
#[path = "derive/places.rs"]
mod places;
#[path = "derive/shape.rs"]
mod shape;
#[path = "derive/todo.rs"]
mod todo;

use ara::{Create, Update};

/// As `create` asks for it.
fn creates<C: Create>(_: C) {}

/// As `update` asks for it.
fn updates<U: Update>(_: U) {}
