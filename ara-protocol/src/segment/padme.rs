//! PADMÉ: lengths that tell little.

/// Returns the length to which `length` bytes are padded: at most 12 % more. Of a length, only its
/// magnitude and its first few bits show. (Nikitin and others, Reducing Metadata Leakage from
/// Encrypted Files and Communication with PURBs, 2019.)
pub(crate) const fn padded(length: usize) -> usize {
    if length < 2 {
        return length;
    }
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    // For 2 and 3, all bits are kept.
    let mask = (1 << exponent.saturating_sub(kept)) - 1;
    length.saturating_add(mask) & !mask
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_are_those_of_the_paper() {
        for (length, expected) in [(0, 0), (1, 1), (2, 2), (9, 10), (100, 104), (1000, 1024)] {
            assert_eq!(padded(length), expected, "{length}");
        }
        assert_eq!(padded(1_000_000), 1_015_808);
    }

    proptest! {
        #[test]
        fn it_adds_at_most_12_percent(length in 0_usize..1 << 40) {
            let padded_length = padded(length);
            prop_assert!(padded_length >= length);
            prop_assert!(padded_length - length <= length * 12 / 100 + 1);
            prop_assert_eq!(padded(padded_length), padded_length);
        }

        #[test]
        fn no_length_panics(length: usize) {
            padded(length);
        }
    }
}
