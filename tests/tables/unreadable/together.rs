//! Several columns at once, and what no version of ara would have written.

use ara::prelude::*;
use ara::{UnreadableColumn, count};

use support::{File, Outcome, There};

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

/// Rows that are the same become one: those that cannot be read must not be among them.
#[test]
fn what_cannot_be_read_makes_no_group_and_is_in_none() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let draft = |at: usize| {
        let title = if at < 6 { "Milk" } else { "Rye" };
        Todo::draft().title(title).stars((at % 4) as u8).done(true)
    };
    let ids = db.create_all((0..8).map(draft))?;
    let hex = |at: usize| ids[at].uuid().simple().to_string().to_uppercase();
    file.tamper(&format!(
        "UPDATE todo SET title = CAST('Milk' AS BLOB) WHERE hex(id) = '{}';
         UPDATE todo SET title = 'Oat milk' WHERE hex(id) = '{}';
         UPDATE todo SET stars = 2.0, done = 1.0 WHERE hex(id) = '{}'",
        hex(0),
        hex(1),
        hex(2),
    ))?;
    let text = |text: &str| NonEmptyString::<5>::new(text);

    let titles = || db.query::<Todo>().narrow(Todo::title).group_by(Todo::title);
    let groups = || titles().select((Todo::title, count(), Todo::stars.sum(), Todo::done.count()));
    let expected = [(text("Milk")?, 4, Some(4), 3), (text("Rye")?, 2, Some(5), 2)];
    assert_eq!(groups().all()?, expected);
    assert_eq!(groups().count()?, 2);
    for limit in 0..4 {
        let cut = groups().order_by(Todo::title.desc()).limit(limit as u64);
        assert_eq!(cut.all()?.len(), limit.min(2));
        let mut each = 0;
        let count = |_| {
            each += 1;
            Ok(())
        };
        groups().limit(limit as u64).for_each(count)?;
        assert_eq!(each, limit.min(2));
    }
    let filtered = titles().filter(count().gt(2)).select(Todo::title).all()?;
    assert_eq!(filtered, [text("Milk")?]);
    let not_selected = titles().select(Todo::stars.max()).order_by(Todo::stars.max());
    assert_eq!(not_selected.all()?, [Some(3), Some(3)]);

    // 2 and 2.0 are the same to SQLite.
    let stars = db.query::<Todo>().narrow(Todo::stars).group_by(Todo::stars);
    assert_eq!(stars.select((Todo::stars, count())).all()?, [(0, 2), (1, 2), (2, 1), (3, 2)]);
    let distinct = db.query::<Todo>().narrow(Todo::title).select(Todo::title).distinct();
    assert_eq!(distinct.clone().order_by(Todo::title).all()?, [text("Milk")?, text("Rye")?]);
    assert_eq!(distinct.limit(2).all()?.len(), 2);
    let all = db.query::<Todo>().aggregate((Todo::stars.count(), Todo::stars.count_distinct()));
    assert_eq!(all.one()?, (7, 4));
    Ok(())
}

/// A filter of a column that is narrowed besides.
#[test]
fn a_filter_need_not_say_what_narrowing_says() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let draft = |at: usize| Todo::draft().title("Milk").stars(at as u8).done(at.is_multiple_of(2));
    db.create_all((0..8).map(draft))?;
    file.tamper(
        "UPDATE todo SET done = 1.0 WHERE stars = 2; UPDATE todo SET stars = 6.0 WHERE stars = 6",
    )?;
    let done = || db.query::<Todo>().filter(Todo::done.eq(true)).order_by(Todo::id);
    let few = || done().narrow(Todo::done).narrow(Todo::stars).filter(Todo::stars.ge(2));
    assert_eq!(done().count()?, 3);
    assert_eq!(done().narrow(Todo::done).all()?.len(), 3);
    assert_eq!(few().select(Todo::stars).all()?, [4]);
    assert_eq!(few().limit(1).all()?[0].stars, 4);
    assert_eq!((few().count()?, few().exists()?), (1, true));
    assert_eq!(few().select(Todo::title).all()?.len(), 1);
    assert_eq!(few().group_by(Todo::stars).select((Todo::stars, count())).all()?, [(4, 1)]);
    Ok(())
}

