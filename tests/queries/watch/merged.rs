//! What a merge brings is told as what is written here.

use ara::prelude::*;

use crate::watch::{Category, Todo, Told, unwatched};
use support::{File, Outcome, send};

#[test]
fn a_merge_wakes_who_reads_what_it_brings() -> Outcome {
    let (file, other) = (File::new()?, Database::memory()?);
    let db = unwatched().open(file.path())?;
    let milk = other.create(Todo::draft().title("Buy milk").stars(1))?;
    other.create(Category::draft().name("Home"))?;
    send(&other, &db)?;
    let mut titles = db.query::<Todo>().select(Todo::title).watch()?;
    let mut stars = db.query::<Todo>().select(Todo::stars).watch()?;
    let mut categories = db.query::<Category>().watch()?;
    titles.told()?;
    stars.told()?;
    categories.told()?;

    other.update(Todo::patch(milk).stars(2))?;
    send(&other, &db)?;
    assert_eq!(stars.told()?, [Some(2)]);
    titles.is_quiet(1)?;
    categories.is_quiet(1)?;
    // It was no other process.
    db.look_for_commits();
    titles.is_quiet(1)?;
    categories.is_quiet(1)?;

    // A merge of another database on the same file is.
    let beside = file.open()?;
    other.update(Todo::patch(milk).stars(3))?;
    send(&other, &beside)?;
    db.look_for_commits();
    assert_eq!(stars.told()?, [Some(3)]);
    Ok(())
}
