//! What setters must take: this is a test by compiling.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::value::tests::*;

fn required<T: Value>(value: impl IntoValue<T>) -> T {
    value.into_value().expect("keeps the rules")
}

fn optional<T: Value, How>(value: impl IntoOptional<T, How>) -> Option<T> {
    value.into_optional().expect("keeps the rules")
}

/// A newtype, with what `#[derive(Value)]` makes of it.
macro_rules! newtype {
    ($name:ident($inner:ty), $($from:ty),*) => {
        #[derive(Debug, PartialEq)]
        struct $name($inner);

        $(impl TryFrom<$from> for $name {
            type Error = String;

            fn try_from(inner: $from) -> Result<Self, String> {
                Ok(Self(inner.into()))
            }
        })*

        impl Value for $name {
            const TYPE: Type = <$inner>::TYPE;

            fn store(self) -> Result<Stored<'static>, Rule> {
                self.0.store()
            }

            fn read(stored: Stored<'_>) -> Option<Self> {
                <$inner>::read(stored).map(Self)
            }
        }

        $(impl IntoValue<$name> for $from {
            fn into_value(self) -> Result<$name, Rule> {
                self.try_into().map_err(|error: String| Rule::new(error.to_string()))
            }
        })*
    };
}

newtype!(Title(String), String, &str);
newtype!(Stars(u8), u8);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Doc {
    pages: u8,
}

type Short = NonEmptyString<10>;

#[test]
fn required_columns_take() {
    assert_eq!(required::<i64>(5), 5);
    assert_eq!(required::<i64>(3_000_000_000), 3_000_000_000);
    assert_eq!(required::<u8>(5), 5);
    assert_eq!(required::<f64>(0.5), 0.5);
    assert_eq!(required::<f32>(0.5), 0.5);
    assert!(required::<bool>(true));

    let text = String::from("x");
    assert_eq!(required::<String>("x"), text);
    assert_eq!(required::<String>(&text), text);
    assert_eq!(required::<String>(text.clone()), text);
    assert_eq!(required::<String>(Cow::Borrowed("x")), text);

    let short = required::<Short>("x");
    assert_eq!(required::<Short>(&text), short);
    assert_eq!(required::<Short>(text.clone()), short);
    assert_eq!(required::<Short>(Cow::Borrowed("x")), short);
    assert_eq!(required::<Short>(&short), short);
    assert_eq!(required::<Short>(short.clone()), short);
    assert_eq!(required::<String>(&short), text);
    assert_eq!(required::<String>(short), text);

    assert_eq!(required::<Title>("x"), Title(text.clone()));
    assert_eq!(required::<Title>(text.clone()), Title(text.clone()));
    assert_eq!(required::<Title>(Title(text.clone())), Title(text));
    assert_eq!(required::<Stars>(5), Stars(5));
    assert_eq!(required::<Stars>(5_u8), Stars(5));

    let slice: &[u8] = b"ab";
    let owned = slice.to_vec();
    for bytes in [
        required::<Vec<u8>>(slice),
        required(b"ab"),
        required([97, 98]),
        required(&owned),
        required(owned.clone()),
    ] {
        assert_eq!(bytes, slice);
    }

    let id = Id::<Category>::from_uuid(Uuid::from_u128(1));
    assert_eq!(required::<Id<Category>>(id), id);
    assert_eq!(required::<Id<Category>>(&id), id);
    assert_eq!(required::<Uuid>(id.uuid()), id.uuid());

    let doc = Doc { pages: 1 };
    assert_eq!(required::<Json<Doc>>(doc.clone()), Json(doc.clone()));
    assert_eq!(required::<Json<Doc>>(Json(doc.clone())), Json(doc));
    assert_eq!(required::<Json<Vec<String>>>(vec!["x".to_owned()]).len(), 1);

    let epoch = Timestamp::from_millis(0);
    assert_eq!(required::<Timestamp>(epoch), epoch);
    assert_eq!(required::<Timestamp>(std::time::UNIX_EPOCH), epoch);
}

