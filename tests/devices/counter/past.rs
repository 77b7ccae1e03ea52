//! What was.

use ara::prelude::*;
use ara::{Stored, Timestamp};

use crate::counter::{Article, counted, same, send, sync, view};
use support::Outcome;

#[test]
fn the_history_tells_the_sums() -> Outcome {
    let (phone, laptop) = (Database::memory()?, Database::memory()?);
    let article = phone.create(Article::draft().title("Counting").views(10))?;
    for (device, times) in [(&laptop, 5), (&phone, 1), (&laptop, -2)] {
        std::thread::sleep(std::time::Duration::from_millis(2));
        sync(&phone, &laptop)?;
        view(device, article, times)?;
    }
    sync(&phone, &laptop)?;
    let views = |change: &ara::RowChange| {
        let change = change.columns.iter().find(|column| column.column == "views");
        change.map(|change| (change.from.clone(), change.to.clone(), change.is_current))
    };
    let history: Vec<_> = phone.history(article)?.iter().filter_map(views).collect();
    let sums = [10, 15, 16, 14].map(Stored::Integer);
    for (at, (from, to, is_current)) in history.into_iter().enumerate() {
        assert_eq!(from.as_ref(), at.checked_sub(1).and_then(|before| sums.get(before)));
        assert_eq!((to.as_ref(), is_current), (sums.get(at), at == 3));
    }
    Ok(())
}

#[test]
fn the_past_has_the_sum_of_then() -> Outcome {
    let (phone, laptop) = (Database::memory()?, Database::memory()?);
    let article = phone.create(Article::draft().title("Counting").views(10))?;
    send(&phone, &laptop)?;
    view(&laptop, article, 5)?;
    let then = Timestamp::now();
    std::thread::sleep(std::time::Duration::from_millis(2));
    view(&phone, article, 1)?;
    sync(&phone, &laptop)?;
    let views = phone.at(then).query::<Article>().narrow(Article::views).one()?.views;
    assert_eq!((views.get(), counted(&phone, article)?.0), (15, Some(16)));
    Ok(())
}

#[test]
fn to_undo_an_addition_takes_it_away() -> Outcome {
    let (phone, laptop) = (Database::memory()?, Database::memory()?);
    let article = phone.create(Article::draft().title("Counting").views(10))?;
    phone.transaction(|tx| {
        tx.update(Article::patch(article).views(Counter::add(2)))?;
        tx.update(Article::patch(article).views(Counter::add(3)).likes(Counter::add(1)))
    })?;
    let last = phone.history(article)?.pop().ok_or("was changed")?.transaction;
    view(&phone, article, 100)?;
    sync(&phone, &laptop)?;
    // Another device than the one that added it.
    let undone = laptop.undo(last)?;
    assert_eq!((undone.written, undone.left), (2, 0));
    assert_eq!(counted(&laptop, article)?, (Some(110), Some(0)));
    sync(&phone, &laptop)?;
    let undone = phone.undo(undone.transaction.ok_or("was written")?)?;
    assert_eq!(undone.written, 2);
    sync(&phone, &laptop)?;
    assert_eq!(counted(&phone, article)?, (Some(115), Some(1)));
    Ok(())
}

#[test]
fn what_overwrote_a_counter_is_undone() -> Outcome {
    #[derive(Table)]
    #[table(name = "article")]
    struct AtOdds {
        id: Id<AtOdds>,
        title: String,
        views: i64,
    }
    let db = Database::memory()?;
    let article = db.create(Article::draft().title("Counting").views(10))?;
    view(&db, article, 1)?;
    db.update(AtOdds::patch(Id::from_uuid(article.uuid())).views(100))?;
    let last = db.history(article)?.pop().ok_or("was changed")?.transaction;
    let undone = db.undo(last)?;
    assert_eq!((undone.written, counted(&db, article)?.0), (1, Some(11)));
    let redone = db.undo(undone.transaction.ok_or("was written")?)?;
    assert_eq!((redone.written, counted(&db, article)?.0), (1, Some(100)));
    assert_eq!(db.undo(last)?.written, 1);
    assert_eq!(counted(&db, article)?.0, Some(11));
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn lines_of_json_hold_the_sum() -> Outcome {
    let (db, other, third) = (Database::memory()?, Database::memory()?, Database::memory()?);
    let article = db.create(Article::draft().title("Counting").views(10))?;
    view(&db, article, 5)?;
    let mut file = Vec::new();
    db.export_json::<Article>(&mut file)?;
    assert!(String::from_utf8_lossy(&file).contains("\"views\":{\"counter\":15}"));
    for _ in 0..2 {
        let _ = other.import_json::<Article>(&file[..])?;
        assert_eq!(counted(&other, article)?, (Some(15), None));
    }
    view(&other, article, 1)?;
    let _ = other.import_json::<Article>(&file[..])?;
    assert_eq!(counted(&other, article)?.0, Some(16));
    send(&other, &third)?;
    same(&other, &third)
}
