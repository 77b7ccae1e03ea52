//! Several columns at once, and what no version of ara would have written.

use ara::prelude::*;

use crate::support::{File, Outcome, There};

#[derive(Debug, Clone, PartialEq, Table)]
#[table(index(stars, title))]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<5>,
    stars: u8,
    done: Option<bool>,
    note: Option<String>,
}

/// Each of the rows lacks another of the columns.
fn filled(file: &File) -> Outcome<(Database, Vec<Id<Todo>>)> {
    let db = file.open()?;
    let draft = |at: usize| Todo::draft().title("Milk").stars(at as u8).done(true).note("now");
    let ids = db.create_all((0..8).map(draft))?;
    file.tamper(
        "UPDATE todo SET title = 'Oat milk' WHERE stars IN (0, 1);
         UPDATE todo SET done = 3 WHERE stars IN (2, 3);
         UPDATE todo SET stars = 1000 + stars WHERE stars IN (1, 3, 4)",
    )?;
    Ok((db, ids))
}

#[test]
fn several_narrowed_columns_must_all_be_there() -> Outcome {
    let file = File::new()?;
    let (db, ids) = filled(&file)?;
    let query = || db.query::<Todo>().order_by(Todo::id.asc());
    let at = |rows: Vec<Id<Todo>>| -> Vec<_> {
        rows.iter().filter_map(|id| ids.iter().position(|known| known == id)).collect()
    };
    let narrowed = || query().narrow(Todo::title).narrow(Todo::stars).narrow(Todo::done);
    assert_eq!(at(narrowed().all()?.iter().map(|row| row.id).collect()), [5, 6, 7]);
    assert_eq!(narrowed().count()?, 3);
    let all = query().narrow_all();
    assert_eq!(at(all.all()?.iter().map(|row| row.id).collect()), [2, 5, 6, 7]);
    let two = query().narrow(Todo::done).narrow(Todo::stars).limit(2).offset(1);
    assert_eq!(at(two.clone().all()?.iter().map(|row| row.id).collect()), [5, 6]);
    assert_eq!(two.count()?, 2);
    // A filter of the same column, or of another.
    let many = query().narrow(Todo::title).filter(Todo::stars.ge(5)).limit(2);
    assert_eq!(at(many.clone().all()?.iter().map(|row| row.id).collect()), [5, 6]);
    assert_eq!(many.count()?, 2);
    assert_eq!(query().filter(Todo::stars.gt(200)).count()?, 0);
    assert_eq!(query().filter(!Todo::stars.le(200)).count()?, 3);
    assert_eq!(query().filter(Todo::done.ne(true)).count()?, 2);
    let by_stars = db.query::<Todo>().order_by(Todo::stars.desc()).narrow(Todo::stars);
    assert_eq!(at(by_stars.all()?.iter().map(|row| row.id).collect()), [7, 6, 5, 2, 0]);
    Ok(())
}

/// Who reads what is selected does not see whether the others are there.
#[test]
fn a_narrowed_column_must_be_there_though_it_is_not_returned() -> Outcome {
    #[derive(Debug, View)]
    #[view(Todo)]
    struct Line {
        stars: u8,
        title: Option<NonEmptyString<5>>,
    }

    let file = File::new()?;
    let (db, _) = filled(&file)?;
    let titled = || db.query::<Todo>().narrow(Todo::title).order_by(Todo::stars);
    // The stars of rows 3 and 4 cannot be read: they are stored as 1003 and 1004.
    let stars = titled().select(Todo::stars).all()?;
    assert_eq!(stars, [Some(2), Some(5), Some(6), Some(7), None, None]);
    assert_eq!(titled().count()?, 6);
    let lines: Vec<Line> = titled().view().all()?;
    let in_view: Vec<_> = lines.iter().map(|line| (line.stars, line.title.is_some())).collect();
    assert_eq!(in_view, [(2, true), (5, true), (6, true), (7, true)]);
    let prepared = db.prepare(|()| titled().select(Todo::note));
    assert_eq!(prepared.all(())?.len() as u64, prepared.count(())?);
    let mut watch = titled().select(Todo::note).watch()?;
    assert_eq!(watch.recv()?.len() as u64, titled().count()?);
    Ok(())
}

#[test]
fn deleted_rows_are_read_alike() -> Outcome {
    let file = File::new()?;
    let (db, ids) = filled(&file)?;
    for id in &ids[..6] {
        assert!(db.delete(*id)?);
    }
    assert_eq!(db.query::<Todo>().only_deleted().narrow(Todo::title).count()?, 4);
    assert_eq!(db.query::<Todo>().only_deleted().narrow(Todo::title).limit(9).all()?.len(), 4);
    assert_eq!(db.query::<Todo>().with_deleted().narrow(Todo::stars).count()?, 5);
    assert_eq!(db.query::<Todo>().narrow(Todo::stars).count()?, 2);
    Ok(())
}

#[test]
fn text_that_is_not_utf_8_is_no_error() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Todo::draft().title("Milk").stars(1).note("now"))?;
    file.tamper("UPDATE todo SET note = CAST(x'ff41' AS TEXT), title = CAST(x'41ff' AS TEXT)")?;
    let row = db.get(id)?.there()?;
    assert_eq!((row.title, row.note), (None, None));
    assert!(db.query::<Todo>().narrow(Todo::note).all()?.is_empty());
    assert!(db.query::<Todo>().narrow(Todo::title).all()?.is_empty());
    assert!(db.query::<Todo>().narrow(Todo::title).limit(1).all()?.is_empty());
    assert!(db.update(Todo::patch(id).stars(2))?);
    assert_eq!(file.number("SELECT count(*) FROM todo WHERE hex(note) = 'FF41'")?, 1);
    assert!(db.update(Todo::patch(id).note("read").title("Rye"))?);
    let row = db.get(id)?.there()?;
    assert_eq!((row.title.as_deref(), row.note.as_deref()), (Some("Rye"), Some("read")));
    Ok(())
}

/// A required column cannot be cleared by this app, but an app to which it is optional can.
#[test]
fn a_required_column_that_another_version_cleared_is_absent() -> Outcome {
    mod other {
        use ara::prelude::*;

        #[derive(Table)]
        pub struct Todo {
            pub id: Id<Todo>,
            pub title: Option<NonEmptyString<5>>,
        }
    }

    let db = Database::memory()?;
    let id = db.create(Todo::draft().title("Milk").stars(1))?;
    db.update(other::Todo::patch(Id::from_uuid(id.uuid())).title(None))?;
    assert_eq!(db.get(id)?.there()?.title, None);
    assert_eq!(db.query::<Todo>().narrow_all().count()?, 0);
    assert_eq!(db.query::<Todo>().filter(Todo::title.is_null()).count()?, 1);
    Ok(())
}
