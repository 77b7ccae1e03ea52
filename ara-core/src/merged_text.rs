//! Texts that devices edit at the same time, as documents of Yjs: the only code that knows that library.
//!
//! It knows no file and no log: it is given updates, and gives updates.

pub(crate) mod change;
pub(crate) mod cursor;
pub(crate) mod diff;
pub(crate) mod document;
pub(crate) mod inverse;
mod scan;
#[cfg(test)]
mod tests;
