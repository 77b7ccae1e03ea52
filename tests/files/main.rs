//! The file, and the processes that use it: one after another, at the same time, or until they are killed.

#[cfg(unix)]
mod disk_full;
mod example_todo;
mod example_todo_sync;
mod foreign_log;
mod imports;
#[cfg(unix)]
mod kill;
#[cfg(unix)]
mod kill_rebuild;
mod log_length;
#[cfg(unix)]
mod many_readers;
mod memory;
#[cfg(unix)]
mod mounted;
mod neighbours;
mod open;
mod open_together;
mod processes;
mod read_only;
#[cfg(unix)]
mod temporary;
mod too_many_files;
mod vacuum;
