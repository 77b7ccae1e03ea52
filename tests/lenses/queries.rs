//! Every kind of query sees what columns show, right after another version has written.

use ara::{Param, Stored, count, prelude::*};
use support::{Outcome, There, disk, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Task {
        pub id: Id<Self>,
        pub title: String,
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

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Task {
        pub id: Id<Self>,
        #[table(index, replaces(title, read = loud, write = quiet))]
        pub text: NonEmptyString<20>,
        #[table(retired)]
        title: Option<String>,
        pub list_id: Option<Id<List>>,
    }

    #[derive(Debug, Table)]
    pub struct List {
        pub id: Id<Self>,
        #[table(replaces(name, read = String::from))]
        pub label: String,
        #[table(retired)]
        name: Option<String>,
    }

    #[derive(Debug, View)]
    #[view(Task)]
    pub struct TaskItem {
        pub text: NonEmptyString<20>,
    }

    fn loud(title: String) -> Option<String> {
        (!title.is_empty()).then(|| title.to_uppercase())
    }

    fn quiet(text: &NonEmptyString<20>) -> String {
        text.to_lowercase()
    }
}

use v2::{List, Task};

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

fn tasks(db: &Database) -> Query<'_, (Task,)> {
    db.query::<Task>()
}

/// Returns whether a query shows a text.
type Check<'c> = dyn Fn(&Database, &str) -> Outcome<bool> + 'c;

