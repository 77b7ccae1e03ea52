//! Where a relay keeps everything.

use std::ffi::OsStr;
use std::path::{self, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use ara_relay::store::Store;
use ara_relay::{PostgresStore, SqliteStore};

/// How the file in a folder is called.
pub(crate) const FILE: &str = "ara-relay.db";

/// Where everything is kept.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Place {
    /// A file of SQLite.
    File(PathBuf),
    /// The URL of a database of PostgreSQL, which may hold a password.
    Postgres(String),
}

/// Returns where a store is.
pub(crate) fn place_of(store: &OsStr) -> Place {
    let text = store.to_str();
    let is_url =
        |text: &&str| ["postgres://", "postgresql://"].iter().any(|it| text.starts_with(it));
    if let Some(url) = text.filter(is_url) {
        return Place::Postgres(url.to_owned());
    }
    let path = text.and_then(|text| text.strip_prefix("sqlite:"));
    let path = path.map_or_else(|| PathBuf::from(store), PathBuf::from);
    Place::File(if path.is_dir() { path.join(FILE) } else { path })
}

/// Opens the store, and returns where it is, without what is secret.
pub(crate) fn open(place: Place, connections: usize) -> Result<(Arc<dyn Store>, String)> {
    match place {
        Place::File(file) => {
            let store = SqliteStore::open(&file).with_context(|| file.display().to_string())?;
            // The file is there, so this fails only if it has gone already.
            let file = path::absolute(&file).unwrap_or(file);
            Ok((Arc::new(store), file.display().to_string()))
        }
        Place::Postgres(url) => {
            let store = PostgresStore::connect_with(&url, connections)?;
            let kept = store.to_string();
            Ok((Arc::new(store), kept))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_a_file_or_a_database() {
        for (text, place) in [
            ("a.db", Place::File(PathBuf::from("a.db"))),
            ("sqlite:a.db", Place::File(PathBuf::from("a.db"))),
            ("sqlite:/", Place::File(PathBuf::from("/ara-relay.db"))),
            ("postgres://a:b@c/d", Place::Postgres("postgres://a:b@c/d".to_owned())),
            ("postgresql://c", Place::Postgres("postgresql://c".to_owned())),
        ] {
            assert_eq!(place_of(OsStr::new(text)), place);
        }
    }
}
