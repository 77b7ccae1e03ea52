//! The file, and the processes that use it: one after another, at the same time, or until they are killed.

#[cfg(unix)]
mod disk_full;
mod example_todo;
#[cfg(unix)]
mod kill;
#[cfg(unix)]
mod kill_rebuild;
mod open;
mod open_together;
mod processes;
mod read_only;
