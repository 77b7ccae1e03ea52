//! Groups of expressions, aggregates that are there, and views of groups.

use ara::prelude::*;
use ara::{Error, count};

use support::Outcome;

#[derive(Debug, Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: String,
    pub place: Option<String>,
    pub stars: Option<i64>,
    pub hours: Option<f32>,
    pub list_id: Option<Id<List>>,
}

#[derive(Debug, Table)]
pub struct List {
    pub id: Id<List>,
    pub name: String,
}

fn todos() -> Outcome<Database> {
    let db = Database::memory()?;
    let rows = [
        ("Buy milk", "Shop", Some(2)),
        ("Buy tea", "Shop", None),
        ("Think", "Home", Some(5)),
        ("Rest", "Home", Some(1)),
    ];
    let list = db.create(List::draft().name("All"))?;
    for (title, place, stars) in rows {
        let todo = Todo::draft().title(title).place(place.to_owned()).stars(stars).list_id(list);
        db.create(todo.hours(stars.map(|stars| stars as f32 / 2.0)))?;
    }
    Ok(db)
}

#[test]
fn rows_are_grouped_and_ordered_by_expressions() -> Outcome {
    let db = todos()?;
    let word = || Todo::title.substr(1, 3);
    let words = db.query::<Todo>().group_by(word()).order_by((count().desc(), word().of_group()));
    let words = words.select((word().of_group(), count(), Todo::stars.max())).all()?;
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        words,
        [(some("Buy"), 2, Some(2)), (some("Res"), 1, Some(1)), (some("Thi"), 1, Some(5))]
    );

    let letters = || Todo::title.length() % 2;
    let by = db.query::<Todo>().group_by((Todo::place, letters()));
    let by = by.filter(letters().of_group().eq(0)).order_by(Todo::place);
    let by = by.select((Todo::place, letters().of_group(), count())).all()?;
    assert_eq!(by, [(some("Home"), Some(0), 1), (some("Shop"), Some(0), 1)]);

    let joined = db.query::<Todo>().join(Todo::list_id).group_by(List::name.concat("!"));
    assert_eq!(
        joined.select((List::name.concat("!").of_group(), count())).one()?,
        (some("All!"), 4)
    );
    let titles = db.query::<Todo>().order_by(Todo::title.length().desc()).order_by(Todo::title);
    assert_eq!(titles.select(Todo::title).first()?, Some(some("Buy milk")));
    Ok(())
}

#[test]
fn an_expression_of_the_group_must_be_one() -> Outcome {
    let db = todos()?;
    let words = || db.query::<Todo>().group_by(Todo::title.substr(1, 3));
    let other = Todo::title.substr(1, 4);
    let refused = |error: Error| assert!(matches!(error, Error::Parameter { .. }), "{error:?}");
    let selected = words().select((other.clone().of_group(), count()));
    selected.clone().all().map_or_else(refused, |_| panic!("was run"));
    selected.watch().map_or_else(refused, |_| panic!("was run"));
    words()
        .select(count())
        .order_by(other.clone().of_group())
        .all()
        .map_or_else(refused, |_| panic!("was run"));
    words()
        .filter(other.clone().of_group().eq("a"))
        .select(count())
        .count()
        .map_or_else(refused, |_| panic!("was run"));
    let all = db.query::<Todo>().aggregate((other.of_group(), count()));
    all.one().map_or_else(refused, |_| panic!("was run"));
    Ok(())
}

/// The types say so.
#[test]
fn an_aggregate_of_a_narrowed_column_is_there_in_each_group() -> Outcome {
    let db = todos()?;
    let starred = db.query::<Todo>().narrow(Todo::stars).narrow(Todo::place);
    let places = starred.clone().group_by(Todo::place).order_by(Todo::place);
    let places = places.select((
        Todo::place,
        Todo::stars.sum(),
        Todo::stars.avg(),
        Todo::stars.min(),
        Todo::hours.sum(),
    ));
    let places: Vec<(String, i64, f64, i64, Option<f64>)> = places.all()?;
    assert_eq!(
        places,
        [("Home".to_owned(), 6, 3.0, 1, Some(3.0)), ("Shop".to_owned(), 2, 2.0, 2, Some(1.0))]
    );
    // All rows may be none.
    let none: (Option<i64>, i64) =
        starred.clone().filter(Todo::stars.gt(9)).aggregate((Todo::stars.sum(), count())).one()?;
    assert_eq!(none, (None, 0));
    let either: Vec<Option<i64>> =
        db.query::<Todo>().group_by(Todo::place).select(Todo::stars.sum()).all()?;
    assert_eq!(either.len(), 2);
    let computed: Vec<Option<i64>> =
        starred.group_by(Todo::place).select(Todo::stars.add(1).sum()).all()?;
    assert_eq!(computed.len(), 2);
    Ok(())
}

