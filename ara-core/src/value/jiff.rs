//! The types of `jiff`.

use std::borrow::Cow;

use ::jiff::civil::{Date, DateTime, Time};
use ::jiff::tz::{Offset, TimeZone};
use ::jiff::{Timestamp, ZonedDateTime};
use ara_schema::Type;

use crate::value::column_type::Value;
use crate::value::forms::{Civil, Instant, civil_values};
use crate::value::rule::Rule;
use crate::value::stored::Stored;
use crate::value::{civil, forms};

civil_values!(Date, Time, DateTime, Timestamp);

impl Civil for Date {
    type Form = civil::Date;

    fn fields(&self) -> Option<civil::Date> {
        let [month, day] = [self.month(), self.day()].map(|field| field.unsigned_abs().into());
        Some(civil::Date { year: self.year().into(), month, day })
    }

    fn of(fields: civil::Date) -> Option<Self> {
        let (month, day) = (fields.month.try_into().ok()?, fields.day.try_into().ok()?);
        Self::new(fields.year.try_into().ok()?, month, day).ok()
    }
}

impl Civil for Time {
    type Form = civil::Time;

    fn fields(&self) -> Option<civil::Time> {
        let fields = [self.hour(), self.minute(), self.second()];
        let [hour, minute, second] = fields.map(|field| field.unsigned_abs().into());
        let nanosecond = self.subsec_nanosecond().unsigned_abs();
        Some(civil::Time { hour, minute, second, nanosecond })
    }

    fn of(fields: civil::Time) -> Option<Self> {
        let (hour, minute) = (fields.hour.try_into().ok()?, fields.minute.try_into().ok()?);
        let second = fields.second.try_into().ok()?;
        Self::new(hour, minute, second, fields.nanosecond.try_into().ok()?).ok()
    }
}

impl Civil for DateTime {
    type Form = civil::DateTime;

    fn fields(&self) -> Option<civil::DateTime> {
        Some(civil::DateTime { date: self.date().fields()?, time: self.time().fields()? })
    }

    fn of(fields: civil::DateTime) -> Option<Self> {
        Some(Self::from_parts(Date::of(fields.date)?, Time::of(fields.time)?))
    }
}

impl Civil for Timestamp {
    type Form = Instant;

    fn fields(&self) -> Option<Instant> {
        Offset::UTC.to_datetime(*self).fields().map(Instant)
    }

    fn of(fields: Instant) -> Option<Self> {
        Offset::UTC.to_timestamp(DateTime::of(fields.0)?).ok()
    }
}

/// The moment is stored in UTC, followed by the zone: `2026-11-21T08:30:00.000000000Z[Europe/Berlin]`.
/// So the text sorts as the moments do, and a moment stays what it is when the rules of its zone
/// change. Where the zone is not known, it cannot be read.
#[diagnostic::do_not_recommend]
impl Value for ZonedDateTime {
    const TYPE: Type = Type::Zoned;

    fn store(self) -> Result<Stored<'static>, Rule> {
        let moment = forms::text(&self.timestamp())?;
        let zone = zone_name(self.time_zone()).ok_or(UNKNOWN_ZONE)?;
        zone_of(&zone).ok_or(UNKNOWN_ZONE)?;
        Ok(Stored::Text(Cow::Owned(format!("{moment}[{zone}]"))))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        let Stored::Text(text) = stored else { return None };
        let (moment, zone) = text.strip_suffix(']')?.split_once('[')?;
        let moment: Timestamp = forms::from_text(moment)?;
        Some(moment.to_zoned_datetime(zone_of(zone)?))
    }
}

const UNKNOWN_ZONE: Rule = Rule::fixed(
    "must be in a time zone of the time zone database, or at an offset of whole minutes",
);

/// The name of the unknown zone, for which jiff has a value of its own.
const UNKNOWN: &str = "Etc/Unknown";

/// Returns how RFC 9557 names a zone: by its name in the time zone database, or by its offset.
fn zone_name(zone: &TimeZone) -> Option<Cow<'_, str>> {
    if zone.is_unknown() {
        return Some(UNKNOWN.into());
    }
    if let Some(name) = zone.iana_name() {
        return Some(name.into());
    }
    let seconds = zone.to_fixed_offset().ok()?.seconds();
    let minutes = seconds.unsigned_abs() / 60;
    let sign = if seconds < 0 { '-' } else { '+' };
    (seconds % 60 == 0).then(|| format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60).into())
}

/// Returns the zone of which [`zone_name`] returns this name.
fn zone_of(name: &str) -> Option<TimeZone> {
    let zone = match name {
        UNKNOWN => TimeZone::unknown(),
        "UTC" => TimeZone::UTC,
        _ => match offset_of(name) {
            Some(offset) => TimeZone::fixed(offset),
            None => TimeZone::get(name).ok()?,
        },
    };
    // The time zone database may accept other spellings of a name, which are never stored.
    (zone_name(&zone)? == name).then_some(zone)
}

