//! Several columns of a row of which the one counts that was edited last.

use ara::prelude::*;
use support::random::Random;
use support::{Outcome, There, Wall, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Todo {
        pub id: Id<Self>,
        pub title: Option<NonEmptyString<1000>>,
        pub list_id: Option<Id<List>>,
    }

    #[derive(Debug, Table)]
    pub struct List {
        pub id: Id<Self>,
        pub name: String,
    }
}

mod v2 {
    use ara::prelude::*;

    pub use super::v1::List;

    #[derive(Debug, Table)]
    pub struct Todo {
        pub id: Id<Self>,
        pub title: Option<NonEmptyString<1000>>,
        #[table(column = "body")]
        pub content: Option<String>,
        pub pages: Option<i64>,
        pub list_id: Option<Id<List>>,
    }

    #[derive(Debug, Clone, PartialEq, OneOf)]
    #[one_of(Todo)]
    pub enum Body {
        Content(String),
        Title(NonEmptyString<1000>),
        #[one_of(pages)]
        Number(i64),
    }

    #[derive(Debug, PartialEq, View)]
    #[view(Todo)]
    pub struct Line {
        pub id: Id<Todo>,
        #[view(one_of)]
        pub body: Body,
        pub title: Option<NonEmptyString<1000>>,
    }

    #[derive(Debug, PartialEq, View)]
    #[view(Todo)]
    pub struct AnyLine {
        #[view(one_of)]
        pub body: Option<Body>,
    }
}

use v2::{AnyLine, Body, Line, List, Todo};

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

fn content(text: &str) -> Body {
    Body::Content(text.to_owned())
}

fn title(text: &str) -> Body {
    Body::Title(text.parse().expect("keeps the rules"))
}

fn body(source: &impl Queries, todo: Id<Todo>) -> ara::Result<Option<Body>> {
    Ok(source.query::<Todo>().one_of::<Body>().find(todo)?.map(|(_, body)| body))
}

#[test]
fn the_column_that_was_written_last_counts_whichever_app_wrote_it() -> Outcome {
    let db = Database::memory()?;
    let milk: Id<Todo> = id(db.create(v1::Todo::draft().title("milk"))?);
    assert_eq!(body(&db, milk)?, Some(title("milk")));
    db.update(Todo::patch(milk).content("oat milk"))?;
    assert_eq!(body(&db, milk)?, Some(content("oat milk")));
    db.update(v1::Todo::patch(id(milk)).title("soy milk"))?;
    assert_eq!(body(&db, milk)?, Some(title("soy milk")));
    // Setting what is there already is no edit.
    db.update(Todo::patch(milk).content("oat milk"))?;
    assert_eq!(body(&db, milk)?, Some(title("soy milk")));
    db.update(Todo::patch(milk).pages(3))?;
    assert_eq!(body(&db, milk)?, Some(Body::Number(3)));
    // Of one change, the first variant with a value counts.
    db.update(Todo::patch(milk).title("tea").content("Tea").pages(None))?;
    assert_eq!(body(&db, milk)?, Some(content("Tea")));
    db.update(Todo::patch(milk).title("green tea").content(None))?;
    assert_eq!(body(&db, milk)?, Some(title("green tea")));
    // Another column is none of them.
    let list = db.create(List::draft().name("Shop"))?;
    db.update(Todo::patch(milk).list_id(list))?;
    assert_eq!(body(&db, milk)?, Some(title("green tea")));
    verified(&db)
}

#[test]
fn a_clear_that_is_the_last_edit_leaves_none() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("milk").content("oat milk"))?;
    db.update(Todo::patch(milk).content(None))?;
    assert_eq!(body(&db, milk)?, None);
    assert_eq!(db.query::<Todo>().one_of::<Body>().count()?, 0);
    db.update(Todo::patch(milk).title("soy milk"))?;
    assert_eq!(body(&db, milk)?, Some(title("soy milk")));
    Ok(())
}

