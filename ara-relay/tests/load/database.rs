//! A database of PostgreSQL that a relay has for itself, as others do not heed what is attacked.

use crate::sql::{ask, change};

/// A database, which is dropped with this.
pub struct Database {
    name: String,
    /// The URL of another one, by which this is made and dropped.
    other: String,
}

impl Database {
    pub fn new() -> Self {
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        let name = format!("ara_load_{:016x}", u64::from_ne_bytes(random));
        let other = std::env::var("ARA_TEST_POSTGRES").unwrap();
        ask(&other, &format!("CREATE DATABASE {name}"));
        Self { name, other }
    }

    pub fn url(&self) -> String {
        let end = self.other.find('?').unwrap_or(self.other.len());
        let (address, parameters) = self.other.split_at(end);
        let (server, _) = address.rsplit_once('/').unwrap();
        format!("{server}/{}{parameters}", self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The connections of a relay that was killed may still be about to end.
        let _ = change(&self.other, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}
