//! What the compiler says of programs that use ara.

pub mod app;
pub mod lints;
mod refused;
