//! The types that columns are stored as.

/// The type that a column is stored as. A released column keeps its type for ever.
///
/// Several Rust types may have the same stored type, such as `u8` and `i64`, or `NonEmptyString<100>` and
/// `String`. In a released schema, one can replace another if its [`Range`](crate::Range) holds all that the
/// other's does.
///
/// Dates and times are text of a fixed width, with nine digits of fraction and years from 0000 to 9999, so
/// that they sort correctly as text.
///
/// ```
/// use ara_schema::Type;
///
/// assert_eq!(Type::Id("todo"), Type::Id("todo"));
/// assert_ne!(Type::Id("todo"), Type::Id("category"));
/// assert_ne!(Type::Integer, Type::Timestamp);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// The integers 0 and 1.
    Bool,
    /// A signed integer of 64 bits.
    Integer,
    /// The sum of what all devices have added, as a signed integer of 64 bits. Additions that devices
    /// make at the same time all count.
    Counter,
    /// A floating-point number of 64 bits.
    Real,
    /// Text in UTF-8.
    Text,
    /// Text in UTF-8 that devices edit at the same time: what they insert and delete merges letter by letter.
    Merged,
    /// Bytes.
    Blob,
    /// The 16 bytes of a UUID.
    Uuid,
    /// The milliseconds since 1970-01-01T00:00:00Z, as an integer.
    Timestamp,
    /// A moment in UTC with nanoseconds, as text: `2026-11-21T08:30:00.000000000Z`.
    Instant,
    /// A date, as text: `2026-11-21`.
    Date,
    /// A time of day with nanoseconds, as text: `08:30:00.000000000`.
    Time,
    /// A date and a time of day without a zone, as text: `2026-11-21T08:30:00.000000000`.
    DateTime,
    /// A moment in UTC and a time zone to show it in, as text (RFC 9557):
    /// `2026-11-21T08:30:00.000000000Z[Europe/Berlin]`. The zone is a name of the time zone database or
    /// an offset, such as `+05:45`.
    Zoned,
    /// JSON text.
    Json,
    /// The id of a row of the table with this stored name, in 16 bytes.
    Id(&'static str),
    /// One of these names, as text.
    Enum(&'static [&'static str]),
    /// A document in one of several versions, as JSON text: an object of the document and the name of its version.
    /// Each version is given by its number, from 1, and its name: `1 V1`.
    Versioned(&'static [&'static str]),
}

impl Type {
    /// The types that have no names in them.
    pub const PLAIN: [Self; 15] = [
        Self::Bool,
        Self::Integer,
        Self::Counter,
        Self::Real,
        Self::Text,
        Self::Merged,
        Self::Blob,
        Self::Uuid,
        Self::Timestamp,
        Self::Instant,
        Self::Date,
        Self::Time,
        Self::DateTime,
        Self::Zoned,
        Self::Json,
    ];

    /// Returns the word for the type where schemas are written down. It does not include the names in the
    /// type.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Integer => "integer",
            Self::Counter => "counter",
            Self::Real => "real",
            Self::Text => "text",
            Self::Merged => "merged",
            Self::Blob => "blob",
            Self::Uuid => "uuid",
            Self::Timestamp => "timestamp",
            Self::Instant => "instant",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "datetime",
            Self::Zoned => "zoned",
            Self::Json => "json",
            Self::Id(_) => "id",
            Self::Enum(_) => "enum",
            Self::Versioned(_) => "versioned",
        }
    }

    /// Returns the names that a column can get more of: the variants of an enum, or the versions of a document.
    #[must_use]
    pub const fn variants(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Enum(variants) | Self::Versioned(variants) => Some(*variants),
            _ => None,
        }
    }
}
