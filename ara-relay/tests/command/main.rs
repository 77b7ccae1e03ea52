//! The command, as whoever runs a relay starts, stops and loses it.
#![cfg(unix)]

mod admin;
mod damaged;
mod device;
mod processes;
mod running;
mod serving;
mod sql;
