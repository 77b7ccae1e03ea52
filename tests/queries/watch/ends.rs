//! How watches end.

use std::sync::mpsc::channel;
use std::thread;

use ara::prelude::*;
use ara::{Error, Watch};

use crate::watch::{LONG, Todo, Told, unwatched};
use support::{File, Outcome, disk};

fn is_sent_and_owned<T: Send + 'static>() {}

#[test]
fn a_watch_can_be_given_to_another_thread() {
    is_sent_and_owned::<Watch<Todo>>();
    is_sent_and_owned::<Watch<(Option<String>, i64)>>();
}

/// A thread waits for a result; the database is dropped meanwhile.
fn waits_until_the_end(db: Database) -> Outcome {
    let mut todos = db.query::<Todo>().watch()?;
    todos.told()?;
    let (over, is_over) = channel();
    let waiting = thread::spawn(move || {
        let _ = over.send(None);
        let _ = over.send(Some(todos.recv().map(drop)));
        // It stays over.
        let _ = over.send(Some(todos.try_recv().map(drop)));
        todos.into_iter().next().is_none()
    });
    assert!(is_over.recv_timeout(LONG)?.is_none());
    let clone = db.clone();
    drop(db);
    drop(clone);
    for _ in 0..2 {
        let told = is_over.recv_timeout(LONG)?;
        assert!(matches!(told, Some(Err(Error::Closed))), "{told:?}");
    }
    assert!(waiting.join().map_err(|_| "panicked")?);
    Ok(())
}

#[test]
fn who_waits_is_told_that_the_database_is_closed() -> Outcome {
    waits_until_the_end(Database::memory()?)?;
    let file = File::new()?;
    waits_until_the_end(file.open()?)?;
    waits_until_the_end(unwatched().open(file.path())?)
}

#[test]
fn an_iterator_ends_with_the_database() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let todos = db.query::<Todo>().watch()?;
    let (tell, told) = channel();
    let reading = thread::spawn(move || {
        for todos in todos {
            let _ = tell.send(todos.map(|todos| todos.len()));
        }
    });
    for number in 0..10 {
        assert_eq!(told.recv_timeout(LONG)??, number);
        db.create(Todo::draft().title("Buy milk"))?;
    }
    drop(db);
    reading.join().map_err(|_| "panicked")?;
    Ok(())
}

/// With the last watch the connection that looks at the file is closed: the log of the file is taken away
/// by the last one that closes it.
#[test]
fn a_dropped_watch_leaves_nothing_behind() -> Outcome {
    let file = File::new()?;
    let db = unwatched().open(file.path())?;
    for _ in 0..3 {
        let first = db.query::<Todo>().watch()?;
        let mut second = db.query::<Todo>().watch()?;
        drop(first);
        second.told()?;
        db.create(Todo::draft().title("Buy milk"))?;
        second.told()?;
        drop(second);
        db.create(Todo::draft().title("Buy milk"))?;
    }
    let kept = db.query::<Todo>().watch()?;
    drop(db);
    assert!(!file.path().with_extension("db-wal").exists());
    drop(kept);
    Ok(())
}

/// While others write, watch, and go: nobody waits for ever.
#[test]
fn watches_come_and_go_while_others_write() -> Outcome {
    let file = File::new()?;
    let db = disk::options().watch_interval(std::time::Duration::ZERO).open(file.path())?;
    db.ensure::<Todo>()?;
    thread::scope(|scope| -> Outcome {
        let writers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    (0..100).try_for_each(|_| db.create(Todo::draft().title("Buy milk")).map(drop))
                })
            })
            .collect();
        let watchers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| -> ara::Result<()> {
                    for _ in 0..50 {
                        let mut todos = db.query::<Todo>().select(Todo::id).watch()?;
                        todos.recv()?;
                        todos.try_recv()?;
                    }
                    Ok(())
                })
            })
            .collect();
        for thread in writers.into_iter().chain(watchers) {
            thread.join().map_err(|_| "panicked")??;
        }
        Ok(())
    })?;
    let mut todos = db.query::<Todo>().select(Todo::id).watch()?;
    assert_eq!(todos.told()?.len(), 200);
    Ok(())
}

/// The function is called once for each result that may be there, by whoever commits.
#[test]
fn a_function_hears_of_changes_without_a_thread() -> Outcome {
    let file = File::new()?;
    for db in [Database::memory()?, unwatched().open(file.path())?] {
        let mut todos = db.query::<Todo>().select(Todo::id).watch()?;
        let (tell, told) = channel();
        let tell_again = tell.clone();
        todos.on_change(move || tell.send("first").unwrap_or_default());
        assert_eq!(told.try_iter().collect::<Vec<_>>(), ["first"]);
        assert_eq!(todos.told()?.len(), 0);
        db.create(Todo::draft().title("Buy milk"))?;
        db.create(Todo::draft().title("Buy tea"))?;
        assert_eq!(told.try_iter().collect::<Vec<_>>(), ["first"]);
        // Another function takes its place, and hears of what is there already.
        todos.on_change(move || tell_again.send("second").unwrap_or_default());
        assert_eq!(told.try_iter().collect::<Vec<_>>(), ["second"]);
        assert_eq!(todos.told()?.len(), 2);
        // It may use the database.
        let (reader, (count, counted)) = (db.clone(), channel());
        todos.on_change(move || drop(count.send(reader.query::<Todo>().count())));
        let failed: ara::Result<()> = db.transaction(|_| Err(Error::Broken));
        assert!(failed.is_err());
        assert!(counted.try_recv().is_err());
        db.create(Todo::draft().title("Think"))?;
        assert_eq!(counted.try_recv()??, 3);
        todos.on_change(|| {});
        assert!(counted.try_recv().is_err());

        let (tell, told) = channel();
        todos.told()?;
        todos.on_change(move || tell.send("the end").unwrap_or_default());
        assert!(told.try_recv().is_err());
        drop((db, counted));
        assert_eq!(told.try_recv(), Ok("the end"));
        assert!(matches!(todos.try_recv(), Err(Error::Closed)));
    }
    Ok(())
}
