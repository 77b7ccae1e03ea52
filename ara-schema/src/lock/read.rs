//! Reading the JSON of a lock, each entry with its line.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::{LockError, RESTORE};
use crate::range::Range;
use crate::snapshot::TypeSnapshot;
use crate::ty::Type;

/// The newest format that can be read. Format 1 had no ranges, and format 2 neither lenses nor keys.
pub(super) const FORMAT: u64 = 3;

/// The format that is written of what has neither lenses nor keys, so that an older ara can read it.
pub(super) const FORMAT_WITHOUT_LENSES: u64 = 2;

/// The oldest format that can be read.
const OLDEST: u64 = 1;

/// The entries of a lock.
pub(super) struct Entries {
    pub releases: Vec<Entry<ReleaseEntry>>,
    pub schema: Vec<Entry<SchemaEntry>>,
}

/// An entry, and the line in which it begins.
pub(super) struct Entry<T> {
    pub line: usize,
    pub entry: T,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct ReleaseEntry {
    pub version: u32,
    pub checksum: String,
    pub after: Vec<String>,
    pub date: String,
    pub message: String,
    pub seal: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(super) struct SchemaEntry {
    pub table: String,
    pub local: Option<bool>,
    pub key: Option<String>,
    pub column: Option<String>,
    #[serde(rename = "type")]
    pub ty: Option<EntryType>,
    pub range: Option<Range>,
    pub variant: Option<String>,
    pub replaces: Option<Vec<String>>,
    pub revision: Option<u32>,
    pub by_key: Option<bool>,
    pub since: String,
    pub seal: String,
}

/// The type of a column: a word, or `{"id": "category"}`.
pub(super) struct EntryType(pub TypeSnapshot);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct File<'t> {
    format: u64,
    #[serde(rename = "about")]
    _about: de::IgnoredAny,
    #[serde(borrow)]
    releases: Vec<&'t RawValue>,
    #[serde(borrow)]
    schema: Vec<&'t RawValue>,
}

/// What a file of every format has.
#[derive(Deserialize)]
struct Format {
    format: u64,
}

impl Entries {
    /// Reads the text of a lock.
    pub fn read(text: &str) -> Result<Self, LockError> {
        // Some editors write a byte order mark at the beginning of a file.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let read: serde_json::Result<File<'_>> = serde_json::from_str(text);
        let format = match &read {
            Ok(file) => Ok(file.format),
            Err(_) => serde_json::from_str(text).map(|Format { format }| format),
        };
        // A newer format may have any shape, so this error comes before all others.
        if let Ok(newer) = format
            && newer > FORMAT
        {
            return Err(LockError::at(
                None,
                format!(
                    "written by a newer ara (format {newer}; this one reads {FORMAT}): update ara"
                ),
            ));
        }
        let file = read.map_err(|error| refuse_shape(text, &error))?;
        if file.format < OLDEST {
            let reason = format!("there is no format {}: {RESTORE}", file.format);
            return Err(LockError::at(None, reason));
        }
        Ok(Self {
            releases: entries(text, "releases", &file.releases)?,
            schema: entries(text, "schema", &file.schema)?,
        })
    }
}

/// Reads the entries of an array that ends with `"end"`.
fn entries<'t, T: Deserialize<'t>>(
    text: &str,
    array: &str,
    raw: &[&'t RawValue],
) -> Result<Vec<Entry<T>>, LockError> {
    let mut lines = Lines { text, counted: 0, line: 1 };
    let Some((last, raw)) = raw.split_last() else {
        return Err(LockError::at(None, format!("`{array}` has no \"end\": {RESTORE}")));
    };
    let mut entries = Vec::with_capacity(raw.len());
    for raw in raw {
        let line = lines.line_of(raw);
        let entry = serde_json::from_str(raw.get()).map_err(|error| {
            LockError::at(line + error.line().saturating_sub(1), reason_of_shape(&error))
        })?;
        entries.push(Entry { line, entry });
    }
    if last.get() != "\"end\"" {
        let reason = format!("the last entry of `{array}` is not \"end\": {RESTORE}");
        return Err(LockError::at(lines.line_of(last), reason));
    }
    Ok(entries)
}

/// Finds the lines of parts of a text, which are asked for in the order of the text.
struct Lines<'t> {
    text: &'t str,
    counted: usize,
    line: usize,
}

impl Lines<'_> {
    /// Returns the line in which a part of the text begins.
    fn line_of(&mut self, part: &RawValue) -> usize {
        let offset = part.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        let passed = self.text.get(self.counted..offset).unwrap_or_default();
        self.line += passed.matches('\n').count();
        self.counted = offset.max(self.counted);
        self.line
    }
}

/// Returns the error for a text that is not a lock.
fn refuse_shape(text: &str, error: &serde_json::Error) -> LockError {
    let is_marker = |line: &&str| {
        ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker))
    };
    if let Some((at, marker)) = text.lines().enumerate().find(|(_, line)| is_marker(line)) {
        let marker = marker.get(..7).unwrap_or_default();
        let reason = format!(
            "a merge stopped here (`{marker}`): keep the lines of both sides, and remove the markers. \
             With a line `ara.lock merge=union` in `.gitattributes` git does that by itself"
        );
        return LockError::at(at + 1, reason);
    }
    LockError::at(Some(error.line()).filter(|line| *line > 0), reason_of_shape(error))
}

/// Returns what is wrong with JSON, and what to do about it.
fn reason_of_shape(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // The place is left out, as the error has a line of its own.
    let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
    if error.is_data() {
        format!("{what}: {RESTORE}")
    } else {
        format!("not JSON ({what}): {RESTORE}")
    }
}

impl<'de> Deserialize<'de> for EntryType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryTypeVisitor)
    }
}

struct EntryTypeVisitor;

impl<'de> Visitor<'de> for EntryTypeVisitor {
    type Value = EntryType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type, such as \"text\" or {\"id\": \"category\"}")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<EntryType, E> {
        for ty in [TypeSnapshot::Enum(Vec::new()), TypeSnapshot::Versioned(Vec::new())] {
            if word == ty.word() {
                return Ok(EntryType(ty));
            }
        }
        match Type::PLAIN.into_iter().find(|plain| plain.word() == word) {
            Some(plain) => Ok(EntryType(plain.into())),
            None => Err(E::custom(format_args!(
                "type `{word}` is unknown to this ara; if a newer one wrote it, update ara"
            ))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EntryType, A::Error> {
        let word = Type::Id("").word();
        let Some((key, table)) = map.next_entry::<String, String>()? else {
            return Err(de::Error::missing_field(word));
        };
        if key != word || map.next_key::<de::IgnoredAny>()?.is_some() {
            return Err(de::Error::custom("a type with names in it has one field, `id`"));
        }
        Ok(EntryType(TypeSnapshot::Id(table)))
    }
}
