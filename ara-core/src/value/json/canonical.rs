//! JSON in one form: entries in the order of their keys, and sets in the order of their elements.
//!
//! A `HashMap` or a `HashSet` has no order of its own, and gives its elements in another one each time it is
//! made. Stored so, one value would be many: to write it again would be a change, and no query would find it.

use std::fmt;

use serde::Serialize;
use serde::ser::{self, SerializeMap, Serializer};

/// Why a value has no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The value says that it cannot be written, or has keys that are no strings.
    NotJson,
    /// It has more levels than can be read again.
    TooDeep,
}

/// How many levels serde_json reads.
const MOST_LEVELS: u8 = 128;

/// Returns a value as JSON.
pub(super) fn canonical(value: &impl Serialize) -> Result<String, Fault> {
    value.serialize(Canonical { levels: MOST_LEVELS })
}

/// Writes a value as JSON in its one form.
#[derive(Clone, Copy)]
struct Canonical {
    /// How many levels may follow.
    levels: u8,
}

impl Canonical {
    /// Writes what is one level below.
    fn inner(self, value: &(impl Serialize + ?Sized)) -> Result<String, Fault> {
        let levels = self.levels.checked_sub(1).ok_or(Fault::TooDeep)?;
        value.serialize(Self { levels })
    }
}

/// Writes a value without elements as serde_json does.
fn plain(value: &(impl Serialize + ?Sized)) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|_| Fault::NotJson)
}

/// Returns a key as JSON writes it, quoted. Numbers become strings.
fn key_of(key: &(impl Serialize + ?Sized)) -> Result<String, Fault> {
    struct Entry<'k, K: ?Sized>(&'k K);

    impl<K: Serialize + ?Sized> Serialize for Entry<'_, K> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry(self.0, &())?;
            map.end()
        }
    }

    let entry = plain(&Entry(key))?;
    let key = entry.strip_prefix('{').and_then(|entry| entry.strip_suffix(":null}"));
    key.map(str::to_owned).ok_or(Fault::NotJson)
}

/// Returns the content of a variant of an enum as an object whose one entry names the variant.
fn in_variant(variant: Option<&str>, content: String) -> Result<String, Fault> {
    match variant {
        Some(variant) => Ok(format!("{{{}:{content}}}", plain(variant)?)),
        None => Ok(content),
    }
}

/// Returns whether a type is a set without an order. Serde writes a set as it writes a list, so that only the
/// name of the type tells it; a set of another name is written in the order that it gives.
fn is_unordered<I>() -> bool {
    let name = std::any::type_name::<I>().trim_start_matches(['&', ' ']);
    let outer = name.split('<').next().unwrap_or_default();
    outer.rsplit("::").next() == Some("HashSet")
}

/// The elements of a list or a tuple.
struct List {
    writer: Canonical,
    /// The name of the variant of an enum, if it is the content of one.
    variant: Option<&'static str>,
    is_unordered: bool,
    elements: Vec<String>,
}

impl List {
    fn new(writer: Canonical, variant: Option<&'static str>) -> Self {
        Self { writer, variant, is_unordered: false, elements: Vec::new() }
    }

    fn push(&mut self, element: &(impl Serialize + ?Sized)) -> Result<(), Fault> {
        self.elements.push(self.writer.inner(element)?);
        Ok(())
    }

    fn finish(mut self) -> Result<String, Fault> {
        if self.is_unordered {
            self.elements.sort_unstable();
        }
        let list = format!("[{}]", self.elements.join(","));
        in_variant(self.variant, list)
    }
}

/// The entries of a map or a struct.
struct Object {
    writer: Canonical,
    /// The name of the variant of an enum, if it is the content of one.
    variant: Option<&'static str>,
    /// Whether it stands for text that is JSON already.
    is_raw: bool,
    key: String,
    entries: Vec<(String, String)>,
}

impl Object {
    fn new(writer: Canonical, variant: Option<&'static str>) -> Self {
        Self { writer, variant, is_raw: false, key: String::new(), entries: Vec::new() }
    }

    fn push(&mut self, key: String, value: &(impl Serialize + ?Sized)) -> Result<(), Fault> {
        self.entries.push((key, self.writer.inner(value)?));
        Ok(())
    }

    fn finish(mut self) -> Result<String, Fault> {
        if self.is_raw {
            let text = self.entries.pop().map(|(_, text)| text).ok_or(Fault::NotJson)?;
            return serde_json::from_str(&text).map_err(|_| Fault::NotJson);
        }
        // The order of entries of one key stays.
        self.entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        let entries: Vec<_> =
            self.entries.iter().map(|(key, value)| format!("{key}:{value}")).collect();
        let object = format!("{{{}}}", entries.join(","));
        in_variant(self.variant, object)
    }
}

macro_rules! plain {
    ($($method:ident $ty:ty;)*) => {$(
        fn $method(self, value: $ty) -> Result<String, Fault> {
            plain(&value)
        }
    )*};
}

impl Serializer for Canonical {
    type Ok = String;
    type Error = Fault;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Object;
    type SerializeStruct = Object;
    type SerializeStructVariant = Object;

    plain! {
        serialize_bool bool;
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_i128 i128;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
        serialize_u128 u128;
        serialize_f32 f32;
        serialize_f64 f64;
        serialize_char char;
        serialize_str &str;
        serialize_bytes &[u8];
    }

