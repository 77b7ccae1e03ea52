//! Every kind of query can be watched.

use ara::count;
use ara::prelude::*;

use crate::watch::{Category, Setting, Todo, Told, unwatched};
use support::{File, Outcome, There};

/// In memory, and in a file.
fn databases() -> Outcome<[(Database, Option<File>); 2]> {
    let file = File::new()?;
    Ok([(Database::memory()?, None), (unwatched().open(file.path())?, Some(file))])
}

#[test]
fn a_join_is_woken_by_either_table() -> Outcome {
    for (db, _file) in databases()? {
        let home = db.create(Category::draft().name("Home"))?;
        let milk = db.create(Todo::draft().title("Buy milk").category_id(home))?;
        let joined = db.query::<Todo>().join(Todo::category_id).narrow(Category::name);
        let mut rows = joined.clone().watch()?;
        let mut names = joined.select((Todo::title, Category::name)).watch()?;
        assert_eq!(rows.told()?[0].1.name, "Home");
        names.told()?;
        db.update(Category::patch(home).color("red"))?;
        assert_eq!(rows.told()?[0].1.color.as_deref(), Some("red"));
        db.update(Todo::patch(milk).stars(3))?;
        assert_eq!(rows.told()?[0].0.stars, Some(3));
        names.is_quiet(1)?;
        db.update(Category::patch(home).name("House"))?;
        assert_eq!(names.told()?[0].1, "House");
        db.delete(home)?;
        assert!(names.told()?.is_empty() && rows.told()?.is_empty());
    }
    Ok(())
}

#[test]
fn groups_and_aggregates() -> Outcome {
    for (db, _file) in databases()? {
        let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
        let groups = db.query::<Todo>().narrow(Todo::done).group_by(Todo::done);
        let groups = groups.filter(count().gt(0)).select((Todo::done, Todo::stars.sum()));
        let mut groups = groups.order_by(Todo::done).watch()?;
        let mut most = db.query::<Todo>().aggregate(Todo::stars.max()).watch()?;
        assert!(groups.told()?.is_empty());
        assert_eq!(most.told()?, [Some(1)]);
        db.update(Todo::patch(milk).title("Buy bread"))?;
        groups.is_quiet(1)?;
        most.is_quiet(1)?;
        db.update(Todo::patch(milk).done(true))?;
        assert_eq!(groups.told()?, [(true, Some(1))]);
        most.is_quiet(1)?;
        db.create(Todo::draft().title("Buy tea").done(true).stars(4))?;
        assert_eq!((groups.told()?, most.told()?), (vec![(true, Some(5))], vec![Some(4)]));
    }
    Ok(())
}

#[test]
fn a_page_of_narrowed_and_distinct_rows() -> Outcome {
    for (db, _file) in databases()? {
        let todos = || db.query::<Todo>().order_by(Todo::title);
        let mut first = todos().narrow(Todo::title).limit(1).watch()?;
        let mut second = todos().narrow_all().offset(1).limit(1).watch()?;
        let mut stars = db.query::<Todo>().select(Todo::stars).distinct().watch()?;
        assert!(first.told()?.is_empty() && second.told()?.is_empty() && stars.told()?.is_empty());
        db.create(Todo::draft().title("b"))?;
        assert_eq!(&*first.told()?[0].title, "b");
        assert_eq!(stars.told()?, [None]);
        db.create(Todo::draft().title("c"))?;
        assert_eq!(&*second.told()?[0].title, "c");
        first.is_quiet(3)?;
        stars.is_quiet(3)?;
        db.create(Todo::draft().title("a"))?;
        assert_eq!(&*first.told()?[0].title, "a");
        assert_eq!(&*second.told()?.first().there()?.title, "b");
    }
    Ok(())
}

#[test]
fn conditions_that_ask_other_tables() -> Outcome {
    for (db, _file) in databases()? {
        let home = db.create(Category::draft().name("Home"))?;
        let milk = db.create(Todo::draft().title("Buy milk"))?;
        let red = db.query::<Category>().filter(Category::color.eq("red")).select(Category::id);
        let todos = db.query::<Todo>().filter(Todo::category_id.in_query(red)).select(Todo::id);
        let mut red = todos.watch()?;
        let used = db.query::<Category>().filter(Todo::category_id.exists());
        let mut used = used.select(Category::id).watch()?;
        assert!(red.told()?.is_empty() && used.told()?.is_empty());
        db.update(Todo::patch(milk).category_id(home))?;
        assert_eq!(used.told()?, [home]);
        red.is_quiet(2)?;
        db.update(Category::patch(home).name("House"))?;
        red.is_quiet(2)?;
        used.is_quiet(2)?;
        db.update(Category::patch(home).color("red"))?;
        assert_eq!(red.told()?, [milk]);
        used.is_quiet(2)?;
    }
    Ok(())
}

