//! Measuring, and the table of what was measured.

use std::fmt;
use std::time::{Duration, Instant};

/// How often a short call is repeated, of which the median counts.
pub const ROUNDS: usize = 7;

/// The rows that are asked for, and how large they are.
pub struct Report {
    word: Option<String>,
    divisor: usize,
    is_begun: bool,
}

/// What was measured, or is the most that it may be.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub enum Figure {
    Time(Duration),
    /// Bytes, shown as megabytes.
    Memory(u64),
    /// Bytes of one change.
    Bytes(f64),
}

impl Figure {
    pub const fn millis(millis: u64) -> Self {
        Self::Time(Duration::from_millis(millis))
    }

    pub const fn megabytes(megabytes: u64) -> Self {
        Self::Memory(megabytes << 20)
    }
}

impl Report {
    pub fn new(arguments: &[String]) -> Self {
        let divisor = arguments.iter().find_map(|argument| argument.strip_prefix("--divide="));
        let divisor = divisor.map_or(1, |number| number.parse().expect("a number to divide by"));
        let word = arguments.iter().find(|argument| !argument.starts_with("--")).cloned();
        if divisor > 1 {
            println!("Every size is divided by {divisor}, so the targets do not apply.");
        }
        Self { word, divisor, is_begun: false }
    }

    pub fn wants(&self, name: &str) -> bool {
        self.word.as_ref().is_none_or(|word| name.contains(word.as_str()))
    }

    pub fn wants_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.wants(name))
    }

    /// How large something is that a row names at its full size.
    pub fn size(&self, full: usize) -> usize {
        (full / self.divisor).max(1)
    }

    /// Prints a row, if it is asked for.
    pub fn add(&mut self, name: &str, measured: Figure, most: Option<Figure>) {
        if !self.wants(name) {
            return;
        }
        if !std::mem::replace(&mut self.is_begun, true) {
            println!("{:54} {:>12} {:>12}", "work", "measured", "at most");
        }
        let missed = if most.is_some_and(|most| measured > most) { "  missed" } else { "" };
        let most = most.map_or_else(|| "-".to_owned(), |most| most.to_string());
        println!("{name:54} {:>12} {most:>12}{missed}", measured.to_string());
    }
}

/// Times what a closure does.
pub fn timed<R>(work: impl FnOnce() -> R) -> (Duration, R) {
    let start = Instant::now();
    let result = std::hint::black_box(work());
    (start.elapsed(), result)
}

/// The median time of a call that changes nothing, or what it takes once if that is long.
pub fn median_time<R>(mut work: impl FnMut() -> ara::Result<R>) -> ara::Result<(Duration, R)> {
    const LONG: Duration = Duration::from_secs(1);
    let (mut times, mut total) = (Vec::new(), Duration::ZERO);
    loop {
        let (time, result) = timed(&mut work);
        let result = result?;
        times.push(time);
        total += time;
        if times.len() == ROUNDS || total > LONG {
            return Ok((median(&times), result));
        }
    }
}

pub fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Makes what is measured, and tells how long that took.
pub fn made<R>(what: &str, make: impl FnOnce() -> R) -> R {
    let (time, result) = timed(make);
    eprintln!("{what}: made in {:.1} s", time.as_secs_f64());
    result
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => write!(f, "{:.2} ms", time.as_secs_f64() * 1e3),
            Self::Memory(bytes) => write!(f, "{:.1} MB", *bytes as f64 / f64::from(1 << 20)),
            Self::Bytes(bytes) => write!(f, "{bytes:.1} bytes"),
        }
    }
}
