//! On what machine the figures were taken.

use std::fs;
use std::thread;

/// Returns what the machine is, and how busy it is with other programs: `Xeon, 2 processors, 24 GB of memory, load 0.10`.
/// What the system does not tell is left out.
#[must_use]
pub fn machine() -> String {
    let read = |file| fs::read_to_string(file).unwrap_or_default();
    let (processor, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let mut parts = vec![];
    if let Some((_, model)) = processor
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|it| it.0.trim() == "model name")
    {
        parts.push(model.trim().to_owned());
    }
    if let Ok(processors) = thread::available_parallelism() {
        parts.push(format!("{processors} processors"));
    }
    let kilobytes = memory.split_whitespace().nth(1).and_then(|number| number.parse::<f64>().ok());
    parts.extend(kilobytes.map(|it| format!("{:.0} GB of memory", it / f64::from(1 << 20))));
    parts.extend(read("/proc/loadavg").split_whitespace().next().map(|it| format!("load {it}")));
    parts.join(", ")
}
