//! What the sequences write.

use proptest::option;
use proptest::prelude::*;

/// A write, through one of the two structs of the table.
#[derive(Debug, Clone)]
pub struct Write {
    pub version: Version,
    pub what: What,
}

/// The struct that an app of this version has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Version {
    First,
    Second,
}

#[derive(Debug, Clone)]
pub enum What {
    /// With one of a few ids, or a new one.
    Create(Option<u8>, Set),
    Upsert(u8, Set),
    Update(u8, Set),
    Delete(u8),
    Restore(u8),
}

/// What a write sets. The first version knows of `title` and `stars` alone.
#[derive(Debug, Clone, Default)]
pub struct Set {
    pub title: Option<&'static str>,
    pub stars: Option<Option<i64>>,
    pub done: Option<Option<bool>>,
    pub score: Option<Option<f64>>,
}

/// A write. Titles may be blank, which is refused.
pub fn write() -> impl Strategy<Value = Write> {
    let version = prop_oneof![Just(Version::First), Just(Version::Second)];
    let what = prop_oneof![
        2 => (option::of(key()), set()).prop_map(|(key, set)| What::Create(key, set)),
        2 => (key(), set()).prop_map(|(key, set)| What::Upsert(key, set)),
        4 => (key(), set()).prop_map(|(key, set)| What::Update(key, set)),
        1 => key().prop_map(What::Delete),
        1 => key().prop_map(What::Restore),
    ];
    (version, what).prop_map(|(version, what)| Write { version, what })
}

fn key() -> impl Strategy<Value = u8> {
    0..4_u8
}

/// Few values, so that many writes write what is there already.
fn set() -> impl Strategy<Value = Set> {
    let title = prop::sample::select(vec!["Milk", "Bread", "0012", "Milk", "Bread", "0012", " "]);
    let stars = prop::sample::select(vec![None, Some(0), Some(1), Some(-300)]);
    let done = prop::sample::select(vec![None, Some(false), Some(true)]);
    let score = prop::sample::select(vec![None, Some(0.0), Some(-0.0), Some(0.5)]);
    (option::of(title), option::of(stars), option::of(done), option::of(score))
        .prop_map(|(title, stars, done, score)| Set { title, stars, done, score })
}
