//! Where a relay keeps everything.

use std::ffi::OsStr;
use std::path::{self, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use ara_relay::store::Store;
use ara_relay::{PostgresStore, SqliteReader, SqliteStore};

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

impl Place {
    /// Returns whether two places are known to be the same one.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(other)) => {
                // However it is named, and by whatever link.
                let found = one.canonicalize().ok();
                found.is_some() && found == other.canonicalize().ok()
            }
            _ => self == other,
        }
    }
}

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To keep something there, also where there is nothing yet.
    Fill,
    /// To change what is there.
    Change,
    /// To read what is there, and change nothing.
    Read,
}

/// How a database of PostgreSQL is named.
const URL: &str = "postgres://USER:PASSWORD@HOST/DATABASE";

/// With what a text begins that is meant for PostgreSQL, but is no URL.
const SETTINGS: &[&str] =
    &["host=", "hostaddr=", "dbname=", "user=", "password=", "port=", "postgres:", "postgresql:"];

/// Returns where a store is.
///
/// # Errors
///
/// Returns an error if it looks like something that this does not know, which would be made a file of that name.
pub(crate) fn place_of(store: &OsStr) -> Result<Place> {
    let text = store.to_str().unwrap_or_default();
    if ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Ok(Place::Postgres(text.to_owned()));
    }
    // What is refused may hold a password, and is not shown.
    if SETTINGS.iter().any(|setting| text.starts_with(setting)) {
        bail!("the store is named in a form that is not known: a database of PostgreSQL is {URL}");
    }
    if let Some(scheme) = scheme(text) {
        bail!(
            "there is no store of the kind {scheme}://; write {URL}, or the path of a file, as sqlite:PATH if need be"
        );
    }
    let path = text.strip_prefix("sqlite:");
    let path = path.map_or_else(|| PathBuf::from(store), PathBuf::from);
    if path.as_os_str().is_empty() {
        bail!("the store has no name: write the path of a file or a folder, or {URL}");
    }
    Ok(Place::File(if path.is_dir() { path.join(FILE) } else { path }))
}

/// Returns the scheme of a URL.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|it| it.is_ascii_alphanumeric() || "+-.".contains(it));
    is_scheme.then_some(scheme)
}

/// Opens the store, and returns where it is, without what is secret, and whether it is a new file.
pub(crate) fn open(
    place: Place,
    connections: usize,
    purpose: Purpose,
) -> Result<(Arc<dyn Store>, String)> {
    match place {
        Place::File(file) => {
            let is_new = std::fs::metadata(&file).map_or(true, |file| file.len() == 0);
            let store: Result<Arc<dyn Store>, _> = match purpose {
                Purpose::Fill => SqliteStore::open(&file).map(|store| Arc::new(store) as _),
                Purpose::Change => SqliteStore::existing(&file).map(|store| Arc::new(store) as _),
                Purpose::Read => SqliteReader::open(&file).map(|store| Arc::new(store) as _),
            };
            let store = store.with_context(|| file.display().to_string())?;
            // The file is there, so this fails only if it has gone already.
            let file = path::absolute(&file).unwrap_or(file);
            let new = if is_new { ", a new store" } else { "" };
            Ok((store, format!("{}{new}", file.display())))
        }
        Place::Postgres(url) => {
            let store = match purpose {
                Purpose::Fill => PostgresStore::connect_with(&url, connections)?,
                Purpose::Change | Purpose::Read => PostgresStore::existing(&url, connections)?,
            };
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
            ("sqlite:host=a", Place::File(PathBuf::from("host=a"))),
            ("./mysql://a", Place::File(PathBuf::from("./mysql://a"))),
            ("postgres://a:b@c/d", Place::Postgres("postgres://a:b@c/d".to_owned())),
            ("postgresql://c", Place::Postgres("postgresql://c".to_owned())),
        ] {
            assert_eq!(place_of(OsStr::new(text)).unwrap(), place);
        }
    }

    #[test]
    fn a_store_has_a_name() {
        for text in ["", "sqlite:"] {
            let refused = place_of(OsStr::new(text)).unwrap_err().to_string();
            assert!(refused.contains("the store has no name"), "{refused}");
        }
    }

    #[test]
    fn what_is_meant_for_a_database_is_no_name_of_a_file() {
        for text in [
            "mysql://a:hidden@b/c",
            "http://a:hidden@b",
            "sqlite:///a.db",
            "Postgres://a:hidden@b/c",
            "postgres:/a:hidden@b/c",
            "postgres:a:hidden@b/c",
            "postgresql:a",
            "host=a password=hidden",
            "dbname=a",
            "user=a password=hidden",
        ] {
            let refused = place_of(OsStr::new(text)).unwrap_err().to_string();
            let is_clear = refused.contains(URL) && !refused.contains("hidden");
            assert!(is_clear, "{text}: {refused}");
        }
    }
}
