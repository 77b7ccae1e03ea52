//! The command, as whoever runs a relay starts, stops and loses it.
#![cfg(unix)]

mod admin;
mod backups;
mod cluster;
mod damaged;
mod device;
mod encrypted;
mod processes;
mod running;
mod serving;
mod sql;
