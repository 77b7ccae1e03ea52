//! Digests of results, by which a watch tells whether a result is a new one.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use xxhash_rust::xxh3::Xxh3Default;

/// A digest of rows, computed from the stored values.
pub(crate) struct RowsDigest(Xxh3Default);

impl RowsDigest {
    /// Returns the digest of no rows.
    pub(crate) fn new() -> Self {
        Self(Xxh3Default::new())
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, row: &Row<'_>) {
        let mut at = 0;
        while let Ok(value) = row.get_ref(at) {
            self.value(value);
            at += 1;
        }
        self.0.update(&[END_OF_ROW]);
    }

    fn value(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.0.update(&[0]),
            ValueRef::Integer(integer) => self.fixed(1, integer.to_ne_bytes()),
            ValueRef::Real(real) => self.fixed(2, real.to_bits().to_ne_bytes()),
            ValueRef::Text(text) => self.bytes(3, text),
            ValueRef::Blob(bytes) => self.bytes(4, bytes),
        }
    }

    fn fixed(&mut self, class: u8, bytes: [u8; 8]) {
        self.0.update(&[class]);
        self.0.update(&bytes);
    }

    fn bytes(&mut self, class: u8, bytes: &[u8]) {
        self.fixed(class, (bytes.len() as u64).to_ne_bytes());
        self.0.update(bytes);
    }

    /// Returns the digest of the rows that were added.
    pub(crate) fn finish(&self) -> u128 {
        self.0.digest128()
    }
}

/// A byte that no value begins with.
const END_OF_ROW: u8 = 5;

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn digest(sql: &str) -> rusqlite::Result<u128> {
        let connection = Connection::open_in_memory()?;
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut digest = RowsDigest::new();
        while let Some(row) = rows.next()? {
            digest.row(row);
        }
        Ok(digest.finish())
    }

    #[test]
    fn no_two_results_are_the_same() -> rusqlite::Result<()> {
        let results = [
            "SELECT 1 WHERE false",
            "SELECT NULL",
            "SELECT NULL, NULL",
            "VALUES (NULL), (NULL)",
            "SELECT 1",
            "SELECT 1.0",
            "SELECT 0.0",
            "SELECT -0.0",
            "SELECT '1'",
            "SELECT x'31'",
            "SELECT 'ab', 'c'",
            "SELECT 'a', 'bc'",
            "SELECT 1, 2",
            "VALUES (1), (2)",
            "VALUES (2), (1)",
        ];
        let digests = results.map(digest).into_iter().collect::<rusqlite::Result<Vec<_>>>()?;
        for (at, digest) in digests.iter().enumerate() {
            assert_eq!(digests.iter().position(|other| other == digest), Some(at));
        }
        assert_eq!(digest("SELECT 'ab', 'c'")?, digest("SELECT 'a' || 'b', 'c'")?);
        Ok(())
    }
}
