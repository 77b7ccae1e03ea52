//! Rows written for people, as CSV and JSON.

use std::io;

use ara::prelude::*;
use ara::{Error, UtcOffset, count};
use support::Outcome;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Value)]
enum Kind {
    Food,
    Travel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Value)]
struct Cents(i64);

impl From<i64> for Cents {
    fn from(cents: i64) -> Self {
        Self(cents)
    }
}

#[derive(Debug, Table)]
struct Shop {
    id: Id<Shop>,
    title: String,
}

#[derive(Debug, PartialEq, Table)]
struct Expense {
    id: Id<Expense>,
    title: String,
    cents: Option<Cents>,
    kind: Option<Kind>,
    day: Option<jiff::civil::Date>,
    at: Option<Timestamp>,
    is_paid: Option<bool>,
    tags: Option<Json<Vec<String>>>,
    receipt: Option<Vec<u8>>,
    shop_id: Option<Id<Shop>>,
}

const SHOP: &str = "0194c1c2-9f3e-7d4e-8f00-0123456789ab";

fn made() -> ara::Result<Database> {
    let db = Database::memory()?;
    let shop = db.create(Shop::draft().id(SHOP.parse()?).title("Corner"))?;
    db.create(
        Expense::draft()
            .title("Milk, \"fresh\"\nand cold")
            .cents(Cents(129))
            .kind(Kind::Food)
            .day(jiff::civil::date(2026, 11, 21))
            .at(Timestamp::from_millis(1_795_249_800_000))
            .is_paid(true)
            .tags(vec!["a".to_owned()])
            .receipt(vec![0xca, 0xfe])
            .shop_id(shop),
    )?;
    db.create(Expense::draft().title("Train").kind(Kind::Travel))?;
    let gone = db.create(Expense::draft().title("Gone"))?;
    db.delete(gone)?;
    Ok(db)
}

fn csv(write: impl FnOnce(&mut Vec<u8>) -> ara::Result<u64>) -> Outcome<String> {
    let mut csv = Vec::new();
    write(&mut csv)?;
    Ok(String::from_utf8(csv)?)
}

#[test]
fn values_are_written_as_people_write_them() -> Outcome {
    let db = made()?;
    let all = (
        Expense::title,
        Expense::cents,
        Expense::kind,
        Expense::day,
        Expense::at,
        Expense::is_paid,
        Expense::tags,
        Expense::receipt,
        Expense::shop_id,
    );
    let expenses = || db.query::<Expense>().order_by(Expense::title).select(all);
    let hour = UtcOffset::hours(1);
    let written = csv(|to| expenses().exporter().at_offset(hour).csv(to))?;
    assert_eq!(
        written,
        format!(
            "title,cents,kind,day,at,is_paid,tags,receipt,shop_id\r\n\
             \"Milk, \"\"fresh\"\"\nand cold\",129,Food,2026-11-21,2026-11-21T09:30:00+01:00,true,\"[\"\"a\"\"]\",cafe,{SHOP}\r\n\
             Train,,Travel,,,,,,\r\n"
        )
    );
    let written = csv(|to| expenses().exporter().at_offset(hour).json(to))?;
    assert_eq!(
        written,
        format!(
            "[\n{{\"title\":\"Milk, \\\"fresh\\\"\\nand cold\",\"cents\":129,\"kind\":\"Food\",\"day\":\"2026-11-21\",\
             \"at\":\"2026-11-21T09:30:00+01:00\",\"is_paid\":true,\"tags\":[\"a\"],\"receipt\":\"cafe\",\"shop_id\":\"{SHOP}\"}},\n\
             {{\"title\":\"Train\",\"cents\":null,\"kind\":\"Travel\",\"day\":null,\"at\":null,\"is_paid\":null,\"tags\":null,\
             \"receipt\":null,\"shop_id\":null}}\n]\n"
        )
    );
    Ok(())
}

/// What is exported is imported again as the same rows.
#[test]
fn exports_come_back() -> Outcome {
    let db = made()?;
    let rows = |db: &Database| db.query::<Expense>().narrow_all().order_by(Expense::title).all();
    let expected = rows(&db)?;
    let draft = |row: &ara::ImportRow<'_>| {
        Ok(Expense::draft()
            .id(row.id("id")?)
            .title(row.get("title")?)
            .cents(row.get("cents")?)
            .kind(row.get("kind")?)
            .day(row.get("day")?)
            .at(row.get("at")?)
            .is_paid(row.get("is_paid")?)
            .tags(row.get("tags")?)
            .receipt(row.get("receipt")?)
            .shop_id(row.get("shop_id")?))
    };
    let written = csv(|to| db.query::<Expense>().write_csv(to))?;
    let other = Database::memory()?;
    assert_eq!(other.import_csv(written.as_bytes(), draft)?.created, 2);
    assert_eq!(rows(&other)?, expected);

    let written = csv(|to| db.query::<Expense>().write_json(to))?;
    let other = Database::memory()?;
    assert_eq!(other.importer().json(written.as_bytes(), draft)?.created, 2);
    assert_eq!(rows(&other)?, expected);
    // Nothing is changed where they came from.
    assert_eq!(db.importer().json(written.as_bytes(), draft)?.unchanged, 2);
    Ok(())
}

