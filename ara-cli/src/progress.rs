//! What is shown on a terminal while something takes long. It goes to standard error, and nowhere if
//! that is no terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// What takes less than this is not worth a word.
const PATIENCE: Duration = Duration::from_millis(800);

/// A line with the latest that cargo said.
pub struct Waiting {
    since: Instant,
    bar: ProgressBar,
}

impl Waiting {
    pub fn start() -> Self {
        Self { since: Instant::now(), bar: ProgressBar::new_spinner() }
    }

    /// Shows a line of cargo's, if it takes long by now.
    pub fn tell(&self, line: &str) {
        if self.since.elapsed() < PATIENCE {
            return;
        }
        let line = anstream::adapter::strip_str(line).to_string();
        self.bar.set_message(line.trim().to_owned());
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A spinner with a word of what is done.
pub fn spinner(doing: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(doing.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