/// Returns the offset of this name, such as `+01:00`.
fn offset_of(name: &str) -> Option<Offset> {
    let mut reader = civil::Reader::new(name);
    let sign = if reader.one_of(b"+-")? == b'-' { -1 } else { 1 };
    let hours = reader.number(2)?;
    reader.one_of(b":")?;
    let minutes = reader.number(2).filter(|minutes| *minutes < 60)?;
    reader.end()?;
    let seconds = i32::try_from((hours * 60 + minutes) * 60).ok()?;
    Offset::from_seconds(sign * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::tests::{others, stored_and_read};

    fn text(zoned: &str) -> String {
        let zoned: ZonedDateTime = zoned.parse().expect("is a moment with a zone");
        let back = stored_and_read(zoned.clone());
        assert_eq!((&back, back.time_zone()), (&zoned, zoned.time_zone()));
        match zoned.store() {
            Ok(Stored::Text(text)) => text.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_moment_keeps_its_zone() {
        for (zoned, stored) in [
            (
                "2026-11-21T09:30:00+01:00[Europe/Berlin]",
                "2026-11-21T08:30:00.000000000Z[Europe/Berlin]",
            ),
            // On the day on which summer time ends, 02:30 occurs twice.
            (
                "2026-10-25T02:30:00+02:00[Europe/Berlin]",
                "2026-10-25T00:30:00.000000000Z[Europe/Berlin]",
            ),
            (
                "2026-10-25T02:30:00+01:00[Europe/Berlin]",
                "2026-10-25T01:30:00.000000000Z[Europe/Berlin]",
            ),
            ("2026-11-21T08:30:00.5Z[UTC]", "2026-11-21T08:30:00.500000000Z[UTC]"),
            ("2026-11-21T08:30:00Z[Etc/UTC]", "2026-11-21T08:30:00.000000000Z[Etc/UTC]"),
            ("2026-11-21T08:30:00Z[Etc/Unknown]", "2026-11-21T08:30:00.000000000Z[Etc/Unknown]"),
            ("2026-11-21T08:30:00+05:45[+05:45]", "2026-11-21T02:45:00.000000000Z[+05:45]"),
            ("2026-11-21T08:30:00-00:30[-00:30]", "2026-11-21T09:00:00.000000000Z[-00:30]"),
            // If the time zone database has several names for a zone, the one that was given is kept.
            (
                "2026-11-21T08:30:00Z[Asia/Calcutta]",
                "2026-11-21T08:30:00.000000000Z[Asia/Calcutta]",
            ),
        ] {
            assert_eq!(text(zoned), stored);
        }
    }

    #[test]
    fn only_the_stored_spelling_is_read() {
        for zone in [
            "",
            "europe/berlin",
            "Nowhere/Nothing",
            "Europe/Berlin][UTC",
            "utc",
            "Z",
            "+00:00",
            "-00:00",
            "+05",
            "+0545",
            "+05:60",
            "+26:00",
            "+05:45:00",
            "!UTC",
        ] {
            let stored = format!("2026-11-21T08:30:00.000000000Z[{zone}]");
            assert_eq!(ZonedDateTime::read(Stored::Text(stored.into())), None, "{zone}");
        }
        for text in [
            "",
            "2026-11-21T08:30:00.000000000Z",
            "2026-11-21T08:30:00.000000000Z[UTC",
            "2026-11-21T08:30:00.000000000ZUTC]",
            "2026-11-21T08:30:00.000000000Z[UTC] ",
            "2026-11-21T08:30:00.000000000[UTC]",
            "2026-11-21T08:30:00Z[UTC]",
            "2026-11-21T09:30:00.000000000+01:00[Europe/Berlin]",
        ] {
            assert_eq!(ZonedDateTime::read(Stored::Text(text.into())), None, "{text}");
        }
        for other in others("text") {
            assert_eq!(ZonedDateTime::read(other), None);
        }
    }

    #[test]
    fn zones_that_would_not_come_back_are_refused() {
        let of_seconds = TimeZone::fixed(Offset::from_seconds(90).expect("in range"));
        let of_rules = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").expect("is a rule");
        for zone in [of_seconds, of_rules] {
            let rule =
                Timestamp::UNIX_EPOCH.to_zoned_datetime(zone).store().expect_err("has no name");
            assert!(rule.to_string().starts_with("must be in a time zone of"));
        }
    }

    #[test]
    fn years_before_0000_are_refused() {
        assert!(Date::MIN.store().is_err());
        assert!(DateTime::MIN.store().is_err());
        assert!(Timestamp::MIN.store().is_err());
        assert!(Timestamp::MIN.to_zoned_datetime(TimeZone::UTC).store().is_err());
        for (date, is_good) in [(Date::constant(-1, 12, 31), false), (Date::ZERO, true)] {
            assert_eq!(date.store().is_ok(), is_good);
        }
        assert_eq!(stored_and_read(DateTime::MAX), DateTime::MAX);
        assert_eq!(stored_and_read(Timestamp::MAX), Timestamp::MAX);
        // jiff's last moment is before the end of the year 9999, so that it has a local time in every zone.
        assert_eq!(Timestamp::read(Stored::Text("9999-12-31T00:00:00.000000000Z".into())), None);
    }
}
