//! The types of the three date libraries together: they store the same text, it sorts as they do, and
//! they read nothing else.

use std::cmp::Ordering;

use ::chrono::Utc;
use ::jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::value::civil::{Date, DateTime, Time};
use crate::value::forms::{Civil, Instant};
use crate::value::tests::*;

fn text(value: impl Value) -> String {
    match value.store().expect("keeps the rules") {
        Stored::Text(text) => text.into_owned(),
        other => panic!("{other:?} is no text"),
    }
}

fn read<V: Value>(text: &str) -> Option<V> {
    V::read(Stored::Text(text.to_owned().into()))
}

/// Calls a function of each type.
macro_rules! each {
    ($call:ident($arg:expr)) => {
        $call::<::chrono::NaiveDate>($arg);
        $call::<::jiff::civil::Date>($arg);
        $call::<::time::Date>($arg);
        $call::<::chrono::NaiveTime>($arg);
        $call::<::jiff::civil::Time>($arg);
        $call::<::time::Time>($arg);
        $call::<::chrono::NaiveDateTime>($arg);
        $call::<::jiff::civil::DateTime>($arg);
        $call::<::time::PrimitiveDateTime>($arg);
        $call::<::chrono::DateTime<Utc>>($arg);
        $call::<::jiff::Timestamp>($arg);
        $call::<::time::UtcDateTime>($arg);
        $call::<::time::OffsetDateTime>($arg);
        $call::<::jiff::ZonedDateTime>($arg);
    };
}

/// What is read of a text is stored as that very text.
fn is_strict<V: Value>(stored: &str) {
    if let Some(value) = read::<V>(stored) {
        assert_eq!(text(value), stored, "{}", std::any::type_name::<V>());
    }
}

fn cannot_read<V: Value>(stored: Stored<'_>) {
    assert!(V::read(stored.clone()).is_none(), "{}: {stored:?}", std::any::type_name::<V>());
}

/// Two values come back, and their texts sort as they do; gives the first's text.
fn kept_and_sorted<V: Value + Ord + Clone + Debug>(one: &V, other: &V) -> String {
    assert_eq!(&stored_and_read(one.clone()), one);
    let (text_of_one, text_of_other) = (text(one.clone()), text(other.clone()));
    assert_eq!(text_of_one.cmp(&text_of_other), one.cmp(other));
    text_of_one
}

/// As [`kept_and_sorted`], of the type's values with these fields.
fn of_fields<C: Civil + Value + Ord + Clone + Debug>(one: C::Form, other: C::Form) -> String {
    let [one, other] = [one, other].map(|fields| C::of(fields).expect("is in range"));
    kept_and_sorted(&one, &other)
}

fn dates() -> impl Strategy<Value = Date> {
    // To the end of jiff's moments.
    let all = -719_528..=2_932_894_i64;
    prop_oneof![all, -800..800_i64].prop_map(Date::from_days)
}

fn times() -> impl Strategy<Value = Time> {
    let nanos = prop_oneof![Just(0), Just(999_999_999), 0..1_000_000_000_u32];
    (0..24_u32, 0..60_u32, 0..60_u32, nanos).prop_map(|(hour, minute, second, nanosecond)| Time {
        hour,
        minute,
        second,
        nanosecond,
    })
}

fn date_times() -> impl Strategy<Value = DateTime> {
    (dates(), times()).prop_map(|(date, time)| DateTime { date, time })
}

/// Two, often of the same day or second.
fn pairs() -> impl Strategy<Value = (DateTime, DateTime)> {
    (date_times(), date_times(), any::<bool>(), any::<bool>()).prop_map(
        |(one, other, day, time)| {
            let date = if day { one.date } else { other.date };
            let near = Time { nanosecond: other.time.nanosecond, ..one.time };
            (one, DateTime { date, time: if time { near } else { other.time } })
        },
    )
}

