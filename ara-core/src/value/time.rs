//! The types of `time`.
