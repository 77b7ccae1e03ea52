//! Stamps and dates that no clock shows, or that come twice.

use ara::prelude::*;
use ara::{Changes, Error, Reason, Uuid};

use crate::wire::hostile::{ILL, Todo, change, ill, merged, merged_into, refused, three};
use crate::wire::{START, exported};
use support::random::Random;
use support::wire::{self, Batch, CAP, Cell, Change};
use support::{Outcome, There, at, verified};

#[test]
fn a_clock_shows_no_such_time() -> Outcome {
    for stamp in [0, -1, i64::MIN, CAP + 1, CAP + (1 << 20), i64::MAX] {
        let late = change(stamp, vec![Cell::text(0, "y")]);
        let changes = vec![change(START, vec![Cell::text(0, "x")]), late.clone(), late];
        refused(ill(changes), 1, Reason::Time)?;
    }
    for date in [-1, i64::MIN, (CAP >> 16) + 1, i64::MAX] {
        let mut changes = three();
        changes[1].date = Some(date);
        refused(ill(changes), 1, Reason::Time)?;
    }
    Ok(())
}

#[test]
fn stamps_and_dates_need_not_ascend() -> Outcome {
    let mut changes = vec![change(CAP, vec![Cell::text(0, "latest")])];
    for (stamp, date) in [(START, CAP >> 16), (START, 0), (1, 5), (START - 1, 4)] {
        changes.push(Change { date: Some(date), ..change(stamp, vec![Cell::text(0, "earlier")]) });
    }
    let report = merged(ill(changes))?;
    assert_eq!((report.changes, report.outdated, report.refused.len()), (6, 4, 0));
    Ok(())
}

/// Of two changes of one row that have one stamp, though one node made both, the hash decides.
#[test]
fn a_stamp_may_be_there_twice() -> Outcome {
    let texts = ["a", "b", "c", "d", "e"];
    let changes = texts.map(|text| change(START, vec![Cell::text(0, text), Cell::integer(1, 0)]));
    let batch = ill(changes.into());
    let hashes = batch.runs[0].changes.iter().zip(texts).map(|(change, text)| {
        (wire::hash(&batch.runs[0].node, change, &batch.tables, &batch.columns), text)
    });
    let (_, last) = hashes.max().there()?;
    let db = Database::memory()?;
    merged_into(&db, batch.clone())?;
    assert_eq!(db.query::<Todo>().filter(Todo::title.eq(last)).count()?, 1);
    // Also where they arrive one by one.
    let db = Database::memory()?;
    for at in 0..texts.len() {
        let mut part = batch.clone();
        part.runs[0].changes.truncate(at + 1);
        db.merge(&part.seal().changes()?)?;
        verified(&db)?;
    }
    assert_eq!(db.query::<Todo>().filter(Todo::title.eq(last)).count()?, 1);
    Ok(())
}

/// A row that was forged so that nothing can follow it.
fn spoiled(db: &Database, cells: Vec<Cell>) -> Outcome<Id<Todo>> {
    let report = db.merge(&ill(vec![change(CAP, cells)]).changes()?)?;
    assert_eq!((report.changes, report.refused.len()), (1, 0));
    Ok(Id::from_uuid(Uuid::from_bytes([ILL; 16])))
}

#[track_caller]
fn at_the_end<T: std::fmt::Debug>(written: ara::Result<T>) {
    assert!(matches!(written, Err(Error::EndOfTime { .. })), "{written:?}");
}

/// A stamp that nothing can follow spoils the row that has it, and no other.
#[test]
fn who_forges_the_last_stamp_spoils_that_row() -> Outcome {
    let db = Database::memory()?;
    let batch = ill(vec![change(CAP, vec![Cell::text(0, "x"), Cell::integer(1, 0)])]);
    assert_eq!(merged_into(&db, batch)?.refused, []);
    let id = Id::<Todo>::from_uuid(Uuid::from_bytes([ILL; 16]));
    at_the_end(db.update(Todo::patch(id).title("y")));
    at_the_end(db.update(Todo::patch(id).latest(1)));
    at_the_end(db.delete(id));
    at_the_end(db.upsert(Todo::draft().id(id).title("y")));
    // What changes nothing needs no stamp.
    assert!(db.update(Todo::patch(id).title("x"))?);
    assert_eq!(db.get(id)?.there()?.title.as_deref(), Some("x"));
    let tea = db.create(Todo::draft().title("Make tea"))?;
    assert!(db.update(Todo::patch(tea).latest(2))?);
    verified(&db)
}

