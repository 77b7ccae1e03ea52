//! Offsets from UTC.

/// A fixed offset from UTC. `TimeFunctions::at_offset` takes the parts of moments in it.
///
/// With the features `chrono`, `jiff` and `time`, it can be converted from their offsets.
///
/// ```
/// use ara::UtcOffset;
///
/// assert_eq!(UtcOffset::hours(1), UtcOffset::minutes(60));
/// assert_eq!(UtcOffset::minutes(-90).seconds_east(), -5400);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcOffset(i32);

impl UtcOffset {
    /// No offset.
    pub const UTC: Self = Self(0);

    /// Returns the offset of this many hours, to the east if there are more than zero.
    #[must_use]
    pub const fn hours(hours: i8) -> Self {
        Self(hours as i32 * 3600)
    }

    /// Returns the offset of this many minutes, to the east if there are more than zero.
    #[must_use]
    pub const fn minutes(minutes: i16) -> Self {
        Self(minutes as i32 * 60)
    }

    /// Returns the offset of this many seconds, to the east if there are more than zero.
    #[must_use]
    pub const fn seconds(seconds: i32) -> Self {
        Self(seconds)
    }

    /// Returns how many seconds it is to the east.
    #[must_use]
    pub const fn seconds_east(self) -> i32 {
        self.0
    }
}

#[cfg(feature = "chrono")]
impl From<::chrono::FixedOffset> for UtcOffset {
    fn from(offset: ::chrono::FixedOffset) -> Self {
        Self(offset.local_minus_utc())
    }
}

#[cfg(feature = "jiff")]
impl From<::jiff::tz::Offset> for UtcOffset {
    fn from(offset: ::jiff::tz::Offset) -> Self {
        Self(offset.seconds())
    }
}

#[cfg(feature = "time")]
impl From<::time::UtcOffset> for UtcOffset {
    fn from(offset: ::time::UtcOffset) -> Self {
        Self(offset.whole_seconds())
    }
}
