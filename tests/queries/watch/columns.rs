//! A query is run again only for what it reads.

use ara::prelude::*;
use ara::{count, sea_query};

use crate::watch::{Category, Setting, Todo, Told};
use support::Outcome;

#[test]
fn one_of_a_hundred_is_run() -> Outcome {
    let db = Database::memory()?;
    let ids: Vec<_> = (0..100)
        .map(|number| db.create(Todo::draft().title(format!("Todo {number}"))))
        .collect::<ara::Result<_>>()?;
    let mut watches = ids
        .iter()
        .map(|id| db.query::<Todo>().filter(Todo::id.eq(*id)).watch())
        .collect::<ara::Result<Vec<_>>>()?;
    for watch in &mut watches {
        assert_eq!(watch.told()?.len(), 1);
    }
    assert!(db.update(Todo::patch(ids[42]).title("Changed"))?);
    for (number, watch) in watches.iter_mut().enumerate() {
        if number == 42 {
            assert_eq!(watch.told()?[0].title.as_deref(), Some("Changed"));
        }
        watch.is_quiet(if number == 42 { 2 } else { 1 })?;
    }
    Ok(())
}

#[test]
fn a_column_that_is_not_read_wakes_nobody() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    let mut titles = db.query::<Todo>().select(Todo::title).watch()?;
    let mut starred = db.query::<Todo>().filter(Todo::stars.gt(2)).select(Todo::id).watch()?;
    let mut ordered = db.query::<Todo>().order_by(Todo::stars).select(Todo::id).watch()?;
    let mut narrowed = db.query::<Todo>().narrow(Todo::stars).select(Todo::id).watch()?;
    let mut rows = db.query::<Todo>().watch()?;
    titles.told()?;
    assert!(starred.told()?.is_empty());
    ordered.told()?;
    narrowed.told()?;
    rows.told()?;

    db.update(Todo::patch(milk).done(true))?;
    titles.is_quiet(1)?;
    starred.is_quiet(1)?;
    ordered.is_quiet(1)?;
    narrowed.is_quiet(1)?;
    assert_eq!(rows.told()?[0].done, Some(true));

    db.update(Todo::patch(milk).stars(3))?;
    titles.is_quiet(1)?;
    assert_eq!(starred.told()?, [milk]);
    // They are run, and their result is the one before.
    ordered.is_quiet(2)?;
    narrowed.is_quiet(2)?;
    Ok(())
}

#[test]
fn rows_that_come_and_go_are_seen() -> Outcome {
    let db = Database::memory()?;
    let mut ids = db.query::<Todo>().select(Todo::id).watch()?;
    let mut number = db.query::<Todo>().aggregate(count()).watch()?;
    let mut all = db.query::<Todo>().with_deleted().aggregate(count()).watch()?;
    assert!(ids.told()?.is_empty());
    assert_eq!((number.told()?, all.told()?), (vec![0], vec![0]));
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    assert_eq!(ids.told()?, [milk]);
    assert_eq!((number.told()?, all.told()?), (vec![1], vec![1]));
    db.delete(milk)?;
    assert!(ids.told()?.is_empty());
    assert_eq!(number.told()?, [0]);
    // It does not ask which rows are deleted.
    all.is_quiet(2)?;
    db.restore(milk)?;
    assert_eq!((ids.told()?, number.told()?), (vec![milk], vec![1]));
    Ok(())
}

#[test]
fn other_tables_wake_nobody() -> Outcome {
    let db = Database::memory()?;
    let mut todos = db.query::<Todo>().watch()?;
    let mut settings = db.query::<Setting>().watch()?;
    todos.told()?;
    settings.told()?;
    let home = db.create(Category::draft().name("Home"))?;
    db.delete(home)?;
    todos.is_quiet(1)?;
    settings.is_quiet(1)?;
    let dark = db.create(Setting::draft().text("dark"))?;
    assert_eq!(settings.told()?[0].id, dark);
    todos.is_quiet(1)
}

#[test]
fn local_tables_are_watched_by_column_too() -> Outcome {
    let db = Database::memory()?;
    let dark = db.create(Setting::draft().text("dark").size(1))?;
    let mut texts = db.query::<Setting>().select(Setting::text).watch()?;
    assert_eq!(texts.told()?, [Some("dark".to_owned())]);
    db.update(Setting::patch(dark).size(2))?;
    texts.is_quiet(1)?;
    db.update(Setting::patch(dark).text("light"))?;
    assert_eq!(texts.told()?, [Some("light".to_owned())]);
    Ok(())
}

#[test]
fn what_is_written_as_sql_is_understood() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let home = db.create(Category::draft().name("Home").color("red"))?;
    let long: Filter<_> = Expr::raw(sea_query::Expr::cust("length(title) > 10"));
    let mut long = db.query::<Todo>().filter(long).select(Todo::id).watch()?;
    // Another table, and other rows than the one that is named.
    let names = sea_query::Expr::cust(
        "EXISTS (SELECT 1 FROM category c WHERE c.name = 'Work') AND 2 > (SELECT max(stars) FROM todo t)",
    );
    let mut work =
        db.query::<Todo>().filter(Todo::id.eq(milk)).filter(names).select(Todo::id).watch()?;
    assert!(long.told()?.is_empty() && work.told()?.is_empty());
    db.update(Category::patch(home).color("blue"))?;
    db.update(Todo::patch(milk).done(true))?;
    long.is_quiet(1)?;
    work.is_quiet(1)?;
    db.update(Category::patch(home).name("Work"))?;
    long.is_quiet(1)?;
    work.is_quiet(2)?;
    db.create(Todo::draft().title("Buy bread and butter").stars(1))?;
    assert_eq!(work.told()?, [milk]);
    assert_eq!(long.told()?.len(), 1);
    Ok(())
}

/// Which version of a row is read is nothing that a commit touches or does not: of `updated_at` every
/// change is one.
#[test]
fn times_change_with_every_change() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let mut created = db.query::<Todo>().select(Todo::created_at).watch()?;
    let mut updated = db.query::<Todo>().select(Todo::updated_at).watch()?;
    created.told()?;
    updated.told()?;
    db.update(Todo::patch(milk).done(true))?;
    created.is_quiet(1)?;
    let _ = updated.try_recv()?;
    assert_eq!(updated.runs(), 2);
    Ok(())
}