/// One that cannot be read is in the group of those that are absent, and stands where that does.
#[test]
fn groups_are_ordered_by_what_can_be_read() -> Outcome {
    let file = File::new()?;
    let (db, _) = filled(&file)?;
    let stars = [None, Some(0), Some(2), Some(5), Some(6), Some(7)];
    let distinct = || db.query::<Todo>().select(Todo::stars).distinct();
    assert_eq!(distinct().order_by(Todo::stars).all()?, stars);
    let groups = db.query::<Todo>().group_by(Todo::stars).order_by(Todo::stars.desc());
    let groups = groups.select((Todo::stars, count())).all()?;
    assert!(groups.iter().map(|group| group.0).eq(stars.into_iter().rev()), "{groups:?}");
    assert_eq!(groups[5].1, 3);
    Ok(())
}

/// SQLite takes 1 and 1.0 for equal.
#[test]
fn a_query_does_not_find_what_it_cannot_read() -> Outcome {
    let file = File::new()?;
    let (db, _) = filled(&file)?;
    file.tamper("UPDATE todo SET stars = 7.0 WHERE stars = 6")?;
    let seven = || db.query::<Todo>().filter(Todo::stars.eq(7));
    let others = db.query::<Todo>().filter(Todo::id.ne(seven().one()?.id));
    let among = Todo::stars.in_query(others.select(Todo::stars));
    assert_eq!(seven().filter(among.clone()).count()?, 0);
    assert_eq!(seven().filter(!among).count()?, 1);
    Ok(())
}

#[test]
fn a_union_merges_what_cannot_be_read_of_all_its_queries() -> Outcome {
    let file = File::new()?;
    let (db, _) = filled(&file)?;
    let stars = || db.query::<Todo>().select(Todo::stars);
    let mut united = stars().union_all(stars()).union(stars()).all()?;
    united.sort();
    assert_eq!(united, [None, Some(0), Some(2), Some(5), Some(6), Some(7)]);
    assert_eq!(stars().union_all(stars()).count()?, 16);
    Ok(())
}

#[derive(Table)]
#[table(local)]
struct Setting {
    id: Id<Setting>,
    name: String,
}

#[derive(Table)]
struct Mark {
    id: Id<Mark>,
}

ara::schema! { App: Todo, Setting, Mark }

fn unread(told: &[UnreadableColumn]) -> Vec<(&'static str, &'static str, u64)> {
    told.iter().map(|told| (told.table, told.column, told.rows)).collect()
}

#[test]
fn what_cannot_be_read_is_told_by_names_and_numbers() -> Outcome {
    let file = File::new()?;
    let (db, ids) = filled(&file)?;
    let todo = [("todo", "title", 2), ("todo", "stars", 3), ("todo", "done", 2)];
    assert_eq!(unread(&db.unreadable::<Todo>()?), todo);
    assert_eq!(unread(&db.unreadable::<App>()?), todo);
    assert_eq!(db.unreadable::<Mark>()?, []);
    db.create(Setting::draft().name("Dark"))?;
    file.tamper("UPDATE ara_local_setting SET name = 7")?;
    let told = db.unreadable::<App>()?;
    assert_eq!(unread(&told), [&todo[..], &[("setting", "name", 1)]].concat());
    assert_eq!(
        told.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "column `todo.title`: 2 rows hold a value that this version of the app cannot read",
            "column `todo.stars`: 3 rows hold a value that this version of the app cannot read",
            "column `todo.done`: 2 rows hold a value that this version of the app cannot read",
            "column `setting.name`: 1 row holds a value that this version of the app cannot read",
        ]
    );
    // Rows that are deleted are left out, and so is what was overwritten.
    db.delete(ids[0])?;
    db.transaction(|tx| {
        tx.update(Todo::patch(ids[1]).title("Rye"))?;
        assert_eq!(unread(&tx.unreadable::<Todo>()?), todo[1..]);
        Ok(())
    })?;
    assert_eq!(unread(&db.unreadable::<Todo>()?), todo[1..]);
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
