//! Values of any serde type.

mod canonical;
mod data;
mod versioned;

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use ara_schema::Type;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::canonical::{Fault, canonical};
pub(super) use self::data::variant_of;
pub use self::data::{read_data, store_data};
pub(super) use self::versioned::version_of;
pub use self::versioned::{Document, UpgradesTo, Versioned};
use crate::value::column_type::Value;
use crate::value::into::IntoValue;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

/// A value of any serde type, stored as JSON text. It dereferences to the value.
///
/// The whole value is one cell: if two devices edit it, the last writer wins. A value that could not be
/// read back from its JSON breaks a rule: one with map keys that are not strings, with NaN where the
/// type needs a number, or with more than 128 levels.
///
/// ```
/// use ara::Json;
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
        stored_json::<T>(&self.0)
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Text(text) => serde_json::from_str(&text).ok().map(Self),
            _ => None,
        }
    }
}

/// Returns a value as JSON, if it can be read again as an `R`.
fn stored_json<R: DeserializeOwned>(value: &impl Serialize) -> Result<Stored<'static>, Rule> {
    // The messages of serde_json may quote the value, so errors do not contain them.
    let text = canonical(value).map_err(|fault| match fault {
        Fault::NotJson => {
            Rule::new("must be a value that JSON can hold (map keys must be strings)")
        }
        Fault::TooDeep => NOT_READ_AGAIN,
    })?;
    // serde_json writes NaN as null, and more levels than it reads. The app could not read such a value.
    serde_json::from_str::<R>(&text).map_err(|_| NOT_READ_AGAIN)?;
    Ok(Stored::Text(Cow::Owned(text)))
}

const NOT_READ_AGAIN: Rule = Rule::fixed(
    "must be a value that can be read again from its JSON (no NaN, 128 levels at most)",
);

#[diagnostic::do_not_recommend]
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::value::tests::{others, stored_and_read};

    #[test]
    fn any_serde_type_comes_back() {
        let tags = Json(vec!["home".to_owned(), String::new()]);
        assert_eq!(tags.clone().store(), Ok(Stored::Text(r#"["home",""]"#.into())));
        assert_eq!(stored_and_read(tags.clone()), tags);
        assert_eq!(stored_and_read(Json(None::<u8>)), Json(None));
        assert_eq!(stored_and_read(Json(u64::MAX)), Json(u64::MAX));
        let tree = Json(json!({"a": [1, 2.5, null, {"b": "\u{1F600}\0"}]}));
        assert_eq!(stored_and_read(tree.clone()), tree);
    }

    #[test]
    fn what_is_not_json_of_the_type_is_unreadable() {
        for text in ["", "[", "[1,]", "[1] 2", "{}", "\"a\"", "null", "NaN", "[-1]", "[256]"] {
            assert_eq!(Json::<Vec<u8>>::read(Stored::Text(text.into())), None, "{text}");
        }
        for other in others("text") {
            assert_eq!(Json::<serde_json::Value>::read(other), None);
        }
    }

    #[test]
    fn what_json_cannot_hold_is_refused() {
        let pairs = Json(BTreeMap::from([((1, 2), "secret".to_owned())]));
        let rule = pairs.store().expect_err("its keys are no strings");
        assert!(rule.to_string().starts_with("must be a value that JSON can hold"));
        // Numbers as keys become strings.
        let numbers = Json(HashMap::from([(1, "one".to_owned())]));
        assert_eq!(stored_and_read(numbers.clone()), numbers);
    }

    #[test]
    fn what_would_not_be_read_again_is_refused() {
        // serde_json writes null.
        assert!(Json(vec![1.0, f64::NAN]).store().is_err());
        assert!(Json(f64::INFINITY).store().is_err());
        // It writes any depth, and reads 128 levels.
        let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
        assert!(Json(deep).store().is_err());
    }

    #[test]
    fn it_derefs_to_the_value() {
        let mut tags = Json(vec![1]);
        tags.push(2);
        assert_eq!(tags.len(), 2);
        assert_eq!(serde_json::to_string(&tags).ok().as_deref(), Some("[1,2]"));
        assert_eq!(serde_json::from_str::<Json<Vec<u8>>>("[1,2]").ok(), Some(Json(vec![1, 2])));
    }

    proptest! {
        #[test]
        fn numbers_and_texts_come_back(real: f64, narrow: f32, integer: u64, text: String) {
            prop_assert_eq!(stored_and_read(Json(real)), Json(real));
            prop_assert_eq!(stored_and_read(Json(narrow)), Json(narrow));
            prop_assert_eq!(stored_and_read(Json((integer, text.clone()))), Json((integer, text)));
        }
    }
}
