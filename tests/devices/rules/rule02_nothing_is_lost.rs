//! Nothing received is lost: what a device does not know makes its way through it, and appears once it
//! does.

use ara::prelude::*;
use rusqlite::types::Value;

use crate::rules::new::Category;
use crate::rules::{Todo, everything, new, old, send, todos};
use support::wire::Batch;
use support::{File, Outcome, verified};

#[test]
fn a_newer_app_s_columns_and_tables_pass_through_an_old_one() -> Outcome {
    let (laptop, phone) = (Database::memory()?, Database::memory()?);
    let file = File::new()?;
    let tablet = file.open()?;
    tablet.ensure::<old::App>()?;
    laptop.ensure::<new::App>()?;
    let milk = laptop.create(Todo::draft().title("Buy milk").code("0012").stars(12))?;
    let tea = laptop.create(Todo::draft().title("Make tea").code("1e3"))?;
    laptop.delete(tea)?;
    let home = laptop.create(Category::draft().name("Home"))?;
    let report = send(&laptop, &tablet)?.remove(0);
    assert_eq!(report.growth.tables, ["category"]);
    assert_eq!(report.growth.columns, ["todo.code", "todo.stars"]);
    assert_eq!(report.set_aside, 0);

    // The old app edits the row, and leaves alone what it does not know.
    let old_milk = Id::<old::Todo>::from_uuid(milk.uuid());
    assert_eq!(tablet.query::<old::Todo>().count()?, 1);
    assert!(tablet.update(old::Todo::patch(old_milk).title("Buy oat milk"))?);
    send(&tablet, &phone)?;
    send(&tablet, &laptop)?;
    phone.ensure::<new::App>()?;
    assert_eq!(todos(&phone)?, todos(&laptop)?);
    assert_eq!(phone.get(home)?.map(|home| home.name), Some(Some("Home".to_owned())));
    let row = phone.get(milk)?.ok_or("is there")?;
    assert_eq!(row.title.as_deref(), Some("Buy oat milk"));
    assert_eq!((row.code.as_deref(), row.stars), (Some("0012"), Some(12)));

    // It learns of them later, without another merge.
    tablet.ensure::<new::App>()?;
    assert_eq!(todos(&tablet)?, todos(&laptop)?);
    assert_eq!(tablet.query::<Category>().one()?.id, home);
    verified(&tablet)
}

#[test]
fn what_looks_like_a_number_stays_text() -> Outcome {
    let (laptop, file) = (Database::memory()?, File::new()?);
    let db = file.open()?;
    for code in ["0012", "12", "1e3", "", " 7", "0x10"] {
        laptop.create(Todo::draft().title(code).code(code))?;
    }
    send(&laptop, &db)?;
    let kinds = "SELECT group_concat(DISTINCT typeof(code) || typeof(title)) FROM todo";
    assert_eq!(file.value(kinds)?, Value::Text("texttext".to_owned()));
    assert_eq!(file.number("SELECT count(*) FROM todo WHERE code IS title")?, 6);
    assert_eq!(todos(&laptop)?, todos(&db)?);
    Ok(())
}

/// The same bytes, whoever passes them on, but for the digests within: these are told where a device has them at
/// hand.
#[test]
fn what_is_passed_on_is_the_same_to_the_bit() -> Outcome {
    let (laptop, tablet, phone) = (Database::memory()?, Database::memory()?, Database::memory()?);
    let milk = laptop.create(Todo::draft().title("Buy milk").code("0012"))?;
    laptop.update(Todo::patch(milk).stars((1 << 53) + 1).code(None))?;
    laptop.create(Category::draft().name("Home"))?;
    // Names have other ordinals here.
    tablet.create(Category::draft().name("Work"))?;
    send(&laptop, &tablet)?;
    send(&tablet, &laptop)?;
    send(&tablet, &phone)?;
    let sent = |db: &Database| -> Outcome<Vec<Batch>> {
        let all = everything(db)?.into_iter();
        all.map(|changes| Ok(Batch::decode(&changes.to_bytes())?.without_marks())).collect()
    };
    assert_eq!(sent(&tablet)?, sent(&laptop)?);
    assert_eq!(sent(&phone)?, sent(&laptop)?);
    Ok(())
}