#[test]
fn what_is_deleted_at_the_end_of_time_stays_so() -> Outcome {
    let db = Database::memory()?;
    db.create(Todo::draft().title("Mine"))?;
    let id = spoiled(&db, vec![Cell::text(0, "x"), Cell::integer(1, 1)])?;
    at_the_end(db.restore(id));
    at_the_end(db.upsert(Todo::draft().id(id).title("y")));
    assert!(!db.update(Todo::patch(id).title("y"))?);
    assert_eq!(db.query::<Todo>().count()?, 1);
    verified(&db)
}

/// A write that fails takes none of its transaction with it, and an undo that does leaves the file as it was.
#[test]
fn what_is_at_the_end_of_time_is_not_undone() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let row = [milk.uuid().into_bytes().to_vec(), vec![ILL; 16]];
    let mut batch = ill(row.map(|row| Change { row, ..three().remove(0) }).into());
    batch.runs[0].changes[1].stamp = CAP;
    batch.runs[0].changes[1].cells.push(Cell::integer(1, 0));
    let report = db.merge(&batch.seal().changes()?)?;
    let [first, last] = report.transactions[..] else { return Err("two transactions".into()) };
    let before = db.version_vector()?;
    at_the_end(db.undo(last));
    at_the_end(db.undo_all([last, first]));
    assert_eq!(db.version_vector()?, before);
    db.undo(first)?;
    verified(&db)
}

#[derive(Debug, Clone, PartialEq, Table)]
struct Article {
    id: Id<Article>,
    title: String,
    views: Counter,
}

#[test]
fn nothing_is_added_at_the_end_of_time() -> Outcome {
    let db = Database::memory()?;
    let mine = db.create(Article::draft().title("Mine").views(1))?;
    let mut batch = ill(vec![change(CAP, vec![Cell::integer(0, 0), Cell::addition(1, 5, 5)])]);
    batch.tables[0] = "article".to_owned();
    batch.columns = ["is_deleted", "views"].map(str::to_owned).into();
    assert_eq!(db.merge(&batch.seal().changes()?)?.refused, []);
    let id = Id::<Article>::from_uuid(Uuid::from_bytes([ILL; 16]));
    assert_eq!(db.get(id)?.there()?.views.map(Counter::get), Some(5));
    at_the_end(db.update(Article::patch(id).views(Counter::add(1))));
    assert!(db.update(Article::patch(mine).views(Counter::add(1)))?);
    assert_eq!(db.get(mine)?.there()?.views.map(Counter::get), Some(2));
    verified(&db)
}

/// No clock tells of the first of two additions that were stamped alike once a value was written over it.
#[test]
fn additions_stamped_alike_are_all_summed() -> Outcome {
    let db = Database::memory()?;
    let added = |by, total| change(START, vec![Cell::addition(0, by, total)]);
    let written = |stamp| change(stamp, vec![Cell::integer(0, 9)]);
    let changes = vec![written(START - 1), added(1, 1), written(START + 1), added(6, 7)];
    let mut batch = ill(changes);
    (batch.tables, batch.columns) = (vec!["article".to_owned()], vec!["views".to_owned()]);
    let batch = batch.seal();
    for end in 1..=4 {
        let mut part = batch.clone();
        part.runs[0].changes.truncate(end);
        db.merge(&part.seal().changes()?)?;
        verified(&db)?;
    }
    db.rebuild()?;
    verified(&db)
}

ara::schema! { App: Todo }

/// What a device tells of its schema is a row, too, which another one can forge.
#[test]
fn a_forged_row_of_the_history_stops_no_app() -> Outcome {
    let file = support::File::new()?;
    let db = file.open()?;
    db.ensure::<App>()?;
    let own = Batch::decode(exported(&db)?.first().there()?)?;
    let table = own.tables.iter().position(|table| table == "ara_schema_history");
    let mut changes = own.runs.iter().flat_map(|run| &run.changes);
    let told = changes.find(|change| Some(change.table) == table).there()?;
    let mut batch = ill(vec![change(CAP, vec![Cell::text(0, "forged")])]);
    batch.tables = vec!["ara_schema_history".to_owned()];
    batch.columns = vec!["app_version".to_owned()];
    batch.runs[0].changes[0].row.clone_from(&told.row);
    assert_eq!(db.merge(&batch.seal().changes()?)?.refused, []);
    drop(db);
    let db = file.open()?;
    db.ensure::<App>()?;
    db.create(Todo::draft().title("Mine"))?;
    assert_eq!(db.query::<Todo>().count()?, 1);
    verified(&db)
}

