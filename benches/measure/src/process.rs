//! What the system tells of a process.

use std::fs;
use std::time::Duration;

/// How often the system counts in a second what a process has used of the processor.
const TICKS_A_SECOND: u64 = 100;

/// Time of the processor, memory, and what was written.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// The time that the threads of the process ran so far.
    pub ran: Duration,
    /// The memory that it has now, in bytes.
    pub memory: u64,
    /// The most memory that it had at any time, in bytes.
    pub peak: u64,
    /// How many bytes it has written so far, into whatever file or connection.
    pub written: u64,
}

impl Usage {
    /// Returns what this process has used so far, or `None` where the system has no `/proc`.
    #[must_use]
    pub fn now() -> Option<Self> {
        Self::of(std::process::id())
    }

    /// Returns what a process has used so far, or `None` if there is none, or where the system has no `/proc`.
    #[must_use]
    pub fn of(process: u32) -> Option<Self> {
        let [status, io, stat] = ["status", "io", "stat"]
            .map(|file| fs::read_to_string(format!("/proc/{process}/{file}")).ok());
        let (status, io, stat) = (status?, io?, stat?);
        // What comes before is the name of the program, in which anything may be.
        let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let ran = (ticks(11)? + ticks(12)?) * 1000 / TICKS_A_SECOND;
        Some(Self {
            ran: Duration::from_millis(ran),
            memory: number(&status, "VmRSS:")? << 10,
            peak: number(&status, "VmHWM:")? << 10,
            written: number(&io, "wchar:")?,
        })
    }
}

/// Returns the number on the line that begins with a name.
fn number(lines: &str, name: &str) -> Option<u64> {
    let line = lines.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