proptest! {
    #[test]
    fn dates_are_the_same_in_all((one, other) in pairs()) {
        let (one, other) = (one.date, other.date);
        let stored = of_fields::<::chrono::NaiveDate>(one, other);
        prop_assert_eq!(&stored, &of_fields::<::jiff::civil::Date>(one, other));
        prop_assert_eq!(&stored, &of_fields::<::time::Date>(one, other));
        prop_assert_eq!(stored, one.to_string());
    }

    #[test]
    fn times_are_the_same_in_all((one, other) in pairs()) {
        let (one, other) = (one.time, other.time);
        let stored = of_fields::<::chrono::NaiveTime>(one, other);
        prop_assert_eq!(&stored, &of_fields::<::jiff::civil::Time>(one, other));
        prop_assert_eq!(&stored, &of_fields::<::time::Time>(one, other));
    }

    #[test]
    fn dates_with_times_are_the_same_in_all((one, other) in pairs()) {
        let stored = of_fields::<::chrono::NaiveDateTime>(one, other);
        prop_assert_eq!(&stored, &of_fields::<::jiff::civil::DateTime>(one, other));
        prop_assert_eq!(&stored, &of_fields::<::time::PrimitiveDateTime>(one, other));
    }

    #[test]
    fn moments_are_the_same_in_all((one, other) in pairs()) {
        let (one, other) = (Instant(one), Instant(other));
        let stored = of_fields::<::chrono::DateTime<Utc>>(one, other);
        prop_assert_eq!(&stored, &of_fields::<::jiff::Timestamp>(one, other));
        prop_assert_eq!(&stored, &of_fields::<::time::UtcDateTime>(one, other));
        prop_assert_eq!(&stored, &of_fields::<::time::OffsetDateTime>(one, other));
    }

    /// The moments are the libraries' own here, counted from the epoch.
    #[test]
    fn the_same_moment_is_the_same_text(
        seconds in -62_167_219_200..253_402_200_000_i64,
        nanos in 0..1_000_000_000_u32,
        offset in -86_399..86_400_i32,
    ) {
        let chrono = ::chrono::DateTime::from_timestamp(seconds, nanos).expect("in range");
        let jiff = ::jiff::Timestamp::new(seconds, nanos.cast_signed()).expect("in range");
        let time = ::time::UtcDateTime::from_unix_timestamp(seconds).expect("in range")
            + ::time::Duration::nanoseconds(nanos.into());
        prop_assert_eq!(text(chrono), text(jiff));
        prop_assert_eq!(text(time), text(jiff));
        let offset = ::time::UtcOffset::from_whole_seconds(offset).expect("in range");
        prop_assert_eq!(text(time.to_offset(offset)), text(jiff));
        // What Timestamp makes of it is the same to the millisecond.
        let timestamp: Timestamp = text(jiff).parse().expect("is RFC 3339");
        prop_assert_eq!(timestamp.millis(), seconds * 1_000 + i64::from(nanos / 1_000_000));
    }

    #[test]
    fn zoned_moments_come_back_and_sort((one, other) in pairs(), zones: (u8, u8)) {
        let names = ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"];
        let zoned = |moment, zone: u8| {
            let zone = TimeZone::get(names[usize::from(zone) % names.len()]).expect("is known");
            ::jiff::Timestamp::of(Instant(moment)).expect("in range").to_zoned_datetime(zone)
        };
        let (one, other) = (zoned(one, zones.0), zoned(other, zones.1));
        let back = stored_and_read(one.clone());
        prop_assert_eq!((&back, back.time_zone()), (&one, one.time_zone()));
        let order = one.cmp(&other);
        let by_text = text(one).cmp(&text(other));
        prop_assert!(order == by_text || order == Ordering::Equal);
    }

    /// So the order of texts is the order of times, and equal texts are equal times.
    #[test]
    fn nothing_but_the_stored_form_is_read(
        text in "[0-9]{4}-[01][0-9]-[0-3][0-9]|\
            [0-2][0-9]:[0-6][0-9]:[0-6][0-9]\\.[0-9]{8,10}|\
            [-+0-9]{4,5}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{9}Z?|\
            [0-9]{4}-0[0-9]-[0-2][0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{9}(Z|z|[+]00:00)?\
            (\\[(UTC|utc|[+-]0[0-9]:[0-9]{2}|Europe/Paris)\\])?|\
            .*",
    ) {
        each!(is_strict(&text));
    }

    #[test]
    fn no_change_of_a_character_goes_unnoticed(
        moment in date_times(), at in 0..36_usize, change in "[-+ 0-9TtZz:.\\[\\]]?",
    ) {
        for stored in [
            moment.date.to_string(),
            moment.time.to_string(),
            moment.to_string(),
            format!("{moment}Z"),
            format!("{moment}Z[UTC]"),
        ] {
            let at = at % (stored.len() + 1);
            let replaced = stored.get(at + 1..).unwrap_or_default();
            let (before, after) = stored.split_at(at);
            each!(is_strict(&format!("{before}{change}{after}")));
            each!(is_strict(&format!("{before}{change}{replaced}")));
        }
    }
}

