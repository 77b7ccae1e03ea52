//! Several processes write and search one file.

use ara::prelude::*;

use crate::search::{File, Todo, found};
use support::child;
use support::{Outcome, disk, verified};

const EACH: usize = 30;

/// The child: writes, and finds what it wrote, while the others do the same.
#[test]
fn writer() -> Outcome {
    let Some(path) = child::file() else { return Ok(()) };
    let db = disk::open(path)?;
    for number in 0..EACH {
        let word = format!("p{}n{number}", std::process::id());
        let id = db.create(Todo::draft().title(format!("draft {word}")))?;
        assert_eq!(found(&db, &word)?, [format!("draft {word}")]);
        db.update(Todo::patch(id).title(format!("done {word}")))?;
        assert!(found(&db, &format!("draft {word}"))?.is_empty());
        if number % 3 == 0 {
            db.delete(id)?;
        }
    }
    Ok(())
}

#[test]
fn processes_find_what_each_other_wrote() -> Outcome {
    let file = File::new()?;
    let mut children = Vec::new();
    for _ in 0..3 {
        children.push(child::command("search::processes::writer", &file.path())?.spawn()?);
    }
    for mut child in children {
        assert!(child.wait()?.success());
    }
    let db = file.open()?;
    let kept = (3 * EACH - 3 * EACH.div_ceil(3)) as u64;
    assert_eq!(db.query::<Todo>().search("done").count()?, kept);
    assert_eq!(db.query::<Todo>().search("draft").count()?, 0);
    assert_eq!(db.query::<Todo>().search("p*").count()?, kept);
    assert!(db.schema_drift()?.is_empty());
    verified(&db)
}
