//! Measuring, and the table of what was measured.

use std::fmt;
use std::time::{Duration, Instant};

/// How often what is measured is done anew, of which the median counts.
pub const ROUNDS: usize = 5;

/// The rows that are asked for, and how large they are.
pub struct Report {
    word: Option<String>,
    divisor: usize,
    is_begun: bool,
}

/// What was measured, or is wanted.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub enum Figure {
    /// How many a second: the more, the better. Of all others, less is better.
    PerSecond(f64),
    Time(Duration),
    /// Bytes, shown as megabytes.
    Memory(u64),
    /// Bytes of one change.
    Bytes(f64),
    /// How often as long as something else.
    Ratio(f64),
}

impl Figure {
    pub const fn millis(millis: u64) -> Self {
        Self::Time(Duration::from_millis(millis))
    }

    pub const fn megabytes(megabytes: u64) -> Self {
        Self::Memory(megabytes << 20)
    }

    /// How many a second, if so many took a time.
    pub fn rate(count: usize, time: Duration) -> Self {
        Self::PerSecond(count as f64 / time.as_secs_f64())
    }

    fn misses(self, target: Self) -> bool {
        match self {
            Self::PerSecond(_) => self < target,
            _ => self > target,
        }
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
    pub fn add(&mut self, name: &str, measured: Figure, target: Option<Figure>) {
        if !self.wants(name) {
            return;
        }
        if !std::mem::replace(&mut self.is_begun, true) {
            println!("{:58} {:>14} {:>14}", "work", "measured", "target");
        }
        let missed =
            if target.is_some_and(|target| measured.misses(target)) { "  missed" } else { "" };
        let target = target.map_or_else(|| "-".to_owned(), |target| target.to_string());
        println!("{name:58} {:>14} {target:>14}{missed}", measured.to_string());
    }
}

/// Times what a closure does.
pub fn timed<R>(work: impl FnOnce() -> R) -> (Duration, R) {
    let start = Instant::now();
    let result = std::hint::black_box(work());
    (start.elapsed(), result)
}

pub fn median<T: Copy + Ord>(measured: &[T]) -> T {
    part(measured, 0.5)
}

/// What so large a part of all that was measured is below.
pub fn part<T: Copy + Ord>(measured: &[T], part: f64) -> T {
    let mut measured = measured.to_vec();
    measured.sort_unstable();
    measured[((measured.len() as f64 * part) as usize).min(measured.len() - 1)]
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerSecond(rate) => write!(f, "{rate:.0}/s"),
            Self::Time(time) => write!(f, "{:.2} ms", time.as_secs_f64() * 1e3),
            Self::Memory(bytes) => write!(f, "{:.1} MB", *bytes as f64 / f64::from(1 << 20)),
            Self::Bytes(bytes) => write!(f, "{bytes:.1} bytes"),
            Self::Ratio(ratio) => write!(f, "{ratio:.2}"),
        }
    }
}

/// Numbers that look random, the same in every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below a bound, which is above zero.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}
