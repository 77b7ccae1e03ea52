//! Tests of reading what others wrote, and of reading again what is written for people.

use std::fmt::Debug;

use proptest::prelude::*;

use crate::value::column_type::Value;
use crate::value::foreign::read::{Reading, Unit, read};
use crate::value::foreign::write::text_of;
use crate::value::stored::Stored;
use crate::value::tests::{Category, Todo};
use crate::value::{Counter, Id, Json, NonEmptyString, Timestamp, UtcOffset};
use uuid::Uuid;

const AT_ONE: Reading = Reading { offset: UtcOffset::hours(1), unit: None };

fn of_text<V: Value>(text: &str) -> Option<V> {
    read(&Stored::Text(text.into()), AT_ONE).ok()
}

fn of<V: Value>(stored: Stored<'_>) -> Option<V> {
    read(&stored, AT_ONE).ok()
}

#[test]
fn booleans_are_words_and_numbers() {
    for text in ["1", "true", "TRUE", "t", "Yes", "y"] {
        assert_eq!(of_text(text), Some(true), "{text}");
    }
    for text in ["0", "false", "F", "no", "N"] {
        assert_eq!(of_text(text), Some(false), "{text}");
    }
    for text in ["", "2", "on", "ja"] {
        assert_eq!(of_text::<bool>(text), None, "{text}");
    }
    assert_eq!([of(Stored::Integer(1)), of(Stored::Real(0.0))], [Some(true), Some(false)]);
    assert_eq!([of::<bool>(Stored::Integer(2)), of(Stored::Real(0.5))], [None, None]);
}

#[test]
fn numbers_are_of_the_kind_of_the_column() {
    for text in ["5", " 5 ", "+5", "5.0", "5.000"] {
        assert_eq!(of_text(text), Some(5_i64), "{text}");
    }
    for text in ["", "5.", "5.5", "5,0", "1e3", "9223372036854775808", "5 "] {
        let is_five = text.trim() == "5";
        assert_eq!(of_text::<i64>(text).is_some(), is_five, "{text}");
    }
    assert_eq!(of(Stored::Real(5.0)), Some(5_u8));
    assert_eq!([of::<u8>(Stored::Integer(256)), of_text("256"), of(Stored::Real(5.5))], [None; 3]);
    assert_eq!([of(Stored::Integer(5)), of_text("5"), of_text("0.5e1")], [Some(5.0_f64); 3]);
    assert_eq!(of::<i64>(Stored::Real(1e300)), None);
    assert_eq!(of_text::<f64>("five"), None);
    assert!(of_text::<Counter>("7").is_some());
}

#[test]
fn texts_are_texts_and_integers() {
    assert_eq!(of_text::<String>(" a ").as_deref(), Some(" a "));
    assert_eq!(of::<String>(Stored::Integer(12)).as_deref(), Some("12"));
    assert_eq!(of::<String>(Stored::Real(1.5)), None);
    assert_eq!(of_text::<NonEmptyString<3>>("four"), None);
    assert_eq!(of::<String>(Stored::Blob(b"a".into())), None);
}

#[test]
fn ids_are_made_of_keys() {
    let id: Id<Todo> = Id::from_uuid(Uuid::from_u128(7));
    assert_eq!(of(Stored::Blob(id.uuid().as_bytes().into())), Some(id));
    assert_eq!(of_text(&id.to_string().to_uppercase()), Some(id));
    let of_key: Id<Todo> = Id::from_uuid(crate::value::uuid_of_key("todo", b"12"));
    assert_eq!([of(Stored::Integer(12)), of_text("12"), of_text(" 12 ")], [Some(of_key); 3]);
    let of_other: Option<Id<Category>> = of(Stored::Integer(12));
    assert_ne!(of_other.map(Id::uuid), Some(of_key.uuid()));
    assert_eq!(
        [of::<Id<Todo>>(Stored::Real(12.0)), of(Stored::Blob(b"12".into())), of_text("")],
        [None; 3]
    );
    assert_eq!([of::<Uuid>(Stored::Integer(12)), of_text("12")], [None; 2]);
    assert_eq!(of_text(&id.to_string()), Some(id.uuid()));
}

