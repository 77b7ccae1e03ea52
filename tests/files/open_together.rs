//! Several who open a new file at once.

use std::sync::Barrier;
use std::thread;

use ara::prelude::*;
use support::cases::scaled;
use support::disk;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
}

#[test]
fn a_new_file_can_be_opened_by_several_at_once() -> ara::Result<()> {
    const OPENERS: usize = 6;
    for round in 0..scaled(20) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("new.db");
        let start = Barrier::new(OPENERS);
        let open = || -> ara::Result<()> {
            start.wait();
            let db = disk::open(&path)?;
            db.create(Todo::draft().title("mine"))?;
            Ok(())
        };
        thread::scope(|scope| {
            let openers: Vec<_> = (0..OPENERS).map(|_| scope.spawn(open)).collect();
            for opener in openers {
                let result = opener.join().expect("does not panic");
                result.unwrap_or_else(|error| panic!("round {round}: {error:?}"));
            }
        });
        let db = disk::open(&path)?;
        assert_eq!(db.query::<Todo>().count()?, OPENERS as u64);
        assert!(db.verify()?.holds());
    }
    Ok(())
}
