//! Conversions between [`Timestamp`] and the moments of `chrono`, `jiff` and `time`.

use crate::value::into::IntoValue;
use crate::value::rule::Rule;
use crate::value::timestamp::Timestamp;

macro_rules! moments {
    ($($library:literal $ty:ty: $millis:expr, $of_millis:expr;)*) => {$(
        #[cfg(feature = $library)]
        impl From<$ty> for Timestamp {
            /// Converts a moment, rounded down to the millisecond.
            fn from(moment: $ty) -> Self {
                let millis: fn($ty) -> i64 = $millis;
                Self::from_millis(millis(moment))
            }
        }

        #[cfg(feature = $library)]
        impl TryFrom<Timestamp> for $ty {
            type Error = Rule;

            /// Returns the same moment, or a [`Rule`] if the library cannot represent it.
            fn try_from(timestamp: Timestamp) -> Result<Self, Rule> {
                let of_millis: fn(i64) -> Option<$ty> = $of_millis;
                of_millis(timestamp.millis())
                    .ok_or(Rule::new(concat!("must be a moment that `", $library, "` reaches")))
            }
        }

        #[cfg(feature = $library)]
        #[diagnostic::do_not_recommend]
        impl IntoValue<Timestamp> for $ty {
            fn into_value(self) -> Result<Timestamp, Rule> {
                Ok(self.into())
            }
        }
    )*};
}

moments! {
    "chrono" ::chrono::DateTime<::chrono::Utc>:
        |moment| moment.timestamp_millis(),
        ::chrono::DateTime::from_timestamp_millis;
    // jiff rounds toward 1970.
    "jiff" ::jiff::Timestamp:
        |moment| moment.as_millisecond() - i64::from(moment.subsec_nanosecond() % 1_000_000 < 0),
        |millis| ::jiff::Timestamp::from_millisecond(millis).ok();
    "time" ::time::UtcDateTime:
        |moment| moment.unix_timestamp() * 1_000 + i64::from(moment.millisecond()),
        |millis| ::time::UtcDateTime::from_unix_timestamp_nanos(nanos(millis)).ok();
    "time" ::time::OffsetDateTime:
        |moment| moment.unix_timestamp() * 1_000 + i64::from(moment.millisecond()),
        |millis| ::time::OffsetDateTime::from_unix_timestamp_nanos(nanos(millis)).ok();
}

#[cfg(feature = "time")]
fn nanos(millis: i64) -> i128 {
    i128::from(millis) * 1_000_000
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    /// Takes moments and the nanoseconds since 1970 that they are.
    fn converts<M>(moments: [(Option<M>, i64); 6])
    where
        M: Into<Timestamp> + IntoValue<Timestamp> + TryFrom<Timestamp, Error = Rule>,
        M: Copy + Debug + PartialEq,
    {
        for (moment, nanos) in moments {
            let moment = moment.expect("is a moment");
            let timestamp = Timestamp::from_millis(nanos.div_euclid(1_000_000));
            assert_eq!(moment.into(), timestamp);
            assert_eq!(moment.into_value(), Ok(timestamp));
            let back = M::try_from(timestamp).expect("is in range");
            assert_eq!(back.into(), timestamp);
            assert_eq!(back == moment, nanos % 1_000_000 == 0);
        }
        for end in [Timestamp::MIN, Timestamp::MAX] {
            let rule = M::try_from(end).expect_err("is far away");
            assert!(rule.to_string().starts_with("must be a moment that `"));
        }
    }

    const NANOS: [i64; 6] =
        [0, 1_999_999, -1, -1_000_000, -1_000_000_001, 1_795_249_800_123_000_000];

    #[cfg(feature = "chrono")]
    #[test]
    fn chrono_converts() {
        converts(NANOS.map(|nanos| (Some(::chrono::DateTime::from_timestamp_nanos(nanos)), nanos)));
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn jiff_converts() {
        let moment = |nanos: i64| ::jiff::Timestamp::from_nanosecond(nanos.into()).ok();
        converts(NANOS.map(|nanos| (moment(nanos), nanos)));
    }

    #[cfg(feature = "time")]
    #[test]
    fn time_converts() {
        let utc =
            |nanos: i64| ::time::UtcDateTime::from_unix_timestamp_nanos(i128::from(nanos)).ok();
        converts(NANOS.map(|nanos| (utc(nanos), nanos)));
        let east = ::time::UtcOffset::from_hms(5, 45, 30).expect("is an offset");
        let local = |nanos| utc(nanos).map(|utc| utc.to_offset(east));
        converts(NANOS.map(|nanos| (local(nanos), nanos)));
    }
}
