//! Counters in logs that were compacted.

use ara::prelude::*;

use crate::counter::{Article, counted, same, send, sync, view};
use support::Outcome;

#[test]
fn no_addition_is_dropped() -> Outcome {
    let (phone, laptop) = (Database::memory()?, Database::memory()?);
    let article = phone.create(Article::draft().title("Counting").views(1))?;
    send(&phone, &laptop)?;
    for _ in 0..5 {
        view(&phone, article, 1)?;
        view(&laptop, article, 10)?;
    }
    sync(&phone, &laptop)?;
    let done = phone.compact(&[phone.version_vector()?])?;
    assert_eq!((done.dropped_changes, done.dropped_values), (0, 0));
    assert_eq!(counted(&phone, article)?.0, Some(56));
    same(&phone, &laptop)?;
    phone.rebuild()?;
    same(&phone, &laptop)?;
    let fresh = Database::memory()?;
    send(&phone, &fresh)?;
    same(&phone, &fresh)?;
    view(&phone, article, 100)?;
    view(&fresh, article, 1000)?;
    sync(&phone, &fresh)?;
    sync(&fresh, &laptop)?;
    assert_eq!(counted(&laptop, article)?.0, Some(1156));
    Ok(())
}

/// A device that knows a part gets the rest of what is left.
#[test]
fn who_knew_a_part_adds_up_the_same() -> Outcome {
    let (phone, late) = (Database::memory()?, Database::memory()?);
    let article = phone.create(Article::draft().title("Counting").views(1))?;
    view(&phone, article, 1)?;
    send(&phone, &late)?;
    for _ in 0..5 {
        view(&phone, article, 1)?;
    }
    view(&late, article, 10)?;
    phone.compact(&[phone.version_vector()?])?;
    view(&phone, article, 1)?;
    sync(&phone, &late)?;
    assert_eq!(counted(&late, article)?.0, Some(18));
    Ok(())
}

/// A value of another version's that covers additions does not take them away: they count again once more
/// is added.
#[test]
fn additions_outlive_a_value() -> Outcome {
    #[derive(Table)]
    #[table(name = "article")]
    struct AtOdds {
        id: Id<AtOdds>,
        title: String,
        views: i64,
    }
    let (phone, laptop) = (Database::memory()?, Database::memory()?);
    let article = phone.create(Article::draft().title("Counting").views(5))?;
    phone.update(AtOdds::patch(Id::from_uuid(article.uuid())).views(100))?;
    send(&phone, &laptop)?;
    phone.compact(&[phone.version_vector()?])?;
    same(&phone, &laptop)?;
    view(&laptop, article, 1)?;
    sync(&phone, &laptop)?;
    assert_eq!(counted(&phone, article)?.0, Some(6));
    phone.compact(&[phone.version_vector()?])?;
    phone.rebuild()?;
    same(&phone, &laptop)
}
