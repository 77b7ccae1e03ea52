//! What every macro reads the user's code with, and how it reports what is wrong in it.

pub mod arguments;
pub mod facade;
pub mod faults;
pub mod names;
pub mod suggest;
pub mod types;
