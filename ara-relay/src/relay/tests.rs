//! Tests of each rule, and of each refusal.

mod access;
mod append;
mod asking;
mod closing;
mod deleting;
mod dying;
mod full;
mod mailbox;
mod model;
mod processes;
mod reading;
mod replace;
mod room;
mod slots;
