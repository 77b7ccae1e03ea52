//! Test vectors: examples of every format, in the folder `vectors`, for other implementations and for
//! later versions of this one.
//!
//! A test makes each again from its inputs and its random bytes, and reads each that is there. To add
//! one, write its inputs into the file and run the tests with `ARA_SYNC_VECTORS=write`, which fills
//! in what is made of them. What was published never changes.

mod access;
mod pairing;
mod request;
mod segment;
mod slot;

use std::convert::Infallible;
use std::path::Path;

use rand_core::{Rng, TryCryptoRng, TryRng};
use serde_json::{Map, Value};

use crate::keys::{RecoveryWords, SecretKeys};
use crate::testing::Fixed;

/// A vector: its inputs, and what is made of them.
struct Vector {
    fields: Map<String, Value>,
    is_written: bool,
}

impl Vector {
    /// Reads each vector of a file, and makes it again.
    fn each(file: &str, mut test: impl FnMut(&mut Self)) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let vectors: Vec<Map<String, Value>> = serde_json::from_str(&text).unwrap();
        assert!(!vectors.is_empty());
        let is_written = std::env::var_os("ARA_SYNC_VECTORS").is_some_and(|it| it == "write");
        let mut written = vec![];
        for fields in vectors {
            let mut vector = Self { fields, is_written };
            test(&mut vector);
            written.push(vector.fields);
        }
        if is_written {
            std::fs::write(path, serde_json::to_string_pretty(&written).unwrap() + "\n").unwrap();
        }
    }

    fn text(&self, field: &str) -> &str {
        self.fields[field].as_str().unwrap()
    }

    fn number(&self, field: &str) -> u64 {
        self.fields[field].as_u64().unwrap()
    }

    fn bytes(&self, field: &str) -> Vec<u8> {
        of_hex(self.text(field))
    }

    fn array<const N: usize>(&self, field: &str) -> [u8; N] {
        self.bytes(field).try_into().unwrap()
    }

    /// The secret keys of a field: 64 bytes, or 24 words.
    fn keys(&self, field: &str) -> SecretKeys {
        let text = self.text(field);
        if text.contains(' ') {
            SecretKeys::from_words(&RecoveryWords::parse(text).unwrap())
        } else {
            SecretKeys::from_bytes(&self.array(field))
        }
    }

    /// Holds what was made against what the vector says.
    fn made(&mut self, field: &str, made: impl Into<Value>) {
        let made = made.into();
        if self.is_written {
            self.fields.insert(field.to_owned(), made);
        } else {
            assert_eq!(self.fields.get(field), Some(&made), "{field}");
        }
    }

    fn made_bytes(&mut self, field: &str, made: &[u8]) {
        self.made(field, hex(made));
    }

    /// Makes something with the vector's random bytes, which must be exactly those that it takes.
    fn with_random<T>(&mut self, field: &str, make: impl FnOnce(&Self, &mut Tape) -> T) -> T {
        let known = self.fields.get(field).map(|known| of_hex(known.as_str().unwrap()));
        let mut tape = match known {
            Some(known) => Tape { rest: Some(known), taken: vec![], source: Fixed::new(0) },
            None => {
                assert!(self.is_written, "{field} is missing");
                let seed = self.fields.values().map(|value| value.to_string().len() as u64).sum();
                Tape { rest: None, taken: vec![], source: Fixed::new(seed) }
            }
        };
        let made = make(self, &mut tape);
        assert!(tape.rest.is_none_or(|rest| rest.is_empty()), "{field} has more than is taken");
        self.made_bytes(field, &tape.taken);
        made
    }
}

/// Gives the bytes of a vector, or new ones, and notes them.
struct Tape {
    rest: Option<Vec<u8>>,
    taken: Vec<u8>,
    source: Fixed,
}

impl TryRng for Tape {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        match &mut self.rest {
            Some(rest) => {
                let left = rest.split_off(bytes.len());
                bytes.copy_from_slice(&std::mem::replace(rest, left));
            }
            None => self.source.fill_bytes(bytes),
        }
        self.taken.extend_from_slice(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Tape {}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn of_hex(hex: &str) -> Vec<u8> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty());
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.iter().map(byte).collect()
}
