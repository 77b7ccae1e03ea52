//! Exporting and importing what columns show that replace others.

use ara::prelude::*;
use support::{Outcome, There, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        pub amount: Option<String>,
        pub a: Option<String>,
        pub category: Option<String>,
        pub paid: Option<bool>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        #[table(replaces(amount, read = cents, write = amount(cents, currency)))]
        pub cents: Option<i64>,
        #[table(replaces(amount, read = currency))]
        pub currency: Option<String>,
        #[table(retired)]
        amount: Option<String>,
        #[table(replaces(b, read = short, write = String::clone))]
        pub c: Option<String>,
        #[table(retired, replaces(a, read = careful, write = String::clone))]
        b: Option<String>,
        #[table(retired)]
        a: Option<String>,
        #[table(replaces(category, by_key))]
        pub category_id: Option<Id<Category>>,
        #[table(retired)]
        category: Option<String>,
        pub paid: Option<bool>,
    }

    #[derive(Debug, Table)]
    #[table(key = name)]
    pub struct Category {
        pub id: Id<Self>,
        pub name: String,
    }

    fn cents(amount: String) -> Option<i64> {
        amount.split_once(' ')?.0.parse().ok()
    }

    fn currency(amount: String) -> Option<String> {
        amount.split_once(' ').map(|(_, currency)| currency.to_owned())
    }

    fn amount(cents: Option<&i64>, currency: Option<&String>) -> Option<String> {
        Some(format!("{} {}", cents?, currency?))
    }

    fn short(b: String) -> Result<String, &'static str> {
        if b.len() > 8 { Err("too long") } else { Ok(b) }
    }

    fn careful(a: String) -> String {
        assert_ne!(a, "trap", "the trap of the test");
        a
    }
}

