//! The values at which storing and sending tend to go wrong.

use rusqlite::types::Value;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Text,
    Real,
    Blob,
    Integer,
}

/// How many values there are to choose from.
pub const CHOICES: u8 = 32;

/// One of the values of a kind. Short ones come more often than long ones, and what is there already
/// comes often enough.
pub fn value(kind: Kind, choice: u8) -> Value {
    let at = usize::from(choice);
    match kind {
        _ if choice < 3 => Value::Null,
        Kind::Text => match choice {
            31 => Value::Text("long ".repeat(1 << 18 >> 2)),
            30 => Value::Text("x".repeat(1 << 20)),
            25..30 => Value::Text(planes()),
            _ => {
                Value::Text(["", "Milk", "Tea", "0012", "12", "1e3", "\0", "'"][at % 8].to_owned())
            }
        },
        Kind::Real => Value::Real(REALS[at % REALS.len()]),
        Kind::Blob => match choice {
            25.. => Value::Blob((0..=255).cycle().take(at * 20).collect()),
            _ => Value::Blob(vec![choice; at % 3]),
        },
        Kind::Integer => Value::Integer(INTEGERS[at % INTEGERS.len()]),
    }
}

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
