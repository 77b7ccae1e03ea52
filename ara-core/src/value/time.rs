//! The types of `time`. A moment is stored in UTC, whatever its offset is, and is read as a moment in UTC.

use ::time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime};

use crate::value::civil;
use crate::value::forms::{Civil, Instant, civil_values};

civil_values!(Date, Time, PrimitiveDateTime, UtcDateTime, OffsetDateTime);

impl Civil for Date {
    type Form = civil::Date;

    fn fields(&self) -> Option<civil::Date> {
        let (year, month, day) = self.to_calendar_date();
        Some(civil::Date { year: year.into(), month: u8::from(month).into(), day: day.into() })
    }

    fn of(fields: civil::Date) -> Option<Self> {
        let month = Month::try_from(u8::try_from(fields.month).ok()?).ok()?;
        let (year, day) = (fields.year.try_into().ok()?, fields.day.try_into().ok()?);
        Self::from_calendar_date(year, month, day).ok()
    }
}

impl Civil for Time {
    type Form = civil::Time;

    fn fields(&self) -> Option<civil::Time> {
        let (hour, minute, second, nanosecond) = self.as_hms_nano();
        let [hour, minute, second] = [hour, minute, second].map(u32::from);
        Some(civil::Time { hour, minute, second, nanosecond })
    }

    fn of(fields: civil::Time) -> Option<Self> {
        let (hour, minute) = (fields.hour.try_into().ok()?, fields.minute.try_into().ok()?);
        let second = fields.second.try_into().ok()?;
        Self::from_hms_nano(hour, minute, second, fields.nanosecond).ok()
    }
}

impl Civil for PrimitiveDateTime {
    type Form = civil::DateTime;

    fn fields(&self) -> Option<civil::DateTime> {
        Some(civil::DateTime { date: self.date().fields()?, time: self.time().fields()? })
    }

    fn of(fields: civil::DateTime) -> Option<Self> {
        Some(Self::new(Date::of(fields.date)?, Time::of(fields.time)?))
    }
}

impl Civil for UtcDateTime {
    type Form = Instant;

    fn fields(&self) -> Option<Instant> {
        let utc = PrimitiveDateTime::new(self.date(), self.time());
        utc.fields().map(Instant)
    }

    fn of(fields: Instant) -> Option<Self> {
        PrimitiveDateTime::of(fields.0).map(PrimitiveDateTime::as_utc)
    }
}

impl Civil for OffsetDateTime {
    type Form = Instant;

    fn fields(&self) -> Option<Instant> {
        self.checked_to_utc()?.fields()
    }

    fn of(fields: Instant) -> Option<Self> {
        UtcDateTime::of(fields).map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use ::time::macros::{date, datetime, utc_datetime};

    use super::*;
    use crate::value::column_type::Value;
    use crate::value::tests::stored_and_read;

    #[test]
    fn years_beyond_four_digits_are_refused() {
        for date in [Date::MIN, date!(-0001 - 12 - 31)] {
            let rule = date.store().expect_err("is far away");
            assert_eq!(rule.to_string(), "must be in the years 0000 to 9999 (UTC)");
        }
        assert!(PrimitiveDateTime::MIN.store().is_err());
        assert!(UtcDateTime::MIN.store().is_err());
        assert_eq!(stored_and_read(date!(0000 - 01 - 01)), date!(0000 - 01 - 01));
        assert_eq!(stored_and_read(date!(9999 - 12 - 31)), date!(9999 - 12 - 31));
    }

    #[test]
    fn moments_are_stored_in_utc() {
        let moment = datetime!(2026-11-21 00:30 +01:00);
        assert_eq!(moment.store(), utc_datetime!(2026-11-20 23:30).store());
        let back = stored_and_read(moment);
        assert_eq!((back, back.offset()), (moment, ::time::UtcOffset::UTC));
        // In UTC, the year may be outside of 0000 to 9999, or outside of the range of `time`.
        assert!(datetime!(0000-01-01 00:30 +01:00).store().is_err());
        assert!(datetime!(-0001-12-31 23:30 -01:00).store().is_ok());
        assert!(datetime!(9999-12-31 23:30 -01:00).store().is_err());
        assert!(datetime!(-9999-01-01 00:30 +01:00).store().is_err());
    }
}