    fn serialize_none(self) -> Result<String, Fault> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<String, Fault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<String, Fault> {
        Ok("null".to_owned())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<String, Fault> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<String, Fault> {
        plain(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<String, Fault> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<String, Fault> {
        in_variant(Some(variant), self.inner(value)?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Fault> {
        Ok(List::new(self, None))
    }

    fn serialize_tuple(self, _: usize) -> Result<List, Fault> {
        Ok(List::new(self, None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List, Fault> {
        Ok(List::new(self, None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List, Fault> {
        Ok(List::new(self, Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object, Fault> {
        Ok(Object::new(self, None))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Object, Fault> {
        // So serde_json marks its `RawValue`, and numbers that it keeps as text.
        let is_raw = name.starts_with("$serde_json::private::");
        Ok(Object { is_raw, ..Object::new(self, None) })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object, Fault> {
        Ok(Object::new(self, Some(variant)))
    }

    fn collect_seq<I>(self, elements: I) -> Result<String, Fault>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let mut list = List { is_unordered: is_unordered::<I>(), ..List::new(self, None) };
        elements.into_iter().try_for_each(|element| list.push(&element))?;
        list.finish()
    }
}

macro_rules! lists {
    ($($of:ident $method:ident;)*) => {$(
        impl ser::$of for List {
            type Ok = String;
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Fault> {
                self.push(element)
            }

            fn end(self) -> Result<String, Fault> {
                self.finish()
            }
        }
    )*};
}

lists! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

impl SerializeMap for Object {
    type Ok = String;
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Fault> {
        self.key = key_of(key)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        let key = std::mem::take(&mut self.key);
        self.push(key, value)
    }

    fn end(self) -> Result<String, Fault> {
        self.finish()
    }
}

macro_rules! structs {
    ($($of:ident)*) => {$(
        impl ser::$of for Object {
            type Ok = String;
            type Error = Fault;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Fault> {
                self.push(plain(name)?, value)
            }

            fn end(self) -> Result<String, Fault> {
                self.finish()
            }
        }
    )*};
}

structs!(SerializeStruct SerializeStructVariant);

impl ser::Error for Fault {
    // The message may quote the value.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::NotJson
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotJson => "the value is none that JSON can hold",
            Self::TooDeep => "the value has too many levels",
        })
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap, HashSet};

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn text(value: &impl Serialize) -> String {
        canonical(value).expect("is JSON")
    }

    #[derive(Serialize)]
    enum Shape {
        Unit,
        New(u8),
        Tuple(u8, char),
        Struct { wide: bool, high: f32 },
    }

    #[derive(Serialize)]
    struct Pair(u8, ());

    #[derive(Serialize)]
    struct Empty;

    #[test]
    fn entries_are_in_the_order_of_their_keys() {
        assert_eq!(
            text(&json!({"b": 1, "a": {"d": null, "c": []}})),
            r#"{"a":{"c":[],"d":null},"b":1}"#
        );
        assert_eq!(
            text(&Shape::Struct { wide: true, high: 0.1 }),
            r#"{"Struct":{"high":0.1,"wide":true}}"#
        );
        assert_eq!(text(&BTreeMap::from([(10, 'a'), (9, 'b')])), r#"{"10":"a","9":"b"}"#);
        assert_eq!(text(&BTreeMap::from([("\"", 1), ("ä", 2)])), r#"{"\"":1,"ä":2}"#);
    }

    #[test]
    fn sets_are_in_the_order_of_their_elements_and_lists_are_as_they_are() {
        let tags = ["c", "a", "d", "b"];
        assert_eq!(text(&HashSet::from(tags)), r#"["a","b","c","d"]"#);
        assert_eq!(text(&Some(vec![HashSet::from(tags)])), r#"[["a","b","c","d"]]"#);
        assert_eq!(
            text(&HashMap::from([("tags", &HashSet::from(tags))])),
            r#"{"tags":["a","b","c","d"]}"#
        );
        assert_eq!(text(&tags), r#"["c","a","d","b"]"#);
        assert_eq!(text(&tags.to_vec()), r#"["c","a","d","b"]"#);
        // A list of sets has an order, though the sets have none.
        let lists = vec![HashSet::from([2]), HashSet::from([1])];
        assert_eq!(text(&lists), "[[2],[1]]");
    }

    #[test]
    fn everything_else_is_as_serde_json_writes_it() {
        fn same(value: &impl Serialize) {
            assert_eq!(text(value), serde_json::to_string(value).expect("is JSON"));
        }
        same(&[Shape::Unit, Shape::New(1), Shape::Tuple(2, '"')]);
        same(&(Pair(1, ()), Empty, Some(true), None::<u8>));
        same(&(u128::MAX, i128::MIN, u64::MAX, 0.1_f32, 1e300, f64::NAN, -0.0));
        same(&["\0", "\u{1F600}", "\\ \""]);
    }

    #[test]
    fn what_has_no_json_is_refused() {
        assert_eq!(canonical(&BTreeMap::from([((1, 2), 3)])), Err(Fault::NotJson));
        let deep = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(canonical(&deep(128)).is_ok());
        assert_eq!(canonical(&deep(129)), Err(Fault::TooDeep));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let entries = prop::collection::vec((any::<String>(), inner.clone()), 0..6);
            prop_oneof![
                prop::collection::vec(inner, 0..6).prop_map(Value::from),
                entries.prop_map(|entries| entries.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_is_the_same_value_in_one_form(value in any_json()) {
            let written = text(&value);
            let read: Value = serde_json::from_str(&written).expect("is JSON");
            prop_assert_eq!(&read, &value);
            prop_assert_eq!(text(&read), written);
        }

        #[test]
        fn maps_and_sets_have_one_form(
            map: HashMap<String, HashSet<i32>>,
            seed: u64,
        ) {
            // Another map of the same entries, put in in another order, has another hasher.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| (key.len() as u64) ^ seed);
            let copy: HashMap<String, HashSet<i32>> = entries
                .into_iter()
                .map(|(key, set)| (key.clone(), set.iter().copied().collect()))
                .collect();
            prop_assert_eq!(text(&copy), text(&map));
        }
    }
}
