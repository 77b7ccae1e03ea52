//! How long to wait after failures.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(300);

/// Returns how long to wait after so many failures in a row: twice as long after each, at most five minutes, and by
/// chance up to half of it less, so that devices which lost the relay together do not come back together.
pub(super) fn pause(failures: u32, chance: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    longest.mul_f64(1.0 - f64::from(chance) / f64::from(u32::MAX) / 2.0)
}

/// Returns how long to wait after a failure, if the relay asked for some time. What it asks for counts up to five minutes:
/// whatever has answered once must not end sync.
pub(super) fn pause_at_least(asked_for: Duration, failures: u32, chance: u32) -> Duration {
    pause(failures, chance).max(asked_for.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_can_ask_for_ever() {
        let asked = |seconds| pause_at_least(Duration::from_secs(seconds), 1, 0);
        assert_eq!(asked(0), FIRST);
        assert_eq!(asked(7), Duration::from_secs(7));
        assert_eq!(asked(u32::MAX.into()), LONGEST);
    }

    #[test]
    fn each_failure_doubles_it_up_to_a_limit() {
        assert_eq!(pause(1, 0), FIRST);
        assert_eq!(pause(2, 0), FIRST * 2);
        assert_eq!(pause(5, 0), FIRST * 16);
        for failures in [20, 1000, u32::MAX] {
            assert_eq!(pause(failures, 0), LONGEST);
        }
        assert_eq!(pause(1, u32::MAX), FIRST / 2);
        assert!(pause(3, u32::MAX / 2) < FIRST * 4 && pause(3, u32::MAX / 2) > FIRST * 2);
    }
}
