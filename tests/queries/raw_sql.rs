//! SQL that is written by hand: what is bound to it, and what its rows are read as.

use std::borrow::Cow;
use std::fmt::Debug;

use ara::prelude::*;
use ara::{Error, Rule, SqlRow, Uuid};

use support::Outcome;

#[derive(Debug, Clone, Copy, PartialEq, Value)]
enum Genre {
    Novel,
    Poetry,
}

#[derive(Debug, Clone, Copy, PartialEq, Value)]
struct Rating(i64);

impl TryFrom<i64> for Rating {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        if (1..=5).contains(&number) { Ok(Self(number)) } else { Err("must be from 1 to 5") }
    }
}

#[derive(Debug, Table)]
struct Book {
    id: Id<Book>,
    title: NonEmptyString<100>,
    genre: Genre,
    rating: Option<Rating>,
    pages: Option<i64>,
}

fn filled() -> ara::Result<(Database, Id<Book>)> {
    let db = Database::memory()?;
    let emma = db.create(Book::draft().title("Emma").genre(Genre::Novel).rating(5).pages(474))?;
    db.create(Book::draft().title("Beowulf").genre(Genre::Poetry))?;
    Ok((db, emma))
}

fn read<T: SqlRow>(db: &Database, sql: &str) -> ara::Result<T> {
    db.sql::<T>(sql).one()
}

fn gives<T: SqlRow + Debug + PartialEq>(db: &Database, sql: &str, row: T) -> Outcome {
    assert_eq!(read::<T>(db, sql)?, row, "{sql}");
    Ok(())
}

#[test]
fn values_are_bound_as_columns_store_them() -> Outcome {
    let (db, emma) = filled()?;
    let at = Timestamp::from_millis(7);
    let title: NonEmptyString<10> = "Emma".parse()?;
    macro_rules! bound {
        ($($value:expr => $stored:literal),* $(,)?) => {$(
            let sql = concat!("SELECT typeof(?1) || ' ' || quote(?1) = ", "'", $stored, "'");
            assert_eq!(db.sql::<(bool,)>(sql).bind($value).one()?, (true,), $stored);
        )*};
    }
    bound! {
        10 => "integer 10",
        -1_i8 => "integer -1",
        i64::MAX => "integer 9223372036854775807",
        true => "integer 1",
        0.5 => "real 0.5",
        "a" => "text ''a''",
        "a".to_owned() => "text ''a''",
        &"a".to_owned() => "text ''a''",
        Cow::Borrowed("a") => "text ''a''",
        title.clone() => "text ''Emma''",
        &title => "text ''Emma''",
        vec![0_u8, 255] => "blob X''00FF''",
        [0_u8, 255].as_slice() => "blob X''00FF''",
        b"a" => "blob X''61''",
        Uuid::from_u128(1) => "blob X''00000000000000000000000000000001''",
        at => "integer 7",
        Genre::Poetry => "text ''Poetry''",
        Rating(3) => "integer 3",
        Some(10_i64) => "integer 10",
        Some("a") => "text ''a''",
        None::<i64> => "null NULL",
        None::<&str> => "null NULL",
        Json(Some(10)) => "text ''10''",
        Json((1,)) => "text ''[1]''",
    }
    for sql in [
        db.sql("SELECT title FROM book WHERE id = ?1").bind(emma),
        db.sql("SELECT title FROM book WHERE id = ?1").bind(Some(emma)),
        db.sql("SELECT title FROM book WHERE pages > ?1 AND title LIKE ?2").bind(10).bind("E%"),
    ] {
        let (title,): (String,) = sql.one()?;
        assert_eq!(title, "Emma");
    }
    Ok(())
}

#[test]
fn a_value_that_breaks_a_rule_is_not_bound() -> Outcome {
    let (db, _) = filled()?;
    let refused = db.sql::<(i64,)>("SELECT ?1").bind(f64::NAN).one();
    assert!(matches!(refused, Err(Error::Parameter { .. })), "{refused:?}");
    assert!(matches!("".parse::<NonEmptyString<5>>(), Err(Rule { .. })));
    Ok(())
}

/// Whoever writes SQL knows its columns: nothing is left out.
#[test]
fn what_is_not_of_the_type_is_an_error() -> Outcome {
    let (db, _) = filled()?;
    let refused = |error: ara::Result<()>, column: &str, expected: &str, found: &str| {
        let error = error.expect_err(column);
        let told = error.to_string();
        match error {
            Error::RawValue { column: c, expected: e, found: f } => {
                assert_eq!((c.as_str(), e.as_str(), f), (column, expected, found), "{told}");
            }
            other => panic!("{other:?}"),
        }
        assert!(told.contains(&format!("`Option<{expected}>`")), "{told}");
    };
    let all = "SELECT title, pages FROM book ORDER BY title DESC";
    let lacks = db.sql::<(String, i64)>(all).all().map(drop);
    refused(lacks, "pages", "i64", "NULL");
    let first = db.sql::<(String, i64)>(all).first().map(drop);
    assert!(first.is_err(), "all rows are read");
    refused(read::<(i64,)>(&db, "SELECT 'secret'").map(drop), "1", "i64", "TEXT");
    refused(
        read::<(i64, i64)>(&db, "SELECT 1, avg(pages) FROM book").map(drop),
        "2",
        "i64",
        "REAL",
    );
    refused(read::<(u8,)>(&db, "SELECT 256 AS much").map(drop), "much", "u8", "INTEGER");
    refused(read::<(String,)>(&db, "SELECT x'ff' AS b").map(drop), "b", "String", "BLOB");
    refused(
        read::<(String,)>(&db, "SELECT CAST(x'ff' AS TEXT) AS t").map(drop),
        "t",
        "String",
        "TEXT",
    );
    refused(read::<(Genre,)>(&db, "SELECT 'Drama' AS genre").map(drop), "genre", "Genre", "TEXT");
    refused(read::<(Rating,)>(&db, "SELECT 9 AS rating").map(drop), "rating", "Rating", "INTEGER");
    refused(
        read::<(Id<Book>,)>(&db, "SELECT title FROM book LIMIT 1").map(drop),
        "title",
        "Id<Book>",
        "TEXT",
    );
    refused(
        read::<(NonEmptyString<3>,)>(&db, "SELECT 'Emma' AS title").map(drop),
        "title",
        "NonEmptyString<3>",
        "TEXT",
    );
    Ok(())
}

