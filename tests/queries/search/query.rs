//! Searches within queries.

use ara::prelude::*;
use ara::{Error, Param, count};

use crate::search::{Category, Todo, filled};
use support::{File, Outcome, There};

#[test]
fn the_best_come_first() -> Outcome {
    let db = filled(&["milk and a lot of other words that are not it", "milk", "milk milk milk"])?;
    let titles = |query: Query<'_, (Todo,)>| -> ara::Result<Vec<String>> {
        let titles = query.narrow(Todo::title).select(Todo::title).all()?;
        Ok(titles.iter().map(ToString::to_string).collect())
    };
    let search = || db.query::<Todo>().search("milk");
    let ranked = titles(search())?;
    assert_eq!(ranked.first().map(String::as_str), Some("milk milk milk"));
    assert!(ranked.last().is_some_and(|last| last.ends_with("it")));
    let mut sorted = ranked.clone();
    sorted.sort();
    assert_eq!(titles(search().order_by(Todo::title))?, sorted);
    let reversed: Vec<_> = ranked.iter().rev().cloned().collect();
    assert_eq!(titles(search().order_by(ara::rank().desc()))?, reversed);
    assert_eq!(titles(search().limit(1).offset(1))?, ranked[1..2]);
    assert_eq!(search().first()?.there()?.title.there()?.as_str(), "milk milk milk");

    let ranks = search().select(ara::rank()).all()?;
    assert!(ranks.is_sorted() && ranks.iter().flatten().all(|rank| *rank < 0.0), "{ranks:?}");
    let best = ranks[0].there()?;
    assert_eq!(search().filter(ara::rank().le(best)).count()?, 1);
    Ok(())
}

#[test]
fn it_goes_with_the_other_clauses() -> Outcome {
    let db = Database::memory()?;
    let shop = db.create(Category::draft().name("Shop"))?;
    let milk = db.create(Todo::draft().title("oat milk").stars(3).category_id(shop))?;
    db.create(Todo::draft().title("soy milk"))?;
    let search = || db.query::<Todo>().search("milk");
    assert_eq!(search().filter(Todo::stars.ge(2)).count()?, 1);
    assert_eq!(search().narrow(Todo::stars).one()?.stars, 3);
    assert_eq!(search().narrow_all().all()?.len(), 2);
    assert!(search().exists()? && !search().filter(Todo::stars.gt(5)).exists()?);
    assert_eq!(search().find(milk)?.there()?.id, milk);
    assert_eq!(db.query::<Todo>().search("bread").find(milk)?, None);
    assert_eq!(search().select(Todo::stars).distinct().count()?, 2);
    assert_eq!(search().aggregate(count()).one()?, 2);
    assert_eq!(search().group_by(Todo::stars).select((Todo::stars, count())).all()?.len(), 2);
    // The last search counts.
    assert_eq!(search().search("soy").count()?, 1);

    let (todo, category) = search().join(Todo::category_id).narrow(Category::name).one()?;
    assert_eq!((todo.id, &*category.name), (milk, "Shop"));
    assert_eq!(search().left_join(Todo::category_id).all()?.len(), 2);
    // In a joined query it is of the first table.
    let categories = db.query::<Category>().search("shop");
    assert_eq!(categories.clone().join_many(Todo::category_id).count()?, 1);
    assert_eq!(db.query::<Category>().search("milk").join_many(Todo::category_id).count()?, 0);

    let many = categories.clone().with_many(Todo::category_id).all()?;
    assert_eq!(many[0].1.len(), 1);
    let many = db
        .query::<Category>()
        .with_many_of(Todo::category_id, |todos| todos.search("milk").limit(5));
    assert_eq!(many.all()?[0].1.len(), 1);

    let ids = search().select(Todo::category_id);
    assert_eq!(db.query::<Category>().filter(Category::id.in_query(ids)).count()?, 1);
    let names = || categories.clone().narrow(Category::name).select(Category::name.text());
    let titles = search().narrow(Todo::title).select(Todo::title.text());
    assert_eq!(names().union(titles).count()?, 3);
    Ok(())
}