/// Writes as version 1 does, then runs a query of version 2.
fn each(db: &Database, task: Id<v1::Task>, queries: &[&Check<'_>]) -> Outcome {
    for (at, query) in queries.iter().enumerate() {
        for title in [format!("a{at}"), format!("b{at}")] {
            db.update(v1::Task::patch(task).title(title.as_str()))?;
            assert!(query(db, &title.to_uppercase())?, "query {at}");
        }
    }
    Ok(())
}

#[test]
fn all_kinds_of_queries() -> Outcome {
    let folder = tempfile::tempdir()?;
    let db = disk::open(folder.path().join("app.db"))?;
    let home = db.create(v1::List::draft().name("Home"))?;
    let milk = db.create(v1::Task::draft().title("milk").list_id(home))?;
    let prepared = db.prepare(|(text,): (Param<NonEmptyString<20>>,)| {
        db.query::<Task>().filter(Task::text.eq(text))
    });
    each(
        &db,
        milk,
        &[
            &|db, text| Ok(tasks(db).narrow_all().one()?.text == text),
            &|db, text| Ok(tasks(db).filter(Task::text.eq(text)).count()? == 1),
            &|db, text| Ok(tasks(db).filter(Task::text.eq(text)).exists()?),
            &|db, text| Ok(tasks(db).filter(Task::text.eq(text)).find(id(milk))?.is_some()),
            &|db, text| {
                let first =
                    tasks(db).order_by(Task::text).limit(1).offset(0).select(Task::text).first()?;
                Ok(first.there()?.there()? == text)
            },
            &|db, text| {
                let groups = tasks(db).group_by(Task::text).select((Task::text, count())).all()?;
                Ok(groups.len() == 1 && groups[0].0.as_deref() == Some(text))
            },
            &|db, text| {
                let joined =
                    tasks(db).join(Task::list_id).select((Task::text, List::label)).one()?;
                assert_eq!(joined.0.as_deref(), Some(text));
                Ok(joined.1.as_deref() == Some("Home"))
            },
            &|db, text| {
                let lists = db.query::<List>().with_many(Task::list_id).one()?;
                Ok(lists.1[0].text.as_deref() == Some(text))
            },
            &|db, text| {
                let one = || tasks(db).narrow(Task::text).select(Task::text);
                let both = one().union(one()).all()?;
                Ok((both.len(), &*both[0]) == (1, text))
            },
            &|db, text| {
                let page = tasks(db).order_by(Task::text).limit(1).page(None)?;
                Ok(page.rows[0].text.as_deref() == Some(text))
            },
            &|db, text| Ok(tasks(db).view::<v2::TaskItem>().one()?.text == text),
            &|db, text| {
                let mut texts = Vec::new();
                tasks(db).for_each(|task| {
                    texts.extend(task.text);
                    Ok(())
                })?;
                Ok(texts == [text])
            },
            &|db, text| {
                let select = tasks(db).filter(Task::text.eq(text)).select(Task::text).into_select();
                Ok(db.sql::<(String,)>(select).one()?.0 == text)
            },
            &|db, text| {
                let lists = db.query::<List>();
                let lists = lists.filter(
                    List::id.in_query(
                        tasks(db)
                            .filter(Task::text.eq(text))
                            .narrow(Task::list_id)
                            .select(Task::list_id),
                    ),
                );
                Ok(lists.count()? == 1)
            },
        ],
    )?;
    for title in ["c", "d"] {
        db.update(v1::Task::patch(milk).title(title))?;
        assert_eq!(prepared.all((title.to_uppercase(),))?.len(), 1);
        db.update(v1::Task::patch(milk).title(format!("{title}{title}")))?;
        assert_eq!(prepared.count((title.to_uppercase().repeat(2),))?, 1);
    }
    // What breaks a rule of the new type is absent, and what is absent does not keep a row from being narrowed away.
    db.update(v1::Task::patch(milk).title("x".repeat(30)))?;
    assert_eq!(tasks(&db).narrow(Task::text).count()?, 0);
    assert_eq!(tasks(&db).count()?, 1);
    assert_eq!(db.schema_drift()?, []);
    verified(&db)
}

/// A type of a newer version, which this one cannot read.
#[test]
fn where_the_newest_cannot_be_read_the_older_shape_speaks() -> Outcome {
    mod v3 {
        use ara::prelude::*;

        #[derive(Debug, Table)]
        pub struct Task {
            pub id: Id<Self>,
            #[table(replaces(title, read = String::from, write = short, revision = 2))]
            pub text: String,
            #[table(retired)]
            title: Option<String>,
        }

        fn short(text: &str) -> String {
            text.chars().take(3).collect()
        }
    }
    let db = Database::memory()?;
    let milk = db.create(v3::Task::draft().text("a text that is far too long"))?;
    let text = |db: &Database| -> ara::Result<Option<String>> {
        Ok(db.get::<Task>(id(milk))?.and_then(|task| task.text).map(String::from))
    };
    assert_eq!(text(&db)?.as_deref(), Some("A T"));
    // Who writes what is seen changes nothing.
    db.update(Task::patch(id(milk)).text("A T"))?;
    assert_eq!(db.get(milk)?.there()?.text.as_deref(), Some("a text that is far too long"));
    assert!(db.clear_unreadable(id::<_, Task>(milk), Task::text)?);
    assert_eq!(text(&db)?, None);
    assert_eq!(db.get(milk)?.there()?.text, None);
    assert_eq!(db.get::<v1::Task>(id(milk))?.there()?.title, None);
    let history = db.history(milk)?;
    let last = history.last().there()?;
    assert_eq!(last.columns[0].from, Some(Stored::Text("a text that is far too long".into())));
    verified(&db)
}

/// The statements that make a file make all that lies beside its rows.
#[test]
fn the_ddl_has_all_that_a_file_has() -> Outcome {
    let sqlite = rusqlite::Connection::open_in_memory()?;
    for sql in ara::ddl(&[Task::TABLE, List::TABLE]) {
        sqlite.execute_batch(&sql)?;
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("app.db");
    let db = disk::open(&path)?;
    db.ensure::<Task>()?;
    db.ensure::<List>()?;
    drop(db);
    let names = "SELECT name FROM sqlite_schema WHERE name LIKE '%task%' OR name LIKE '%list%' ORDER BY name";
    let columns = "SELECT name FROM pragma_table_info('task') ORDER BY name";
    let file = disk::sqlite(&path)?;
    for sql in [names, columns] {
        assert_eq!(support::rows(&sqlite, sql)?, support::rows(&file, sql)?);
    }
    Ok(())
}
