//! Many commits, and a reader that is slow.

use std::sync::mpsc::channel;
use std::thread;

use ara::count;
use ara::prelude::*;

use crate::watch::{LONG, Todo, Told};
use support::{File, Outcome};

const COMMITS: i64 = 10_000;

#[test]
fn who_is_slow_gets_the_newest() -> Outcome {
    let db = Database::memory()?;
    let mut number = db.query::<Todo>().aggregate(count()).watch()?;
    assert_eq!(number.told()?, [0]);
    for _ in 0..COMMITS {
        db.create(Todo::draft().title("Buy milk"))?;
    }
    assert_eq!(number.told()?, [COMMITS]);
    number.is_quiet(2)
}

/// A reader that takes a result only when it is let: each is newer than the one before, they are few, and
/// the last is the end.
#[test]
fn a_burst_ends_with_what_is_there() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(0))?;
    let mut stars = db.query::<Todo>().narrow(Todo::stars).select(Todo::stars).watch()?;
    let (go, let_go) = channel::<()>();
    let (tell, told) = channel();
    let reader = thread::spawn(move || -> ara::Result<u64> {
        while let_go.recv().is_ok() {
            let stars = stars.recv()?;
            let is_end = stars == [COMMITS];
            let _ = tell.send(stars);
            if is_end {
                break;
            }
        }
        Ok(stars.runs())
    });
    for stars in 1..=COMMITS {
        if stars % 2000 == 1 {
            go.send(())?;
        }
        db.update(Todo::patch(milk).stars(stars))?;
    }
    let mut last = vec![-1];
    while last != [COMMITS] {
        let _ = go.send(());
        let next = told.recv_timeout(LONG)?;
        assert!(next > last, "{next:?} comes after {last:?}");
        last = next;
    }
    drop(go);
    assert!(reader.join().map_err(|_| "panicked")?? < 20);
    Ok(())
}
