//! What ids are made from.

use std::borrow::Cow;

use uuid::Uuid;

use crate::value::Id;

/// A natural key, from which [`Id::from_key`] makes an id: a text, or a tuple of two to six [`KeyPart`]s.
///
/// The id depends on the texts of the parts, on where one ends and the next begins, and on their number: the parts
/// `"ab"` and `"c"` give another id than `"a"` and `"bc"`, and than the text `"abc"`. Types do not count: `1` and `"1"`
/// are the same part.
#[diagnostic::on_unimplemented(
    message = "no id can be made from `{Self}`",
    label = "expected a text, or a tuple of texts, integers, `bool`s and ids",
    note = "write other types as text, in a form that never changes: the same key must always give the same id"
)]
pub trait NaturalKey {
    #[doc(hidden)]
    fn bytes(&self) -> Cow<'_, [u8]>;
}

/// A part of a [`NaturalKey`]: a text, an integer, a `bool`, an [`Id`] or a [`Uuid`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a part of a key",
    label = "expected a text, an integer, a `bool`, an id or a UUID",
    note = "write other types as text, in a form that never changes: the same key must always give the same id"
)]
pub trait KeyPart {
    #[doc(hidden)]
    fn text(&self) -> Cow<'_, str>;
}

#[diagnostic::do_not_recommend]
impl<K: AsRef<str> + ?Sized> NaturalKey for &K {
    fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed((*self).as_ref().as_bytes())
    }
}

#[diagnostic::do_not_recommend]
impl NaturalKey for String {
    fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.as_bytes())
    }
}

#[diagnostic::do_not_recommend]
impl<K: AsRef<str> + ?Sized> KeyPart for &K {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed((*self).as_ref())
    }
}

/// Implements the trait for what is displayed in a form that never changes.
macro_rules! displayed {
    ($([$($generic:ident)?] $ty:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($generic)?> KeyPart for $ty {
            fn text(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }
    )*};
}

displayed!([] bool, [] i8, [] i16, [] i32, [] i64, [] u8, [] u16, [] u32, [] u64);
displayed!([] String, [] Uuid, [T] Id<T>, [T] &Id<T>);

/// Returns the bytes of several parts. They begin with a byte that no text has, so that they are those of no single
/// text, and the length of each part comes before it.
fn bytes_of(parts: &[Cow<'_, str>]) -> Cow<'static, [u8]> {
    const OF_SEVERAL: u8 = 0xff;
    let mut bytes = vec![OF_SEVERAL];
    for part in parts {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(part.as_bytes());
    }
    Cow::Owned(bytes)
}

macro_rules! tuples {
    ($(($($part:ident)*))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($part: KeyPart),*> NaturalKey for ($($part,)*) {
            #[allow(non_snake_case, reason = "each part is called like its type")]
            fn bytes(&self) -> Cow<'_, [u8]> {
                let ($($part,)*) = self;
                bytes_of(&[$($part.text()),*])
            }
        }
    )*};
}

tuples! { (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{NonEmptyString, uuid_of_key};

    fn id(key: impl NaturalKey) -> Uuid {
        uuid_of_key("todo", &key.bytes())
    }

    /// Stored ids are made of it: it never changes.
    #[test]
    fn a_key_gives_the_same_id_for_ever() {
        assert_eq!(id("ada").to_string(), "8cf7f066-1ea7-5546-93f3-5c263fd32e60");
        assert_eq!(id(("ada", 2026)).to_string(), "b22a3c32-7667-5987-9e61-4e3c7b18d3ae");
    }

    #[test]
    fn parts_are_texts_integers_and_ids() {
        let uuid = Uuid::from_u128(7);
        let of_uuid: Id<()> = uuid.into();
        assert_eq!(id(("a", 1, true)), id((String::from("a"), 1_u64, &"true".to_owned())));
        assert_eq!(id((of_uuid, &of_uuid)), id((uuid, uuid.to_string())));
        let name = NonEmptyString::<9>::new("ada").expect("is one");
        assert_eq!([id(&name), id("ada".to_owned())], [id("ada"), id(&Cow::Borrowed("ada"))]);
    }

    #[test]
    fn parts_are_not_run_together() {
        let ids = [
            id("abc"),
            id(("ab", "c")),
            id(("a", "bc")),
            id(("abc", "")),
            id(("", "abc")),
            id(("a", "b", "c")),
            id(("abc", "", "")),
        ];
        for (at, one) in ids.iter().enumerate() {
            assert!(ids.iter().skip(at + 1).all(|other| other != one), "{at}");
        }
    }
}