#[test]
fn where_the_last_one_cannot_be_read_the_last_one_counts_that_can() -> Outcome {
    mod v3 {
        use ara::prelude::*;

        #[derive(Debug, Table)]
        pub struct Todo {
            pub id: Id<Self>,
            pub title: Option<String>,
            pub body: Option<Vec<u8>>,
            pub pages: Option<i64>,
        }
    }
    let db = Database::memory()?;
    let milk: Id<Todo> = id(db.create(v3::Todo::draft().pages(1))?);
    db.update(Todo::patch(milk).title("milk"))?;
    db.update(v3::Todo::patch(id(milk)).body(vec![1]))?;
    assert_eq!(body(&db, milk)?, Some(title("milk")));
    db.update(v3::Todo::patch(id(milk)).title(" "))?;
    assert_eq!(body(&db, milk)?, Some(Body::Number(1)));
    db.update(v3::Todo::patch(id(milk)).pages(None))?;
    assert_eq!(body(&db, milk)?, None);
    db.update(v3::Todo::patch(id(milk)).title(""))?;
    // The newest that can be read is cleared, and the last edit of all is not.
    assert_eq!(body(&db, milk)?, None);
    Ok(())
}

/// Three rows: one with a title, one with none, and one with a content.
fn three(db: &Database) -> ara::Result<[Id<Todo>; 3]> {
    let milk = db.create(Todo::draft().title("milk"))?;
    let none = db.create(Todo::draft().title("gone"))?;
    db.update(Todo::patch(none).title(None))?;
    let tea = db.create(Todo::draft().title("tea"))?;
    db.update(Todo::patch(tea).content("Green tea"))?;
    Ok([milk, none, tea])
}

#[test]
fn rows_without_are_left_out_wherever_rows_are_counted() -> Outcome {
    let db = Database::memory()?;
    let [milk, _, tea] = three(&db)?;
    let all = db.query::<Todo>().one_of::<Body>().order_by(Todo::id);
    let read: Vec<_> = all.clone().all()?.into_iter().map(|(todo, body)| (todo.id, body)).collect();
    assert_eq!(read, [(milk, title("milk")), (tea, content("Green tea"))]);
    assert_eq!(all.clone().count()?, 2);
    let second = all.clone().limit(2).all()?.pop().there()?;
    assert_eq!(second.0.id, tea);
    assert_eq!(all.clone().offset(1).one()?.0.id, tea);
    assert_eq!(all.clone().filter(Todo::title.eq("tea")).one()?.1, content("Green tea"));
    let first = all.clone().limit(1).page(None)?;
    let next = all.clone().limit(1).page(first.next.as_ref())?;
    assert_eq!(next.rows.first().map(|(todo, _)| todo.id), Some(tea));
    assert!(all.clone().exists()?);
    let ids = all.clone().select(Todo::id);
    assert_eq!(ids.clone().all()?, [milk, tea]);
    assert_eq!(db.query::<Todo>().filter(Todo::id.in_query(ids)).count()?, 2);
    let narrowed = all.clone().narrow(Todo::content).one()?;
    assert_eq!((&*narrowed.0.content, narrowed.1), ("Green tea", content("Green tea")));
    let whole: Vec<(Todo, Body)> = all.clone().narrow_all().all()?;
    assert_eq!(whole.len(), 2);
    let grouped = all.group_by(()).select(ara::count()).one()?;
    assert_eq!(grouped, 2);
    Ok(())
}

#[test]
fn it_is_selected_and_viewed() -> Outcome {
    let db = Database::memory()?;
    let [milk, _, tea] = three(&db)?;
    let all = db.query::<Todo>().order_by(Todo::id);
    let selected = all.clone().select((Todo::title, ara::one_of::<Body>())).all()?;
    let bodies: Vec<_> = selected.into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies, [Some(title("milk")), None, Some(content("Green tea"))]);
    assert_eq!(all.clone().select(ara::one_of::<Body>()).distinct().count()?, 3);
    let lines: Vec<Line> = all.clone().view().all()?;
    let tea_line = Line { id: tea, body: content("Green tea"), title: Some("tea".parse()?) };
    assert_eq!(lines.get(1), Some(&tea_line));
    assert_eq!(lines.iter().map(|line| line.id).collect::<Vec<_>>(), [milk, tea]);
    assert_eq!(all.clone().view::<Line>().count()?, 2);
    assert_eq!(all.clone().view::<Line>().limit(2).all()?.len(), 2);
    let any: Vec<AnyLine> = all.view().all()?;
    assert_eq!(any.iter().filter(|line| line.body.is_none()).count(), 1);
    assert_eq!(any.len(), 3);
    Ok(())
}

