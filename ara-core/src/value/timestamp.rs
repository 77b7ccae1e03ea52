//! Moments in milliseconds.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ara_schema::Type;
use serde::{Deserialize, Serialize};

use crate::value::civil::{DAY, Date, DateTime, Reader, Time};
use crate::value::column_type::Value;
use crate::value::into::IntoValue;
use crate::value::parse_error::ParseError;
use crate::value::readable::Readable;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

/// A moment in milliseconds since 1970-01-01T00:00:00Z, not counting leap seconds. `created_at` and
/// `updated_at` are of this type.
///
/// It is displayed in UTC in the format of RFC 3339, and can be parsed from that format in any offset;
/// digits beyond the millisecond are ignored. Years before 0000 and after 9999, which RFC 3339 does not
/// cover, have a sign and at least six digits, as in ISO 8601. Serde serializes the milliseconds.
///
/// It can be converted from and to [`SystemTime`] and, with the features `chrono`, `jiff` and `time`,
/// from and to their moments in UTC. These are rounded down to the millisecond, in setters and filters too: a
/// `SystemTime` that is stored comes back up to a millisecond earlier. To keep nanoseconds, have a column of a type of
/// `chrono`, `jiff` or `time`.
///
/// ```
/// use ara::Timestamp;
///
/// let moment: Timestamp = "2026-11-21T09:30:00+01:00".parse()?;
/// assert_eq!(moment.to_string(), "2026-11-21T08:30:00.000Z");
/// assert_eq!(moment, Timestamp::from_millis(1_795_249_800_000));
///
/// let exact = std::time::UNIX_EPOCH + std::time::Duration::from_micros(1_999);
/// assert_eq!(Timestamp::from(exact), Timestamp::from_millis(1));
/// # Ok::<(), ara::ParseError>(())
/// ```
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest moment.
    pub const MIN: Self = Self(i64::MIN);

    /// The latest moment.
    pub const MAX: Self = Self(i64::MAX);

    /// Returns the moment this many milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns the milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Returns the current time of the system's clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Returns the time from an earlier moment to this one, or `None` if the other one is later.
    ///
    /// ```
    /// use ara::Timestamp;
    /// use std::time::Duration;
    ///
    /// let moment = Timestamp::now();
    /// let later = moment + Duration::from_secs(5);
    /// assert_eq!(later.duration_since(moment), Some(Duration::from_secs(5)));
    /// assert_eq!(moment.duration_since(later), None);
    /// ```
    pub fn duration_since(self, earlier: Self) -> Option<Duration> {
        (earlier <= self).then(|| Duration::from_millis(self.0.abs_diff(earlier.0)))
    }
}

impl From<SystemTime> for Timestamp {
    /// Converts a time, rounded down to the millisecond. A time before [`Timestamp::MIN`] or after
    /// [`Timestamp::MAX`] becomes that.
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self(0) + after,
            Err(before) => {
                let before = before.duration();
                let cut = Self(0) - before;
                // `-` rounds the duration down, and so, before 1970, rounds the moment up.
                if before.subsec_nanos() % 1_000_000 == 0 { cut } else { cut - MILLISECOND }
            }
        }
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);

impl TryFrom<Timestamp> for SystemTime {
    type Error = Rule;

    /// Returns the same moment, or a [`Rule`] if the system's clock cannot represent it.
    fn try_from(timestamp: Timestamp) -> Result<Self, Rule> {
        let distance = Duration::from_millis(timestamp.0.unsigned_abs());
        if timestamp.0 < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        }
        .ok_or(Rule::new("must be in the range of the system's clock"))
    }
}

/// Returns the moment later by the whole milliseconds of a duration, but at most [`Timestamp::MAX`].
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(
            u64::try_from(duration.as_millis())
                .map_or(i64::MAX, |millis| self.0.saturating_add_unsigned(millis)),
        )
    }
}

/// Returns the moment earlier by the whole milliseconds of a duration, but at least [`Timestamp::MIN`].
impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(
            u64::try_from(duration.as_millis())
                .map_or(i64::MIN, |millis| self.0.saturating_sub_unsigned(millis)),
        )
    }
}