#[test]
fn columns_are_called_by_their_names() -> Outcome {
    let db = made()?;
    let header = |write: &dyn Fn(&mut Vec<u8>) -> ara::Result<u64>| -> Outcome<String> {
        Ok(csv(write)?.lines().next().unwrap_or_default().to_owned())
    };
    let joined = || db.query::<Expense>().join(Expense::shop_id);
    assert_eq!(
        header(&|to| joined().select((Expense::title, Shop::title, Expense::cents)).write_csv(to))?,
        "expense.title,shop.title,cents"
    );
    assert_eq!(header(&|to| db.query::<Shop>().write_csv(to))?, "id,created_at,updated_at,title");
    assert!(
        header(&|to| joined().write_csv(to))?
            .ends_with("shop_id,shop.id,shop.created_at,shop.updated_at,shop.title")
    );
    let groups = || db.query::<Expense>().group_by(Expense::kind).select((Expense::kind, count()));
    assert_eq!(header(&|to| groups().write_csv(to))?, "kind,column 2");
    assert_eq!(
        header(&|to| groups().exporter().headers(["Kind", "How many"]).csv(to))?,
        "Kind,How many"
    );
    let wrong = groups().exporter().headers(["Kind"]).json(Vec::new());
    assert!(matches!(wrong, Err(Error::Headers { given: 1, columns: 2 })));
    assert_eq!(csv(|to| db.query::<Shop>().filter(Shop::title.eq("")).write_json(to))?, "[]\n");
    Ok(())
}

#[test]
fn rows_that_lack_what_is_narrowed_are_left_out() -> Outcome {
    let db = made()?;
    let written = csv(|to| {
        db.query::<Expense>().narrow(Expense::cents).select(Expense::cents).write_csv(to)
    })?;
    assert_eq!(written, "cents\r\n129\r\n");
    let left = db.query::<Expense>().left_join(Expense::shop_id).order_by(Expense::title);
    let written = csv(|to| left.select((Expense::kind, Shop::title)).write_csv(to))?;
    assert_eq!(written, "kind,title\r\nFood,Corner\r\nTravel,\r\n");
    Ok(())
}

#[test]
fn formulas_are_guarded_if_that_is_asked_for() -> Outcome {
    let db = Database::memory()?;
    for title in ["=1+1", "@x", "-5", "a=b"] {
        db.create(Expense::draft().title(title).cents(Cents(-5)))?;
    }
    let rows = || {
        db.query::<Expense>().order_by(Expense::created_at).select((Expense::title, Expense::cents))
    };
    assert_eq!(
        csv(|to| rows().write_csv(to))?,
        "title,cents\r\n=1+1,-5\r\n@x,-5\r\n-5,-5\r\na=b,-5\r\n"
    );
    assert_eq!(
        csv(|to| rows().exporter().guard_formulas().separator(b';').csv(to))?,
        "title;cents\r\n'=1+1;-5\r\n'@x;-5\r\n'-5;-5\r\na=b;-5\r\n"
    );
    Ok(())
}

/// The rows of a file are written while they are read, those of a transaction afterwards.
#[test]
fn files_and_transactions_are_exported() -> Outcome {
    let folder = tempfile::tempdir()?;
    let db = Database::open(folder.path().join("app.db"))?;
    db.create_all((0..1000).map(|n| Shop::draft().title(format!("{n:04}"))))?;
    let shops =
        csv(|to| db.query::<Shop>().order_by(Shop::title).select(Shop::title).write_csv(to))?;
    assert_eq!((shops.lines().count(), shops.lines().last()), (1001, Some("0999")));
    let inside = db.transaction(|tx| {
        tx.create(Shop::draft().title("1000"))?;
        let mut csv = Vec::new();
        tx.query::<Shop>().order_by(Shop::title).select(Shop::title).write_csv(&mut csv)?;
        Ok(String::from_utf8_lossy(&csv).into_owned())
    })?;
    assert_eq!(inside, shops + "1000\r\n");
    Ok(())
}

#[test]
fn a_writer_that_fails_ends_the_export() -> Outcome {
    struct Full;

    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("full"))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let db = made()?;
    assert!(matches!(db.query::<Expense>().write_csv(Full), Err(Error::Io { .. })));
    assert!(matches!(db.query::<Expense>().write_json(Full), Err(Error::Io { .. })));
    Ok(())
}
