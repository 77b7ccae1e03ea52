//! Values at their limits and beyond. What breaks a rule is told by table, column and rule, and never
//! by the value.

use std::error::Error;

use ara::prelude::*;
use support::disk;

type TestResult = Result<(), Box<dyn Error>>;

#[derive(Debug, Table)]
struct Item {
    id: Id<Item>,
    whole: Option<i64>,
    count: Option<u32>,
    real: Option<f64>,
    single: Option<f32>,
    short: Option<NonEmptyString<4>>,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
}

/// In memory, and in a file: what is written in one is read by another connection of the other.
fn databases() -> Result<(tempfile::TempDir, [Database; 2]), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = disk::open(folder.path().join("items.db"))?;
    Ok((folder, [Database::memory()?, file]))
}

#[test]
fn integers_keep_their_ends() -> TestResult {
    let (_folder, databases) = databases()?;
    for db in databases {
        for (whole, count) in [(i64::MIN, u32::MIN), (i64::MAX, u32::MAX), (-1, 1), (0, 0)] {
            let id = db.create(Item::draft().whole(whole).count(count))?;
            let row = db.get(id)?.expect("is there");
            assert_eq!((row.whole, row.count), (Some(whole), Some(count)));
            let same = (Item::whole.eq(whole)) & (Item::count.eq(count));
            assert_eq!(db.query::<Item>().filter(same).one()?.id, id);
        }
        let ends = db.query::<Item>().order_by(Item::whole.asc()).all()?;
        assert_eq!(ends.first().and_then(|row| row.whole), Some(i64::MIN));
        assert_eq!(ends.last().and_then(|row| row.whole), Some(i64::MAX));
        assert!(db.verify()?.holds());
    }
    Ok(())
}

#[test]
fn reals_keep_their_edges() -> TestResult {
    let (_folder, databases) = databases()?;
    let edges = [f64::MIN, f64::MAX, f64::INFINITY, -f64::INFINITY, 5e-324, 0.0, -0.0, 1e308];
    for db in databases {
        for real in edges {
            let id = db.create(Item::draft().real(real).single(real as f32))?;
            let row = db.get(id)?.expect("is there");
            assert_eq!(row.real.map(f64::to_bits), Some(real.to_bits()));
            assert_eq!(row.single.map(f32::to_bits), Some((real as f32).to_bits()));
            // From the one zero to the other is a change like any other.
            assert!(db.update(Item::patch(id).real(-real))?);
            let row = db.get(id)?.expect("is there");
            assert_eq!(row.real.map(f64::to_bits), Some((-real).to_bits()));
        }
        assert!(db.verify()?.holds());
    }
    Ok(())
}

/// The message of a refusal, which must name the column and hold no value. Nothing was written.
fn refusal<R>(db: &Database, write: impl Fn(&Database) -> ara::Result<R>, column: &str) -> String {
    let before = db.verify().expect("can be read");
    let Err(error) = write(db) else { panic!("{column} was written") };
    assert!(
        matches!(&error, ara::Error::Rule { table: "item", column: told, .. } if *told == column),
        "{error:?}"
    );
    for message in [error.to_string(), format!("{error:?}")] {
        assert!(!message.contains("secret") && !message.contains('\u{1f600}'), "{message}");
    }
    assert_eq!(db.verify().expect("can be read"), before);
    error.to_string()
}

#[test]
fn nan_is_refused() -> TestResult {
    let (_folder, databases) = databases()?;
    for db in databases {
        let id = db.create(Item::draft().real(1.5))?;
        let nan = "must be a number, and NaN is none";
        let told = refusal(&db, |db| db.create(Item::draft().real(f64::NAN)), "real");
        assert_eq!(told, format!("column `item.real` {nan}"));
        let told = refusal(&db, |db| db.update(Item::patch(id).single(-f32::NAN)), "single");
        assert_eq!(told, format!("column `item.single` {nan}"));
        refusal(&db, |db| db.upsert(Item::draft().id(id).real(f64::NAN)), "real");
        refusal(
            &db,
            |db| db.create_all([1.0, f64::NAN, 2.0].map(|real| Item::draft().whole(1).real(real))),
            "real",
        );
        let asked = db.query::<Item>().filter(Item::real.eq(f64::NAN)).all();
        assert!(asked.is_err_and(|error| error.to_string().contains("NaN")));
        assert_eq!(db.query::<Item>().count()?, 1);
    }
    Ok(())
}

