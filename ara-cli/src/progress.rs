//! What is shown on a terminal while something takes long. It goes to standard error, and nowhere if
//! that is no terminal.

use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What takes less than this is not worth a word.
const PATIENCE: Duration = Duration::from_millis(800);

/// A line with the latest that cargo said.
pub struct Waiting(ProgressBar);

impl Waiting {
    pub fn start() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(ProgressStyle::default_spinner());
        let shown = bar.clone();
        thread::spawn(move || {
            thread::sleep(PATIENCE);
            if !shown.is_finished() {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(Duration::from_millis(100));
            }
        });
        Self(bar)
    }

    /// Shows a line of cargo's, once it takes long.
    pub fn tell(&self, line: &str) {
        let line = anstream::adapter::strip_str(line).to_string();
        let line = line.trim();
        // That the code does not compile is how its schema is learnt.
        if !line.starts_with("error") && !line.starts_with("warning") {
            self.0.set_message(line.to_owned());
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A bar for what is counted.
pub fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent}% {eta} left") {
        bar.set_style(style);
    }
    bar
}
