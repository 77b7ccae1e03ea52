//! Which stored values fit a recorded type, without the Rust type that it was recorded of.

use ara_schema::{Range, TypeSnapshot};
use serde::de::IgnoredAny;
use uuid::Uuid;

use crate::value::civil::{Date, Reader, Time};
use crate::value::column_type::Value;
use crate::value::json::{variant_of, version_of};
use crate::value::stored::Stored;

/// Returns whether a stored value is one that a column of this type and range can hold.
///
/// Some Rust types read less than that: a rule such as "must be even" is recorded nowhere, nor is what a `Json` must
/// look like.
pub(crate) fn fits(ty: &TypeSnapshot, range: Option<Range>, value: &Stored<'_>) -> bool {
    let range = range.unwrap_or(Range::ALL);
    match (ty, value) {
        (TypeSnapshot::Bool, Stored::Integer(integer)) => matches!(integer, 0 | 1),
        (TypeSnapshot::Integer, Stored::Integer(integer)) => has(range, *integer),
        (TypeSnapshot::Counter | TypeSnapshot::Timestamp, Stored::Integer(_))
        | (TypeSnapshot::Blob, Stored::Blob(_)) => true,
        (TypeSnapshot::Real, _) if range.max <= BITS_OF_F32 => f32::read(value.clone()).is_some(),
        (TypeSnapshot::Real, _) => f64::read(value.clone()).is_some(),
        (TypeSnapshot::Uuid | TypeSnapshot::Id(_), _) => Uuid::read(value.clone()).is_some(),
        (_, Stored::Text(text)) => text_fits(ty, range, text),
        _ => false,
    }
}

/// The greatest value of the range of an `f32`.
const BITS_OF_F32: i64 = 32;

fn has(range: Range, value: i64) -> bool {
    range.min <= value && value <= range.max
}

fn text_fits(ty: &TypeSnapshot, range: Range, text: &str) -> bool {
    let reads = |read: fn(&mut Reader<'_>) -> Option<()>| {
        let mut reader = Reader::new(text);
        read(&mut reader).and_then(|()| reader.end()).is_some()
    };
    match ty {
        TypeSnapshot::Text => {
            let characters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            has(range, characters) && (range.min < 1 || !text.trim().is_empty())
        }
        TypeSnapshot::Merged => true,
        TypeSnapshot::Json => serde_json::from_str::<IgnoredAny>(text).is_ok(),
        TypeSnapshot::Enum(variants) => is_variant(variants, text),
        TypeSnapshot::Versioned(versions) => version_of(text).is_some_and(|version| {
            let name =
                |listed: &String| listed.split_once(' ').is_some_and(|(_, it)| it == version);
            versions.iter().any(name)
        }),
        TypeSnapshot::Date => reads(|reader| Date::read(reader).map(drop)),
        TypeSnapshot::Time => reads(time),
        TypeSnapshot::DateTime => reads(date_and_time),
        TypeSnapshot::Instant => reads(instant),
        TypeSnapshot::Zoned => text
            .strip_suffix(']')
            .and_then(|text| text.split_once('['))
            .filter(|(_, zone)| !zone.is_empty())
            .is_some_and(|(moment, _)| {
                let mut reader = Reader::new(moment);
                instant(&mut reader).and_then(|()| reader.end()).is_some()
            }),
        _ => false,
    }
}

/// Returns whether a text is one of these variants. Those with data are listed with a mark: `Circle(..)`.
fn is_variant(listed: &[String], text: &str) -> bool {
    let with_data = variant_of(text);
    listed.iter().any(|listed| match listed.strip_suffix("(..)") {
        Some(name) => with_data.as_deref() == Some(name),
        None => listed == text,
    })
}

fn time(reader: &mut Reader<'_>) -> Option<()> {
    Time::read_seconds(reader)?;
    reader.one_of(b".")?;
    reader.number(9).map(drop)
}

fn date_and_time(reader: &mut Reader<'_>) -> Option<()> {
    Date::read(reader)?;
    reader.one_of(b"T")?;
    time(reader)
}

fn instant(reader: &mut Reader<'_>) -> Option<()> {
    date_and_time(reader)?;
    reader.one_of(b"Z").map(drop)
}

#[cfg(test)]
mod tests {
    use ara_schema::Type;
    use proptest::prelude::*;

    use super::*;
    use crate::value::{Id, Json, NonEmptyString, Timestamp};

