//! Cargo and the compiler: which package is meant, and which schema its code declares.

pub mod compiler;
pub mod emitted;
pub mod package;
