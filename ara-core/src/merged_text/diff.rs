//! What changed between two texts.

use std::ops::Range;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use unicode_segmentation::UnicodeSegmentation;

/// How long the smallest change is looked for. After that, a greater one that was found is as good.
const PATIENCE: Duration = Duration::from_millis(500);

/// A part of a text, in bytes, and what takes its place.
pub(crate) type Edit<'n> = (Range<usize>, &'n str);

/// Returns what to change in a text so that it becomes another one, from its end to its start. What a reader takes for a
/// letter is changed as a whole.
pub(crate) fn edits<'n>(old: &str, new: &'n str) -> Vec<Edit<'n>> {
    let (before, after) = (graphemes(old), graphemes(new));
    let deadline = Instant::now() + PATIENCE;
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &before, &after, Some(deadline));
    let (old_starts, new_starts) = (starts(&before), starts(&after));
    let bytes = |starts: &[usize], range: Range<usize>| {
        let at = |index: usize| starts.get(index).copied().unwrap_or_default();
        at(range.start)..at(range.end)
    };
    let changed = ops.iter().rev().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let edits = changed.map(|op| {
        let inserted = new.get(bytes(&new_starts, op.new_range())).unwrap_or_default();
        (bytes(&old_starts, op.old_range()), inserted)
    });
    edits.collect()
}

fn graphemes(text: &str) -> Vec<&str> {
    text.graphemes(true).collect()
}

/// Returns where each part begins, in bytes, and where the last one ends.
fn starts(parts: &[&str]) -> Vec<usize> {
    let mut starts = Vec::with_capacity(parts.len() + 1);
    let mut at = 0;
    starts.push(at);
    for part in parts {
        at += part.len();
        starts.push(at);
    }
    starts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_letter_is_changed_as_a_whole() {
        // The accent is a character of its own.
        assert_eq!(edits("cafe", "cafe\u{301}"), [(3..4, "e\u{301}")]);
        assert_eq!(edits("ab", "axb"), [(1..1, "x")]);
        assert_eq!(edits("one two", "one"), [(3..7, "")]);
        assert!(edits("same", "same").is_empty());
    }

    proptest! {
        #[test]
        fn the_edits_make_the_new_text(old in "[ab \u{301}\u{1F600}]{0,12}", new in "[ab \u{301}\u{1F600}]{0,12}") {
            let mut text = old.clone();
            for (range, inserted) in edits(&old, &new) {
                text.replace_range(range, inserted);
            }
            prop_assert_eq!(text, new);
        }
    }
}
