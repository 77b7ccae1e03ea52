//! Queries that are kept and sent to other threads, and parameters that may be nothing.

use std::thread;

use ara::prelude::*;
use ara::{Error, OptionalParam, Param, Prepared, Sql, Union, Watch, count};

use support::Outcome;

#[derive(Debug, Clone, PartialEq, Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: String,
    pub stars: Option<i64>,
    pub kind: Option<Kind>,
    pub list_id: Option<Id<List>>,
}

#[derive(Debug, Clone, PartialEq, Table)]
pub struct List {
    pub id: Id<List>,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub enum Kind {
    Errand,
    Idea,
}

mod newer {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Value)]
    pub enum Kind {
        Errand,
        Idea,
        Wish,
    }

    #[derive(Debug, Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        pub title: String,
        pub kind: Option<Kind>,
    }
}

fn todos() -> Outcome<Database> {
    let db = Database::memory()?;
    for (title, stars) in [("Buy milk", Some(2)), ("Buy tea", None), ("Think", Some(5))] {
        db.create(Todo::draft().title(title).stars(stars))?;
    }
    Ok(db)
}

fn is_sent<T: Send + Sync>(it: T) {
    drop(it);
}

/// These need not be run.
#[test]
fn what_asks_can_be_sent_and_shared() -> Outcome {
    let db = todos()?;
    is_sent(db.query::<Todo>());
    is_sent(db.query::<Todo>().narrow_all().filter(Todo::stars.gt(1)).order_by(Todo::title));
    is_sent(db.query::<Todo>().join(Todo::list_id).select((Todo::title, List::name)));
    is_sent(db.query::<Todo>().group_by(Todo::kind).select((Todo::kind, count())));
    is_sent(db.query::<List>().with_many(Todo::list_id));
    is_sent(Todo::stars.gt(1) & Todo::title.like("%a%") as Filter<(Todo,)>);
    is_sent::<Union<'_, _>>(
        db.query::<Todo>().select(Todo::id).union(db.query::<Todo>().select(Todo::id)),
    );
    is_sent::<Sql<'_, (i64,)>>(db.sql("SELECT 1"));
    is_sent::<Watch<_>>(db.query::<Todo>().watch()?);
    let starred =
        db.prepare(|(least,): (Param<i64>,)| db.query::<Todo>().filter(Todo::stars.ge(least)));
    is_sent::<Prepared<'_, (Param<i64>,), (Todo,)>>(starred);
    Ok(())
}

/// What a struct of an app keeps.
struct Screen {
    all: Query<'static, (Todo,)>,
    starred: Prepared<'static, (Param<i64>,), (Todo,)>,
    titles: Sql<'static, (String,)>,
}

#[test]
fn owned_queries_outlive_the_handle_and_their_thread() -> Outcome {
    let db = todos()?;
    let screen = Screen {
        all: db.owned_query::<Todo>().order_by(Todo::title),
        starred: db.prepare(|(least,)| db.owned_query::<Todo>().filter(Todo::stars.ge(least))),
        titles: db.owned_sql("SELECT title FROM todo ORDER BY title"),
    };
    drop(db);
    let asked = thread::spawn(move || -> ara::Result<_> {
        let Screen { all, starred, titles } = screen;
        let mut watch = all.clone().watch()?;
        Ok((all.count()?, starred.count((3,))?, titles.all()?.len(), watch.recv()?.len()))
    });
    assert_eq!(asked.join().map_err(|_| "panicked")??, (3, 1, 3, 3));
    Ok(())
}

#[test]
fn a_query_of_a_transaction_is_run_in_its_thread_only() -> Outcome {
    let db = todos()?;
    db.transaction(|tx| {
        tx.create(Todo::draft().title("Rest"))?;
        let query = tx.query::<Todo>();
        let elsewhere = thread::scope(|scope| {
            let asked = scope.spawn(|| (query.clone().count(), query.clone().all().map(drop)));
            asked.join().expect("does not panic")
        });
        assert!(matches!(elsewhere, (Err(Error::OtherThread), Err(Error::OtherThread))));
        assert_eq!(query.count()?, 4);
        Ok(())
    })?;
    let past = db.at(Timestamp::now());
    let then = past.query::<Todo>();
    let counted =
        thread::scope(|scope| scope.spawn(|| then.count()).join().expect("does not panic"));
    assert_eq!(counted?, 4);
    Ok(())
}

#[test]
fn a_parameter_may_be_nothing() -> Outcome {
    let db = todos()?;
    db.create(newer::Todo::draft().title("Fly").kind(newer::Kind::Wish))?;
    db.create(Todo::draft().title("Buy bread").kind(Kind::Errand))?;
    let todos = || db.query::<Todo>().narrow(Todo::title).order_by(Todo::title);
    let titles = |todos: Vec<TodoRow<_, _, _, _>>| {
        todos.into_iter().map(|todo| todo.title).collect::<Vec<String>>()
    };

    let starred =
        db.prepare(|(stars,): (OptionalParam<i64>,)| todos().filter(Todo::stars.eq(stars)));
    assert_eq!(titles(starred.all((Some(5),))?), ["Think"]);
    assert_eq!(titles(starred.all((None,))?), ["Buy bread", "Buy tea", "Fly"]);
    // A value that this version of the app cannot read is none.
    let of_kind = db.prepare(|(kind, least): (OptionalParam<Kind>, Param<String>)| {
        todos().filter(Todo::kind.eq(kind) & Todo::title.ge(least))
    });
    assert_eq!(titles(of_kind.all((Some(Kind::Errand), ""))?), ["Buy bread"]);
    assert_eq!(titles(of_kind.all((None, "Buy n"))?), ["Buy tea", "Fly", "Think"]);
    let others = db.prepare(|(kind,): (OptionalParam<Kind>,)| todos().filter(Todo::kind.ne(kind)));
    assert_eq!(others.count((Some(Kind::Errand),))?, 4);
    assert_eq!(others.count((None,))?, 1);
    let more = db.prepare(|(least,): (OptionalParam<i64>,)| todos().filter(Todo::stars.ge(least)));
    assert_eq!((more.count((Some(3),))?, more.count((None,))?), (1, 0));
    let all = db.prepare(|(least,): (OptionalParam<i64>,)| {
        todos().filter(least.is_null() | Todo::stars.ge(least))
    });
    assert_eq!((all.count((Some(3),))?, all.count((None,))?), (1, 5));
    let lists =
        db.prepare(|(list,): (OptionalParam<Id<List>>,)| todos().filter(Todo::list_id.eq(list)));
    assert_eq!((lists.count((Some(Id::from_key("a")),))?, lists.count((None,))?), (0, 5));
    let made =
        db.prepare(|(at,): (OptionalParam<Timestamp>,)| todos().filter(Todo::created_at.eq(at)));
    assert_eq!(made.count((None,))?, 0);
    Ok(())
}
