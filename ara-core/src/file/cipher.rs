//! The key of a file, if its pages are encrypted.
//!
//! With the feature `encryption`, SQLite is that of SQLCipher, which encrypts each page before it gets into the file, its
//! write-ahead log or a journal, and decrypts it when it is read. Without the feature there is no key.

#[cfg(feature = "encryption")]
pub(crate) mod key;
#[cfg(not(feature = "encryption"))]
mod plain;
#[cfg(feature = "encryption")]
mod sqlcipher;

#[cfg(feature = "encryption")]
pub(crate) use key::Key;
#[cfg(not(feature = "encryption"))]
pub(crate) use plain::{FileKey, Key, start_of};
#[cfg(feature = "encryption")]
pub(crate) use sqlcipher::{FileKey, start_of};

/// What a file begins with that is not encrypted.
pub(crate) const MAGIC: Start = *b"SQLite format 3\0";

/// The length of a page. An encrypted file consists of whole ones.
const PAGE: u64 = 4096;

/// The first bytes of a file. Those of an encrypted file are its salt.
pub(crate) type Start = [u8; 16];

/// Returns whether a file of this length that begins so may be an encrypted one. Nothing tells it from other bytes that
/// look random.
pub(crate) fn may_be_encrypted(length: u64, start: &Start) -> bool {
    let is_of_text = |byte: &u8| matches!(byte, 0 | b'\t' | b'\n' | b'\r' | b' '..=b'~');
    // Of a file that is not encrypted, and damaged.
    let of_magic = start.iter().zip(&MAGIC).filter(|(byte, of_magic)| byte == of_magic).count();
    let is_random = !start.iter().all(is_of_text) && of_magic < start.len() / 2;
    length > 0 && length.is_multiple_of(PAGE) && is_random
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_random_may_be_encrypted() {
        let salt = *b"\xf0\x9d\x01\x13salt of a fi";
        assert!(may_be_encrypted(8192, &salt));
        assert!(!may_be_encrypted(0, &salt));
        assert!(!may_be_encrypted(8191, &salt));
        assert!(!may_be_encrypted(4096, b"Dear diary, \r\n\t."));
        assert!(!may_be_encrypted(4096, &[0; 16]));
        assert!(!may_be_encrypted(4096, &MAGIC));
        assert!(!may_be_encrypted(4096, b"SQ\xffite form\xe1t 3\0"));
    }
}