    /// Returns whether a value fits what is recorded of a Rust type.
    fn fits_as<V: Value>(value: &Stored<'_>) -> bool {
        fits(&V::TYPE.into(), V::RANGE.of_column(V::TYPE), value)
    }

    fn values() -> impl Strategy<Value = Stored<'static>> {
        let integers = prop_oneof![-2_i64..3, 250_i64..260, any::<i64>()];
        let reals = prop_oneof![any::<f64>(), any::<f32>().prop_map(f64::from)];
        let texts = prop_oneof!["[ a\u{3000}]{0,5}", "[0-9\\[\\]{}\":,]{0,6}", any::<String>()];
        let blobs = prop_oneof![15_usize..18, 0_usize..3].prop_map(|length| vec![7; length]);
        prop_oneof![
            integers.prop_map(Stored::Integer),
            reals.prop_map(Stored::Real),
            texts.prop_map(|text| Stored::Text(text.into())),
            blobs.prop_map(|bytes| Stored::Blob(bytes.into())),
        ]
    }

    proptest! {
        #[test]
        fn what_fits_is_what_the_types_read(value in values()) {
            macro_rules! same {
                ($($ty:ty),* $(,)?) => {$(
                    let reads = <$ty>::read(value.clone()).is_some();
                    prop_assert_eq!(fits_as::<$ty>(&value), reads, "{}", stringify!($ty));
                )*};
            }
            same!(
                bool, u8, i8, i64, f32, f64, String, NonEmptyString<3>, Vec<u8>, Uuid, Timestamp,
                Id<crate::value::tests::Todo>, Json<serde_json::Value>,
            );
        }
    }

    #[test]
    fn a_variant_must_be_listed() {
        let ty = TypeSnapshot::from(Type::Enum(&["Open", "Done"]));
        let is_one = |name: &'static str| fits(&ty, None, &Stored::Text(name.into()));
        assert!(is_one("Done") && !is_one("done") && !is_one("Late"));
        assert!(!fits(&ty, None, &Stored::Integer(1)));

        let ty = TypeSnapshot::from(Type::Enum(&["Open", "Due(..)"]));
        let is_one = |name: &'static str| fits(&ty, None, &Stored::Text(name.into()));
        assert!(is_one("Open") && is_one(r#"{"Due":5}"#) && is_one(r#"{"Due":{"on":[]}}"#));
        for none in
            ["Due", "Due(..)", r#"{"Open":5}"#, r#"{"Due":5,"Open":5}"#, r#"{"Due":}"#, "{}"]
        {
            assert!(!is_one(none), "{none}");
        }
    }

    #[test]
    fn a_version_must_be_listed() {
        let ty = TypeSnapshot::from(Type::Versioned(&["1 V1", "2 V2"]));
        let is_one = |text: &'static str| fits(&ty, None, &Stored::Text(text.into()));
        assert!(is_one(r#"{"document":{"a":[1]},"version":"V1"}"#));
        assert!(is_one(r#"{"document":null,"version":"V2"}"#));
        for none in ["{}", "\"V1\"", r#"{"version":"V1"}"#, r#"{"document":1,"version":"V3"}"#] {
            assert!(!is_one(none), "{none}");
        }
    }

    #[test]
    fn dates_have_their_forms() {
        let date = "2026-11-21";
        let time = "08:30:00.000000000";
        let (both, moment) = (format!("{date}T{time}"), format!("{date}T{time}Z"));
        let zoned = format!("{moment}[Europe/Berlin]");
        let forms = [
            (Type::Date, date),
            (Type::Time, time),
            (Type::DateTime, &both),
            (Type::Instant, &moment),
            (Type::Zoned, &zoned),
        ];
        for (at, (ty, _)) in forms.into_iter().enumerate() {
            for (other, (_, text)) in forms.into_iter().enumerate() {
                let fits = fits(&ty.into(), None, &Stored::Text(text.into()));
                assert_eq!(fits, at == other, "{ty:?} {text}");
            }
        }
        for text in ["2026-13-01", "2026-11-21 ", "08:30:00", "25:00:00.000000000"] {
            for (ty, _) in forms {
                assert!(!fits(&ty.into(), None, &Stored::Text(text.into())), "{ty:?} {text}");
            }
        }
        for text in [moment.clone() + "[]", moment + "[Europe/Berlin", "[UTC]".to_owned()] {
            assert!(!fits(&TypeSnapshot::Zoned, None, &Stored::Text(text.into())));
        }
    }
}
