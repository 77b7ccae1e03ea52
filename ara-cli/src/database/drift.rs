//! How the tables of a file differ from those that ara has made.

use ara_core::Drift;
use serde_json::Value;

use crate::output::style::{LACKED, Styled};

/// Returns a line for each difference.
pub fn as_text(drift: &[Drift]) -> String {
    let lines = drift.iter().map(|drift| format!("  {}\n", Styled(LACKED, drift)));
    format!("not as ara made it:\n{}", lines.collect::<String>())
}

/// Returns each difference in words.
pub fn as_json(drift: &[Drift]) -> Value {
    drift.iter().map(Drift::to_string).collect()
}
