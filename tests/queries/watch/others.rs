//! What others commit to the file: other processes, and other databases of this one.

use std::io::Write;

use ara::prelude::*;

use crate::watch::{Category, LONG, Setting, Todo, Told, unwatched};
use support::child;
use support::{File, Outcome, disk};

/// The child: writes one todo for each line that it is given.
#[test]
fn writer() -> Outcome {
    let Some(path) = child::file() else { return Ok(()) };
    let db = disk::open(path)?;
    child::tell("ready");
    for title in std::io::stdin().lines() {
        db.create(Todo::draft().title(title?))?;
        child::tell("written");
    }
    Ok(())
}

#[test]
fn another_process_is_noticed() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let mut titles =
        db.query::<Todo>().narrow(Todo::title).order_by(Todo::title).select(Todo::title).watch()?;
    assert!(titles.told()?.is_empty());
    let mut child = child::command("watch::others::writer", &file.path())?.spawn()?;
    let mut told = child::told(&mut child);
    assert_eq!(told.next().as_deref(), Some("ready"));
    let mut input = child.stdin.take().ok_or("has an input")?;
    for (number, title) in ["Buy bread", "Buy milk", "Buy tea"].into_iter().enumerate() {
        writeln!(input, "{title}")?;
        // No commit of this process, and nobody asks for it.
        let found = titles.recv_timeout(LONG)?.ok_or("a result comes")?;
        assert_eq!(found.len(), number + 1);
        assert_eq!(found.last().map(|title| &**title), Some(title));
    }
    drop(input);
    assert!(child.wait()?.success());
    Ok(())
}

/// What is looked for, is looked for at once.
#[test]
fn another_database_on_the_same_file_is_noticed() -> Outcome {
    let file = File::new()?;
    let (db, other) = (unwatched().open(file.path())?, file.open()?);
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let mut todos = db.query::<Todo>().watch()?;
    let mut titles = db.query::<Todo>().select(Todo::title).watch()?;
    let mut one = db.query::<Todo>().filter(Todo::id.eq(milk)).watch()?;
    let mut categories = db.query::<Category>().watch()?;
    todos.told()?;
    titles.told()?;
    one.told()?;
    categories.told()?;
    // The table of the categories is new to the other one, and it makes no change.
    assert_eq!(other.query::<Category>().count()?, 0);
    db.look_for_commits();
    todos.is_quiet(1)?;

    other.update(Todo::patch(milk).stars(1))?;
    todos.is_quiet(1)?;
    db.look_for_commits();
    assert_eq!(todos.told()?[0].stars, Some(1));
    assert_eq!(one.told()?[0].stars, Some(1));
    titles.is_quiet(1)?;
    categories.is_quiet(1)?;

    let bread = other.create(Todo::draft().title("Buy bread"))?;
    other.delete(bread)?;
    db.look_for_commits();
    let _ = todos.try_recv()?;
    assert_eq!((todos.runs(), one.runs()), (3, 2));
    one.is_quiet(2)?;
    titles.is_quiet(2)?;
    categories.is_quiet(1)?;
    // There is nothing left.
    db.look_for_commits();
    todos.is_quiet(3)
}

/// SQLite makes a new version of the schema then, which says the same.
#[test]
fn a_vacuum_wakes_nobody() -> Outcome {
    let file = File::new()?;
    let (db, other) = (unwatched().open(file.path())?, file.open()?);
    db.create(Todo::draft().title("Buy milk"))?;
    let mut titles = db.query::<Todo>().select(Todo::title).watch()?;
    titles.told()?;
    db.vacuum()?;
    db.look_for_commits();
    titles.is_quiet(1)?;
    other.vacuum_with(|_| {})?;
    db.look_for_commits();
    titles.is_quiet(1)?;
    file.sqlite()?.execute_batch("VACUUM")?;
    db.look_for_commits();
    titles.is_quiet(1)?;
    // What is written around it is told, and what changes the schema.
    other.create(Todo::draft().title("Buy bread"))?;
    other.vacuum()?;
    db.look_for_commits();
    assert_eq!(titles.told()?.len(), 2);
    file.sqlite()?.execute_batch("ALTER TABLE todo DROP COLUMN stars; VACUUM")?;
    db.look_for_commits();
    let _ = titles.try_recv()?;
    assert_eq!(titles.runs(), 3);
    Ok(())
}

/// What this database has committed is told once, not again when the file is looked at.
#[test]
fn own_commits_are_told_apart() -> Outcome {
    let file = File::new()?;
    let (db, other) = (unwatched().open(file.path())?, file.open()?);
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let dark = db.create(Setting::draft().text("dark"))?;
    let mut todos = db.query::<Todo>().watch()?;
    let mut settings = db.query::<Setting>().watch()?;
    let mut categories = db.query::<Category>().watch()?;
    todos.told()?;
    settings.told()?;
    categories.told()?;
    for stars in 0..5 {
        db.update(Todo::patch(milk).stars(stars))?;
    }
    assert_eq!(todos.told()?[0].stars, Some(4));
    db.look_for_commits();
    todos.is_quiet(2)?;
    settings.is_quiet(1)?;
    db.update(Setting::patch(dark).size(1))?;
    assert_eq!(settings.told()?[0].size, Some(1));
    db.look_for_commits();
    settings.is_quiet(2)?;
    todos.is_quiet(2)?;

    // In between, others write.
    db.update(Todo::patch(milk).stars(10))?;
    todos.told()?;
    other.create(Category::draft().name("Home"))?;
    db.update(Todo::patch(milk).stars(11))?;
    todos.told()?;
    db.look_for_commits();
    assert_eq!(categories.told()?.len(), 1);
    todos.is_quiet(4)?;

    // Also where what comes between is met by a transaction that is rolled back.
    db.update(Todo::patch(milk).stars(12))?;
    todos.told()?;
    other.create(Category::draft().name("Work"))?;
    let failed: ara::Result<()> = db.transaction(|_| Err(ara::Error::Broken));
    assert!(failed.is_err());
    db.update(Todo::patch(milk).stars(13))?;
    todos.told()?;
    db.look_for_commits();
    assert_eq!(categories.told()?.len(), 2);
    todos.is_quiet(6)
}