/// The functions of this version read more.
mod v3 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        #[table(replaces(amount, read = cents, write = amount, revision = 2))]
        pub cents: Option<i64>,
        #[table(retired)]
        amount: Option<String>,
    }

    fn cents(amount: String) -> i64 {
        amount.split(' ').next().and_then(|cents| cents.parse().ok()).unwrap_or(300)
    }

    fn amount(cents: &i64) -> String {
        format!("{cents} EUR")
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

fn exported(db: &Database) -> Outcome<String> {
    let mut file = Vec::new();
    db.export_json::<v2::Expense>(&mut file)?;
    Ok(String::from_utf8(file)?)
}

/// Exports all rows and imports them into a file of their own, in which each version shows the same.
fn copied(db: &Database) -> Outcome<(String, Database)> {
    let (lines, copy) = (exported(db)?, Database::memory()?);
    let _ = copy.import_json::<v2::Expense>(lines.as_bytes())?;
    let old = |db: &Database| -> ara::Result<Vec<_>> {
        let rows = db.query::<v1::Expense>().with_deleted().all()?.into_iter();
        Ok(rows.map(|row| (row.id, row.amount, row.a, row.category, row.paid)).collect())
    };
    let new = |db: &Database| -> ara::Result<Vec<_>> {
        let rows = db.query::<v2::Expense>().with_deleted().all()?.into_iter();
        Ok(rows.map(|row| (row.id, row.cents, row.currency, row.c, row.category_id)).collect())
    };
    assert_eq!(old(&copy)?, old(db)?, "{lines}");
    assert_eq!(new(&copy)?, new(db)?, "{lines}");
    verified(&copy)?;
    Ok((lines, copy))
}

#[test]
fn what_cannot_be_read_is_exported_as_it_was_written() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Expense::draft().amount("a").paid(true))?;
    let (lines, copy) = copied(&db)?;
    assert!(lines.contains(r#""amount":"a""#) && !lines.contains("cents"), "{lines}");
    assert_eq!(copy.get(milk)?.there()?.amount.as_deref(), Some("a"));
    assert_eq!(copy.get::<v2::Expense>(id(milk))?.there()?.cents, None);
    // A version that can read it does so.
    assert_eq!(copy.get::<v3::Expense>(id(milk))?.there()?.cents, Some(300));
    Ok(())
}

/// Of several columns, one reads it and another does not.
#[test]
fn what_one_of_several_columns_cannot_read_is_exported_beside_what_the_others_show() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Expense::draft().amount("few EUR"))?;
    let (lines, _) = copied(&db)?;
    assert!(lines.contains(r#""currency":"EUR","#), "{lines}");
    assert!(lines.contains(r#""amount":"few EUR""#), "{lines}");
    db.update(v2::Expense::patch(id(milk)).currency(Some("USD".to_owned())))?;
    assert_eq!(db.get(milk)?.there()?.amount, None);
    let (_, copy) = copied(&db)?;
    // What was written first is still there, below what was written through.
    assert_eq!(copy.get::<v3::Expense>(id(milk))?.there()?.cents, Some(300));
    Ok(())
}

#[test]
fn a_cleared_value_does_not_come_back() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Expense::draft().amount("5 EUR").a("a"))?;
    db.update(v2::Expense::patch(id(milk)).cents(None).c(None))?;
    let (lines, copy) = copied(&db)?;
    assert!(lines.contains(r#""cents":null"#) && !lines.contains("amount"), "{lines}");
    let row = copy.get::<v2::Expense>(id(milk))?.there()?;
    assert_eq!((row.cents, row.currency.as_deref(), row.c), (None, Some("EUR"), None));
    db.update(v1::Expense::patch(milk).amount(None).a(None))?;
    let (lines, _) = copied(&db)?;
    assert!(!lines.contains("amount"), "{lines}");
    Ok(())
}

#[test]
fn the_column_of_a_chain_that_was_written_is_exported() -> Outcome {
    for (a, expected) in [("trap", r#""a":"trap""#), ("much too long", r#""a":"much too long""#)] {
        let db = Database::memory()?;
        let milk = db.create(v1::Expense::draft().a(a))?;
        let (lines, copy) = copied(&db)?;
        assert!(lines.contains(expected), "{lines}");
        assert!(!lines.contains(r#""b""#) && !lines.contains(r#""c""#), "{lines}");
        db.delete(milk)?;
        let _ = copied(&db)?;
        copy.update(v2::Expense::patch(id(milk)).c(Some("c".to_owned())))?;
        let (lines, copy) = copied(&copy)?;
        assert!(lines.contains(r#""c":"c""#) && !lines.contains(r#""a""#), "{lines}");
        assert_eq!(copy.get(milk)?.there()?.a.as_deref(), Some("c"));
    }
    Ok(())
}

#[test]
fn a_key_that_names_nothing_is_exported() -> Outcome {
    let db = Database::memory()?;
    db.create(v1::Expense::draft().category(""))?;
    let (lines, _) = copied(&db)?;
    assert!(lines.contains(r#""category":"""#), "{lines}");
    Ok(())
}

/// The newest column speaks, and the older ones are written for older versions, unless the line tells what it would write
/// there, and that is something else.
#[test]
fn a_line_may_name_columns_of_several_versions() -> Outcome {
    let db = Database::memory()?;
    let milk = Id::<v1::Expense>::from_key("milk");
    let line = |rest: &str| format!(r#"{{"id":"{milk}",{rest}}}"#);
    let import = |rest: &str| db.import_json::<v2::Expense>(line(rest).as_bytes());
    let shown = |db: &Database| -> Outcome<(Option<String>, Option<i64>)> {
        let amount = db.get(milk)?.there()?.amount;
        Ok((amount, db.get::<v2::Expense>(id(milk))?.there()?.cents))
    };
    let _ = import(r#""amount":"5 EUR","cents":7,"a":"a","b":"b","c":"c""#)?;
    assert_eq!(shown(&db)?, (Some("7 EUR".to_owned()), Some(7)));
    assert_eq!(db.get(milk)?.there()?.a.as_deref(), Some("a"));
    verified(&db)?;
    let _ = import(r#""cents":8,"amount":"9 EUR""#)?;
    assert_eq!(shown(&db)?, (Some("8 EUR".to_owned()), Some(8)));
    let _ = import(r#""amount":"6 USD""#)?;
    assert_eq!(shown(&db)?, (Some("6 USD".to_owned()), Some(6)));
    verified(&db)
}

/// An older version exports what is in the file of columns that it does not know. What it shows itself, it knows best.
#[test]
fn what_an_older_version_exports_is_what_it_shows() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Expense::draft().amount("5 EUR").a("oat"))?;
    let tea = db.create(v1::Expense::draft().amount("1 EUR").category("Food"))?;
    let bread = db.create(v1::Expense::draft().amount("2 EUR").a("rye"))?;
    db.ensure::<v2::Expense>()?;
    db.update(v2::Expense::patch(id(tea)).cents(7).paid(true))?;
    db.update(v2::Expense::patch(id(bread)).cents(3).c("wheat"))?;
    db.update(v1::Expense::patch(bread).amount("4 EUR"))?;
    let mut lines = Vec::new();
    db.export_json::<v1::Expense>(&mut lines)?;
    let text = String::from_utf8_lossy(&lines);
    assert!(text.contains(r#""amount":"5 EUR""#) && text.contains(r#""cents":null"#), "{text}");
    let shown = |db: &Database| -> Outcome<Vec<_>> {
        let mut shown = Vec::new();
        for row in [milk, tea, bread] {
            let (old, new) = (db.get(row)?.there()?, db.get::<v2::Expense>(id(row))?.there()?);
            shown.push((old.amount, old.a, old.category, new.cents, new.currency, new.c, new.paid));
        }
        Ok(shown)
    };
    let before = shown(&db)?;
    assert_eq!(before[2].3, Some(4));
    let copy = Database::memory()?;
    let _ = copy.import_json::<v2::Expense>(&lines[..])?;
    assert_eq!(shown(&copy)?, before, "{text}");
    // In the file itself, nothing changes.
    let _ = db.import_json::<v2::Expense>(&lines[..])?;
    assert_eq!(shown(&db)?, before);
    verified(&copy)?;
    verified(&db)
}
