//! What the system tells of this process.

use std::fs;

/// Memory, and what was written, in bytes.
#[derive(Clone, Copy)]
pub struct Usage {
    /// The memory that the process has now.
    pub memory: u64,
    /// The most that it had at any time.
    pub peak: u64,
    /// What it wrote so far, into whatever file.
    pub written: u64,
}

impl Usage {
    /// Returns `None` where the system has no `/proc`.
    pub fn now() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let io = fs::read_to_string("/proc/self/io").ok()?;
        Some(Self {
            memory: number(&status, "VmRSS:")? << 10,
            peak: number(&status, "VmHWM:")? << 10,
            written: number(&io, "wchar:")?,
        })
    }
}

/// The number on the line that begins with a name.
fn number(lines: &str, name: &str) -> Option<u64> {
    let line = lines.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
