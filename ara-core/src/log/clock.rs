//! Stamps, by which the last writer wins, and the clock that new changes get them from.
//!
//! A stamp is a time of a hybrid logical clock: Kulkarni, Demirbas, Madappa, Avva and Leone, "Logical Physical
//! Clocks" (OPODIS 2014). But there is no single clock that everything moves on: see [`Clock`].

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

/// What decides which of two writes wins: 48 bits of milliseconds since 1970, of which the highest is never
/// set, then 16 bits of a counter within the millisecond. Stamps compare as these integers do.
///
/// A stamp is not a date: it is moved on by what the writer had seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Stamp(i64);

/// How many bits the counter has.
const COUNTER_BITS: u32 = 16;

/// The last millisecond that is taken from a wall clock: in the year 4199. A later one is taken for this one.
pub(crate) const MAX_WALL: i64 = 1 << 46;

/// The last millisecond that a change may be stamped with. It leaves room above [`MAX_WALL`] for 136 years of
/// writes that each come after the one before.
pub(crate) const MAX_MILLIS: i64 = MAX_WALL + (1 << 32);

impl Stamp {
    /// The last stamp that a change may have.
    pub(crate) const LAST: Self = Self(MAX_MILLIS << COUNTER_BITS | 0xffff);

    /// Makes a stamp of the integer that the file holds.
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

    /// Makes a stamp of milliseconds since 1970 and a counter.
    pub(crate) fn new(millis: i64, counter: u16) -> Self {
        Self(millis << COUNTER_BITS | i64::from(counter))
    }

    /// Returns the next stamp after this one.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Returns whether a change may have the stamp.
    pub(crate) fn is_valid(self) -> bool {
        Self::default() < self && self <= Self::LAST
    }
}

impl ToSql for Stamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Stamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        FromSql::column_result(value).map(Self)
    }
}

/// How far ahead of the wall clock a stamp may be that moves the clock of the database: five minutes. Beyond
/// that it is the clock of its writer that was wrong, and not this one.
const MOST_AHEAD: i64 = 5 * 60 * 1000;

/// What gives new changes their stamps: the wall clock, moved on by stamps that were seen.
///
/// A change of a row is always stamped later than the last change of the row, so who writes what he has seen
/// wins over it. The clock of the database follows what arrives and what is written, too, but it is never far
/// ahead of the wall clock: so one device whose clock is a year ahead makes only those rows late that it
/// wrote, and not all that are written after a look at them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// What the wall clock shows, in milliseconds since 1970.
    wall: i64,
    /// The latest stamp that counts.
    last: Stamp,
}

impl Clock {
    /// Makes a clock that shows `wall` milliseconds since 1970, and continues after `last`. If that is far
    /// ahead, the wall clock was put back since, and it is ignored.
    pub(crate) fn new(wall: i64, last: Stamp) -> Self {
        let mut clock = Self { wall: wall.clamp(0, MAX_WALL), last: Stamp::default() };
        clock.follow(last);
        clock
    }

    /// Returns what the wall clock shows, in milliseconds since 1970.
    pub(crate) fn wall(&self) -> i64 {
        self.wall
    }

    /// Returns the latest stamp that counts.
    pub(crate) fn last(&self) -> Stamp {
        self.last
    }

    /// Returns the stamp of a change of a row that is new.
    pub(crate) fn next(&self) -> Stamp {
        Stamp::new(self.wall, 0).max(self.last.next())
    }

    /// Returns the stamp of a change of a row whose last change has the stamp `row`, or `None` if that is the
    /// last one there is.
    pub(crate) fn after(&self, row: Stamp) -> Option<Stamp> {
        Some(self.next().max(row.next())).filter(|stamp| *stamp <= Stamp::LAST)
    }

    /// Moves the clock on to a stamp, unless that is far ahead of the wall clock.
    pub(crate) fn follow(&mut self, stamp: Stamp) {
        if stamp.millis() <= self.wall + MOST_AHEAD {
            self.last = self.last.max(stamp);
        }
    }

    /// Returns the date of a transaction that begins now, in milliseconds since 1970: that of the stamp which
    /// comes next, so that it need not be stored besides, unless the wall clock shows another second.
    pub(crate) fn date(&self) -> i64 {
        let next = self.next().millis();
        if (next - self.wall).abs() <= 1000 { next } else { self.wall }
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

    const NOW: i64 = 1_795_000_000_000;

    #[test]
    fn a_clock_follows_the_wall_and_never_repeats_itself() {
        let mut clock = Clock::new(NOW, Stamp::default());
        let first = clock.next();
        assert_eq!((first.millis(), first.counter()), (NOW, 0));
        clock.follow(first);
        let second = clock.next();
        assert_eq!((second.millis(), second.counter()), (NOW, 1));
        let back = Clock::new(NOW - 1000, second).next();
        assert_eq!((back.millis(), back.counter()), (NOW, 2));
        assert_eq!(Clock::new(NOW + 1, back).next(), Stamp::new(NOW + 1, 0));
    }

    #[test]
    fn what_is_far_ahead_does_not_move_it() {
        let mut clock = Clock::new(NOW, Stamp::default());
        let ahead = Stamp::new(NOW + MOST_AHEAD, 7);
        clock.follow(ahead);
        assert_eq!(clock.next(), ahead.next());
        clock.follow(Stamp::new(NOW + MOST_AHEAD + 1, 0));
        assert_eq!(clock.next(), ahead.next());
        assert_eq!(Clock::new(NOW - 1, ahead).next(), Stamp::new(NOW - 1, 0));
    }

    #[test]
    fn a_change_comes_after_the_last_one_of_its_row() {
        let clock = Clock::new(NOW, Stamp::default());
        let year = Stamp::new(NOW + 31_536_000_000, 9);
        assert_eq!(clock.after(year), Some(year.next()));
        assert_eq!(clock.after(Stamp::new(1, 0)), Some(clock.next()));
        assert_eq!(clock.after(Stamp::LAST), None);
        assert_eq!(clock.after(Stamp::from_bits(i64::MAX)), None);
    }

    #[test]
    fn a_date_is_a_wall_time() {
        let mut clock = Clock::new(NOW, Stamp::default());
        assert_eq!(clock.date(), NOW);
        clock.follow(Stamp::new(NOW + 1000, 0));
        assert_eq!(clock.date(), NOW + 1000);
        clock.follow(Stamp::new(NOW + 1001, 0));
        assert_eq!(clock.date(), NOW);
    }

    #[test]
    fn a_full_counter_moves_on_the_millisecond() {
        let mut clock = Clock::new(7, Stamp::default());
        for _ in 0..=u16::MAX {
            clock.follow(clock.next());
        }
        assert_eq!(clock.next(), Stamp::new(8, 0));
    }

    proptest! {
        #[test]
        fn each_stamp_of_a_row_is_later_whatever_the_wall_shows(walls: Vec<i64>) {
            let (mut last, mut row) = (Stamp::default(), Stamp::default());
            for wall in walls {
                let mut clock = Clock::new(wall, last);
                let stamp = clock.after(row);
                prop_assert!(stamp.is_some_and(|stamp| stamp > row && stamp.millis() <= MAX_WALL + MOST_AHEAD + 1));
                row = stamp.unwrap_or_default();
                clock.follow(row);
                last = clock.last();
            }
        }
    }
}