#[test]
fn optional_columns_take() {
    let nothing: Option<i64> = None;
    assert_eq!(optional::<i64, _>(5), Some(5));
    assert_eq!(optional::<i64, _>(Some(5)), Some(5));
    assert_eq!(optional::<i64, _>(None), None);
    assert_eq!(optional::<i64, _>(nothing), None);
    assert_eq!(optional::<i64, _>(3_000_000_000), Some(3_000_000_000));
    assert_eq!(optional::<f32, _>(0.5), Some(0.5));
    assert_eq!(optional::<f32, _>(Some(0.5)), Some(0.5));

    let text = Some(String::from("x"));
    assert_eq!(optional::<String, _>("x"), text);
    assert_eq!(optional::<String, _>(text.clone()), text);
    assert_eq!(optional::<String, _>(Some("x".into())), text);
    assert_eq!(optional::<String, _>(None), None);

    let short = required::<Short>("x");
    assert_eq!(optional::<Short, _>("x"), Some(short.clone()));
    assert_eq!(optional::<Short, _>(&short), Some(short.clone()));
    assert_eq!(optional::<Short, _>(Some(required("x"))), Some(short));
    assert_eq!(optional::<Short, _>(None), None);

    let id = Id::<Category>::from_uuid(Uuid::from_u128(1));
    assert_eq!(optional::<Id<Category>, _>(id), Some(id));
    assert_eq!(optional::<Id<Category>, _>(Some(id)), Some(id));
    assert_eq!(optional::<Id<Category>, _>(None), None);

    let slice: &[u8] = &[1];
    assert_eq!(optional::<Vec<u8>, _>(slice), Some(vec![1]));
    assert_eq!(optional::<Vec<u8>, _>([1]), Some(vec![1]));
    assert_eq!(optional::<Vec<u8>, _>(None), None);

    let doc = Doc { pages: 1 };
    assert_eq!(optional::<Json<Doc>, _>(doc.clone()), Some(Json(doc.clone())));
    assert_eq!(optional::<Json<Doc>, _>(Json(doc.clone())), Some(Json(doc.clone())));
    assert_eq!(optional::<Json<Doc>, _>(Some(Json(doc.clone()))), Some(Json(doc)));
    assert_eq!(optional::<Json<Doc>, _>(None), None);

    assert_eq!(optional::<Title, _>("x"), Some(Title("x".into())));
    assert_eq!(optional::<Title, _>(Some(Title("x".into()))), Some(Title("x".into())));
    assert_eq!(optional::<Title, _>(None), None);
    assert_eq!(optional::<Stars, _>(5_u8), Some(Stars(5)));
}

#[test]
fn what_breaks_a_rule_is_refused_in_either() {
    assert!(IntoValue::<Short>::into_value(" ").is_err());
    assert!(IntoOptional::<Short, _>::into_optional(" ").is_err());
}

/// What forms hold: an `Option` of what converts.
#[test]
fn optional_columns_take_options_by_reference() {
    let short = Some(required::<Short>("x"));
    for text in [Some(String::from("x")), None] {
        let expected = short.clone().filter(|_| text.is_some());
        assert_eq!(optional::<Short, _>(&text), expected);
        assert_eq!(optional::<Short, _>(&text.as_deref()), expected);
        assert_eq!(optional::<Short, _>(&text.as_deref().map(Cow::Borrowed)), expected);
        assert_eq!(optional::<String, _>(&text.as_deref()), text);
        assert_eq!(optional::<String, _>(&text), text);
        assert_eq!(optional::<Title, _>(&text.as_deref()), text.clone().map(Title));
    }
    assert_eq!(optional::<Short, _>(&short), short);
    assert_eq!(optional::<String, _>(&short), Some("x".to_owned()));
    assert_eq!(optional::<i64, _>(&Some(5)), Some(5));
    assert_eq!(optional::<bool, _>(&None::<bool>), None);
    assert!(IntoOptional::<Short, _>::into_optional(&Some(" ")).is_err());
    let id = Some(Id::<Category>::from_uuid(Uuid::from_u128(1)));
    assert_eq!(optional::<Id<Category>, _>(&id), id);
}
