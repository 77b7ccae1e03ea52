//! Days of the calendar, as todo.txt writes them.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use ara::prelude::*;

/// A day of the Gregorian calendar: `2026-11-30`. The text sorts as the days do, so the database
/// keeps it as it is read and written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub struct Date(String);

impl Date {
    /// Today in UTC: the standard library knows no time zones.
    pub fn today() -> Self {
        let seconds =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self::from_days(seconds / 86_400)
    }

    /// The day this many days after 1970-01-01. The years are counted from March, so that the leap
    /// day is a year's last.
    fn from_days(days: u64) -> Self {
        let days = days + 719_468; // since 0000-03-01
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (year, month) = match month {
            0..10 => (era * 400 + year, month + 3),
            _ => (era * 400 + year + 1, month - 9),
        };
        Self(format!("{year:04}-{month:02}-{day:02}"))
    }
}

impl TryFrom<String> for Date {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        const RULE: &str = "must be a day such as 2026-11-30";
        let bytes = text.as_bytes();
        let digits = |range: std::ops::Range<usize>| {
            bytes[range].iter().try_fold(0, |number: u16, byte| {
                byte.is_ascii_digit().then(|| number * 10 + u16::from(byte - b'0'))
            })
        };
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(RULE);
        }
        let (Some(year), Some(month), Some(day)) = (digits(0..4), digits(5..7), digits(8..10))
        else {
            return Err(RULE);
        };
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return Err(RULE),
        };
        if day == 0 || day > days { Err(RULE) } else { Ok(Self(text)) }
    }
}

impl TryFrom<&str> for Date {
    type Error = &'static str;

    fn try_from(text: &str) -> Result<Self, &'static str> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for good in ["2026-11-30", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(Date::try_from(good).expect("is a day").to_string(), good);
        }
        for bad in
            ["", "2026-11-31", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00"]
        {
            assert!(Date::try_from(bad).is_err(), "{bad}");
        }
        for bad in ["2026-1-1", "2026/11/30", "26-11-30", "2026-11-30 ", "+026-11-30", "２０26-11"]
        {
            assert!(Date::try_from(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_since_1970_are_dates() {
        for (days, date) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_787, "2026-11-30"),
        ] {
            assert_eq!(Date::from_days(days).to_string(), date);
        }
        for days in 0..100_000 {
            let date = Date::from_days(days);
            assert!(date < Date::from_days(days + 1), "{date}");
            assert!(Date::try_from(date.to_string()).is_ok(), "{date}");
        }
    }
}
