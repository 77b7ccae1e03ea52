//! Several devices, and what one gives to another.

mod counter;
mod merge;
mod replicas;
mod rules;
mod wire;