#[test]
fn it_stands_beside_the_rows_of_joined_tables() -> Outcome {
    let db = Database::memory()?;
    let [milk, none, tea] = three(&db)?;
    let shop = db.create(List::draft().name("Shop"))?;
    for todo in [milk, none] {
        db.update(Todo::patch(todo).list_id(shop))?;
    }
    let joined = db.query::<Todo>().one_of::<Body>().left_join(Todo::list_id);
    let rows = joined.order_by(Todo::id).all()?;
    let read: Vec<_> = rows.iter().map(|(todo, _, list)| (todo.id, list.is_some())).collect();
    assert_eq!(read, [(milk, true), (tea, false)]);
    let many = db.query::<List>().join_many(Todo::list_id).one_of::<Body>();
    let (list, todo, body) = many.clone().narrow(List::name).one()?;
    assert_eq!((&*list.name, todo.id, body), ("Shop", milk, title("milk")));
    let optional = db.query::<List>().left_join_many(Todo::list_id).select(ara::one_of::<Body>());
    assert_eq!(optional.count()?, 2);
    db.create(List::draft().name("Home"))?;
    let bodies = db.query::<List>().left_join_many(Todo::list_id).order_by(List::name);
    assert_eq!(bodies.select(ara::one_of::<Body>()).first()?, Some(None));
    Ok(())
}

#[test]
fn what_arrives_and_what_was_is_told_the_same_way() -> Outcome {
    let wall = Wall::new();
    let (a, b) = (wall.options().memory()?, wall.options().memory()?);
    let milk = a.create(Todo::draft().title("milk").content("Milk"))?;
    send(&a, &b)?;
    let mut watch = b.query::<Todo>().one_of::<Body>().watch()?;
    assert_eq!(watch.recv()?.pop().there()?.1, content("Milk"));
    wall.advance(1000);
    let then = Timestamp::from_millis(wall.millis());
    a.update(Todo::patch(milk).title("tea"))?;
    // Both hold the title that the other one gets: only the clock tells what changes.
    send(&a, &b)?;
    assert_eq!(watch.recv()?.pop().there()?.1, title("tea"));
    // Another table does not wake it.
    let runs = watch.runs();
    b.create(List::draft().name("Shop"))?;
    assert!(watch.try_recv()?.is_none());
    assert_eq!(watch.runs(), runs);
    wall.advance(1000);
    b.update(v1::Todo::patch(id(milk)).title("soy"))?;
    wall.advance(1000);
    a.update(Todo::patch(milk).content("Oat milk"))?;
    send(&b, &a)?;
    send(&a, &b)?;
    for db in [&a, &b] {
        assert_eq!(body(db, milk)?, Some(content("Oat milk")));
        assert_eq!(body(&db.at(then), milk)?, Some(title("tea")));
        let first = Timestamp::from_millis(then.millis() - 500);
        assert_eq!(body(&db.at(first), milk)?, Some(content("Milk")));
        verified(db)?;
    }
    a.transaction(|tx| {
        tx.update(Todo::patch(milk).pages(7))?;
        assert_eq!(body(tx, milk)?, Some(Body::Number(7)));
        Ok(())
    })?;
    a.rebuild()?;
    a.compact(&[b.version_vector()?])?;
    assert_eq!(body(&a, milk)?, Some(Body::Number(7)));
    Ok(())
}

