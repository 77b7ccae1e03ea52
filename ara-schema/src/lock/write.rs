//! The text of a lock.

use std::fmt;

use super::contents::{Lock, Release, Released};
use super::read::FORMAT;
use super::seal::{seal_of_fact, seal_of_release};
use crate::fact::Fact;
use crate::snapshot::TypeSnapshot;

const ABOUT: &str = "What was released, for the compiler to hold the schema against. \
    `cargo ara lock` writes this file: commit it, never edit it.";

impl fmt::Display for Lock {
    /// Writes the text of the file.
    ///
    /// Each array ends with `"end"`, so that each line before it ends with a comma, and the lines of two
    /// branches can be put one after the other. The empty line between the arrays makes them four lines
    /// apart, without which git would see the growth of both as one conflict.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\n  \"format\": {FORMAT},\n  \"about\": ")?;
        write_string(f, ABOUT)?;
        f.write_str(",\n  \"releases\": [\n")?;
        let mut releases: Vec<&Release> = self.releases.iter().collect();
        releases.sort_by_key(|release| (release.version, release.id()));
        for release in releases {
            write_release(f, release)?;
        }
        f.write_str("    \"end\"\n  ],\n\n  \"schema\": [\n")?;
        for released in &self.released {
            write_released(f, released)?;
        }
        f.write_str("    \"end\"\n  ]\n}\n")
    }
}

fn write_release(f: &mut fmt::Formatter<'_>, release: &Release) -> fmt::Result {
    write!(f, "    {{ \"version\": {}, \"checksum\": ", release.version)?;
    write_string(f, &release.checksum)?;
    f.write_str(", \"after\": [")?;
    for (at, id) in release.after.iter().enumerate() {
        f.write_str(if at > 0 { ", " } else { "" })?;
        write_string(f, id)?;
    }
    f.write_str("]")?;
    write_field(f, "date", &release.date)?;
    write_field(f, "message", &release.message)?;
    write_end(f, &seal_of_release(release))
}

fn write_released(f: &mut fmt::Formatter<'_>, Released { fact, since }: &Released) -> fmt::Result {
    f.write_str("    { \"table\": ")?;
    write_string(f, fact.table())?;
    match fact {
        Fact::Table { local: false, .. } => {}
        Fact::Table { local: true, .. } => f.write_str(", \"local\": true")?,
        Fact::Column { column, ty, range, .. } => {
            write_field(f, "column", column)?;
            match ty {
                TypeSnapshot::Id(table) => {
                    f.write_str(", \"type\": {\"id\": ")?;
                    write_string(f, table)?;
                    f.write_str("}")?;
                }
                ty => write_field(f, "type", ty.word())?,
            }
            if let Some(range) = range {
                write_field(f, "range", &range.to_string())?;
            }
        }
        Fact::Variant { column, variant, .. } => {
            write_field(f, "column", column)?;
            write_field(f, "variant", variant)?;
        }
    }
    write_field(f, "since", since)?;
    write_end(f, &seal_of_fact(fact, since))
}

fn write_end(f: &mut fmt::Formatter<'_>, seal: &str) -> fmt::Result {
    write_field(f, "seal", seal)?;
    f.write_str(" },\n")
}

fn write_field(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    write!(f, ", \"{name}\": ")?;
    write_string(f, value)
}

fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}