#[test]
fn aggregates_are_calculated_with_and_chosen_by() -> Outcome {
    let db = todos()?;
    let places = db.query::<Todo>().narrow(Todo::place).group_by(Todo::place);
    let places = places.filter(Todo::stars.sum().gt(2)).order_by(Todo::stars.sum().desc());
    let places =
        places.select((Todo::place, Todo::stars.sum() * 2 + 1, -Todo::stars.max().expr())).all()?;
    assert_eq!(places, [("Home".to_owned(), Some(13), Some(-5))]);
    Ok(())
}

#[derive(Debug, PartialEq, View)]
#[view(Todo, List, grouped)]
pub struct Place {
    pub place: String,
    #[view(List::name)]
    pub list: Option<String>,
    #[view(count())]
    pub todos: i64,
    #[view(Todo::stars.sum())]
    pub stars: Option<i64>,
    #[view(Todo::stars.max() + 1)]
    pub more: i64,
}

#[derive(Debug, PartialEq, View)]
#[view(Todo)]
pub struct Line {
    pub title: String,
    #[view(Todo::stars.mul(10))]
    pub weight: Option<i64>,
    #[view(Todo::place.lower())]
    pub place: String,
}

#[test]
fn views_have_aggregates_and_expressions() -> Outcome {
    let db = todos()?;
    db.create(Todo::draft().title("Wait").place("Nowhere".to_owned()))?;
    let joined = db.query::<Todo>().left_join(Todo::list_id);
    let places =
        joined.clone().group_by((Todo::place, List::name)).order_by(Todo::place).view::<Place>();
    let home = Place {
        place: "Home".to_owned(),
        list: Some("All".to_owned()),
        todos: 2,
        stars: Some(6),
        more: 6,
    };
    let shop = Place {
        place: "Shop".to_owned(),
        stars: Some(2),
        more: 3,
        list: home.list.clone(),
        todos: 2,
    };
    // A field that is no `Option` must be there: nobody knows how many stars there are nowhere.
    assert_eq!(places.clone().all()?, [home, shop]);
    assert_eq!(places.clone().count()?, 2);
    assert_eq!(places.limit(1).offset(1).all()?[0].place, "Shop");
    let ungrouped = joined.group_by(Todo::place).view::<Place>().all();
    assert!(matches!(ungrouped, Err(Error::Parameter { .. })));

    db.create(Todo::draft().title("Float"))?;
    let lines = db.query::<Todo>().order_by(Todo::title).view::<Line>();
    let lines = lines.limit(2).all()?;
    let line = |title: &str, weight, place: &str| Line {
        title: title.to_owned(),
        weight,
        place: place.to_owned(),
    };
    assert_eq!(lines, [line("Buy milk", Some(20), "shop"), line("Buy tea", None, "shop")]);
    assert_eq!(db.query::<Todo>().view::<Line>().count()?, 5);
    Ok(())
}

#[test]
fn sixteen_values_are_selected_and_grouped() -> Outcome {
    let db = todos()?;
    let t = Todo::title;
    let all = db.query::<Todo>().narrow(Todo::title).order_by((
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        Todo::stars,
    ));
    let all = all.select((t, t, t, t, t, t, t, t, t, t, t, t, t, t, t, Todo::stars));
    assert_eq!(all.first()?.map(|row| (row.14, row.15)), Some(("Buy milk".to_owned(), Some(2))));
    let groups = db.query::<Todo>().group_by((
        t,
        Todo::place,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        t,
        Todo::stars,
    ));
    assert_eq!(groups.select((Todo::place, Todo::stars, count())).all()?.len(), 4);
    let row = db
        .sql::<(i64, i64, i64, i64, i64, i64, i64, i64, i64, i64)>(
            "SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
        )
        .one()?;
    assert_eq!(row.9, 10);
    Ok(())
}
