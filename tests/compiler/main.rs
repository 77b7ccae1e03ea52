//! What the compiler says of programs that use ara.

pub mod lints;
mod messages;
mod programs;
mod rustc;