/// They have no log, so every commit of others may have touched them.
#[test]
fn local_tables_may_be_touched_by_every_commit_of_others() -> Outcome {
    let file = File::new()?;
    let (db, other) = (unwatched().open(file.path())?, file.open()?);
    let dark = db.create(Setting::draft().text("dark"))?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let mut settings = db.query::<Setting>().watch()?;
    let mut todos = db.query::<Todo>().watch()?;
    settings.told()?;
    todos.told()?;
    other.update(Setting::patch(dark).size(1))?;
    db.look_for_commits();
    assert_eq!(settings.told()?[0].size, Some(1));
    todos.is_quiet(1)?;
    other.update(Todo::patch(milk).stars(1))?;
    db.look_for_commits();
    settings.is_quiet(3)?;
    todos.told()?;
    // Between two commits of this database, neither of which is looked at alone.
    db.update(Todo::patch(milk).stars(2))?;
    todos.told()?;
    other.update(Setting::patch(dark).size(2))?;
    db.look_for_commits();
    assert_eq!(settings.told()?[0].size, Some(2));
    db.update(Todo::patch(milk).stars(3))?;
    other.update(Setting::patch(dark).size(3))?;
    db.update(Todo::patch(milk).stars(4))?;
    db.look_for_commits();
    assert_eq!(settings.told()?[0].size, Some(3));
    assert_eq!(todos.told()?[0].stars, Some(4));
    todos.is_quiet(4)
}

#[test]
fn much_at_once_and_a_grown_schema() -> Outcome {
    let file = File::new()?;
    let (db, other) = (unwatched().open(file.path())?, file.open()?);
    let mut todos = db.query::<Todo>().select(Todo::id).watch()?;
    assert!(todos.told()?.is_empty());
    other.create_all((0..10_000).map(|n| Todo::draft().title(format!("Todo {n}"))))?;
    db.look_for_commits();
    assert_eq!(todos.told()?.len(), 10_000);
    // A new table: whatever else happened, it is looked at.
    other.create(Category::draft().name("Home"))?;
    db.look_for_commits();
    todos.is_quiet(3)
}

/// A database that only reads has no writer, and may have no lock on the file.
#[test]
fn a_database_that_only_reads_notices_the_writer() -> Outcome {
    let file = File::new()?;
    let writer = file.open()?;
    let milk = writer.create(Todo::draft().title("Buy milk"))?;
    drop(writer);
    let reader = unwatched().read_only().open(file.path())?;
    let mut todos = reader.query::<Todo>().watch()?;
    assert_eq!(todos.told()?.len(), 1);
    reader.look_for_commits();
    todos.is_quiet(1)?;
    let writer = file.open()?;
    writer.update(Todo::patch(milk).stars(1))?;
    reader.look_for_commits();
    assert_eq!(todos.told()?[0].stars, Some(1));
    writer.update(Todo::patch(milk).stars(2))?;
    reader.look_for_commits();
    assert_eq!(todos.told()?[0].stars, Some(2));
    drop(writer);
    reader.look_for_commits();
    assert!(todos.try_recv()?.is_none());
    Ok(())
}

/// It writes no log, so that nothing tells what it changed.
#[test]
fn what_another_program_changes_is_noticed() -> Outcome {
    let file = File::new()?;
    let (db, other) = (unwatched().open(file.path())?, file.open()?);
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let dark = db.create(Setting::draft().text("dark"))?;
    let mut titles = db.query::<Todo>().select(Todo::title).watch()?;
    let mut one = db.query::<Todo>().filter(Todo::id.eq(milk)).watch()?;
    let mut settings = db.query::<Setting>().watch()?;
    titles.told()?;
    one.told()?;
    settings.told()?;
    let program = file.sqlite()?;
    program.execute("UPDATE todo SET title = 'Buy oat milk'", [])?;
    db.look_for_commits();
    assert_eq!(titles.told()?[0].as_deref(), Some("Buy oat milk"));
    assert_eq!(one.told()?[0].title.as_deref(), Some("Buy oat milk"));
    settings.is_quiet(2)?;
    program.execute("UPDATE ara_local_setting SET text = 'light'", [])?;
    db.look_for_commits();
    assert_eq!(settings.told()?[0].text.as_deref(), Some("light"));
    db.look_for_commits();
    titles.is_quiet(3)?;

    // Between commits of this database.
    db.update(Todo::patch(milk).stars(1))?;
    program.execute("UPDATE todo SET title = 'Buy soy milk'", [])?;
    db.update(Todo::patch(milk).stars(2))?;
    db.look_for_commits();
    assert_eq!(titles.told()?[0].as_deref(), Some("Buy soy milk"));
    one.told()?;
    let (of_titles, of_one) = (titles.runs(), one.runs());
    // What ara writes without the log is no change of another program.
    db.update(Setting::patch(dark).size(1))?;
    db.look_for_commits();
    other.update(Setting::patch(dark).size(2))?;
    db.look_for_commits();
    titles.is_quiet(of_titles)?;
    one.is_quiet(of_one)
}
