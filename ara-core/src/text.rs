//! What SQL computes from texts: their case, patterns, and parts. SQLite's own functions know the case of ASCII
//! letters alone, and some stop at the first NUL.

pub(crate) mod case;
pub(crate) mod functions;
mod pattern;
