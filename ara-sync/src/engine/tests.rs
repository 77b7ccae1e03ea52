//! Devices that sync through a relay which runs in the same process.

mod attacks;
mod bulk;
mod damaged;
mod dice;
mod forks;
mod full_disk;
mod lies;
mod members;
mod mishaps;
mod net;
mod put_back;
mod random;
mod recovering;
mod sealed_again;
mod simple;
mod simulation;
mod telling;
mod two_processes;
mod unreadable;
mod world;
mod year;
