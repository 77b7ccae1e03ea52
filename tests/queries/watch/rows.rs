//! Rows that a query names, and writes that change nothing.

use ara::prelude::*;

use crate::watch::{Category, Todo, Told};
use support::{Outcome, There};

#[test]
fn other_rows_than_the_named_ones_wake_nobody() -> Outcome {
    let db = Database::memory()?;
    let [milk, bread, tea] =
        ["Buy milk", "Buy bread", "Buy tea"].map(|title| db.create(Todo::draft().title(title)));
    let (milk, bread, tea) = (milk?, bread?, tea?);
    let todos = || db.query::<Todo>();
    let mut one = todos().filter(Todo::id.eq(milk)).watch()?;
    let mut two = todos().filter(Todo::id.is_in([milk, bread])).watch()?;
    let mut either = todos().filter(Todo::id.eq(milk) | Todo::stars.gt(3)).watch()?;
    assert_eq!((one.told()?.len(), two.told()?.len(), either.told()?.len()), (1, 2, 1));

    db.update(Todo::patch(tea).done(true))?;
    db.create(Todo::draft().title("Buy rum"))?;
    one.is_quiet(1)?;
    two.is_quiet(1)?;
    either.is_quiet(2)?;

    db.update(Todo::patch(bread).done(true))?;
    one.is_quiet(1)?;
    assert_eq!(two.told()?.len(), 2);
    db.delete(milk)?;
    assert!(one.told()?.is_empty());
    db.restore(milk)?;
    assert_eq!(one.told()?.len(), 1);

    // So many rows in one transaction are not told apart.
    db.create_all((0..100).map(|n| Todo::draft().title(format!("Todo {n}"))))?;
    one.is_quiet(4)
}

/// The row may come later.
#[test]
fn a_row_that_is_not_there_yet_is_named() -> Outcome {
    let db = Database::memory()?;
    let id = Id::from_key("milk");
    let mut milk = db.query::<Todo>().filter(Todo::id.eq(id)).watch()?;
    assert!(milk.told()?.is_empty());
    db.create(Todo::draft().title("Buy bread"))?;
    milk.is_quiet(1)?;
    db.create(Todo::draft().id(id).title("Buy milk"))?;
    assert_eq!(milk.told()?.first().there()?.id, id);
    Ok(())
}

#[test]
fn named_rows_of_joined_tables() -> Outcome {
    let db = Database::memory()?;
    let home = db.create(Category::draft().name("Home"))?;
    let work = db.create(Category::draft().name("Work"))?;
    let milk = db.create(Todo::draft().title("Buy milk").category_id(home))?;
    let joined = db.query::<Todo>().left_join(Todo::category_id).filter(Category::id.eq(home));
    let mut at_home = joined.select((Todo::id, Category::name)).watch()?;
    assert_eq!(at_home.told()?.len(), 1);
    db.update(Category::patch(work).name("Office"))?;
    at_home.is_quiet(1)?;
    db.update(Category::patch(home).name("House"))?;
    assert_eq!(at_home.told()?, [(milk, Some("House".to_owned()))]);
    db.update(Todo::patch(milk).category_id(work))?;
    assert!(at_home.told()?.is_empty());
    Ok(())
}

#[test]
fn a_write_that_changes_nothing_wakes_nobody() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(2))?;
    let bread = db.create(Todo::draft().title("Buy bread"))?;
    db.delete(bread)?;
    let mut all = db.query::<Todo>().with_deleted().watch()?;
    all.told()?;
    assert!(db.update(Todo::patch(milk).title("Buy milk").stars(2))?);
    db.upsert(Todo::draft().id(milk).title("Buy milk"))?;
    assert!(!db.delete(bread)?);
    assert!(!db.update(Todo::patch(bread).stars(7))?);
    assert!(db.restore(milk)?);
    assert!(db.create(Todo::draft().id(milk).title("Again")).is_err());
    db.transaction(|tx| tx.query::<Todo>().count())?;
    all.is_quiet(1)
}

#[test]
fn what_is_rolled_back_wakes_nobody() -> Outcome {
    let db = Database::memory()?;
    let mut all = db.query::<Todo>().watch()?;
    all.told()?;
    let failed: ara::Result<()> = db.transaction(|tx| {
        tx.create(Todo::draft().title("Buy milk"))?;
        Err(ara::Error::Broken)
    });
    assert!(failed.is_err());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        db.transaction(|tx| {
            tx.create(Todo::draft().title("Buy milk"))?;
            std::panic::resume_unwind(Box::new("on purpose"));
            #[allow(unreachable_code)]
            Ok(())
        })
    }));
    assert!(panicked.is_err());
    all.is_quiet(1)
}

/// A change that comes to nothing within a transaction runs the query, and gives nothing new.
#[test]
fn the_same_result_is_not_given_again() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    let mut titles = db.query::<Todo>().select(Todo::title).watch()?;
    titles.told()?;
    db.update(Todo::patch(milk).title("Buy bread"))?;
    db.update(Todo::patch(milk).title("Buy milk"))?;
    titles.is_quiet(2)
}
