//! Every kind of value.

use ara::Uuid;

use crate::unreadable::unreadable;

unreadable!(booleans: bool, reads [true, false], not ["2", "-1", "1.0", "'true'", "x'01'"]);
unreadable!(bytes_of_one: u8, reads [0, 255], not ["256", "-1", "7.0", "'7'", "x'07'"]);
unreadable!(signed_bytes: i8, reads [-128, 127], not ["128", "-129", "1.5"]);
unreadable!(short: u16, reads [65_535], not ["65536", "-1"]);
unreadable!(short_signed: i16, reads [-32_768], not ["32768", "-32769"]);
unreadable!(middle: u32, reads [u32::MAX, 0], not ["4294967296", "-1", "1e3"]);
unreadable!(middle_signed: i32, reads [i32::MIN, i32::MAX], not ["2147483648", "-2147483649"]);
unreadable!(long: i64, reads [i64::MIN, 0, i64::MAX],
    not ["0.0", "9.3e18", "'0'", "x''", "'abc'"]);
unreadable!(real: f64, reads [0.5, -0.0, f64::INFINITY, 5e-324], not ["9007199254740993", "'0.5'", "x'00'"]);
unreadable!(narrow_real: f32, reads [0.5, f32::MAX, f32::NEG_INFINITY],
    not ["1e39", "-1e300", "3.5e38", "9007199254740993", "'0.5'", "x''"]);
unreadable!(text: String, reads [String::new(), "0012".into(), "a\0b".into()],
    not ["12", "1.5", "x'61'", "x''"]);
unreadable!(blob: Vec<u8>, reads [vec![], vec![0, 255]], not ["'a'", "''", "0", "1.0"]);
unreadable!(uuid: Uuid, reads [Uuid::nil(), Uuid::max()],
    not ["zeroblob(15)", "zeroblob(17)", "x''", "'00000000-0000-0000-0000-000000000000'", "0"]);
unreadable!(reference: Id<Item>, reads [Id::from_key("a"), Id::from_uuid(Uuid::nil())],
    not ["zeroblob(15)", "zeroblob(17)", "'0123456789abcdef'", "0"]);
unreadable!(moment: Timestamp, reads [Timestamp::MIN, Timestamp::from_millis(0)],
    not ["0.0", "'2026-11-21T08:30:00Z'", "x'00'"]);
unreadable!(title: NonEmptyString<5>,
    reads [
        NonEmptyString::new("a").unwrap(),
        NonEmptyString::new("\u{e4}\u{f6}\u{fc}\u{1F600}\u{df}").unwrap(),
        NonEmptyString::new(" a\0b ").unwrap(),
        NonEmptyString::new("\u{7f}").unwrap(),
    ],
    not [
        "''", "' '", "char(9, 10)", "char(0x2003)", "'abcdef'", "char(228, 228, 228, 228, 228, 228)",
        "'a' || char(0) || 'bcdef'", "1", "1.5", "x'61'", "x'21'",
    ]
);
unreadable!(list: Json<Vec<u8>>, reads [Json(vec![]), Json(vec![1, 2])],
    not ["'['", "''", "'[256]'", "'{}'", "'null'", "'[1] 2'", "1", "x'5b5d'"]);
unreadable!(any_json: Json<Option<bool>>, reads [Json(None), Json(Some(true))],
    not ["'nul'", "'1'", "1", "x'74727565'"]);

/// A unit enum, whose variants are stored by name.
#[derive(Debug, Clone, Copy, PartialEq, ara::Value)]
pub enum State {
    Open,
    #[value(name = "in work")]
    Started,
}

unreadable!(variant: State, reads [State::Started, State::Open],
    not ["'open'", "'Started'", "''", "'Open '", "0", "x'4f70656e'", "'Open' || char(0)"]);

/// A newtype with a rule of its own.
#[derive(Debug, Clone, Copy, PartialEq, ara::Value)]
pub struct Stars(u8);

impl TryFrom<u8> for Stars {
    type Error = &'static str;

    fn try_from(stars: u8) -> Result<Self, &'static str> {
        if stars <= 5 { Ok(Self(stars)) } else { Err("must be 5 stars at most") }
    }
}

unreadable!(newtype: Stars, reads [Stars(0), Stars(5)], not ["6", "256", "-1", "3.0", "'3'", "x'03'"]);

/// A newtype of text with a rule of its own.
#[derive(Debug, Clone, PartialEq, ara::Value)]
pub struct Slug(String);

impl TryFrom<String> for Slug {
    type Error = &'static str;

    fn try_from(slug: String) -> Result<Self, &'static str> {
        let is_plain = slug.bytes().all(|byte| byte.is_ascii_lowercase());
        if is_plain { Ok(Self(slug)) } else { Err("must be of lower-case letters") }
    }
}

unreadable!(slug: Slug, reads [Slug("milk".into()), Slug(String::new())],
    not ["'Milk'", "'a b'", "1", "x'61'"]);

/// A newtype without a rule reads what it holds reads.
#[derive(Debug, Clone, PartialEq, ara::Value)]
pub struct Weight(f64);

impl From<f64> for Weight {
    fn from(weight: f64) -> Self {
        Self(weight)
    }
}

unreadable!(plain_newtype: Weight, reads [Weight(0.5)], not ["9007199254740993", "'0.5'"]);
