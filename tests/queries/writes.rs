//! Rows that are updated and deleted by a query.

use ara::prelude::*;
use ara::{Counter, Error};

use support::{Outcome, verified};

#[derive(Debug, Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: NonEmptyString<20>,
    pub done: Option<bool>,
    pub likes: Option<Counter>,
    pub list_id: Option<Id<List>>,
}

#[derive(Debug, Table)]
pub struct List {
    pub id: Id<List>,
    pub name: String,
}

const TITLES: [&str; 4] = ["Buy bread", "Buy milk", "Buy tea", "Think"];

fn todos() -> Outcome<Database> {
    let db = Database::memory()?;
    let home = db.create(List::draft().name("Home"))?;
    for title in TITLES {
        db.create(Todo::draft().title(title).list_id(title.starts_with("Buy").then_some(home)))?;
    }
    Ok(db)
}

fn done(db: &Database) -> Outcome<Vec<String>> {
    let done =
        db.query::<Todo>().narrow(Todo::title).filter(Todo::done.eq(true)).order_by(Todo::title);
    Ok(done.all()?.into_iter().map(|todo| todo.title.to_string()).collect())
}

#[test]
fn the_rows_of_a_query_are_updated_in_one_transaction() -> Outcome {
    let db = todos()?;
    let before = db.transactions().count();
    let to_buy = || db.query::<Todo>().filter(Todo::title.starts_with("Buy"));
    assert_eq!(to_buy().update(|todo| todo.done(true).likes(Counter::add(2)))?, 3);
    assert_eq!(done(&db)?, TITLES[..3]);
    assert_eq!(db.transactions().count(), before + 1);
    // What is there already changes nothing.
    assert_eq!(to_buy().update(|todo| todo.done(true))?, 3);
    assert_eq!(db.transactions().count(), before + 1);
    assert_eq!(to_buy().filter(Todo::done.ne(true)).update(|todo| todo.done(None))?, 0);
    let likes = db.query::<Todo>().aggregate(Todo::likes.sum()).one()?;
    assert_eq!(likes, Some(6));

    let home = db.query::<List>().filter(List::name.eq("Home")).select(List::id);
    let at_home = db.query::<Todo>().filter(Todo::list_id.in_query(home));
    assert_eq!(at_home.order_by(Todo::title.desc()).limit(2).delete()?, 2);
    assert_eq!(db.query::<Todo>().count()?, 2);
    assert_eq!(db.query::<Todo>().only_deleted().delete()?, 0);
    assert_eq!(db.query::<Todo>().narrow(Todo::done).limit(9).offset(0).delete()?, 1);
    assert_eq!(db.query::<Todo>().narrow_all().delete()?, 1);
    verified(&db)
}

#[test]
fn a_transaction_goes_on() -> Outcome {
    let db = todos()?;
    let kept = db.transaction(|tx| {
        tx.create(Todo::draft().title("Buy rum"))?;
        assert_eq!(
            tx.query::<Todo>().filter(Todo::title.like("buy%")).update(|todo| todo.done(true))?,
            4
        );
        assert_eq!(tx.query::<Todo>().filter(Todo::done.eq(true)).offset(1).delete()?, 3);
        tx.query::<Todo>().filter(Todo::done.eq(true)).count()
    })?;
    assert_eq!(kept, 1);
    let failed = db.transaction(|tx| {
        tx.query::<Todo>().delete()?;
        Err::<(), _>(Error::Closed)
    });
    assert!(failed.is_err());
    assert_eq!(db.query::<Todo>().count()?, 2);
    verified(&db)
}

#[test]
fn one_row_that_is_refused_keeps_all_from_being_updated() -> Outcome {
    let db = todos()?;
    let mut rows = 0;
    let refused = db.query::<Todo>().order_by(Todo::title).update(|todo| {
        rows += 1;
        todo.done(true).title(if rows == 3 { "much too long for a title" } else { "short" })
    });
    assert!(matches!(refused, Err(Error::Rule { column: "title", .. })));
    assert_eq!(done(&db)?, [""; 0]);
    let unknown = db.query::<Todo>().filter(Todo::title.eq("much too long for a title")).delete();
    assert!(matches!(unknown, Err(Error::Rule { .. })));
    Ok(())
}

#[test]
fn neither_the_past_nor_a_database_within_its_transaction_is_written() -> Outcome {
    let db = todos()?;
    let past = db.at(Timestamp::now());
    assert!(matches!(past.query::<Todo>().delete(), Err(Error::OnlyNow { .. })));
    let within = db.transaction(|_| Ok(db.query::<Todo>().delete()))?;
    assert!(matches!(within, Err(Error::InsideTransaction)));
    assert_eq!(db.query::<Todo>().count()?, 4);
    Ok(())
}
