//! The types a column can be stored as.

/// How a column's values are stored. Released columns keep theirs for ever.
///
/// Two Rust types of one stored type (`u8` and `i64`, `String` and `NonEmptyString<100>`) may take
/// each other's place: what one cannot read of the other's values is absent to it.
///
/// Dates and times are text of a fixed width, always with nine digits of fraction and years from 0000
/// to 9999, so that they sort as text.
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
    /// An integer of at most 64 bits, signed.
    Integer,
    /// A sum of what devices added, as an integer of 64 bits: what two of them add at once both counts.
    Counter,
    /// A floating-point number of 64 bits.
    Real,
    /// Text in UTF-8.
    Text,
    /// Bytes.
    Blob,
    /// The 16 bytes of a UUID.
    Uuid,
    /// Milliseconds since 1970-01-01T00:00:00Z, as an integer.
    Timestamp,
    /// A moment in UTC with nanoseconds, as sortable text: `2026-11-21T08:30:00.000000000Z`.
    Instant,
    /// A date, as text: `2026-11-21`.
    Date,
    /// A time of day with nanoseconds, as text: `08:30:00.000000000`.
    Time,
    /// A date and a time of day without a zone, as text: `2026-11-21T08:30:00.000000000`.
    DateTime,
    /// A moment in UTC and the time zone that it is seen from, as text (RFC 9557):
    /// `2026-11-21T08:30:00.000000000Z[Europe/Berlin]`. The zone is a name of the time zone database,
    /// or an offset, such as `+05:45`.
    Zoned,
    /// JSON text.
    Json,
    /// The 16 bytes of the id of a row of the table with this stored name.
    Id(&'static str),
    /// One of these names, as text.
    Enum(&'static [&'static str]),
}

impl Type {
    /// The types that have no names in them.
    pub const PLAIN: [Self; 14] = [
        Self::Bool,
        Self::Integer,
        Self::Counter,
        Self::Real,
        Self::Text,
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

    /// What the type is called where schemas are written down. The names in it are not part of that.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Integer => "integer",
            Self::Counter => "counter",
            Self::Real => "real",
            Self::Text => "text",
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
        }
    }
}
