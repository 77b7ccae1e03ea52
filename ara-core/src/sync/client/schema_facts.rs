//! What an app's schema tells of itself to other devices.

use ara_schema::{Snapshot, checksum};

use crate::model::app_schema::Schema;

/// What identifies the schema of an app, as its history of schemas has it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaFacts {
    /// The schema's name in Rust, or that of the table if it is a single table.
    pub name: &'static str,
    /// The latest version that had been released in `ara.lock`, or 0 if there was none.
    pub version: u32,
    /// The version of the package that declares the schema; empty for a single table.
    pub app_version: &'static str,
    /// The checksum of the parts of the schema that can never change: the bytes of the one in the history.
    pub checksum: [u8; 32],
}

/// Returns what identifies a schema. For the crate `ara-sync`.
#[doc(hidden)]
#[must_use]
pub fn schema_facts<S: Schema>() -> SchemaFacts {
    let tables = S::TABLES.iter().map(|table| table.def);
    let first = S::TABLES.first().map_or("", |table| table.def.name);
    let checksum = bytes_of_hex(&checksum(&Snapshot::of(tables).facts()));
    match S::APP {
        Some(app) => {
            let (name, version, app_version) = (app.name, app.version, app.app_version);
            SchemaFacts { name, version, app_version, checksum }
        }
        None => SchemaFacts { name: first, version: 0, app_version: "", checksum },
    }
}

/// Returns the bytes that hexadecimal digits stand for.
fn bytes_of_hex(hex: &str) -> [u8; 32] {
    let digit = |digit: &u8| char::from(*digit).to_digit(16).unwrap_or_default() as u8;
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = digits.iter().fold(0, |byte, next| byte << 4 | digit(next));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::app_schema::AppSchema;
    use crate::model::table_ref::TableRef;

    struct App;

    impl Schema for App {
        const APP: Option<&'static AppSchema> =
            Some(&AppSchema { name: "App", version: 7, app_version: "1.2.3" });
        const TABLES: &'static [TableRef] = &[];
    }

    #[test]
    fn the_checksum_is_that_of_the_history() {
        let facts = schema_facts::<App>();
        assert_eq!((facts.name, facts.version, facts.app_version), ("App", 7, "1.2.3"));
        let hex: String = facts.checksum.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, checksum(&Snapshot::default().facts()));
    }
}
