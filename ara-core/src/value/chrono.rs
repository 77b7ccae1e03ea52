//! The types of `chrono`. `DateTime<FixedOffset>` is not among them: its offset would not be stored,
//! and so would be lost.

use ::chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

use crate::value::civil;
use crate::value::forms::{Civil, Instant, civil_values};

civil_values!(NaiveDate, NaiveTime, NaiveDateTime, DateTime<Utc>);

impl Civil for NaiveDate {
    type Form = civil::Date;

    fn fields(&self) -> Option<civil::Date> {
        Some(civil::Date { year: self.year().into(), month: self.month(), day: self.day() })
    }

    fn of(fields: civil::Date) -> Option<Self> {
        Self::from_ymd_opt(fields.year.try_into().ok()?, fields.month, fields.day)
    }
}

impl Civil for NaiveTime {
    type Form = civil::Time;

    fn fields(&self) -> Option<civil::Time> {
        Some(civil::Time {
            hour: self.hour(),
            minute: self.minute(),
            second: self.second(),
            nanosecond: self.nanosecond(),
        })
    }

    fn of(fields: civil::Time) -> Option<Self> {
        let civil::Time { hour, minute, second, nanosecond } = fields;
        Self::from_hms_nano_opt(hour, minute, second, nanosecond)
    }
}

impl Civil for NaiveDateTime {
    type Form = civil::DateTime;

    fn fields(&self) -> Option<civil::DateTime> {
        Some(civil::DateTime { date: self.date().fields()?, time: self.time().fields()? })
    }

    fn of(fields: civil::DateTime) -> Option<Self> {
        Some(NaiveDate::of(fields.date)?.and_time(NaiveTime::of(fields.time)?))
    }
}

impl Civil for DateTime<Utc> {
    type Form = Instant;

    fn fields(&self) -> Option<Instant> {
        self.naive_utc().fields().map(Instant)
    }

    fn of(fields: Instant) -> Option<Self> {
        NaiveDateTime::of(fields.0).map(|utc| utc.and_utc())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::column_type::Value;
    use crate::value::tests::stored_and_read;

    #[test]
    fn years_beyond_four_digits_are_refused() {
        for date in [NaiveDate::MIN, NaiveDate::MAX] {
            let rule = date.store().expect_err("is far away");
            assert_eq!(rule.to_string(), "must be in the years 0000 to 9999 (UTC)");
        }
        assert!(NaiveDateTime::MIN.store().is_err());
        assert!(DateTime::<Utc>::MAX_UTC.store().is_err());
        let date = |year| NaiveDate::from_yo_opt(year, 1).expect("is a date");
        for (year, is_good) in [(-1, false), (0, true), (9_999, true), (10_000, false)] {
            assert_eq!(date(year).store().is_ok(), is_good);
        }
        assert_eq!(stored_and_read(date(0)), date(0));
    }

    #[test]
    fn leap_seconds_are_refused() {
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_000_000_000).expect("is a time");
        let at = NaiveDate::default().and_time(leap);
        for rule in [leap.store(), at.store(), at.and_utc().store()] {
            let rule = rule.expect_err("is a leap second");
            assert_eq!(rule.to_string(), "must not be within a leap second");
        }
        let before = NaiveTime::from_hms_nano_opt(23, 59, 59, 999_999_999).expect("is a time");
        assert_eq!(stored_and_read(before), before);
    }
}
