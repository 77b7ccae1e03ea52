//! `Readable` in SQL, `Value::read` in Rust and `Value::RANGE` say the same of every stored value.

use proptest::prelude::*;
use rusqlite::Connection;

use crate::value::tests::*;

/// What a `Readable` means in SQL, of the value `?1`.
fn sql(readable: Readable) -> String {
    let is = |class: &str| format!("typeof(?1) = '{class}'");
    match readable {
        Readable::Integers(least, most) => {
            format!("{} AND ?1 BETWEEN {least} AND {most}", is("integer"))
        }
        Readable::Reals => {
            let whole = "CAST(?1 AS REAL) = ?1";
            format!("({} OR {} AND {whole})", is("real"), is("integer"))
        }
        Readable::Texts => is("text"),
        Readable::NonEmptyTexts { max, key } => format!(
            "{} AND (?1 GLOB '[!-~]*' AND octet_length(?1) <= {max} OR ara_reads({key}, ?1))",
            is("text")
        ),
        Readable::Names(names) => {
            let names: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
            format!("{} AND ?1 IN ({})", is("text"), names.join(", "))
        }
        Readable::Blobs => is("blob"),
        Readable::BlobsOf(length) => format!("{} AND length(?1) = {length}", is("blob")),
        Readable::Checked { class: Class::Real, key } => {
            format!("({} OR {}) AND ara_reads({key}, ?1)", is("real"), is("integer"))
        }
        Readable::Checked { class, key } => {
            format!("{} AND ara_reads({key}, ?1)", is(class.name()))
        }
    }
}

fn connection() -> Connection {
    let connection = Connection::open_in_memory().expect("opens");
    register_functions(&connection).expect("registers");
    connection
}

fn agree<V: Value>(connection: &Connection, stored: &Stored<'_>) {
    let sql = format!("SELECT {}", sql(V::readable()));
    let mut statement = connection.prepare_cached(&sql).expect("is SQL");
    let in_sql: bool = statement
        .query_row([rusqlite::types::ToSqlOutput::Borrowed(stored.to_sql())], |row| row.get(0))
        .expect("runs");
    let in_rust = V::read(stored.clone()).is_some();
    assert_eq!(in_sql, in_rust, "{}: {stored:?}, {sql}", std::any::type_name::<V>());
    if V::RANGE.of_column(V::TYPE).is_some() {
        let name = std::any::type_name::<V>();
        assert_eq!(is_in_range::<V>(stored), in_rust, "{name}: {stored:?}, {}", V::RANGE);
    } else {
        assert_eq!(V::RANGE, Range::ALL);
    }
}

/// Whether a stored value is in the range of a type whose range says all.
fn is_in_range<V: Value>(stored: &Stored<'_>) -> bool {
    let has = |value: i64| V::RANGE.min <= value && value <= V::RANGE.max;
    match (V::TYPE, stored) {
        (Type::Integer, Stored::Integer(integer)) => has(*integer),
        (Type::Text, Stored::Text(text)) => {
            let is_blank = text.trim().is_empty();
            has(text.chars().count() as i64) && (V::RANGE.min < 1 || !is_blank)
        }
        (Type::Real, Stored::Real(real)) => {
            let fits = |bits: i64| bits == 64 || (*real as f32).is_finite() || real.is_infinite();
            !real.is_nan() && [32, 64].into_iter().any(|bits| has(bits) && fits(bits))
        }
        // Whole floats may be stored as integers.
        (Type::Real, Stored::Integer(whole)) => *whole as f64 as i128 == i128::from(*whole),
        _ => false,
    }
}

/// An enum, as `#[derive(Value)]` makes a column type of it.
struct Color;

impl Value for Color {
    const TYPE: Type = Type::Enum(&["red", "green"]);

    fn store(self) -> Result<Stored<'static>, Rule> {
        Ok(Stored::Text("red".into()))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        matches!(stored, Stored::Text(name) if ["red", "green"].contains(&&*name)).then_some(Self)
    }

    fn readable() -> Readable {
        Readable::Names(&["red", "green"])
    }
}

