//! Variants with data, as `#[derive(Value)]` stores them: `{"Circle":{"radius":1.5}}`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::value::json::stored_json;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

/// Returns a variant with data as it is stored.
///
/// # Errors
///
/// Returns the [`Rule`] that the data breaks: JSON cannot hold it.
pub fn store_data<D: Serialize + DeserializeOwned>(data: &D) -> Result<Stored<'static>, Rule> {
    stored_json::<D>(data)
}

/// Reads a variant with data. Returns `None` if the value is none of `D`.
#[must_use]
pub fn read_data<D: DeserializeOwned>(stored: &Stored<'_>) -> Option<D> {
    match stored {
        Stored::Text(text) => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// Returns the name of the variant with data that a text is, if it is one.
pub(in crate::value) fn variant_of(text: &str) -> Option<String> {
    let read: BTreeMap<String, IgnoredAny> = serde_json::from_str(text).ok()?;
    let mut names = read.into_keys();
    let name = names.next()?;
    names.next().is_none().then_some(name)
}