/// The milliseconds of a day.
const DAY_MILLIS: i64 = DAY * 1_000;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = Date::from_days(self.0.div_euclid(DAY_MILLIS));
        let time = Time::from_millis(self.0.rem_euclid(DAY_MILLIS));
        f.pad(&format!("{:.3}Z", DateTime { date, time }))
    }
}

impl FromStr for Timestamp {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let moment = read_moment(&mut Reader::new(text));
        moment.ok_or(ParseError::new(
            "the text is not a timestamp: write it as in RFC 3339, such as 2026-11-21T08:30:00Z",
        ))
    }
}

fn read_moment(reader: &mut Reader<'_>) -> Option<Timestamp> {
    let date = match reader.one_of(b"+-") {
        None => Date::read(reader)?,
        Some(sign) => {
            let digits = Some(reader.digits()).filter(|digits| *digits >= 6)?;
            let year = i64::from(reader.number(digits)?);
            Date::read_after_year(if sign == b'-' { -year } else { year }, reader)?
        }
    };
    reader.one_of(b"Tt ")?;
    let mut time = Time::read_seconds(reader)?;
    if reader.one_of(b".").is_some() {
        time.nanosecond = reader.fraction()?;
    }
    let offset = match reader.one_of(b"Zz+-")? {
        b'Z' | b'z' => 0,
        sign => {
            let hours = reader.number(2).filter(|hours| *hours < 24)?;
            reader.one_of(b":")?;
            let minutes = reader.number(2).filter(|minutes| *minutes < 60)?;
            let offset = i64::from(hours * 60 + minutes) * 60_000;
            if sign == b'-' { -offset } else { offset }
        }
    };
    reader.end()?;
    // The sum needs 128 bits: the day of the earliest moment begins before that moment.
    let millis =
        i128::from(date.days()) * i128::from(DAY_MILLIS) + i128::from(time.millis() - offset);
    i64::try_from(millis).ok().map(Timestamp)
}

#[diagnostic::do_not_recommend]
impl Value for Timestamp {
    const TYPE: Type = Type::Timestamp;
    const EXACT: bool = true;

