//! What a terminal shows while something takes long. It is written to standard error, if that is a
//! terminal.

use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The time after which something is shown.
const PATIENCE: Duration = Duration::from_millis(800);

/// A line that shows the latest message of cargo.
pub struct Waiting(ProgressBar);

impl Waiting {
    /// Shows the line as soon as it takes long.
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

    /// Takes a message of cargo.
    pub fn tell(&self, line: &str) {
        let line = anstream::adapter::strip_str(line).to_string();
        let line = line.trim();
        // An error is expected, as the schema arrives in one.
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

/// Returns a bar for the progress of something that is counted.
pub fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent}% {eta} left") {
        bar.set_style(style);
    }
    bar
}
