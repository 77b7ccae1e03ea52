//! Devices on other versions of the app.

use ara::prelude::*;

use crate::counter::{Article, counted, same, send, sync, view};
use support::{File, Outcome};

/// Before articles were counted.
mod before {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Article {
        pub id: Id<Article>,
        pub title: String,
    }
}

/// A version that is at odds with the others: the compiler refuses it of one that was released.
mod at_odds {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Article {
        pub id: Id<Article>,
        pub title: String,
        pub views: i64,
    }
}

#[test]
fn who_does_not_know_the_column_passes_it_on() -> Outcome {
    let file = File::new()?;
    let (old, phone, laptop) = (file.open()?, Database::memory()?, Database::memory()?);
    let made = old.create(before::Article::draft().title("Counting"))?;
    send(&old, &phone)?;
    send(&old, &laptop)?;
    let article = Id::from_uuid(made.uuid());
    assert_eq!(counted(&phone, article)?, (None, None));
    view(&phone, article, 2)?;
    view(&laptop, article, 3)?;
    send(&phone, &old)?;
    send(&laptop, &old)?;
    old.update(before::Article::patch(made).title("Adding"))?;
    let fresh = Database::memory()?;
    send(&old, &fresh)?;
    assert_eq!(counted(&fresh, article)?.0, Some(5));
    // Once it is updated, it reads what came before, and adds to it.
    drop(old);
    let updated = file.open()?;
    assert_eq!(counted(&updated, article)?.0, Some(5));
    view(&updated, article, 10)?;
    sync(&updated, &fresh)?;
    assert_eq!(counted(&fresh, article)?.0, Some(15));
    Ok(())
}

/// The last write tells what the column is.
#[test]
fn kinds_may_be_mixed() -> Outcome {
    let (phone, laptop) = (Database::memory()?, Database::memory()?);
    let article = phone.create(Article::draft().title("Counting").views(2))?;
    send(&phone, &laptop)?;
    view(&laptop, article, 3)?;
    sync(&phone, &laptop)?;

    let at_odds = Id::from_uuid(article.uuid());
    phone.update(at_odds::Article::patch(at_odds).views(100))?;
    assert_eq!(counted(&phone, article)?.0, Some(100));
    assert!(phone.verify()?.holds());
    sync(&phone, &laptop)?;
    assert_eq!(counted(&laptop, article)?.0, Some(100));

    view(&laptop, article, 1)?;
    assert_eq!(counted(&laptop, article)?.0, Some(6));
    sync(&phone, &laptop)?;
    assert_eq!(counted(&phone, article)?.0, Some(6));
    // What was added before a value was written, and comes later, does not count until more is added.
    let late = Database::memory()?;
    send(&phone, &late)?;
    view(&late, article, 1000)?;
    std::thread::sleep(std::time::Duration::from_millis(2));
    phone.update(at_odds::Article::patch(at_odds).views(50))?;
    sync(&phone, &late)?;
    assert_eq!(counted(&late, article)?.0, Some(50));
    view(&phone, article, 1)?;
    sync(&phone, &late)?;
    assert_eq!(counted(&late, article)?.0, Some(1007));
    late.rebuild()?;
    same(&phone, &late)
}

/// What is no number is cleared like any other value, here and elsewhere.
#[test]
fn what_is_no_number_is_cleared_everywhere() -> Outcome {
    let (phone, laptop) = (Database::memory()?, Database::memory()?);
    let article = Id::from_key("counting");
    let line = format!(r#"{{"id":"{article}","title":"Counting","views":2,"likes":"many"}}"#);
    let _ = phone.import_json::<Article>(line.as_bytes())?;
    sync(&phone, &laptop)?;
    assert!(laptop.clear_unreadable(article, Article::likes)?);
    assert!(!laptop.clear_unreadable(article, Article::likes)?);
    sync(&phone, &laptop)?;
    assert!(!phone.clear_unreadable(article, Article::likes)?);
    phone.update(Article::patch(article).likes(Counter::add(4)))?;
    sync(&phone, &laptop)?;
    assert_eq!(counted(&laptop, article)?, (Some(2), Some(4)));
    laptop.rebuild()?;
    sync(&phone, &laptop)
}