/// The row that is named is not the one that refers to it.
#[test]
fn conditions_that_ask_other_rows_of_the_same_table() -> Outcome {
    #[derive(Debug, Table)]
    struct Book {
        id: Id<Book>,
        title: String,
        sequel_of: Option<Id<Book>>,
    }

    for (db, _file) in databases()? {
        let first = db.create(Book::draft().title("A"))?;
        let named = || db.query::<Book>().filter(Book::id.eq(first)).select(Book::id);
        let mut has_sequel = named().filter(Book::sequel_of.exists()).watch()?;
        let after_c = Book::sequel_of.exists_where(Book::title.eq("C"));
        let mut has_c_behind = named().filter(Book::sequel_of.exists_where(after_c)).watch()?;
        assert!(has_sequel.told()?.is_empty() && has_c_behind.told()?.is_empty());
        let second = db.create(Book::draft().title("B").sequel_of(first))?;
        assert_eq!(has_sequel.told()?, [first]);
        has_c_behind.is_quiet(2)?;
        db.create(Book::draft().title("C").sequel_of(second))?;
        assert_eq!(has_c_behind.told()?, [first]);
        db.delete(second)?;
        assert!(has_sequel.told()?.is_empty() && has_c_behind.told()?.is_empty());
    }
    Ok(())
}

#[test]
fn rows_with_those_that_refer_to_them() -> Outcome {
    for (db, _file) in databases()? {
        let home = db.create(Category::draft().name("Home"))?;
        let mut all = db.query::<Category>().with_many(Todo::category_id).watch()?;
        assert_eq!(all.told()?[0].1.len(), 0);
        let milk = db.create(Todo::draft().title("Buy milk").category_id(home))?;
        assert_eq!(all.told()?[0].1[0].id, milk);
        db.create(Setting::draft().text("dark"))?;
        all.is_quiet(2)?;
        db.update(Category::patch(home).color("red"))?;
        assert_eq!(all.told()?[0].0.color.as_deref(), Some("red"));
        db.delete(milk)?;
        assert_eq!(all.told()?[0].1.len(), 0);
    }
    Ok(())
}

#[test]
fn unions_prepared_queries_and_sql() -> Outcome {
    for (db, _file) in databases()? {
        db.ensure::<Todo>()?;
        let names = || db.query::<Category>().select(Category::name);
        let mut both = names().union(db.query::<Setting>().select(Setting::text)).watch()?;
        let starred = db
            .prepare(|(least,)| db.query::<Todo>().filter(Todo::stars.ge(least)).select(Todo::id));
        let (mut few, mut many) = (starred.watch((2,))?, starred.watch((4,))?);
        let sql = db.sql::<(i64,)>("SELECT count(*) FROM todo WHERE stars > ?").bind(2);
        let mut counted = sql.watch()?;
        assert!(both.told()?.is_empty() && few.told()?.is_empty() && many.told()?.is_empty());
        assert_eq!(counted.told()?, [(0,)]);
        db.create(Setting::draft().text("dark"))?;
        assert_eq!(both.told()?, [Some("dark".to_owned())]);
        let milk = db.create(Todo::draft().title("Buy milk").stars(3))?;
        assert_eq!((few.told()?, counted.told()?), (vec![milk], vec![(1,)]));
        many.is_quiet(2)?;
        both.is_quiet(2)?;
        db.update(Todo::patch(milk).title("Buy bread"))?;
        few.is_quiet(2)?;
        counted.is_quiet(2)?;
        let write = db.sql::<(i64,)>("DELETE FROM todo RETURNING 1").watch();
        assert!(matches!(write, Err(ara::Error::RawWrite)), "{write:?}");
    }
    Ok(())
}

mod next {
    use ara::prelude::*;

    /// The todo of the app's next version.
    #[derive(Debug, Table)]
    #[table(name = "todo")]
    pub struct Todo {
        pub id: Id<Todo>,
        pub title: NonEmptyString<100>,
        pub due: Option<i64>,
    }
}

#[test]
fn a_table_that_is_not_there_yet_is_made() -> Outcome {
    for (db, _file) in databases()? {
        let mut todos = db.query::<Todo>().watch()?;
        assert!(todos.told()?.is_empty());
        db.create(Todo::draft().title("Buy milk"))?;
        assert_eq!(todos.told()?.len(), 1);
    }
    Ok(())
}

#[test]
fn a_schema_that_grows_breaks_no_watch() -> Outcome {
    for (db, _file) in databases()? {
        let milk = db.create(Todo::draft().title("Buy milk"))?;
        let mut todos = db.query::<Todo>().watch()?;
        let mut titles = db.query::<Todo>().select(Todo::title).watch()?;
        todos.told()?;
        titles.told()?;
        db.ensure::<next::Todo>()?;
        todos.is_quiet(1)?;
        db.update(next::Todo::patch(Id::from_uuid(milk.uuid())).due(5))?;
        let _ = todos.try_recv()?;
        assert_eq!(todos.runs(), 2);
        titles.is_quiet(1)?;
        let mut dues = db.query::<next::Todo>().select(next::Todo::due).watch()?;
        assert_eq!(dues.told()?, [Some(5)]);
        db.update(Todo::patch(milk).title("Buy bread"))?;
        assert_eq!(titles.told()?.len(), 1);
        assert_eq!(todos.told()?[0].title.as_deref(), Some("Buy bread"));
        dues.is_quiet(1)?;
    }
    Ok(())
}
