//! Local tables: they stay on the device, and have no change log.

use ara::prelude::*;

use crate::mutations::Todo;
use support::{File, Outcome, There, Wall, verified};

#[derive(Debug, Clone, PartialEq, Table)]
#[table(local, index(text))]
struct Setting {
    id: Id<Setting>,
    text: String,
    size: Option<i64>,
}

#[test]
fn they_do_what_all_tables_do() -> Outcome {
    let db = Database::memory()?;
    let id = db.create(Setting::draft().text("dark"))?;
    assert!(db.create(Setting::draft().id(id).text("light")).is_err());
    assert!(db.update(Setting::patch(id).size(3))?);
    assert!(db.delete(id)?);
    assert!(!db.delete(id)? && !db.update(Setting::patch(id).size(4))?);
    assert!(db.get(id)?.is_none());
    assert!(db.restore(id)?);
    db.upsert(Setting::draft().id(id).text("light"))?;
    let row = db.get(id)?.there()?;
    assert_eq!((row.text.as_deref(), row.size), (Some("light"), Some(3)));
    let found = db.query::<Setting>().narrow_all().filter(Setting::text.eq("light")).one()?;
    assert_eq!(found, Setting { id, text: "light".into(), size: Some(3) });
    Ok(())
}

#[test]
fn nothing_of_them_is_logged() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.transaction(|tx| {
        let id = tx.create(Setting::draft().text("dark"))?;
        tx.update(Setting::patch(id).size(3))?;
        tx.delete(id)
    })?;
    assert_eq!(file.logged()?, 0);
    let stored = "SELECT count(*) FROM ara_local_setting WHERE ara_clock = x'' AND size = 3 \
                  AND text = 'dark' AND is_deleted = 1";
    assert_eq!(file.number(stored)?, 1);
    let found = db.verify()?;
    assert!(found.holds());
    assert_eq!((found.changes, found.rows), (0, 0));

    // Beside a synced table in one transaction, whose log ends as any does.
    db.transaction(|tx| {
        tx.create(Todo::draft().title("Milk"))?;
        tx.create(Setting::draft().text("light"))
    })?;
    assert_eq!(db.verify()?.changes, 1);
    verified(&db)
}

#[test]
fn what_is_there_already_is_not_written() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let id = db.create(Setting::draft().text("dark").size(3))?;
    wall.advance(1_000);
    let before = (file.dump()?, file.bytes()?);
    assert!(db.update(Setting::patch(id).text("dark"))?);
    db.upsert(Setting { id, text: "dark".into(), size: Some(3) })?;
    assert!(db.restore(id)?);
    assert_eq!(before, (file.dump()?, file.bytes()?));
    assert!(db.update(Setting::patch(id).text("light"))?);
    assert_eq!(db.get(id)?.there()?.updated_at.millis(), wall.millis());
    Ok(())
}

#[test]
fn a_synced_table_of_the_same_name_is_another() -> Outcome {
    mod synced {
        use ara::prelude::*;

        #[derive(Table)]
        pub struct Setting {
            pub id: Id<Setting>,
            pub text: Option<String>,
        }
    }

    let db = Database::memory()?;
    let id = Id::from_key("theme");
    db.create(Setting::draft().id(id).text("dark"))?;
    db.create(synced::Setting::draft().id(Id::from_uuid(id.uuid())).text("light"))?;
    assert_eq!(db.query::<Setting>().one()?.text.as_deref(), Some("dark"));
    assert_eq!(db.query::<synced::Setting>().one()?.text.as_deref(), Some("light"));
    verified(&db)
}
