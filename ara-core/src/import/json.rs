//! Reading the rows of JSON.

use std::fmt;
use std::io::BufRead;

use serde::Deserializer as _;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde_json::{Deserializer, Value as Json};

use crate::error::{Error, Result};
use crate::import::importer::EachRow;
use crate::import::row::ImportRow;
use crate::import::value::Held;
use crate::value::Stored;
use crate::value::foreign::read::Reading;

/// Calls a function with each object of an array, or with each one of several that follow one another.
pub(super) fn each_row(
    from: &mut dyn BufRead,
    reading: Reading,
    each: &mut EachRow<'_>,
) -> Result<()> {
    let mut rows = Rows { number: 0, reading, each, ended: Ok(()) };
    let read = match first(from)? {
        None => return Ok(()),
        Some(b'[') => {
            let mut json = Deserializer::from_reader(from);
            json.deserialize_seq(&mut rows).and_then(|()| json.end())
        }
        Some(_) => {
            let mut objects = Deserializer::from_reader(from).into_iter();
            objects.try_for_each(|object| rows.row(object?))
        }
    };
    rows.ended?;
    read.map_err(|error| match error.io_error_kind() {
        Some(_) => Error::Io { reason: error.to_string() },
        None => Error::Source {
            // The messages of `serde_json` may quote a value.
            reason: format!("it is not JSON at line {}, column {}", error.line(), error.column()),
        },
    })
}

/// Returns the first byte that is neither white space nor a byte order mark, and leaves it there.
fn first(from: &mut dyn BufRead) -> Result<Option<u8>> {
    const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
    loop {
        let read = from.fill_buf().map_err(|error| Error::Io { reason: error.to_string() })?;
        if read.is_empty() {
            return Ok(None);
        }
        let is_skipped = |byte: &u8| byte.is_ascii_whitespace() || MARK.contains(byte);
        let skipped = read.iter().take_while(|byte| is_skipped(byte)).count();
        let found = read.get(skipped).copied();
        from.consume(skipped);
        if found.is_some() {
            return Ok(found);
        }
    }
}

struct Rows<'e, 'r> {
    number: u64,
    reading: Reading,
    each: &'e mut EachRow<'r>,
    /// The error that ended the import.
    ended: Result<()>,
}

impl Rows<'_, '_> {
    fn row(&mut self, json: Json) -> Result<(), serde_json::Error> {
        self.number += 1;
        let Self { number, reading, each, .. } = self;
        self.ended = match json {
            Json::Object(object) => {
                let (names, values): (Vec<_>, Vec<_>) =
                    object.into_iter().map(|(name, value)| (name, held(value))).unzip();
                let row = ImportRow {
                    number: *number,
                    names: &names,
                    values: &values,
                    reading: *reading,
                    may_lack: true,
                };
                each(*number, Ok(row))
            }
            _ => each(*number, Err("it is not a JSON object".to_owned())),
        };
        match self.ended {
            Ok(()) => Ok(()),
            Err(_) => Err(serde_json::Error::custom("the import ended")),
        }
    }
}

impl<'de> Visitor<'de> for &mut Rows<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while let Some(json) = array.next_element()? {
            self.row(json).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

fn held(json: Json) -> Held<'static> {
    let text = |text: String| Stored::Text(text.into());
    Held::Value(match json {
        Json::Null => return Held::Nothing,
        Json::Bool(is_true) => Stored::Integer(is_true.into()),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Stored::Integer(integer),
            (None, Some(real)) if number.is_f64() => Stored::Real(real),
            _ => text(number.to_string()),
        },
        Json::String(string) => text(string),
        Json::Array(_) | Json::Object(_) => text(json.to_string()),
    })
}
