//! One device alone.

use ara::prelude::*;

use crate::counter::{Article, counted, view};
use support::Outcome;

#[derive(Debug, Clone, PartialEq, Table)]
#[table(local)]
struct Level {
    id: Id<Level>,
    name: String,
    tries: Counter,
    #[table(default = 3)]
    lives: Counter,
}

#[test]
fn a_patch_adds_to_what_the_draft_began_with() -> Outcome {
    let db = Database::memory()?;
    let article = db.create(Article::draft().title("Counting").views(10))?;
    assert_eq!(counted(&db, article)?, (Some(10), None));
    assert!(view(&db, article, 5)?);
    assert!(view(&db, article, -7)?);
    let patch = Article::patch(article).title("Adding").views(Counter::add(1));
    assert!(db.update(patch.likes(Counter::add(2)))?);
    assert_eq!(counted(&db, article)?, (Some(9), Some(2)));
    assert_eq!(db.query::<Article>().narrow(Article::title).one()?.title, "Adding");
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn to_add_nothing_changes_nothing() -> Outcome {
    let db = Database::memory()?;
    let article = db.create(Article::draft().title("Counting").views(10))?;
    let before = db.version_vector()?;
    assert!(view(&db, article, 0)?);
    assert!(db.update(Article::patch(article).title("Counting").likes(Counter::add(0)))?);
    assert_eq!(db.version_vector()?, before);
    assert_eq!(counted(&db, article)?, (Some(10), None));
    Ok(())
}

#[test]
fn only_to_a_row_that_is_there_can_be_added() -> Outcome {
    let db = Database::memory()?;
    let article = db.create(Article::draft().title("Counting").views(10))?;
    db.delete(article)?;
    assert!(!view(&db, article, 5)?);
    assert!(!view(&db, Id::from_key("nowhere"), 5)?);
    db.restore(article)?;
    assert_eq!(counted(&db, article)?, (Some(10), None));
    assert!(db.verify()?.holds());
    Ok(())
}

/// What is imported twice is not counted twice.
#[test]
fn an_upsert_leaves_the_counters_of_a_row_alone() -> Outcome {
    let db = Database::memory()?;
    let id = Id::from_key("counting");
    for likes in [None, Some(Counter::from(7))] {
        let views = Counter::from(4);
        db.upsert(Article { id, title: "Counting".to_owned(), views, likes })?;
    }
    assert_eq!(counted(&db, id)?, (Some(4), None));
    db.upsert(Article::draft().id(id).title("Adding").views(1))?;
    assert_eq!(counted(&db, id)?, (Some(4), None));
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn a_sum_stays_within_its_limits() -> Outcome {
    let db = Database::memory()?;
    let article = db.create(Article::draft().title("Counting").views(i64::MAX - 1))?;
    for _ in 0..2 {
        view(&db, article, 5)?;
        assert_eq!(counted(&db, article)?.0, Some(i64::MAX));
    }
    // What is beyond them counts nevertheless.
    view(&db, article, i64::MIN)?;
    assert_eq!(counted(&db, article)?.0, Some(8));
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn what_a_transaction_takes_back_is_not_counted() -> Outcome {
    let db = Database::memory()?;
    let article = db.create(Article::draft().title("Counting").views(1))?;
    let failed: ara::Result<()> = db.transaction(|tx| {
        tx.update(Article::patch(article).views(Counter::add(1)))?;
        tx.create(Article::draft().id(article).title("Again").views(1)).map(drop)
    });
    assert!(failed.is_err());
    db.transaction(|tx| {
        for _ in 0..3 {
            tx.update(Article::patch(article).views(Counter::add(1)))?;
        }
        Ok(())
    })?;
    assert_eq!(counted(&db, article)?.0, Some(4));
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn in_queries_it_is_a_number() -> Outcome {
    let db = Database::memory()?;
    for views in [30, 10, 20] {
        db.create(Article::draft().title(views.to_string()).views(views))?;
    }
    let most = db.query::<Article>().order_by(Article::views.desc()).narrow(Article::views);
    let most: Vec<i64> = most.all()?.into_iter().map(|article| article.views.get()).collect();
    assert_eq!(most, [30, 20, 10]);
    assert_eq!(db.query::<Article>().filter(Article::views.gt(10)).count()?, 2);
    assert_eq!(db.query::<Article>().filter(Article::views.add(5).eq(15)).count()?, 1);
    assert_eq!(db.query::<Article>().group_by(()).select(Article::views.sum()).one()?, Some(60));
    Ok(())
}

/// A newtype that checks itself checks what is added, and what is read.
#[test]
fn a_newtype_counts_as_what_it_holds() -> Outcome {
    #[derive(Debug, Clone, Copy, PartialEq, Value)]
    struct Gold(Counter);

    impl TryFrom<Counter> for Gold {
        type Error = &'static str;

        fn try_from(gold: Counter) -> Result<Self, Self::Error> {
            if gold.get() < 1000 { Ok(Self(gold)) } else { Err("must be less than 1000") }
        }
    }

    impl From<Gold> for Counter {
        fn from(gold: Gold) -> Self {
            gold.0
        }
    }

    #[derive(Debug, Clone, PartialEq, Table)]
    struct Chest {
        id: Id<Chest>,
        gold: Gold,
    }

    let db = Database::memory()?;
    let chest = db.create(Chest::draft().gold(Gold(Counter::from(5))))?;
    db.update(Chest::patch(chest).gold(Counter::add(7)))?;
    let gold = |db: &Database| db.query::<Chest>().one().map(|chest| chest.gold);
    assert_eq!(gold(&db)?, Some(Gold(Counter::from(12))));
    assert!(db.update(Chest::patch(chest).gold(Counter::add(1000))).is_err());
    db.update(Chest::patch(chest).gold(Counter::add(990)))?;
    assert_eq!(gold(&db)?, None);
    Ok(())
}

#[test]
fn a_local_table_counts_too() -> Outcome {
    let db = Database::memory()?;
    let level = db.create(Level::draft().name("Cave").tries(0))?;
    db.update(Level::patch(level).tries(Counter::add(2)).lives(Counter::add(-1)))?;
    db.update(Level::patch(level).name("Cave").tries(Counter::add(i64::MAX)))?;
    let held = db.query::<Level>().narrow_all().one()?;
    assert_eq!((held.tries.get(), held.lives.get()), (i64::MAX, 2));
    db.upsert(held.clone())?;
    assert_eq!(db.query::<Level>().narrow_all().one()?, held);
    Ok(())
}