fn all_agree(connection: &Connection, stored: &Stored<'_>) {
    macro_rules! agree {
        ($($ty:ty),* $(,)?) => { $( agree::<$ty>(connection, stored); )* };
    }
    agree!(bool, i8, i16, i32, i64, u8, u16, u32, f32, f64, Timestamp);
    agree!(String, NonEmptyString<0>, NonEmptyString<1>, NonEmptyString<3>, NonEmptyString<1000>);
    agree!(Vec<u8>, Uuid, Id<Todo>, Color);
    agree!(Json<Vec<u8>>, Json<f64>, Json<serde_json::Value>);
    #[cfg(feature = "chrono")]
    agree!(
        ::chrono::NaiveDate,
        ::chrono::NaiveTime,
        ::chrono::NaiveDateTime,
        ::chrono::DateTime<::chrono::Utc>,
    );
    #[cfg(feature = "jiff")]
    agree!(
        ::jiff::civil::Date,
        ::jiff::civil::Time,
        ::jiff::civil::DateTime,
        ::jiff::Timestamp,
        ::jiff::ZonedDateTime,
    );
    #[cfg(feature = "time")]
    agree!(
        ::time::Date,
        ::time::Time,
        ::time::PrimitiveDateTime,
        ::time::UtcDateTime,
        ::time::OffsetDateTime,
    );
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        // About blanks, NUL and lengths.
        "[ \\t\\x00a!~\u{7f}\u{a0}\u{2003}\u{e4}\u{1F600}]{0,6}",
        // About dates.
        "[0-9]{4}-[01][0-9]-[0-3][0-9]",
        "[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{9}",
        "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{9}Z?(\\[UTC\\])?",
        // About JSON and names.
        "-?[0-9]{1,3}(\\.[0-9]{1,3})?(e[0-9]{1,4})?",
        "\\[([0-9]{1,3}(, [0-9]{1,3}){0,2})?\\]",
        "\\[{100,150}\\]{100,150}",
        "red|green|Red|red |re",
    ]
}

fn stored() -> impl Strategy<Value = Stored<'static>> {
    prop_oneof![
        any::<i64>().prop_map(Stored::Integer),
        (-300..300_i64).prop_map(Stored::Integer),
        (any::<i32>(), -2..=2_i64).prop_map(|(near, by)| Stored::Integer(i64::from(near) + by)),
        proptest::num::f64::ANY.prop_map(Stored::Real),
        any::<f32>().prop_map(|real| Stored::Real(real.into())),
        texts().prop_map(|text| Stored::Text(text.into())),
        texts().prop_map(|text| Stored::Text(text.into())),
        proptest::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Stored::Blob(bytes.into())),
        any::<[u8; 16]>().prop_map(|bytes| Stored::Blob(bytes.to_vec().into())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn sql_and_rust_agree(stored in stored()) {
        thread_local!(static CONNECTION: Connection = connection());
        CONNECTION.with(|connection| all_agree(connection, &stored));
    }
}

#[test]
fn sql_and_rust_agree_on_the_edges() {
    let connection = connection();
    let integers = [i64::MIN, i64::MAX, 0, 1, 2, -1, 127, 128, -128, -129, 255, 256, 32_767];
    let more = [32_768, -32_768, -32_769, 65_535, 65_536, 1 << 31, (1 << 31) - 1, 1 << 32];
    for integer in integers.into_iter().chain(more) {
        all_agree(&connection, &Stored::Integer(integer));
    }
    let reals =
        [0.0, -0.0, f64::NAN, f64::INFINITY, f64::MAX, f32::MAX.into(), 3.402_823_6e38, 5e-324];
    for real in reals {
        all_agree(&connection, &Stored::Real(real));
        all_agree(&connection, &Stored::Real(-real));
    }
    for text in ["", " ", "\0", "a\0", "\0\0\0\0", "a\0bcdef", "   a", "äöü", "null", "\u{feff}"]
    {
        all_agree(&connection, &Stored::Text(text.into()));
    }
    for length in [0, 15, 16, 17] {
        all_agree(&connection, &Stored::Blob(vec![0; length].into()));
    }
}

#[test]
fn what_is_not_there_is_not_readable() {
    let connection = connection();
    for readable in [bool::readable(), String::readable(), f32::readable(), Color::readable()] {
        let sql = format!("SELECT {}", sql(readable));
        let found: bool =
            connection.query_row(&sql, [None::<i64>], |row| row.get(0)).expect("runs");
        assert!(!found, "{sql}");
    }
}

#[test]
fn unknown_keys_and_null_read_nothing() {
    let connection = connection();
    let ask = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, bool>(0));
    assert_eq!(ask("SELECT ara_reads(-1, 1)"), Ok(false));
    assert_eq!(ask("SELECT ara_reads(9223372036854775807, 1)"), Ok(false));
    let key = Readable::key::<i64>();
    assert_eq!(ask(&format!("SELECT ara_reads({key}, 1)")), Ok(true));
    assert_eq!(ask(&format!("SELECT ara_reads({key}, NULL)")), Ok(false));
    assert_eq!(ask(&format!("SELECT ara_reads({key}, CAST(x'ff' AS TEXT))")), Ok(false));
    assert!(ask("SELECT ara_reads('a', 1)").is_err());
}

#[test]
fn a_type_keeps_its_key() {
    let key = Readable::key::<NonEmptyString<77>>();
    assert_ne!(key, Readable::key::<NonEmptyString<78>>());
    assert_eq!(key, Readable::key::<NonEmptyString<77>>());
    let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(Readable::key::<Json<u128>>)).collect();
    let keys: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("runs")).collect();
    assert!(keys.iter().all(|key| *key == keys[0]));
}