#[test]
fn an_option_is_none_where_the_type_cannot_read_it() -> Outcome {
    let (db, _) = filled()?;
    gives(&db, "SELECT NULL, 'Drama'", (None::<i64>, None::<Genre>))?;
    gives(&db, "SELECT 7, 9", (Some(7_i64), None::<Rating>))?;
    Ok(())
}

#[test]
fn an_integer_is_a_floating_point_number_too() -> Outcome {
    let (db, _) = filled()?;
    gives(&db, "SELECT 1, -2, 0.5", (1.0_f64, -2.0_f32, Some(0.5_f64)))?;
    gives(&db, "SELECT 9007199254740992", (9_007_199_254_740_992.0_f64,))?;
    // These would be other numbers.
    for sql in ["SELECT 9007199254740993", "SELECT 9223372036854775807"] {
        let refused = read::<(f64,)>(&db, sql);
        assert!(matches!(refused, Err(Error::RawValue { .. })), "{refused:?}");
        gives(&db, sql, (None::<f64>,))?;
    }
    Ok(())
}

#[test]
fn a_watch_tells_it_too() -> Outcome {
    let (db, emma) = filled()?;
    let sql = "SELECT pages FROM book WHERE genre = ?1";
    let mut pages = db.sql::<(i64,)>(sql).bind(Genre::Novel).watch()?;
    assert_eq!(pages.recv()?, [(474,)]);
    db.update(Book::patch(emma).pages(None))?;
    let refused = pages.recv();
    assert!(matches!(refused, Err(Error::RawValue { .. })), "{refused:?}");
    db.update(Book::patch(emma).pages(475))?;
    assert_eq!(pages.recv()?, [(475,)]);
    Ok(())
}

/// A typing error is one of the SQL: the file is not damaged, and nothing was to be written.
#[test]
fn what_is_mistyped_is_told_as_that() -> Outcome {
    let (db, _) = filled()?;
    for (sql, told) in [
        ("SELECT titel FROM book", "no such column: titel"),
        ("SELECT ara_clok FROM book", "no such column: ara_clok"),
        ("SELECT b.titel FROM book b", "no such column: b.titel"),
        ("SELECT title FROM boook", "no such table: boook"),
        ("SELECT title FROM ara_lgo", "no such table: ara_lgo"),
        ("SELEC 1", "near \"SELEC\": syntax error"),
        ("(SELECT 1)", "near \"(\": syntax error"),
        ("SELECT title FROM book WHERE", "incomplete input"),
        ("SELECT 1; SELECT 2", "it has several statements"),
        ("", "it is empty"),
        ("-- nothing", "it is empty"),
        ("SELECT json('{')", "malformed JSON"),
    ] {
        for error in [
            db.sql::<(Option<String>,)>(sql).all().expect_err(sql),
            db.transaction(|tx| tx.sql::<(Option<String>,)>(sql).all()).expect_err(sql),
            db.sql::<(Option<String>,)>(sql)
                .watch()
                .and_then(|mut watch| watch.recv())
                .expect_err(sql),
        ] {
            let Error::RawSql { reason } = &error else { panic!("{sql}: {error:#?}") };
            assert!(reason.starts_with(told), "{sql}: {reason}");
            assert!(!error.to_string().contains("report"), "{error}");
        }
    }
    for sql in [
        "DELETE FROM book",
        "delete from boook",
        "PRAGMA journal_mode = delete",
        "BEGIN",
        "ATTACH 'x' AS x",
        "WITH a AS (SELECT 1) INSERT INTO book (id) SELECT 1 RETURNING 1",
    ] {
        let error = db.sql::<(Option<String>,)>(sql).all().expect_err(sql);
        assert!(matches!(error, Error::RawWrite), "{sql}: {error:#?}");
    }
    Ok(())
}

#[test]
fn what_is_too_large_is_told_as_that() -> Outcome {
    let (db, _) = filled()?;
    db.create(Book::draft().title("Long").genre(Genre::Novel).pages(i64::MAX))?;
    for error in [
        db.query::<Book>().aggregate(Book::pages.sum()).one().expect_err("is too much"),
        db.sql::<(i64,)>("SELECT sum(pages) FROM book").one().expect_err("is too much"),
    ] {
        assert!(matches!(error, Error::Overflow), "{error:#?}");
    }
    assert!(db.query::<Book>().aggregate(Book::pages.avg()).one()?.is_some());

    let values = (0..33_000_i64).map(|pages| Book::pages.lt(pages));
    let error = db.query::<Book>().filter(Filter::any(values)).count().expect_err("is too large");
    assert!(matches!(error, Error::QueryTooLarge { .. }), "{error:#?}");
    let deep = format!("SELECT {}1{}", "(1+".repeat(1200), ")".repeat(1200));
    let error = db.sql::<(i64,)>(deep.as_str()).one().expect_err("is too deep");
    assert!(matches!(error, Error::QueryTooLarge { .. }), "{error:#?}");
    Ok(())
}
