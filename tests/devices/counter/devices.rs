//! Several devices.

use ara::prelude::*;

use crate::counter::{Article, counted, same, send, sync, view};
use support::Outcome;
use support::disk;

#[test]
fn what_two_devices_add_apart_adds_up() -> Outcome {
    let (phone, laptop) = (Database::memory()?, Database::memory()?);
    let article = phone.create(Article::draft().title("Counting").views(10))?;
    send(&phone, &laptop)?;
    for _ in 0..3 {
        view(&phone, article, 1)?;
        view(&laptop, article, 10)?;
    }
    laptop.update(Article::patch(article).likes(Counter::add(1)))?;
    phone.update(Article::patch(article).likes(Counter::add(1)))?;
    sync(&phone, &laptop)?;
    assert_eq!(counted(&phone, article)?, (Some(43), Some(2)));
    view(&phone, article, -3)?;
    sync(&laptop, &phone)?;
    assert_eq!(counted(&laptop, article)?, (Some(40), Some(2)));
    Ok(())
}

/// In whatever order, and however often.
#[test]
fn it_adds_up_in_any_order() -> Outcome {
    let devices = [Database::memory()?, Database::memory()?, Database::memory()?];
    let article = devices[0].create(Article::draft().title("Counting").views(1))?;
    devices.iter().skip(1).try_for_each(|device| send(&devices[0], device).map(drop))?;
    let mut batches = Vec::new();
    for (device, amount) in devices.iter().zip([10, 100, 1000]) {
        for _ in 0..3 {
            let before = device.version_vector()?;
            view(device, article, amount)?;
            let changes = device.changes_since(&before)?;
            batches.extend(changes.collect::<ara::Result<Vec<_>>>()?);
        }
    }
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let fresh = Database::memory()?;
        send(&devices[order[0]], &fresh)?;
        for device in order {
            send(&devices[device], &fresh)?;
            for changes in batches.iter().rev().chain(&batches) {
                fresh.merge(changes)?;
            }
        }
        assert_eq!(counted(&fresh, article)?.0, Some(3331));
        assert!(fresh.verify()?.holds());
    }
    let [one, two, three] = &devices;
    sync(one, two)?;
    sync(two, three)?;
    sync(three, one)?;
    same(one, two)
}

/// Rows of one key that were made apart are one row, and what they began with adds up.
#[test]
fn rows_of_one_key_add_up() -> Outcome {
    let (phone, laptop) = (Database::memory()?, Database::memory()?);
    let id = Id::from_key("counting");
    phone.create(Article::draft().id(id).title("Counting").views(2))?;
    laptop.create(Article::draft().id(id).title("Counting").views(3))?;
    sync(&phone, &laptop)?;
    assert_eq!(counted(&phone, id)?.0, Some(5));
    Ok(())
}

#[test]
fn sums_beyond_the_limits_agree() -> Outcome {
    let (phone, laptop) = (Database::memory()?, Database::memory()?);
    let article = phone.create(Article::draft().title("Counting").views(i64::MAX))?;
    send(&phone, &laptop)?;
    view(&laptop, article, 1)?;
    view(&laptop, article, i64::MAX)?;
    sync(&phone, &laptop)?;
    assert_eq!(counted(&phone, article)?.0, Some(i64::MAX));
    view(&phone, article, i64::MIN)?;
    view(&phone, article, i64::MIN)?;
    sync(&phone, &laptop)?;
    assert_eq!(counted(&laptop, article)?.0, Some(-1));
    Ok(())
}

/// The log holds what is added, and what the node has added so far, under a tag of its own.
#[test]
fn the_log_holds_additions_and_totals() -> Outcome {
    let file = support::File::new()?;
    let db = file.open()?;
    let article = db.create(Article::draft().title("Counting").views(3))?;
    view(&db, article, 4)?;
    view(&db, article, -2)?;
    let changes = support::log::read(&file.sqlite()?)?;
    let views = changes.iter().flat_map(|change| &change.cells);
    let views = views.filter(|cell| cell.column == "views");
    let views: Vec<_> = views.map(|cell| (cell.tag, cell.value.clone(), cell.total)).collect();
    let added = |by: i64, total| (7, by.into(), Some(total));
    assert_eq!(views, [added(3, 3), added(4, 7), added(-2, 5)]);
    let pieces = support::log::piece::pieces(&file.sqlite()?)?;
    let last = pieces.last().and_then(|piece| piece.changes.last()).ok_or("is there")?;
    // Column 2, tag 7, six bytes: -2 and 5 in zigzag, and a salt.
    assert_eq!(last.cells[..4], [2 * 32 + 7, 6, 3, 10]);
    assert_eq!(last.cells.len(), 8);
    Ok(())
}

#[test]
fn other_programs_are_found_out() -> Outcome {
    let file = support::File::new()?;
    let db = file.open()?;
    let article = db.create(Article::draft().title("Counting").views(3))?;
    view(&db, article, 1)?;
    for wrong in [
        "UPDATE ara_counter SET low = 99",
        "UPDATE ara_counter SET high = 1",
        "UPDATE ara_counter SET stamp = stamp + 1",
        "UPDATE ara_counter SET node = node + 1",
        "UPDATE ara_counter SET total = 99",
        "DELETE FROM ara_counter",
        "INSERT INTO ara_counter \
         SELECT tbl, row, col + 1, high, low, stamp, node, writer, total FROM ara_counter",
        "UPDATE article SET views = 99",
    ] {
        disk::sqlite(file.path())?.execute_batch(wrong)?;
        assert!(!db.verify()?.holds(), "{wrong}");
        db.rebuild()?;
        assert!(db.verify()?.holds(), "{wrong}");
        assert_eq!(counted(&db, article)?.0, Some(4));
    }
    view(&db, article, 1)?;
    assert_eq!(counted(&db, article)?.0, Some(5));
    Ok(())
}
