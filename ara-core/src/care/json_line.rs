//! Splitting a line of JSON Lines into its keys and values.

use std::collections::HashSet;
use std::fmt;

use ara_schema::check_column_name;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use crate::value::Stored;

/// What a line consists of.
pub(crate) struct Line {
    /// The keys and their values, in the order of the line. No key is there twice.
    pub(crate) entries: Vec<(String, Json)>,
}

/// The value that a line gives one column.
pub(crate) struct LineCell {
    pub(crate) ordinal: u32,
    pub(crate) name: String,
    pub(crate) value: Option<Stored<'static>>,
    pub(crate) is_counter: bool,
    /// Whether this version of the app cannot read it.
    pub(crate) is_unreadable: bool,
}

/// Reads a line. The error says what is wrong with it, without a value.
pub(crate) fn read_line(bytes: &[u8]) -> Result<Line, String> {
    let line: Line = serde_json::from_slice(bytes).map_err(|error| reason_of(&error))?;
    let mut keys = HashSet::with_capacity(line.entries.len());
    for (at, (key, _)) in (1..).zip(&line.entries) {
        if !keys.insert(key) {
            return Err(match key.as_str() {
                // A key that is not a name may be a value.
                name if name == "id" || name == "is_deleted" || check_column_name(name).is_ok() => {
                    format!("has `{name}` twice")
                }
                _ => format!("has a key twice, the second time as number {at} in the line"),
            });
        }
    }
    Ok(line)
}

/// Says what is wrong with a line that is no JSON object. The messages of `serde_json` may quote a value, unless the
/// syntax is wrong.
fn reason_of(error: &serde_json::Error) -> String {
    let (message, at) = (error.to_string(), error.column());
    let is_about = |what: &str| error.is_syntax() && message.contains(what);
    if is_about("number out of range") {
        format!("has a number that is too large for a float of 64 bits, at byte {at}")
    } else if is_about("surrogate") || is_about("hex escape") {
        format!(
            "has text with a `\\u` escape that is no character, such as half of a pair, at byte {at}"
        )
    } else if is_about("recursion limit") {
        format!("has JSON of too many levels, at byte {at}")
    } else {
        "is no JSON object (a line is one row, without a comma after it)".to_owned()
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Line;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Line { entries })
            }
        }

        deserializer.deserialize_map(Entries)
    }
}
