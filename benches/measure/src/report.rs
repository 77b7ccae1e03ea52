//! Measuring, and the table of what was measured.

use std::fmt;
use std::time::{Duration, Instant};

use crate::table::Table;

/// How often a short call is repeated, of which the median counts.
pub const ROUNDS: usize = 7;

/// The rows that are asked for, and how large they are.
#[derive(Debug)]
pub struct Report {
    word: Option<String>,
    divisor: usize,
    shown: Shown,
}

/// How figures are shown.
#[derive(Debug)]
enum Shown {
    /// At once, a row each.
    AtOnce { is_begun: bool },
    /// At the end, beside those that others had for the same work.
    Beside { column: &'static str, table: Table },
}

/// What was measured, or is wanted.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum Figure {
    /// How many a second: the more, the better. Of all others, less is better.
    PerSecond(f64),
    /// How long it took.
    Time(Duration),
    /// Bytes, shown as megabytes.
    Memory(u64),
    /// Bytes of one change.
    Bytes(f64),
    /// How often as long as something else.
    Ratio(f64),
}

impl Figure {
    /// A time.
    #[must_use]
    pub const fn millis(millis: u64) -> Self {
        Self::Time(Duration::from_millis(millis))
    }

    /// An amount of memory.
    #[must_use]
    pub const fn megabytes(megabytes: u64) -> Self {
        Self::Memory(megabytes << 20)
    }

    /// How many a second, if so many took a time.
    #[must_use]
    pub fn rate(count: usize, time: Duration) -> Self {
        Self::PerSecond(count as f64 / time.as_secs_f64())
    }

    pub(crate) fn misses(self, target: Self) -> bool {
        match self {
            Self::PerSecond(_) => self < target,
            _ => self > target,
        }
    }
}

impl Report {
    /// Reads the arguments: a word that is in the names of the rows, and `--divide=` with a number.
    ///
    /// # Panics
    ///
    /// Panics if that is no number.
    #[must_use]
    pub fn new(arguments: &[String]) -> Self {
        let divisor = arguments.iter().find_map(|argument| argument.strip_prefix("--divide="));
        let divisor = divisor.map_or(1, |number| number.parse().expect("a number to divide by"));
        let word = arguments.iter().find(|argument| !argument.starts_with("--")).cloned();
        if divisor > 1 {
            println!("Every size is divided by {divisor}, so the targets do not apply.");
        }
        Self { word, divisor, shown: Shown::AtOnce { is_begun: false } }
    }

    /// Reads the same arguments, and shows at the end a table with a column for each name.
    ///
    /// # Panics
    ///
    /// Panics if the number to divide by is none.
    #[must_use]
    pub fn with_columns(arguments: &[String], columns: &[&'static str]) -> Self {
        let table = Table::new(columns);
        Self { shown: Shown::Beside { column: "", table }, ..Self::new(arguments) }
    }

    /// Puts the figures that follow into this column.
    pub const fn begin_column(&mut self, name: &'static str) {
        if let Shown::Beside { column, .. } = &mut self.shown {
            *column = name;
        }
    }

    /// Prints the table, if there is one, with where its figures were taken above it.
    pub fn finish(self, heading: &str) {
        if let Shown::Beside { table, .. } = self.shown {
            println!("{heading}\n\n{table}");
        }
    }

    /// Returns whether a row is asked for.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        self.word.as_ref().is_none_or(|word| name.contains(word.as_str()))
    }

    /// Returns whether one of these rows is asked for.
    #[must_use]
    pub fn wants_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.wants(name))
    }

    /// Returns how large something is that a row names at its full size.
    #[must_use]
    pub fn size(&self, full: usize) -> usize {
        (full / self.divisor).max(1)
    }

    /// Shows a figure, if its row is asked for.
    pub fn add(&mut self, name: &str, measured: Figure, target: Option<Figure>) {
        if !self.wants(name) {
            return;
        }
        match &mut self.shown {
            Shown::AtOnce { is_begun } => {
                if !std::mem::replace(is_begun, true) {
                    println!("{:58} {:>14} {:>14}", "work", "measured", "target");
                }
                print_row(name, measured, target);
            }
            Shown::Beside { column, table } => {
                eprintln!("{column}: {name}: {measured}");
                table.add(column, name, measured, target);
            }
        }
    }
}

fn print_row(name: &str, measured: Figure, target: Option<Figure>) {
    let missed = if target.is_some_and(|target| measured.misses(target)) { "  missed" } else { "" };
    let target = target.map_or_else(|| "-".to_owned(), |target| target.to_string());
    println!("{name:58} {:>14} {target:>14}{missed}", measured.to_string());
}

/// Times what a closure does.
pub fn timed<R>(work: impl FnOnce() -> R) -> (Duration, R) {
    let start = Instant::now();
    let result = std::hint::black_box(work());
    (start.elapsed(), result)
}

/// Returns the median time of a call that changes nothing, or what it takes once if that is long.
///
/// # Errors
///
/// Returns the error of the call.
pub fn median_time<R, E>(mut work: impl FnMut() -> Result<R, E>) -> Result<(Duration, R), E> {
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

/// Makes what is measured, and tells how long that took.
pub fn made<R>(what: &str, make: impl FnOnce() -> R) -> R {
    let (time, result) = timed(make);
    eprintln!("{what}: made in {:.1} s", time.as_secs_f64());
    result
}

/// Returns the median of what was measured.
///
/// # Panics
///
/// Panics if nothing was measured.
pub fn median<T: Copy + Ord>(measured: &[T]) -> T {
    part(measured, 0.5)
}

/// Returns what so large a part of all that was measured is below.
///
/// # Panics
///
/// Panics if nothing was measured.
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
