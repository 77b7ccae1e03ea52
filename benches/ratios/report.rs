//! Timing two sides in turn, and the table of their ratios.

use std::time::{Duration, Instant};

/// Rounds of each side; the ratio is that of the medians.
pub const ROUNDS: usize = 7;

/// The rows of the table, as they are measured.
pub struct Report {
    word: Option<String>,
    lines: Vec<Line>,
}

struct Line {
    name: &'static str,
    ours: Figure,
    by_hand: Figure,
    target: Target,
}

/// What was measured of one side.
#[derive(Clone, Copy)]
pub enum Figure {
    Time(Duration),
    Bytes(u64),
}

/// What is to be reached.
#[derive(Clone, Copy)]
pub enum Target {
    /// The ratio to the work by hand.
    Ratio(f64),
    /// A time.
    Time(Duration),
    /// Nothing: the ratio is told, and nobody has said what it should be.
    None,
}

/// Times what a closure does.
pub fn timed<R>(work: impl FnOnce() -> R) -> (Duration, R) {
    let start = Instant::now();
    let result = std::hint::black_box(work());
    (start.elapsed(), result)
}

impl Report {
    pub fn new(word: Option<String>) -> Self {
        Self { word, lines: Vec::new() }
    }

    pub fn wants(&self, name: &str) -> bool {
        self.word.as_ref().is_none_or(|word| name.contains(word.as_str()))
    }

    /// Runs both sides in turn. Each gives the time of what it measured.
    pub fn compare(
        &mut self,
        name: &'static str,
        target: Target,
        mut ours: impl FnMut() -> ara::Result<Duration>,
        mut by_hand: impl FnMut() -> ara::Result<Duration>,
    ) -> ara::Result<()> {
        if !self.wants(name) {
            return Ok(());
        }
        eprintln!("{name} ..");
        let mut times = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            times.0.push(ours()?);
            times.1.push(by_hand()?);
        }
        let [ours, by_hand] = [times.0, times.1].map(|times| Figure::Time(median(times)));
        self.lines.push(Line { name, ours, by_hand, target });
        Ok(())
    }

    /// Adds a row whose figures were measured already.
    pub fn add(&mut self, name: &'static str, target: Target, ours: Figure, by_hand: Figure) {
        self.lines.push(Line { name, ours, by_hand, target });
    }

    pub fn print(&self) {
        println!("\n{:46} {:>12} {:>12} {:>7} {:>9}", "work", "ara", "by hand", "ratio", "at most");
        for Line { name, ours, by_hand, target } in &self.lines {
            let ratio = ours.amount() / by_hand.amount();
            let (target, missed) = match *target {
                Target::Ratio(most) => (format!("{most:.2}"), ratio > most),
                Target::Time(most) => {
                    (Figure::Time(most).to_string(), ours.amount() > most.as_secs_f64())
                }
                Target::None => ("-".to_owned(), false),
            };
            let missed = if missed { "  missed" } else { "" };
            let (ours, by_hand) = (ours.to_string(), by_hand.to_string());
            println!("{name:46} {ours:>12} {by_hand:>12} {ratio:>7.2} {target:>9}{missed}");
        }
    }
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

impl Figure {
    fn amount(self) -> f64 {
        match self {
            Self::Time(time) => time.as_secs_f64(),
            Self::Bytes(bytes) => bytes as f64,
        }
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Time(time) if time.as_secs_f64() < 0.001 => {
                write!(f, "{:.1} us", time.as_secs_f64() * 1e6)
            }
            Self::Time(time) => write!(f, "{:.2} ms", time.as_secs_f64() * 1e3),
            Self::Bytes(bytes) => write!(f, "{:.2} MB", *bytes as f64 / 1e6),
        }
    }
}
