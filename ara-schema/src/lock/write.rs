//! The text of a lock.

use std::fmt;

use super::contents::{Lock, Release, Released};
use super::read::{FORMAT, FORMAT_WITHOUT_LENSES};
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
        let has_lenses = self.released.iter().any(|released| released.fact.is_of_format_3());
        let format = if has_lenses { FORMAT } else { FORMAT_WITHOUT_LENSES };
        write!(f, "{{\n  \"format\": {format},\n  \"about\": ")?;
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
    f.write_str(", \"after\": ")?;
    write_strings(f, &release.after)?;
    write_field(f, "date", &release.date)?;
    write_field(f, "message", &release.message)?;
    write_end(f, &seal_of_release(release))
}

fn write_released(f: &mut fmt::Formatter<'_>, Released { fact, since }: &Released) -> fmt::Result {
    f.write_str("    { \"table\": ")?;
    write_string(f, fact.table())?;
    match fact {
        Fact::Table { local, key, .. } => {
            f.write_str(if *local { ", \"local\": true" } else { "" })?;
            if let Some(key) = key {
                write_field(f, "key", key)?;
            }
        }
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
        Fact::Lens { column, revision, replaces, by_key, .. } => {
            write_field(f, "column", column)?;
            f.write_str(", \"replaces\": ")?;
            write_strings(f, replaces)?;
            write!(f, ", \"revision\": {revision}")?;
            f.write_str(if *by_key { ", \"by_key\": true" } else { "" })?;
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

fn write_strings(f: &mut fmt::Formatter<'_>, texts: &[String]) -> fmt::Result {
    f.write_str("[")?;
    for (at, text) in texts.iter().enumerate() {
        f.write_str(if at > 0 { ", " } else { "" })?;
        write_string(f, text)?;
    }
    f.write_str("]")
}

fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}