/// Rule 2: what is written through is no edit.
#[test]
fn what_a_lens_writes_through_does_not_count() -> Outcome {
    mod v3 {
        use ara::prelude::*;

        #[derive(Debug, Table)]
        pub struct Todo {
            pub id: Id<Self>,
            #[table(replaces(title, read = read, write = write))]
            pub heading: Option<String>,
            #[table(retired)]
            title: Option<NonEmptyString<1000>>,
            pub body: Option<String>,
        }

        fn read(title: NonEmptyString<1000>) -> String {
            title.to_uppercase()
        }

        #[allow(clippy::ptr_arg, reason = "a lens is given the value of the column")]
        fn write(heading: &String) -> Option<NonEmptyString<1000>> {
            heading.to_lowercase().parse().ok()
        }

        #[derive(Debug, Clone, PartialEq, OneOf)]
        #[one_of(Todo)]
        pub enum Body {
            Body(String),
            Heading(String),
        }
    }
    let newest = |db: &Database| -> ara::Result<Option<v3::Body>> {
        let rows = db.query::<v3::Todo>().one_of::<v3::Body>().all()?;
        Ok(rows.into_iter().next().map(|(_, body)| body))
    };
    let db = Database::memory()?;
    let milk: Id<Todo> = id(db.create(v1::Todo::draft().title("milk"))?);
    assert_eq!(newest(&db)?, Some(v3::Body::Heading("MILK".to_owned())));
    db.update(v3::Todo::patch(id(milk)).body("Body"))?;
    assert_eq!(newest(&db)?, Some(v3::Body::Body("Body".to_owned())));
    // An edit of what the column replaces is one of the column.
    db.update(v1::Todo::patch(id(milk)).title("tea"))?;
    assert_eq!(newest(&db)?, Some(v3::Body::Heading("TEA".to_owned())));
    db.update(Todo::patch(milk).content("Content"))?;
    assert_eq!(newest(&db)?, Some(v3::Body::Body("Content".to_owned())));
    db.update(v3::Todo::patch(id(milk)).heading("Soy"))?;
    assert_eq!(newest(&db)?, Some(v3::Body::Heading("Soy".to_owned())));
    // The older version sees `soy` in the column, and no edit of it.
    assert_eq!(body(&db, milk)?, Some(content("Content")));
    Ok(())
}

/// What counts, by the history of a row, which is in the order in which writes win.
fn by_history(db: &Database, todo: Id<Todo>) -> ara::Result<Option<Body>> {
    let columns = ["body", "title", "pages"];
    let mut last: Vec<Option<(usize, Option<ara::Stored<'static>>)>> = vec![None; columns.len()];
    for (at, change) in db.history(todo)?.into_iter().enumerate() {
        for written in change.columns {
            for (column, last) in columns.iter().zip(&mut last) {
                if *column == written.column {
                    *last = Some((at, written.to.clone()));
                }
            }
        }
    }
    let newest = last.iter().flatten().map(|(at, _)| *at).max();
    let mut of_newest = last.into_iter().enumerate().filter_map(|(column, last)| {
        let (at, value) = last?;
        if Some(at) == newest { value.map(|value| (column, value)) } else { None }
    });
    Ok(of_newest.next().and_then(|(column, value)| {
        Some(match column {
            0 => Body::Content(String::read(value)?),
            1 => Body::Title(NonEmptyString::read(value)?),
            _ => Body::Number(i64::read(value)?),
        })
    }))
}

#[test]
fn devices_agree_with_the_history_whatever_their_clocks_show() -> Outcome {
    let mut random = Random::new();
    for _ in 0..25 {
        let walls = [Wall::new(), Wall::new(), Wall::new()];
        let devices = [
            walls[0].options().memory()?,
            walls[1].options().memory()?,
            walls[2].options().memory()?,
        ];
        let rows: Vec<Id<Todo>> = ["k", "l", "m", "n"].map(Id::from_key).to_vec();
        for _ in 0..60 {
            let at = random.below(3);
            let (db, row) = (&devices[at], rows[random.below(rows.len())]);
            if random.below(4) == 0 {
                walls[at].advance([-90_000_000, -1, 0, 5000][random.below(4)]);
            }
            let word = ["a", "b", "c"][random.below(3)];
            match random.below(8) {
                0 => drop(db.upsert(Todo::draft().id(row).title(word))?),
                1 => drop(db.update(Todo::patch(row).title(word))?),
                2 => drop(db.update(Todo::patch(row).content(word))?),
                3 => drop(db.update(Todo::patch(row).pages(random.below(3) as i64).title(word))?),
                4 => drop(db.update(Todo::patch(row).content(None))?),
                5 => drop(db.update(Todo::patch(row).title(None).content(word))?),
                _ => drop(send(db, &devices[random.below(3)])?),
            }
            if random.below(4) == 0 {
                assert_eq!(body(db, row)?, by_history(db, row)?);
            }
        }
        for _ in 0..2 {
            for from in &devices {
                for to in &devices {
                    send(from, to)?;
                }
            }
        }
        for row in rows {
            let first = by_history(&devices[0], row)?;
            for db in &devices {
                assert_eq!(body(db, row)?, first);
            }
        }
    }
    Ok(())
}
