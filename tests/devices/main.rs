//! Several devices, and what one gives to another.

mod clocks;
mod counter;
mod forgetting;
mod merge;
mod replicas;
mod rules;
mod text;
mod undos;
mod wire;
mod written_through;
