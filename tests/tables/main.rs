//! One device: its tables, what is written to them, their log and their past.

mod copies;
mod derive;
mod drift;
mod ensure;
mod enum_with_data;
mod growth;
mod limits;
mod log;
mod mending;
mod mending_inside;
mod model;
mod mutations;
mod past;
mod rollback;
mod shape;
mod traces;
mod unreadable;
mod value;
mod verify;
mod versioned;
