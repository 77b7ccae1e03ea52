//! Dates and times as fields and as text, independent of any date library.
//! [`Timestamp`](super::Timestamp) is displayed with them, and the types of `chrono`, `jiff` and `time`
//! are stored with them.

use std::fmt;

/// The seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// A date of the proleptic Gregorian calendar. It is displayed as `2026-11-21`, or if the year has not
/// four digits, with a sign as in ISO 8601: `+012026-11-21`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date {
    pub year: i64,
    pub month: u32,
    pub day: u32,
}

/// A time of day. It is displayed as `08:30:00.000000000`, or with as many digits as the format's
/// precision says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time {
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub nanosecond: u32,
}

/// A date and a time of day. It is displayed as both with a `T` between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DateTime {
    pub date: Date,
    pub time: Time,
}

impl Date {
    /// Returns the date, or `None` if the calendar does not have it.
    pub fn new(year: i64, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u32::from(leap),
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Self { year, month, day })
    }

    /// Reads a date whose year has four digits.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let year = reader.number(4)?;
        Self::read_after_year(year.into(), reader)
    }

    /// Reads the rest of a date after its year.
    pub fn read_after_year(year: i64, reader: &mut Reader<'_>) -> Option<Self> {
        reader.one_of(b"-")?;
        let month = reader.number(2)?;
        reader.one_of(b"-")?;
        Self::new(year, month, reader.number(2)?)
    }

    /// Returns the days since 1970-01-01. The year must have at most twelve digits.
    pub fn days(self) -> i64 {
        // This counts in years that begin in March, so that a leap day is the last day of its year, and
        // in eras of 400 years, which all have the same days.
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = if month > 2 { self.year } else { self.year - 1 };
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * DAYS_OF_ERA + day_of_era - MARCH_0000_TO_1970
    }

    /// Returns the date this many days after 1970-01-01.
    pub fn from_days(days: i64) -> Self {
        let days = days + MARCH_0000_TO_1970;
        let (era, day_of_era) = (days.div_euclid(DAYS_OF_ERA), days.rem_euclid(DAYS_OF_ERA));
        let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months = (5 * day_of_year + 2) / 153;
        let day = small(day_of_year - (153 * months + 2) / 5 + 1);
        let month = small((months + 2) % 12 + 1);
        Self { year: era * 400 + year_of_era + i64::from(month <= 2), month, day }
    }
}

/// The days of 400 years.
const DAYS_OF_ERA: i64 = 146_097;
/// The days from 0000-03-01 to 1970-01-01.
const MARCH_0000_TO_1970: i64 = 719_468;

/// Converts a number that is known to be small and not negative.
fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

impl Time {
    /// Reads a time without a fraction of a second.
    pub fn read_seconds(reader: &mut Reader<'_>) -> Option<Self> {
        let hour = reader.number(2).filter(|hour| *hour < 24)?;
        reader.one_of(b":")?;
        let minute = reader.number(2).filter(|minute| *minute < 60)?;
        reader.one_of(b":")?;
        let second = reader.number(2).filter(|second| *second < 60)?;
        Some(Self { hour, minute, second, nanosecond: 0 })
    }

    /// Returns the nanoseconds since the day began.
    pub fn nanoseconds(self) -> i64 {
        let seconds = (self.hour * 60 + self.minute) * 60 + self.second;
        i64::from(seconds) * 1_000_000_000 + i64::from(self.nanosecond)
    }

    /// Returns the time this many nanoseconds after the day began.
    pub fn from_nanoseconds(nanoseconds: i64) -> Self {
        let time = Self::from_millis(nanoseconds / 1_000_000);
        Self { nanosecond: small(nanoseconds % 1_000_000_000), ..time }
    }

    /// Returns the milliseconds since the day began.
    pub fn millis(self) -> i64 {
        let seconds = (self.hour * 60 + self.minute) * 60 + self.second;
        i64::from(seconds) * 1_000 + i64::from(self.nanosecond / 1_000_000)
    }

    /// Returns the time this many milliseconds after the day began.
    pub fn from_millis(millis: i64) -> Self {
        let (seconds, millis) = (small(millis / 1_000), small(millis % 1_000));
        Self {
            hour: seconds / 3_600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            nanosecond: millis * 1_000_000,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day } = self;
        if (0..=9_999).contains(year) {
            write!(f, "{year:04}-{month:02}-{day:02}")
        } else {
            write!(f, "{year:+07}-{month:02}-{day:02}")
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hour, minute, second, nanosecond } = self;
        let digits = f.precision().unwrap_or(9).clamp(1, 9);
        let fraction = (digits..9).fold(*nanosecond, |fraction, _| fraction / 10);
        write!(f, "{hour:02}:{minute:02}:{second:02}.{fraction:0digits$}")
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T", self.date)?;
        self.time.fmt(f)
    }
}

/// Reads a text from the front. The methods that read return `None`, and read nothing, if the text does
/// not go on as they expect.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Returns a reader of this text.
    pub fn new(text: &'a str) -> Self {
        Self(text.as_bytes())
    }

    /// Reads a number of exactly this many digits, at most nine.
    pub fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        let number = number.iter().try_fold(0_u32, |number, byte| {
            let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        })?;
        self.0 = rest;
        Some(number)
    }

    /// Returns how many digits come next.
    pub fn digits(&self) -> usize {
        self.0.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    /// Reads the digits of a fraction, at least one, and returns it in nanoseconds, rounded down.
    pub fn fraction(&mut self) -> Option<u32> {
        let digits = self.digits();
        let kept = digits.min(9);
        let nanoseconds = self.number(kept).filter(|_| kept > 0)? * 10_u32.pow(9 - kept as u32);
        self.0 = self.0.get(digits - kept..)?;
        Some(nanoseconds)
    }

    /// Reads one of these characters.
    pub fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// Returns `Some` if nothing is left to read.
    pub fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_calendar_has_its_leap_years() {
        for (year, days) in [(2023, 28), (2024, 29), (1900, 28), (2000, 29), (0, 29), (-4, 29)] {
            assert!(Date::new(year, 2, days).is_some());
            assert!(Date::new(year, 2, days + 1).is_none());
        }
        for (month, day) in [(0, 1), (13, 1), (1, 0), (1, 32), (4, 31), (12, 32)] {
            assert!(Date::new(2026, month, day).is_none());
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut before = Date::from_days(Date { year: -401, month: 12, day: 31 }.days());
        assert_eq!(before, Date { year: -401, month: 12, day: 31 });
        while before.year < 2_401 {
            let date = Date::from_days(before.days() + 1);
            assert_eq!(Date::new(date.year, date.month, date.day), Some(date));
            assert_eq!(date.days(), before.days() + 1);
            let next_day = Date { day: before.day + 1, ..before };
            let next_month = Date { month: before.month + 1, day: 1, ..before };
            let next_year = Date { year: before.year + 1, month: 1, day: 1 };
            assert!([next_day, next_month, next_year].contains(&date));
            before = date;
        }
        assert_eq!(Date::from_days(0), Date { year: 1970, month: 1, day: 1 });
    }

    proptest! {
        #[test]
        fn days_and_dates_are_one_to_one(days in -400_000_000_000..400_000_000_000_i64) {
            let date = Date::from_days(days);
            prop_assert_eq!(date.days(), days);
            prop_assert_eq!(Date::new(date.year, date.month, date.day), Some(date));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let mut reader = Reader::new(&text);
            let _ = Date::read(&mut reader).and_then(|_| Time::read_seconds(&mut reader));
        }
    }
}