#[test]
fn moments_are_read_as_most_programs_write_them() {
    let moment = Timestamp::from_millis(1_795_249_800_000);
    for text in [
        "2026-11-21T08:30:00Z",
        "2026-11-21T08:30:00.000Z",
        "2026-11-21 08:30:00+00:00",
        "2026-11-21 08:30:00.000000+00",
        "2026-11-21 08:30:00 UTC",
        "2026-11-21t10:30z",
        "2026-11-21T10:00:00 +0130",
        "2026-11-21 09:30:00",
        "2026-11-21 09:30",
        "2026-11-21T09:30:00,0004",
    ] {
        let expected = if text.ends_with("10:30z") {
            moment + std::time::Duration::from_secs(7_200)
        } else {
            moment
        };
        assert_eq!(of_text(text), Some(expected), "{text}");
    }
    assert_eq!(of_text("1970-01-01"), Some(Timestamp::from_millis(-3_600_000)));
    assert_eq!(
        of_text("+012026-11-21T08:30:00Z").map(Timestamp::millis),
        "+012026-11-21T08:30:00Z".parse().ok().map(Timestamp::millis)
    );
    for text in [
        "",
        "08:30",
        "2026-02-30",
        "2026-11-21T25:00",
        "2026-11-21T08:30:00ZZ",
        "2026-11-21T08:30UTC",
        "21.11.2026",
        "2026-11-21T08:30:00+1",
        "2026-11-21T08:30:00.",
    ] {
        assert_eq!(of_text::<Timestamp>(text), None, "{text}");
    }
}

#[test]
fn numbers_are_moments_only_if_it_is_said_what_they_count() {
    let of = |number: Stored<'_>, unit| {
        read::<Timestamp>(&number, Reading { unit, ..AT_ONE }).map(Timestamp::millis)
    };
    let rule = of(Stored::Integer(1_795_249_800), None).expect_err("is not said").to_string();
    assert!(
        rule.ends_with("say what it counts by `unix_seconds()` or `unix_millis()` of the value"),
        "{rule}"
    );
    assert_eq!(of(Stored::Integer(-5), Some(Unit::Seconds)), Ok(-5_000));
    assert_eq!(of(Stored::Integer(-5), Some(Unit::Millis)), Ok(-5));
    assert_eq!(of(Stored::Real(1.5), Some(Unit::Seconds)), Ok(1_500));
    assert_eq!(of(Stored::Integer(i64::MAX), Some(Unit::Millis)), Ok(i64::MAX));
    for wrong in [Stored::Real(f64::NAN), Stored::Real(1e300)] {
        assert!(of(wrong, Some(Unit::Seconds)).is_err());
    }
}

#[test]
fn bytes_and_json_are_read() {
    assert_eq!(of_text("CAfe"), Some(vec![0xca, 0xfe]));
    assert_eq!([of_text::<Vec<u8>>("caf"), of_text("caffee!")], [None, None]);
    assert_eq!(of_text("[1, 2]"), Some(Json(vec![1, 2])));
    assert_eq!(of_text("plain"), Some(Json("plain".to_owned())));
    assert_eq!(of(Stored::Integer(5)), Some(Json(5)));
    assert_eq!(of_text::<Json<Vec<u8>>>("plain"), None);
}

