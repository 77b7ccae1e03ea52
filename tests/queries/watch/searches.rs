//! A search is run again when a row's words change, and for nothing else.

use ara::prelude::*;
use ara::snippet;

use crate::watch::{Told, unwatched};
use support::{File, Outcome};

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    #[table(search)]
    text: String,
    stars: Option<i64>,
}

#[test]
fn what_a_search_finds_follows_the_words() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Note::draft().text("Buy milk").stars(1))?;
    let mut found = db.query::<Note>().search("mil*").select(Note::id).watch()?;
    let parts = snippet(Note::text, "<", ">", 8);
    let mut parts = db.query::<Note>().search("milk").limit(5).select(parts).watch()?;
    assert_eq!(found.told()?, [milk]);
    assert_eq!(parts.told()?, [Some("Buy <milk>".to_owned())]);

    db.update(Note::patch(milk).stars(2))?;
    found.is_quiet(1)?;
    parts.is_quiet(1)?;

    let mill = db.create(Note::draft().text("The mill"))?;
    let mut both = found.told()?;
    both.sort();
    assert_eq!(both, [milk, mill]);
    db.update(Note::patch(milk).text("milk, more milk"))?;
    assert_eq!(parts.told()?, [Some("<milk>, more <milk>".to_owned())]);
    db.delete(milk)?;
    assert_eq!(found.told()?, [mill]);
    assert!(parts.told()?.is_empty());
    Ok(())
}

#[test]
fn what_others_write_is_found() -> Outcome {
    let file = File::new()?;
    let (db, other) = (unwatched().open(file.path())?, file.open()?);
    let milk = db.create(Note::draft().text("Buy milk"))?;
    let mut found = db.query::<Note>().search("bread").select(Note::id).watch()?;
    assert!(found.told()?.is_empty());
    other.update(Note::patch(milk).stars(2))?;
    db.look_for_commits();
    found.is_quiet(1)?;
    other.update(Note::patch(milk).text("Buy bread"))?;
    db.look_for_commits();
    assert_eq!(found.told()?, [milk]);
    Ok(())
}
