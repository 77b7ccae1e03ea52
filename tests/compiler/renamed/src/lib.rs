//! A library that an app is built with, and that has ara within it.

pub use db as ara;