#[test]
fn the_stored_forms_are_these() {
    let chrono = ::chrono::DateTime::from_timestamp(1_795_249_800, 7).expect("in range");
    assert_eq!(text(chrono), "2026-11-21T08:30:00.000000007Z");
    assert_eq!(text(chrono.naive_utc()), "2026-11-21T08:30:00.000000007");
    assert_eq!(text(chrono.date_naive()), "2026-11-21");
    assert_eq!(text(chrono.time()), "08:30:00.000000007");
    assert_eq!(<::chrono::DateTime<Utc>>::TYPE, Type::Instant);
    assert_eq!(::chrono::NaiveDateTime::TYPE, Type::DateTime);
    assert_eq!(::chrono::NaiveDate::TYPE, Type::Date);
    assert_eq!(::chrono::NaiveTime::TYPE, Type::Time);
    assert_eq!(::jiff::ZonedDateTime::TYPE, Type::Zoned);
}

#[test]
fn days_that_are_not_are_not_read() {
    for text in [
        "",
        "2026-02-29",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "1900-02-29",
        "10000-01-01",
        "+2026-01-01",
        "-001-01-01",
        "2026-1-01",
        "2026-11-21 ",
        "24:00:00.000000000",
        "23:60:00.000000000",
        "23:59:60.000000000",
        "23:59:59.99999999",
        "23:59:59",
        "23:59:59,000000000",
        "2026-02-29T00:00:00.000000000",
        "2026-02-29T00:00:00.000000000Z",
        "2026-02-28T23:59:60.000000000Z",
        "2026-02-28T00:00:00Z",
        "2026-02-28 00:00:00.000000000Z",
        "2026-02-28t00:00:00.000000000z",
        "2026-02-28T00:00:00.000000000+00:00",
        "２０２６-02-28",
    ] {
        each!(cannot_read(Stored::Text(text.into())));
    }
    for other in others("text") {
        each!(cannot_read(other.clone()));
    }
}

#[test]
fn optional_columns_take_them() {
    fn optional<T: Value, How>(value: impl IntoOptional<T, How>) -> Option<T> {
        value.into_optional().expect("keeps the rules")
    }
    let date = ::jiff::civil::date(2026, 11, 21);
    assert_eq!(optional::<::jiff::civil::Date, _>(date), Some(date));
    assert_eq!(optional::<::jiff::civil::Date, _>(Some(date)), Some(date));
    assert_eq!(optional::<::jiff::civil::Date, _>(None), None);
    let zoned = ::jiff::ZonedDateTime::default();
    assert_eq!(optional::<::jiff::ZonedDateTime, _>(&zoned), Some(zoned));
    assert_eq!(
        optional::<::chrono::DateTime<Utc>, _>(::chrono::DateTime::UNIX_EPOCH).map(text).as_deref(),
        Some("1970-01-01T00:00:00.000000000Z")
    );
    assert_eq!(optional::<::time::OffsetDateTime, _>(None), None);
}
