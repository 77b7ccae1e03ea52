//! The past of texts.

use ara::Timestamp;
use ara::prelude::*;

use crate::text::{Note, body, insert, sync};
use support::{Outcome, Wall};

#[test]
fn the_history_tells_what_a_text_said() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().memory()?;
    let note = db.create(Note::draft().title("Milk").body("one"))?;
    let then = Timestamp::from_millis(wall.millis() + 1000);
    wall.advance(5000);
    insert(&db, note, 3, " two")?;
    db.update(Note::patch(note).body("zero one two"))?;
    let said: Vec<_> = db
        .history(note)?
        .into_iter()
        .flat_map(|change| change.columns)
        .filter(|column| column.column == "body")
        .map(|column| (column.from, column.to))
        .collect();
    let text = |text: &str| Some(ara::Stored::Text(text.to_owned().into()));
    assert_eq!(
        said,
        [
            (None, text("one")),
            (text("one"), text("one two")),
            (text("one two"), text("zero one two")),
        ]
    );
    let past = db.at(then);
    assert_eq!(past.query::<Note>().one()?.body.as_deref(), Some("one"));
    let now = db.at(db.history(note)?[2].time);
    assert_eq!(now.query::<Note>().one()?.body.as_deref(), Some("zero one two"));
    assert_eq!(body(&db, note)?, "zero one two");
    Ok(())
}

#[test]
fn what_was_forgotten_is_gone() -> Outcome {
    let (db, other) = (Database::memory()?, Database::memory()?);
    let note = db.create(Note::draft().title("Milk").body("sesamopeniti"))?;
    sync(&db, &other)?;
    insert(&other, note, 0, "more ")?;
    db.delete(note)?;
    db.forget(note)?;
    sync(&db, &other)?;
    for db in [&db, &other] {
        assert!(db.get(note)?.is_none());
        let row = db.query::<Note>().with_deleted().one()?;
        assert_eq!((row.body, row.title), (None, None));
        assert!(db.verify()?.holds());
    }
    assert!(db.transaction(|tx| tx.text(note, Note::body).map(drop)).is_err());
    Ok(())
}
