//! A summary of the schemas that were ensured in a file.

use std::collections::BTreeSet;
use std::fmt::Write;

use ara_core::SchemaVersion;
use serde_json::{Value, json};

use crate::output::plural::plural;
use crate::output::style::{NAME, Styled};

/// A summary of the schemas that were ensured in a file.
#[derive(Debug)]
pub struct Ensured<'a> {
    /// The last of them, by the clocks of the devices.
    last: &'a SchemaVersion,
    /// The newest release of `ara.lock` among them, which is not always that of the last one.
    newest_release: Option<u32>,
    schemas: u64,
    devices: u64,
}

impl<'a> Ensured<'a> {
    /// Summarizes the history of a file, which begins with the oldest schema. Returns `None` if it is empty.
    pub fn of(versions: &'a [SchemaVersion]) -> Option<Self> {
        let distinct = |of: fn(&SchemaVersion) -> Option<&String>| {
            versions.iter().filter_map(of).collect::<BTreeSet<_>>().len() as u64
        };
        let releases = versions.iter().filter_map(|version| version.version);
        Some(Self {
            last: versions.last()?,
            // Version 0 means that the schema was not released yet.
            newest_release: releases.max().filter(|release| *release > 0),
            schemas: distinct(|version| version.checksum.as_ref()),
            devices: distinct(|version| version.device.as_ref()),
        })
    }

    /// Returns the summary in three lines.
    pub fn as_text(&self) -> String {
        let Self { last, newest_release, schemas, devices } = self;
        let name = Styled(NAME, last.schema.as_deref().unwrap_or("?"));
        let release = match last.version {
            Some(0) | None => "before its first release".to_owned(),
            Some(version) => format!("release {version}"),
        };
        let mut text = format!("ensured last: {name}, {release}");
        // Writing to a `String` cannot fail.
        if let Some(app) = &last.app_version {
            let _ = write!(text, ", by app {app}");
        }
        if let Some(time) = last.time {
            let time = time.to_string();
            let day = time.split_once('T').map_or(&*time, |(day, _)| day);
            let _ = write!(text, " on {day}");
        }
        let newest =
            newest_release.map_or_else(|| "none".to_owned(), |release| release.to_string());
        let _ = writeln!(text, "\nnewest release: {newest}");
        let (schemas, devices) = (plural(*schemas, "schema"), plural(*devices, "device"));
        let _ = writeln!(text, "ensured in all: {schemas}, by {devices}");
        text
    }

    /// Returns the summary for `--json`.
    pub fn as_json(&self) -> Value {
        let Self { last, newest_release, schemas, devices } = self;
        json!({
            "last": {
                "schema": last.schema,
                "version": last.version,
                "app_version": last.app_version,
                "time": last.time,
            },
            "newest_release": newest_release,
            "schemas": schemas,
            "devices": devices,
        })
    }
}
