//! Moments in milliseconds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ara_schema::Type;
use serde::{Deserialize, Serialize};

use super::{IntoValue, Readable, Rule, Stored, Value};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted. `created_at` and
/// `updated_at` are of this type.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment this many milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Now, by the system's clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }
}

impl From<SystemTime> for Timestamp {
    /// Cuts to whole milliseconds; a time beyond the range of `i64` becomes its end.
    fn from(time: SystemTime) -> Self {
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self(millis(after)),
            Err(before) => Self(-millis(before.duration())),
        }
    }
}

impl Value for Timestamp {
    const TYPE: Type = Type::Timestamp;

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

impl IntoValue<Timestamp> for Timestamp {
    fn into_value(self) -> Result<Timestamp, Rule> {
        Ok(self)
    }
}

impl IntoValue<Timestamp> for SystemTime {
    fn into_value(self) -> Result<Timestamp, Rule> {
        Ok(self.into())
    }
}