#[test]
fn length_is_counted_in_characters() -> TestResult {
    let (_folder, databases) = databases()?;
    for db in databases {
        for text in [
            "a",
            "abcd",
            "äöüß",
            "\u{1f600}\u{1f600}\u{1f600}\u{1f600}",
            "\0\0\0\0",
            "e\u{301}o\u{308}",
        ] {
            let id = db.create(Item::draft().short(text))?;
            let row = db.get(id)?.expect("is there");
            assert_eq!(row.short.as_deref(), Some(text));
            let narrowed = db.query::<Item>().narrow(Item::short).filter(Item::short.eq(text));
            assert_eq!(narrowed.one()?.id, id, "{text:?}");
        }
        // What is counted in SQL is what is read in Rust.
        let narrowed = || db.query::<Item>().narrow(Item::short);
        assert_eq!(narrowed().count()?, narrowed().all()?.len() as u64);
        let long = "must have 4 characters at most";
        for text in ["abcde", "secret", "\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}", "a   \0"] {
            let told = refusal(&db, |db| db.create(Item::draft().short(text)), "short");
            assert_eq!(told, format!("column `item.short` {long}"));
        }
        for text in ["", " ", "\t\n", "\u{a0}\u{2003}\u{3000}"] {
            let told = refusal(&db, |db| db.create(Item::draft().short(text)), "short");
            assert_eq!(told, "column `item.short` must not be blank");
        }
        assert!(db.verify()?.holds());
    }
    Ok(())
}

#[test]
fn every_plane_of_unicode_comes_back() -> TestResult {
    let (_folder, databases) = databases()?;
    for db in databases {
        for plane in 0..=16_u32 {
            let starts = [0, 1, 0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff];
            let text: String =
                starts.into_iter().filter_map(|at| char::from_u32(plane << 16 | at)).collect();
            assert!(text.chars().count() > 9);
            let id = db.create(Item::draft().text(&text))?;
            assert_eq!(db.get(id)?.and_then(|row| row.text).as_deref(), Some(&*text));
            assert_eq!(db.query::<Item>().filter(Item::text.eq(&text)).one()?.id, id);
        }
        let all: String = ('\0'..=char::MAX).step_by(97).collect();
        let id = db.create(Item::draft().text(&all))?;
        assert_eq!(db.get(id)?.and_then(|row| row.text), Some(all));
        assert!(db.verify()?.holds());
    }
    Ok(())
}

#[test]
fn zeros_are_bytes_and_characters_like_others() -> TestResult {
    let (_folder, databases) = databases()?;
    for db in databases {
        for text in ["", "\0", "a\0b", "\0a", "a\0", "a\0\0b"] {
            let id = db.create(Item::draft().text(text).bytes(text.as_bytes()))?;
            let row = db.get(id)?.expect("is there");
            assert_eq!(
                (row.text.as_deref(), row.bytes.as_deref()),
                (Some(text), Some(text.as_bytes()))
            );
            assert_eq!(db.query::<Item>().filter(Item::text.eq(text)).one()?.id, id, "{text:?}");
        }
        assert!(db.verify()?.holds());
    }
    Ok(())
}

#[test]
fn a_megabyte_comes_back() -> TestResult {
    let (_folder, databases) = databases()?;
    for db in databases {
        let text: String = "0123456789 \u{1f600}".chars().cycle().take(1 << 20).collect();
        let bytes: Vec<u8> =
            (0..1_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let id = db.create(Item::draft().text(&text).bytes(&bytes))?;
        let row = db.get(id)?.expect("is there");
        assert!(row.text.as_ref() == Some(&text) && row.bytes.as_ref() == Some(&bytes));
        assert!(db.update(Item::patch(id).text(format!("{text}.")).bytes(None))?);
        assert_eq!(db.query::<Item>().filter(Item::text.ends_with(".")).count()?, 1);
        assert!(db.verify()?.holds());
    }
    Ok(())
}

/// More than an app can write, and than SQLite can hold. The pages of these zeros are never touched, so they cost nothing.
#[test]
fn a_gigabyte_is_refused() -> TestResult {
    let (_folder, databases) = databases()?;
    for db in databases {
        let id = db.create(Item::draft().whole(1))?;
        for size in [(256 << 20) + 1, 999_999_990, 1_000_000_001, 3_000_000_000] {
            let zeros = || vec![0_u8; size];
            let created = db.create(Item::draft().bytes(zeros()));
            assert!(
                matches!(created, Err(ara::Error::TooLarge { ref table }) if table == "item"),
                "{created:?}"
            );
            let updated = db.update(Item::patch(id).bytes(zeros()));
            assert!(
                matches!(updated, Err(ara::Error::TooLarge { ref table }) if table == "item"),
                "{updated:?}"
            );
        }
        assert_eq!(db.query::<Item>().count()?, 1);
        assert!(db.verify()?.holds());
    }
    Ok(())
}
