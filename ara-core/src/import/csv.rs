//! Reading the rows of CSV.

use std::io::Read;
use std::str;

use csv::{ByteRecord, Position, ReaderBuilder};
use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::import::importer::EachRow;
use crate::import::row::ImportRow;
use crate::import::value::Held;
use crate::value::Stored;
use crate::value::foreign::read::Reading;

/// Calls a function with each record after the first one, which names the columns.
pub(super) fn each_row(
    from: &mut dyn Read,
    separator: u8,
    reading: Reading,
    each: &mut EachRow<'_>,
) -> Result<()> {
    let mut csv = ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(from);
    let names: Vec<String> = csv
        .byte_headers()
        .map_err(failed)?
        .iter()
        .map(|name| str::from_utf8(name).map(|name| name.trim().to_owned()))
        .collect::<Result<_, _>>()
        .map_err(|_| Error::Source {
            reason: "its first record is not UTF-8: save it with this encoding".to_owned(),
        })?;
    let mut record = ByteRecord::new();
    while csv.read_byte_record(&mut record).map_err(failed)? {
        let number = record.position().map_or(0, Position::line);
        let read = if record.len() == names.len() {
            let values: SmallVec<[_; 16]> = record.iter().map(held).collect();
            let row =
                ImportRow { number, names: &names, values: &values, reading, may_lack: false };
            each(number, Ok(row))
        } else {
            let (fields, columns) = (record.len(), names.len());
            let reason = format!("it has {fields} fields, where the first record has {columns}");
            each(number, Err(reason))
        };
        read?;
    }
    Ok(())
}

fn held(field: &[u8]) -> Held<'_> {
    match str::from_utf8(field) {
        Ok("") => Held::Empty,
        Ok(text) => Held::Value(Stored::Text(text.into())),
        Err(_) => Held::NoText,
    }
}

fn failed(error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Error::Io { reason: error.to_string() },
        // Fields are read as bytes, in records of any length.
        _ => Error::Source { reason: "it is not CSV".to_owned() },
    }
}
