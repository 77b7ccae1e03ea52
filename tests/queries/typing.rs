//! Queries that the types accept.

use crate::items::{Db, Item, Kind, Note};
use ara_core::{Id, Timestamp, Uuid};
use ara_query::{
    Compare, Contains, Expr, Filter, NumberFunctions, Queries, Query, Sort, TextFunctions,
};
use sea_query::ExprTrait;

fn open(db: &Db) -> Query<'_, (Item,)> {
    db.query::<Item>().filter(Item::done.ne(true))
}

fn urgent() -> Filter<(Item,)> {
    Item::stars.gt(3) | Item::name.like("urgent%")
}

fn anywhere<S: Contains<Item, I>, I>() -> Filter<S> {
    Item::done.eq(true) & !Item::rank.lt(0)
}

#[test]
fn queries_and_filters_are_values() -> ara_core::Result<()> {
    let db = Db::new();
    let mut query = open(&db);
    let mut filter = urgent();
    for word in ["a", "b"] {
        query = query.filter(Item::name.like(word));
        filter = filter | Item::name.like(word);
    }
    query.filter(filter).filter(anywhere()).all()?;

    let filters: Vec<Filter<_>> = vec![Item::done.eq(true), Item::stars.gt(1)];
    db.query::<Item>().filter(Filter::any(filters.clone())).filter(Filter::all(filters)).all()?;
    let none: [Filter<(Item,)>; 0] = [];
    db.query::<Item>().filter(Filter::all(none)).all()?;
    Ok(())
}

#[test]
fn everything_that_converts_compares() -> ara_core::Result<()> {
    let db = Db::new();
    let optional: Option<i64> = None;
    let id: Id<Note> = Id::from_uuid(Uuid::nil());
    db.query::<Item>()
        .filter(Item::title.eq("x"))
        .filter(Item::title.eq(String::from("x")))
        .filter(Item::rank.eq(optional))
        .filter(Item::rank.eq(Some(5)))
        .filter(Item::rank.ne(None))
        .filter(Item::title.ne(None))
        .filter(Item::tags.eq(vec![1]))
        .filter(Item::kind.eq(Kind::Task))
        .filter(Item::kind.is_in([Kind::Task, Kind::Event]))
        .filter(Item::owner_id.eq(id))
        .filter(Item::data.eq([1, 2]))
        .filter(Item::rank.eq(Item::rank))
        .filter(Item::rank.gt(Item::rank.add(1)))
        .filter(Item::created_at.gt(Timestamp::from_millis(5)))
        .filter(Item::created_at.le(Item::updated_at))
        .filter(Item::title.is_in(["a", "b"]))
        .filter(Item::title.text().eq(Item::name))
        .filter(Item::name.eq(Item::title.lower()))
        .filter(Item::name.between("a", Item::title.lower()))
        .filter(Item::done.is_true() | Item::done.is_false())
        .filter(Item::done.eq(Item::stars.gt(3)))
        .filter(Item::stars.gt(3).is_false())
        .filter((Item::stars.add(1) * 2 - Item::rank.neg()).gt(3))
        .filter((Item::stars.add(Item::rank) % 2 + 1).eq(1))
        .filter((Item::score.mul(Item::ratio) / 2.0).round(2).gt(0.5))
        .filter((-Item::stars.abs()).lt(0))
        .filter(Item::name.concat("!").concat(Item::title).length().gt(3))
        .filter(Item::name.coalesce("none").substr(1, 2).upper().eq("NO"))
        .filter(Item::rank.coalesce(0).ge(Item::rank.coalesce(1)))
        .filter(sea_query::Expr::col("rank").gt(5))
        .filter(Expr::<_, bool>::raw(sea_query::Expr::cust("1")) & Item::done.is_true())
        .order_by(Item::title)
        .order_by(Item::created_at.desc().nulls_last())
        .order_by(Item::name.lower())
        .order_by(Item::name.length().asc().nulls_first())
        .all()?;
    Ok(())
}

#[test]
fn narrowing_changes_the_row() -> ara_core::Result<()> {
    let db = Db::new();
    for row in db.query::<Item>().narrow(Item::title).narrow(Item::rank).all()? {
        let _: (&str, i64, Option<bool>) = (&row.title, row.rank, row.done);
    }
    let items: Vec<Item> = db.query::<Item>().narrow_all().all()?;
    assert_eq!(items, []);
    let notes = db.query::<Note>().narrow(Note::text).order_by(Note::text.desc()).limit(5);
    assert_eq!(notes.clone().all()?, []);
    assert!(!notes.exists()?);
    Ok(())
}

#[test]
fn filters_are_ready_for_joins_and_for_other_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    let joined: Filter<(Item, Note)> = Note::text.eq(Item::name) & Item::done.eq(true) & anywhere();
    shared(&joined);
    assert!(format!("{joined:?}").contains(r#""note"."text""#));
}

#[test]
fn no_value_is_part_of_the_text() {
    let db = Db::new();
    let query =
        db.query::<Item>().filter(Item::name.eq("secret'; --") & Item::rank.is_in([42, 43]));
    let text =
        format!("{query:?} {:?}", Expr::<(Item,), String>::raw(sea_query::Expr::val("secret")));
    assert!(!text.contains("secret") && !text.contains("42"), "{text}");
}

#[test]
fn a_local_table_is_read_under_its_stored_name() -> ara_core::Result<()> {
    let db = Db::new();
    db.connection.execute(
        "INSERT INTO ara_local_note VALUES (1, zeroblob(16), x'', 1, 1, 0, 'hello')",
        [],
    )?;
    let notes = db.query::<Note>().filter(Note::text.starts_with("he")).narrow_all().all()?;
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].text, "hello");
    Ok(())
}

#[test]
fn raw_expressions_that_sqlite_refuses_are_errors() {
    let db = Db::new();
    let fault = |filter: Filter<(Item,)>| {
        db.query::<Item>().filter(filter).count().expect_err("is refused").to_string()
    };
    let raw = |sql: &'static str| Filter::raw(sea_query::Expr::cust(sql));
    assert!(fault(raw("no_such_column = 1")).contains("no_such_column"));
    assert!(fault(raw("no_such_function(rank)")).contains("no such function: no_such_function"));
    assert!(fault(raw("rank = = 1")).contains("near \"=\": syntax error"));
    let many = || Filter::raw(sea_query::Expr::col("rank").is_in(0..40_000));
    assert!(fault(many()).contains("too many SQL variables"));
    // This statement also calls `ara_reads`, a function of ara, which must not make the error one of a damaged file.
    let many = Item::tags.is_not_null() & many();
    assert!(fault(many).contains("too many SQL variables"));
    for secret in ["rank 'secret'", "rank = 'secret", "rank 42"] {
        assert!(fault(raw(secret)).contains("a statement is not valid SQL"));
    }
    let huge = sea_query::Expr::col("rank").eq(u64::MAX);
    assert!(db.query::<Item>().filter(huge).all().is_err());
}