#[test]
fn snippets_tell_where() -> Outcome {
    let db = filled(&["one two three four five six seven oat milk eight nine ten"])?;
    db.create(Todo::draft().title("tea").notes("no milk"))?;
    let parts = |words| {
        let title = ara::snippet(Todo::title, "<b>", "</b>", words);
        let notes = ara::snippet(Todo::notes, "<b>", "</b>", words);
        db.query::<Todo>().search("mil*").order_by(Todo::id).select((title, notes)).all()
    };
    let milk = "…oat <b>milk</b> eight nine…";
    assert_eq!(parts(4)?[0], (Some(milk.to_owned()), None));
    assert_eq!(parts(4)?[1], (Some("tea".to_owned()), Some("no <b>milk</b>".to_owned())));
    parts(0)?;
    parts(u32::MAX)?;
    Ok(())
}

#[test]
fn without_a_search_there_is_no_rank() -> Outcome {
    let db = filled(&["milk"])?;
    let snippet = || ara::snippet(Todo::title, "", "", 8);
    let refused = [
        db.query::<Todo>().select(snippet()).all().err(),
        db.query::<Todo>().select(ara::rank()).all().err(),
        db.query::<Todo>().order_by(ara::rank()).count().err(),
        db.query::<Todo>().filter(ara::rank().lt(0.0)).exists().err(),
        db.query::<Todo>()
            .select(snippet())
            .union(db.query::<Todo>().select(snippet()))
            .all()
            .err(),
        db.prepare(|()| db.query::<Todo>().select(snippet())).all(()).err(),
        // The search of a subquery is its own.
        db.query::<Todo>()
            .filter(Todo::id.in_query(db.query::<Todo>().search("milk").select(Todo::id)))
            .select(ara::rank())
            .all()
            .err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(Error::NotSearched)), "{error:?}");
    }
    Ok(())
}

#[test]
fn a_newtype_of_text_is_searched() -> Outcome {
    #[derive(Debug, Clone, PartialEq, Value)]
    struct Name(NonEmptyString<50>);

    impl From<NonEmptyString<50>> for Name {
        fn from(name: NonEmptyString<50>) -> Self {
            Self(name)
        }
    }

    type Alias = Name;

    #[derive(Table)]
    struct Person {
        id: Id<Person>,
        #[table(search)]
        name: Alias,
    }
    let db = Database::memory()?;
    let id = db.create(Person::draft().name(Name("Ada Lovelace".try_into()?)))?;
    assert_eq!(
        db.query::<Person>().search("ada").narrow_all().one()?.name.0.as_str(),
        "Ada Lovelace"
    );
    let snippet = ara::snippet(Person::name, "[", "]", 8);
    let found = db.query::<Person>().search("love*").filter(Person::id.eq(id)).select(snippet);
    assert_eq!(found.one()?.as_deref(), Some("Ada [Lovelace]"));
    Ok(())
}

#[test]
fn it_can_be_prepared() -> Outcome {
    let db = filled(&["oat milk", "soy milk"])?;
    let search = db.prepare(|(text,): (Param<String>,)| {
        let snippet = ara::snippet(Todo::title, "[", "]", 8);
        db.query::<Todo>().search(text).select(snippet)
    });
    assert_eq!(search.all(("oat",))?, [Some("[oat] milk".to_owned())]);
    assert_eq!(search.count(("milk",))?, 2);
    assert_eq!(search.count(("\"",))?, 0);
    Ok(())
}

#[test]
fn the_index_serves() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let plan = db.query::<Todo>().search("milk").filter(Todo::stars.ge(1)).limit(20).explain()?;
    assert_eq!(
        plan,
        [
            "SCAN the search VIRTUAL TABLE INDEX 32:M2",
            "SEARCH todo USING INTEGER PRIMARY KEY (rowid=?)",
        ]
    );
    Ok(())
}
