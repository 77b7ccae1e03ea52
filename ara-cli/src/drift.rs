//! Where a file is not as ara made it.

use ara_core::Drift;
use serde_json::Value;

use crate::style::{LACKED, Styled};

/// A line for each.
pub fn as_text(drift: &[Drift]) -> String {
    let lines = drift.iter().map(|drift| format!("  {}\n", Styled(LACKED, drift)));
    format!("not as ara made it:\n{}", lines.collect::<String>())
}

/// What each is, in words.
pub fn as_json(drift: &[Drift]) -> Value {
    drift.iter().map(Drift::to_string).collect()
}