/// The clock of the receiver stays where it is, and so do the stamps and dates of what it writes.
#[test]
fn a_forged_stamp_does_not_move_the_clock() -> Outcome {
    let now = START >> 16;
    for stamp in [CAP, CAP - 1, 1 << 62, (now + 6 * 60 * 1000) << 16] {
        let db = at(now, 1)?;
        db.create(Todo::draft().title("Before"))?;
        let cells = vec![Cell::text(0, "x"), Cell::integer(1, 0)];
        db.merge(&ill(vec![change(stamp, cells)]).changes()?)?;
        let milk = db.create(Todo::draft().title("After"))?;
        db.update(Todo::patch(milk).latest(1))?;
        assert_eq!(db.get(milk)?.there()?.updated_at.millis(), now);
        for bytes in exported(&db)? {
            let changes = Batch::decode(&bytes)?.runs.into_iter().filter(|run| run.node[0] != ILL);
            for change in changes.flat_map(|run| run.changes) {
                assert!(change.stamp >> 16 <= now + 1, "{}", change.stamp);
            }
        }
        verified(&db)?;
    }
    Ok(())
}

/// What one node wrote on two devices, each honest by itself: both begin with the same transactions, and then
/// write the same few rows under the same few stamps.
fn branches(random: &mut Random) -> [Batch; 2] {
    let transactions = |random: &mut Random, most: usize| {
        let mut changes = Vec::new();
        for _ in 0..random.below(most) {
            let of = random.below(3);
            for at in 0..=of {
                let cells = (0..random.below(3)).map(|column| match random.below(3) {
                    0 => Cell::addition(column, random.below(9) as i64, random.next() as i64),
                    1 => Cell::integer(column, random.below(2) as i64),
                    _ => Cell::text(column, "text"),
                });
                let cells = cells.collect();
                let mut change = change(START + random.below(4) as i64, cells);
                change.row = vec![random.below(3) as u8; 16];
                change.date = (at == of && random.below(2) == 0).then(|| random.below(9) as i64);
                change.ends = at == of;
                change.others = (of > 0 && at == of).then(|| random.next() as u32);
                changes.push(change);
            }
        }
        changes
    };
    let prefix = transactions(random, 4);
    [(); 2].map(|()| {
        let mut batch = ill([prefix.clone(), transactions(random, 8)].concat());
        batch.tables = vec!["todo".to_owned()];
        batch.columns = ["is_deleted", "title", "latest"].map(str::to_owned).into();
        batch.seal()
    })
}

/// The first transactions of a batch, up to a random one.
fn part(random: &mut Random, batch: &Batch) -> Batch {
    let mut part = batch.clone();
    let changes = &mut part.runs[0].changes;
    let ends: Vec<usize> = (1..=changes.len()).filter(|at| changes[at - 1].ends).collect();
    changes.truncate(if ends.is_empty() { 0 } else { ends[random.below(ends.len())] });
    part.seal()
}

/// A device that has rows of its own, and has written some of those too.
fn with_rows() -> Outcome<Database> {
    let db = at(START >> 16, 5)?;
    db.create(Todo::draft().title("Mine"))?;
    Ok(db)
}

/// All that is seen of the rows: the titles, what else they hold, and their dates.
fn seen(db: &Database) -> Outcome<Vec<String>> {
    let rows = db.query::<Todo>().with_deleted().order_by(Todo::id).all()?;
    Ok(rows.into_iter().map(|row| format!("{row:?}")).collect())
}

/// Two real forks are never refused, nor what they have in the same places or under the same stamps, and in
/// whatever order they arrive all devices come to the same.
#[test]
fn what_a_copied_file_wrote_is_never_refused() -> Outcome {
    let mut random = Random::new();
    for _ in 0..support::cases::scaled(40) {
        let branches = branches(&mut random);
        let dbs = [with_rows()?, with_rows()?, with_rows()?];
        let take = |db: &Database, changes: &Changes| -> Outcome {
            assert_eq!(db.merge(changes)?.refused, []);
            verified(db)
        };
        for (at, db) in dbs.iter().enumerate() {
            let mut order = [0, 1];
            order.rotate_left(at % 2);
            for _ in 0..random.below(4) {
                take(db, &part(&mut random, &branches[order[0]]).changes()?)?;
            }
            for branch in order {
                take(db, &branches[branch].changes()?)?;
            }
        }
        let [one, two, three] = &dbs;
        let fresh = with_rows()?;
        for changes in three.changes_since(&fresh.version_vector()?)?.in_batches_of(1) {
            take(&fresh, &Changes::from_bytes(&changes?.to_bytes())?)?;
        }
        three.rebuild()?;
        for db in [two, three, &fresh] {
            assert_eq!(db.version_vector()?, one.version_vector()?);
            assert_eq!(seen(db)?, seen(one)?);
            verified(db)?;
        }
    }
    Ok(())
}
