//! Values of any serde type.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use ara_schema::Type;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{IntoValue, Rule, Stored, Value};

/// A value of any serde type, stored as JSON text. It derefs to the value.
///
/// The whole value is one cell: of two devices that edit it, the last writer wins.
///
/// ```
/// use ara_core::Json;
///
/// let tags = Json(vec!["home".to_owned()]);
/// assert_eq!(tags.len(), 1);
/// ```
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned + 'static> Value for Json<T> {
    const TYPE: Type = Type::Json;

    fn store(self) -> Result<Stored<'static>, Rule> {
        // serde_json's message may quote the value, so it is not passed on.
        match serde_json::to_string(&self.0) {
            Ok(text) => Ok(Stored::Text(Cow::Owned(text))),
            Err(_) => {
                Err(Rule::new("must be a value that JSON can hold (map keys must be strings)"))
            }
        }
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Text(text) => serde_json::from_str(&text).ok().map(Self),
            _ => None,
        }
    }
}

impl<T> IntoValue<Self> for Json<T> {
    fn into_value(self) -> Result<Self, Rule> {
        Ok(self)
    }
}

impl<T> IntoValue<Json<T>> for T {
    fn into_value(self) -> Result<Json<T>, Rule> {
        Ok(Json(self))
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
