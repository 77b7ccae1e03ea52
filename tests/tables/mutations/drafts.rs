//! Defaults of drafts, in the database.

use ara::prelude::*;

use support::{Outcome, There};

#[derive(Table)]
struct Task {
    id: Id<Task>,
    #[table(default = "untitled")]
    title: NonEmptyString<100>,
    #[table(default = true)]
    open: Option<bool>,
    #[table(default = Some(3))]
    stars: Option<i64>,
    note: Option<String>,
}

#[test]
fn a_draft_begins_with_its_defaults() -> Outcome {
    let db = Database::memory()?;
    let id = db.create(Task::draft())?;
    let row = db.get(id)?.there()?;
    assert_eq!(row.title.as_deref(), Some("untitled"));
    assert_eq!((row.open, row.stars, row.note), (Some(true), Some(3), None));

    let id = db.create(Task::draft().title("Milk").open(None).stars(5))?;
    let row = db.get(id)?.there()?;
    assert_eq!(row.title.as_deref(), Some("Milk"));
    assert_eq!((row.open, row.stars), (None, Some(5)));
    Ok(())
}

#[test]
fn a_patch_knows_no_defaults() -> Outcome {
    let db = Database::memory()?;
    let id = db.create(Task::draft().title("Milk").open(None).stars(None))?;
    db.update(Task::patch(id).note("now"))?;
    let row = db.get(id)?.there()?;
    assert_eq!(row.title.as_deref(), Some("Milk"));
    assert_eq!((row.open, row.stars), (None, None));
    Ok(())
}

#[test]
fn a_draft_can_be_used_again() -> Outcome {
    let db = Database::memory()?;
    let draft = Task::draft().note("again");
    let ids = db.create_all([draft.clone(), draft.clone().title("Milk"), draft])?;
    assert_eq!(db.query::<Task>().filter(Task::note.eq("again")).count()?, 3);
    assert_eq!(db.get(ids[2])?.there()?.title.as_deref(), Some("untitled"));
    Ok(())
}
