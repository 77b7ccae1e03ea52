//! Programs that keep what was released.

mod as_it_was;
mod wider;