    fn store(self) -> Result<Stored<'static>, Rule> {
        Ok(Stored::Integer(self.0))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Integer(millis) => Some(Self(millis)),
            _ => None,
        }
    }

    fn readable() -> Readable {
        Readable::Integers(i64::MIN, i64::MAX)
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<Timestamp> for SystemTime {
    fn into_value(self) -> Result<Timestamp, Rule> {
        Ok(self.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::tests::{others, stored_and_read};

    #[test]
    fn it_is_stored_as_milliseconds() {
        for millis in [i64::MIN, -1, 0, 1, i64::MAX] {
            let timestamp = Timestamp::from_millis(millis);
            assert_eq!(timestamp.store(), Ok(Stored::Integer(millis)));
            assert_eq!(stored_and_read(timestamp), timestamp);
        }
        for other in others("integer") {
            assert_eq!(Timestamp::read(other), None);
        }
        assert_eq!(serde_json::to_string(&Timestamp::from_millis(-7)).ok().as_deref(), Some("-7"));
        assert_eq!(serde_json::from_str("-7").ok(), Some(Timestamp::from_millis(-7)));
    }

    #[test]
    fn system_times_are_cut_to_the_millisecond_before() {
        let at = |time: SystemTime| Timestamp::from(time).millis();
        let micros = Duration::from_micros;
        assert_eq!(at(UNIX_EPOCH), 0);
        assert_eq!(at(UNIX_EPOCH + micros(1_999)), 1);
        assert_eq!(at(UNIX_EPOCH - micros(1)), -1);
        assert_eq!(at(UNIX_EPOCH - micros(1_000)), -1);
        assert_eq!(at(UNIX_EPOCH - micros(1_001)), -2);
        if let Some(far) = UNIX_EPOCH.checked_add(Duration::from_secs(i64::MAX as u64)) {
            assert_eq!(at(far), i64::MAX);
        }
        if let Some(far) = UNIX_EPOCH.checked_sub(Duration::from_secs(i64::MAX as u64)) {
            assert_eq!(at(far), i64::MIN);
        }
    }

    #[test]
    fn system_times_come_back() {
        for millis in [0, 1, -1, -1_001, 1_795_249_800_123] {
            let timestamp = Timestamp::from_millis(millis);
            let time = SystemTime::try_from(timestamp).expect("in range");
            assert_eq!(Timestamp::from(time), timestamp);
        }
        for end in [Timestamp::MIN, Timestamp::MAX] {
            assert!(
                SystemTime::try_from(end).is_ok_and(|time| Timestamp::from(time) == end)
                    || cfg!(windows)
            );
        }
    }

    #[test]
    fn durations_lead_to_other_moments() {
        let moment = Timestamp::from_millis(5);
        assert_eq!(moment + Duration::from_micros(2_999), Timestamp::from_millis(7));
        assert_eq!(moment - Duration::from_secs(1), Timestamp::from_millis(-995));
        for far in [Duration::MAX, Duration::from_millis(u64::MAX)] {
            assert_eq!(moment + far, Timestamp::MAX);
            assert_eq!(moment - far, Timestamp::MIN);
        }
        assert_eq!(Timestamp::MIN + Duration::from_millis(u64::MAX), Timestamp::MAX);
    }

    #[test]
    fn durations_lie_between_moments() {
        let since = |later: i64, earlier| {
            Timestamp::from_millis(later).duration_since(Timestamp::from_millis(earlier))
        };
        assert_eq!(since(5, -5), Some(Duration::from_millis(10)));
        assert_eq!(since(5, 5), Some(Duration::ZERO));
        assert_eq!(since(4, 5), None);
        assert_eq!(since(i64::MAX, i64::MIN), Some(Duration::from_millis(u64::MAX)));
    }

    #[test]
    fn it_displays_in_utc() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (1_795_249_800_123, "2026-11-21T08:30:00.123Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"),
            (i64::MIN, "-292275055-05-16T16:47:04.192Z"),
            (i64::MAX, "+292278994-08-17T07:12:55.807Z"),
        ] {
            let timestamp = Timestamp::from_millis(millis);
            assert_eq!(timestamp.to_string(), text);
            assert_eq!(text.parse(), Ok(timestamp));
        }
        assert_eq!(format!("{:>26}|", Timestamp::default()), "  1970-01-01T00:00:00.000Z|");
    }

    #[test]
    fn it_reads_rfc_3339() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01t00:00:00z", 0),
            ("1970-01-01 00:00:00.5Z", 500),
            ("1970-01-01T00:00:00.0019999999999Z", 1),
            ("1969-12-31T23:59:59.9991Z", -1),
            ("1970-01-01T00:00:00-00:00", 0),
            ("1970-01-01T01:30:00+01:30", 0),
            ("1969-12-31T12:00:00-12:00", 0),
            ("0000-01-01T00:00:00+23:59", -62_167_219_200_000 - 86_340_000),
            ("+001970-01-01T00:00:00Z", 0),
        ] {
            assert_eq!(text.parse(), Ok(Timestamp::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "secret",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01T00:00Z",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T24:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00+0100",
            "1970-01-01T00:00:00Z ",
            " 1970-01-01T00:00:00Z",
            "19700-01-01T00:00:00Z",
            "+1970-01-01T00:00:00Z",
            "+9999999999-01-01T00:00:00Z",
            "+999999999-01-01T00:00:00Z",
            "-292275055-05-16T16:47:04.191Z",
            "+292278994-08-17T07:12:55.808Z",
        ] {
            let refused = text.parse::<Timestamp>().expect_err(text).to_string();
            assert!(refused.starts_with("the text is not a timestamp: write it as in RFC 3339"));
        }
    }

    proptest! {
        #[test]
        fn texts_come_back(millis: i64, near in -100_000_000_000_000..300_000_000_000_000_i64) {
            for timestamp in [millis, near].map(Timestamp::from_millis) {
                prop_assert_eq!(timestamp.to_string().parse(), Ok(timestamp));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+]?[0-9]{0,12}-[0-9]{1,2}-[0-9]{1,2}T[0-9:.+Z-]{0,30}|.*") {
            let _ = text.parse::<Timestamp>();
        }
    }
}
