//! What the benches share: measuring, and the table of what was measured.

mod machine;
mod process;
mod random;
mod report;
mod table;

pub use machine::machine;
pub use process::Usage;
pub use random::Random;
pub use report::{Figure, ROUNDS, Report, made, median, median_time, part, timed};