#[cfg(feature = "jiff")]
#[test]
fn dates_and_times_are_read_and_written() {
    use ::jiff::civil::{Date, DateTime, Time, date, time};
    use ::jiff::{Timestamp as Moment, ZonedDateTime};

    let day = date(2026, 11, 21);
    for text in ["2026-11-21", "2026-11-21 00:00:00", "2026-11-21T00:00"] {
        assert_eq!(of_text(text), Some(day), "{text}");
    }
    assert_eq!([of_text::<Date>("2026-11-21 00:01"), of_text("2026-11-21T00:00Z")], [None; 2]);
    assert_eq!(
        [of_text("08:30"), of_text("08:30:00"), of_text("08:30:00.0")],
        [Some(time(8, 30, 0, 0)); 3]
    );
    assert_eq!(of_text::<Time>("8:30"), None);
    let at = day.at(8, 30, 0, 500_000_000);
    assert_eq!(
        [of_text("2026-11-21 08:30:00.5"), of_text("2026-11-21T08:30:00.500")],
        [Some(at); 2]
    );
    assert_eq!([of_text::<DateTime>("2026-11-21"), of_text("2026-11-21 08:30Z")], [None; 2]);
    let moment: Moment = "2026-11-21T07:30:00.123456789Z".parse().expect("is one");
    assert_eq!(of_text("2026-11-21 08:30:00.123456789"), Some(moment));
    let zoned: ZonedDateTime = "2026-11-21T08:30:00+01:00[Europe/Berlin]".parse().expect("is one");
    assert_eq!(of_text("2026-11-21T07:30Z[Europe/Berlin]"), Some(zoned.clone()));

    let written = |stored: Stored<'_>, ty| text_of(&stored, ty, UtcOffset::hours(1)).into_owned();
    assert_eq!(written(at.store().expect("is"), DateTime::TYPE), "2026-11-21T08:30:00.5");
    assert_eq!(written(time(8, 30, 0, 0).store().expect("is"), Time::TYPE), "08:30:00");
    assert_eq!(
        written(moment.store().expect("is"), Moment::TYPE),
        "2026-11-21T08:30:00.123456789+01:00"
    );
    assert_eq!(
        written(zoned.store().expect("is"), ZonedDateTime::TYPE),
        "2026-11-21T07:30:00Z[Europe/Berlin]"
    );
}

#[test]
fn values_are_written_as_people_write_them() {
    fn written<V: Value>(value: V) -> String {
        let stored = value.store().expect("keeps the rules");
        text_of(&stored, V::TYPE, UtcOffset::minutes(-90)).into_owned()
    }
    assert_eq!([written(true), written(false)], ["true", "false"]);
    assert_eq!([written(5_i64), written(-5_i64)], ["5", "-5"]);
    assert_eq!(
        [written(5.0), written(0.1), written(1e300), written(f64::INFINITY)],
        ["5", "0.1", "1e300", "inf"]
    );
    assert_eq!(written(Timestamp::from_millis(1_795_249_800_000)), "2026-11-21T07:00:00-01:30");
    assert_eq!(written(Timestamp::from_millis(1_795_249_800_120)), "2026-11-21T07:00:00.12-01:30");
    assert_eq!(
        written(Json(vec!["a"].into_iter().map(str::to_owned).collect::<Vec<_>>())),
        "[\"a\"]"
    );
    assert_eq!(written(vec![0xca_u8, 0xfe]), "cafe");
    assert_eq!(written(Uuid::from_u128(7)), Uuid::from_u128(7).to_string());
}

fn comes_back<V: Value + Clone + PartialEq + Debug>(value: V, east: i32) {
    let offset = UtcOffset::seconds(east);
    let stored = value.clone().store().expect("keeps the rules");
    let text = text_of(&stored, V::TYPE, offset);
    let back = of_text::<V>(&text);
    assert_eq!(back.as_ref(), Some(&value), "{text}");
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        integer: i64,
        real in prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL,
        bytes: Vec<u8>,
        bits: u128,
        is_true: bool,
        millis in -62_000_000_000_000..253_000_000_000_000_i64,
        east in -86_399..86_400,
    ) {
        comes_back(integer, east);
        comes_back(real, east);
        comes_back(bytes, east);
        comes_back(Id::<Todo>::from_uuid(Uuid::from_u128(bits)), east);
        comes_back(is_true, east);
        comes_back(Timestamp::from_millis(millis), east);
        comes_back(Json(vec![integer]), east);
    }

    #[test]
    fn no_text_makes_it_panic(text: String, seconds: f64) {
        let _ = (of_text::<Timestamp>(&text), of_text::<bool>(&text), of_text::<i64>(&text), of_text::<Vec<u8>>(&text));
        let unit = Some(Unit::Seconds);
        let _ = read::<Timestamp>(&Stored::Real(seconds), Reading { unit, ..AT_ONE });
    }
}
