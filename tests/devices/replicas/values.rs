//! The values at which storing and sending tend to go wrong.

use ara::{Rule, Stored, Type, Value as ColumnType};
use rusqlite::types::Value;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Text,
    Real,
    Blob,
    Integer,
    Counter,
}

/// How many values there are to choose from. The last two are long.
pub const CHOICES: u8 = 32;

/// One of the values of a kind. Most hold a number that no other value holds, so that what is shown tells who
/// wrote it; some come again and again.
pub fn value(kind: Kind, choice: u8, unique: i64) -> Value {
    let at = unique.unsigned_abs() as usize;
    match (kind, choice) {
        (Kind::Counter, _) => {
            Value::Integer(if choice.is_multiple_of(3) { -unique } else { unique })
        }
        (_, ..3) => Value::Null,
        (Kind::Text, 3..10) => Value::Text(TEXTS[at % TEXTS.len()].to_owned()),
        (Kind::Text, 10..13) => Value::Text(format!("{}{unique}", planes())),
        (Kind::Text, 30) => Value::Text(format!("{unique}{}", "x".repeat(1 << 20))),
        (Kind::Text, 31) => Value::Text(format!("{}{unique}", "long ".repeat(1 << 16))),
        (Kind::Text, _) => Value::Text(format!("{unique}")),
        (Kind::Real, 3..10) => Value::Real(REALS[at % REALS.len()]),
        (Kind::Real, _) => Value::Real(unique as f64 + 0.5),
        (Kind::Blob, 3..6) => Value::Blob(vec![choice; at % 3]),
        (Kind::Blob, 30..) => Value::Blob(unique.to_be_bytes().repeat(100)),
        (Kind::Blob, _) => Value::Blob(unique.to_be_bytes().to_vec()),
        (Kind::Integer, 3..10) => Value::Integer(INTEGERS[at % INTEGERS.len()]),
        (Kind::Integer, _) => Value::Integer(unique + 1000),
    }
}

const TEXTS: [&str; 8] = ["", "Milk", "Tea", "0012", "12", "1e3", "\0", "'"];

const REALS: [f64; 11] = [
    0.0,
    -0.0,
    5e-324,
    f64::MIN_POSITIVE / 2.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    0.1,
    1.0,
    f64::MAX,
    9_007_199_254_740_993.0,
];

const INTEGERS: [i64; 8] = [0, 1, -1, (1 << 53) + 1, i64::MIN, i64::MAX, 12, 127];

/// A character of every plane of Unicode.
fn planes() -> String {
    (0..17).filter_map(|plane| char::from_u32(plane << 16 | 0x00e9)).collect()
}

/// What SQLite makes of a value: it has no NaN.
pub fn stored(value: &Value) -> Value {
    match value {
        Value::Real(real) if real.is_nan() => Value::Null,
        value => value.clone(),
    }
}

/// Whether two values are the same to the bit.
pub fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Real(one), Value::Real(other)) => one.to_bits() == other.to_bits(),
        (one, other) => one == other,
    }
}

/// A value as SQLite holds it.
pub fn held(stored: &Stored<'_>) -> Value {
    match stored {
        Stored::Integer(integer) => Value::Integer(*integer),
        Stored::Real(real) => Value::Real(*real),
        Stored::Text(text) => Value::Text(text.to_string()),
        Stored::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// Whatever a column holds, as SQL reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Any(pub Value);

impl ColumnType for Any {
    const TYPE: Type = Type::Blob;

    fn store(self) -> Result<Stored<'static>, Rule> {
        Err(Rule::new("is read, not written"))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        Some(Self(held(&stored)))
    }
}
