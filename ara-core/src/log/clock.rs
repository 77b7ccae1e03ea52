//! The hybrid logical clock: Kulkarni, Demirbas, Madappa, Avva and Leone, "Logical Physical Clocks"
//! (OPODIS 2014).

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

/// A time of the hybrid logical clock: 48 bits of milliseconds since 1970, of which the highest is
/// never set, then 16 bits of a counter within the millisecond. Times compare as these integers do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Time(i64);

/// How many bits the counter has.
const COUNTER_BITS: u32 = 16;

/// The last millisecond that is taken from a wall clock: in the year 4199. A later one is
/// taken for this one, and as many milliseconds again are left for the times that come after it.
const MAX_WALL: i64 = 1 << 46;

/// The last millisecond that a time can hold.
const LAST_MILLI: i64 = (1 << 47) - 1;

impl Time {
    /// The time before all others, which no change has.
    pub(crate) const MIN: Self = Self(i64::MIN);

    /// The last time.
    pub(crate) const MAX: Self = Self(i64::MAX);

    /// Makes a time of the integer that the file holds.
    pub(crate) const fn from_bits(bits: i64) -> Self {
        Self(bits)
    }

    /// Returns the integer that the file holds.
    pub(crate) const fn bits(self) -> i64 {
        self.0
    }

    /// Returns the milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) const fn millis(self) -> i64 {
        self.0 >> COUNTER_BITS
    }

    /// Returns the counter within the millisecond.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the low 16 bits")]
    pub(crate) const fn counter(self) -> u16 {
        self.0 as u16
    }

    /// Returns the first time within a millisecond.
    pub(crate) fn first_in(millis: i64) -> Self {
        Self(millis.clamp(0, LAST_MILLI) << COUNTER_BITS)
    }

    /// Returns the last time within a millisecond, or time zero if that is before 1970.
    pub(crate) fn last_in(millis: i64) -> Self {
        if millis < 0 { Self(0) } else { Self(Self::first_in(millis).0 | i64::from(u16::MAX)) }
    }

    /// Returns the time just before this one.
    pub(crate) const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// Returns the next time after this one that is not before `wall` milliseconds. If the wall clock
    /// stands still or runs backwards, the counter goes on; if that overflows, the millisecond does.
    pub(crate) fn next(self, wall: i64) -> Self {
        let wall = wall.clamp(0, MAX_WALL) << COUNTER_BITS;
        Self(self.0.saturating_add(1).max(wall))
    }
}

impl ToSql for Time {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Time {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        FromSql::column_result(value).map(Self)
    }
}

/// Returns the milliseconds since 1970 by the system's clock.
pub(crate) fn system_millis() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(MAX_WALL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn time_follows_the_wall_clock_and_never_goes_back() {
        let first = Time::default().next(1_700_000_000_000);
        assert_eq!((first.millis(), first.counter()), (1_700_000_000_000, 0));
        let same = first.next(1_700_000_000_000);
        assert_eq!((same.millis(), same.counter()), (1_700_000_000_000, 1));
        let back = same.next(5);
        assert_eq!((back.millis(), back.counter()), (1_700_000_000_000, 2));
        let on = back.next(1_700_000_000_001);
        assert_eq!((on.millis(), on.counter()), (1_700_000_000_001, 0));
    }

    #[test]
    fn a_millisecond_has_a_first_and_a_last_time() {
        let first = Time::default().next(7);
        assert_eq!((Time::first_in(7), Time::last_in(7).millis()), (first, 7));
        assert_eq!(Time::last_in(7).next(0), Time::first_in(8));
        assert_eq!(Time::last_in(-1), Time::default());
        assert!(Time::last_in(i64::MAX) > Time::last_in(1 << 46));
    }

    #[test]
    fn a_full_counter_moves_on_the_millisecond() {
        let mut time = Time::default().next(7);
        for _ in 0..=u16::MAX {
            time = time.next(7);
        }
        assert_eq!((time.millis(), time.counter()), (8, 0));
    }

    proptest! {
        #[test]
        fn each_time_is_later_whatever_the_wall_clock_says(walls: Vec<i64>) {
            let mut time = Time::default();
            for wall in walls {
                let next = time.next(wall);
                prop_assert!(next > time);
                prop_assert!(next.millis() <= MAX_WALL + 1);
                time = next;
            }
        }
    }
}
