//! Every operator is compared with a plain model of the null rules, on tables whose cells hold anything: nulls,
//! and values that are of another storage class, out of range, or against a rule.

use crate::items::{Db, Item, Kind, Note};
use ara_core::{Error, Id, Json, NonEmptyString, Stored, Timestamp, Uuid, Value};
use ara_query::{Compare, Filter, NumberFunctions, Queries, Sort, TextFunctions};
use proptest::prelude::*;
use rusqlite::types::Value as Cell;
use support::cases::scaled;

/// A row as the app sees it: `None` is absent or unreadable.
#[derive(Debug, Clone)]
struct Model {
    id: Uuid,
    deleted: bool,
    created_at: i64,
    title: Option<String>,
    name: Option<String>,
    done: Option<bool>,
    stars: Option<u8>,
    rank: Option<i64>,
    score: Option<f64>,
    ratio: Option<f32>,
    data: Option<Vec<u8>>,
    owner_id: Option<Id<Note>>,
    kind: Option<Kind>,
    tags: Option<Vec<i64>>,
}

const COLUMNS: usize = 11;

fn read<V: Value>(cell: &Cell) -> Option<V> {
    V::read(match cell {
        Cell::Null => return None,
        Cell::Integer(integer) => Stored::Integer(*integer),
        Cell::Real(real) => Stored::Real(*real),
        Cell::Text(text) => Stored::Text(text.into()),
        Cell::Blob(bytes) => Stored::Blob(bytes.into()),
    })
}

fn cell() -> impl Strategy<Value = Cell> {
    let integers = [-1, 0, 1, 2, 3, 255, 256, i64::MIN, i64::MAX].map(Cell::Integer);
    let reals = [-1.0, 0.0, 0.5, 1.0, 2.0, 1e300, f64::INFINITY].map(Cell::Real);
    let texts = [
        "",
        " ",
        "\u{a0}",
        "a",
        "ab",
        "Ab",
        "abc",
        " ab ",
        "aß",
        "b",
        "ba",
        "1",
        "Task",
        "Event",
        "x",
        "abcdef",
        "abcdefg",
        "äöüäöü",
        "äöüäöüä",
        "a\0b",
        "a%c",
        "\u{10ffff}",
        "\u{7f}",
        "[1]",
        "[1, 2]",
        "[1",
        "null",
        "\0",
    ]
    .map(|text| Cell::Text(text.to_owned()));
    let blobs =
        [&b""[..], b"ab", b"Task", &[1; 16], &[2; 16], &[1; 17]].map(|b| Cell::Blob(b.to_vec()));
    prop_oneof![
        2 => Just(Cell::Null),
        3 => proptest::sample::select(integers.to_vec()),
        3 => proptest::sample::select(reals.to_vec()),
        6 => proptest::sample::select(texts.to_vec()),
        3 => proptest::sample::select(blobs.to_vec()),
    ]
}

type Cells = (Option<i64>, i64, Vec<Cell>);

fn rows() -> impl Strategy<Value = Vec<Cells>> {
    let deleted = prop_oneof![Just(None), Just(Some(0)), Just(Some(1))];
    let row = (deleted, 0..4_i64, proptest::collection::vec(cell(), COLUMNS));
    proptest::collection::vec(row, 0..25)
}

fn fill(rows: &[Cells]) -> (Db, Vec<Model>) {
    let db = Db::new();
    let sql = format!("INSERT INTO item VALUES (NULL, ?, x'', ?, ?, ?{})", ", ?".repeat(COLUMNS));
    let mut models = Vec::new();
    for (n, (deleted, created_at, cells)) in rows.iter().enumerate() {
        let id = Uuid::from_u128(n as u128);
        let mut values = vec![
            Cell::Blob(id.into_bytes().to_vec()),
            Cell::Integer(*created_at),
            Cell::Integer(9),
            deleted.map_or(Cell::Null, Cell::Integer),
        ];
        values.extend(cells.iter().cloned());
        db.connection.execute(&sql, rusqlite::params_from_iter(values)).expect("a row");
        models.push(Model {
            id,
            deleted: *deleted == Some(1),
            created_at: *created_at,
            title: read::<NonEmptyString<6>>(&cells[0]).map(Into::into),
            name: read(&cells[1]),
            done: read(&cells[2]),
            stars: read(&cells[3]),
            rank: read(&cells[4]),
            score: read(&cells[5]),
            ratio: read(&cells[6]),
            data: read(&cells[7]),
            owner_id: read(&cells[8]),
            kind: read(&cells[9]),
            tags: read::<Json<Vec<i64>>>(&cells[10]).map(|tags| tags.0),
        });
    }
    (db, models)
}

type Check = (&'static str, Filter<(Item,)>, fn(&Model) -> bool);

macro_rules! checks {
    ($($filter:expr => $model:expr;)*) => {
        vec![$((stringify!($filter), $filter, $model)),*]
    };
}

fn owner() -> Id<Note> {
    Id::from_uuid(Uuid::from_bytes([1; 16]))
}

fn ascii_like(text: &Option<String>, matches: fn(&str) -> bool) -> bool {
    text.as_deref().is_some_and(|text| matches(&text.to_ascii_lowercase()))
}

fn comparisons() -> Vec<Check> {
    checks! {
        Item::title.eq("ab") => |m| m.title.as_deref() == Some("ab");
        Item::title.ne("ab") => |m| m.title.as_deref() != Some("ab");
        Item::title.eq(None) => |m| m.title.is_none();
        Item::title.ne(None) => |m| m.title.is_some();
        Item::title.gt("ab") => |m| m.title.as_deref().is_some_and(|t| t > "ab");
        Item::title.lt("b") => |m| m.title.as_deref().is_some_and(|t| t < "b");
        Item::title.between("a", "b") => |m| m.title.as_deref().is_some_and(|t| ("a"..="b").contains(&t));
        Item::title.is_in(["ab", "b"]) => |m| matches!(m.title.as_deref(), Some("ab" | "b"));
        Item::title.is_not_in(["ab", "b"]) => |m| !matches!(m.title.as_deref(), Some("ab" | "b"));
        Item::title.is_null() => |m| m.title.is_none();
        Item::title.is_not_null() => |m| m.title.is_some();
        Item::name.eq("") => |m| m.name.as_deref() == Some("");
        Item::name.ne("a\0b") => |m| m.name.as_deref() != Some("a\0b");
        Item::name.ge("ab") => |m| m.name.as_deref().is_some_and(|t| t >= "ab");
        Item::name.le("ab") => |m| m.name.as_deref().is_some_and(|t| t <= "ab");
        Item::name.between("", "b") => |m| m.name.as_deref().is_some_and(|t| t <= "b");
        Item::name.is_null() => |m| m.name.is_none();
        Item::name.is_in(Vec::<String>::new()) => |_| false;
        Item::name.is_not_in(Vec::<String>::new()) => |_| true;
        Item::done.eq(true) => |m| m.done == Some(true);
        Item::done.ne(true) => |m| m.done != Some(true);
        Item::done.eq(false) => |m| m.done == Some(false);
        Item::done.eq(None) => |m| m.done.is_none();
        Item::done.is_true() => |m| m.done == Some(true);
        Item::done.is_false() => |m| m.done == Some(false);
        Item::done.is_not_null() => |m| m.done.is_some();
        Item::done.lt(true) => |m| m.done == Some(false);
        Item::stars.eq(1) => |m| m.stars == Some(1);
        Item::stars.ne(1) => |m| m.stars != Some(1);
        Item::stars.gt(1) => |m| m.stars.is_some_and(|s| s > 1);
        Item::stars.le(2) => |m| m.stars.is_some_and(|s| s <= 2);
        Item::stars.is_in([0, 1]) => |m| matches!(m.stars, Some(0 | 1));
        Item::stars.is_not_in([0, 1]) => |m| !matches!(m.stars, Some(0 | 1));
        Item::stars.is_null() => |m| m.stars.is_none();
        !Item::stars.gt(1) => |m| m.stars.is_none_or(|s| s <= 1);
        Item::rank.eq(1) => |m| m.rank == Some(1);
        Item::rank.ne(Some(1)) => |m| m.rank != Some(1);
        Item::rank.lt(1) => |m| m.rank.is_some_and(|r| r < 1);
        Item::rank.ge(i64::MIN) => |m| m.rank.is_some();
        Item::rank.between(0, 2) => |m| m.rank.is_some_and(|r| (0..=2).contains(&r));
        Item::score.eq(1.0) => |m| m.score == Some(1.0);
        Item::score.ne(1.0) => |m| m.score != Some(1.0);
        Item::score.gt(0.5) => |m| m.score.is_some_and(|s| s > 0.5);
        Item::score.le(f64::INFINITY) => |m| m.score.is_some();
        Item::score.is_in([0.5, 1.0]) => |m| matches!(m.score, Some(s) if s == 0.5 || s == 1.0);
        Item::ratio.eq(0.5) => |m| m.ratio == Some(0.5);
        Item::ratio.lt(1.0) => |m| m.ratio.is_some_and(|r| r < 1.0);
        Item::ratio.gt(1.0) => |m| m.ratio.is_some_and(|r| r > 1.0);
        Item::ratio.is_null() => |m| m.ratio.is_none();
        Item::data.eq(b"ab") => |m| m.data.as_deref() == Some(b"ab");
        Item::data.gt(b"ab") => |m| m.data.as_deref().is_some_and(|d| d > &b"ab"[..]);
        Item::data.lt(b"ab") => |m| m.data.as_deref().is_some_and(|d| d < &b"ab"[..]);
        Item::data.is_null() => |m| m.data.is_none();
        Item::owner_id.eq(owner()) => |m| m.owner_id == Some(owner());
        Item::owner_id.ne(owner()) => |m| m.owner_id != Some(owner());
        Item::owner_id.ge(owner()) => |m| m.owner_id.is_some_and(|id| id >= owner());
        Item::owner_id.is_null() => |m| m.owner_id.is_none();
        Item::kind.eq(Kind::Task) => |m| m.kind == Some(Kind::Task);
        Item::kind.ne(Kind::Task) => |m| m.kind != Some(Kind::Task);
        Item::kind.is_null() => |m| m.kind.is_none();
        Item::kind.is_in([Kind::Task, Kind::Event]) => |m| m.kind.is_some();
        Item::tags.eq(vec![1]) => |m| m.tags == Some(vec![1]);
        Item::tags.is_null() => |m| m.tags.is_none();
        Item::created_at.gt(Timestamp::from_millis(1)) => |m| m.created_at > 1;
        Item::created_at.eq(Timestamp::from_millis(1)) => |m| m.created_at == 1;
        Item::created_at.is_null() => |_| false;
        Item::created_at.lt(Item::updated_at) => |_| true;
        Item::rank.eq(Item::rank) => |_| true;
        Item::name.eq(Item::title.text()) => |m| m.name == m.title;
        Item::name.ne(Item::title.text()) => |m| m.name != m.title;
        Item::name.lt(Item::title.text()) => |m| m.name.is_some() && m.title.is_some() && m.name < m.title;
        !Item::name.lt(Item::title.text()) => |m| !(m.name.is_some() && m.title.is_some() && m.name < m.title);
        Item::name.between(Item::title.text(), "b") => |m| m.title.is_some() && m.name.is_some() && m.title <= m.name && m.name.as_deref() <= Some("b");
        Item::rank.coalesce(7).eq(7) => |m| m.rank.is_none() || m.rank == Some(7);
        Item::rank.coalesce(Item::rank).is_null() => |m| m.rank.is_none();
    }
}

fn combinations() -> Vec<Check> {
    checks! {
        Item::done.eq(true) & Item::stars.gt(0) => |m| m.done == Some(true) && m.stars > Some(0);
        Item::done.eq(true) | Item::stars.gt(0) | Item::name.eq("a") => |m| m.done == Some(true) || m.stars > Some(0) || m.name.as_deref() == Some("a");
        (Item::done.eq(true) | Item::stars.gt(0)) & (Item::name.gt("a") | Item::rank.lt(5)) => |m| (m.done == Some(true) || m.stars > Some(0)) && (m.name.as_deref() > Some("a") || m.rank.is_some_and(|r| r < 5));
        !(Item::done.eq(true) & Item::stars.gt(0)) => |m| !(m.done == Some(true) && m.stars > Some(0));
        !!Item::stars.gt(0) => |m| m.stars > Some(0);
        Item::stars.gt(0).eq(false) => |m| m.stars.is_none_or(|s| s == 0);
        Item::stars.gt(0).is_null() => |_| false;
        Item::stars.gt(0).eq(Item::rank.gt(0)) => |m| (m.stars > Some(0)) == (m.rank > Some(0));
        Item::done.eq(Item::stars.gt(0)) => |m| m.done == Some(m.stars > Some(0));
        Filter::all([Item::done.eq(true), Item::stars.gt(0), Item::rank.gt(0)]) => |m| m.done == Some(true) && m.stars > Some(0) && m.rank > Some(0);
        Filter::any([]) => |_| false;
        Filter::all([]) => |_| true;
    }
}

fn functions() -> Vec<Check> {
    checks! {
        Item::title.like("A%") => |m| ascii_like(&m.title, |t| t.starts_with('a'));
        Item::title.not_like("A%") => |m| !ascii_like(&m.title, |t| t.starts_with('a'));
        Item::name.like("a_") => |m| ascii_like(&m.name, |t| t.starts_with('a') && t.chars().count() == 2);
        Item::name.like("a\\%c") => |m| m.name.as_deref() == Some("a%c");
        Item::name.starts_with("a") => |m| m.name.as_deref().is_some_and(|t| t.starts_with('a'));
        Item::title.starts_with("ab") => |m| m.title.as_deref().is_some_and(|t| t.starts_with("ab"));
        Item::name.starts_with("") => |m| m.name.is_some();
        Item::name.starts_with("\u{10ffff}") => |m| m.name.as_deref().is_some_and(|t| t.starts_with('\u{10ffff}'));
        Item::name.lower().starts_with("ab") => |m| ascii_like(&m.name, |t| t.starts_with("ab"));
        Item::name.ends_with("b") => |m| m.name.as_deref().is_some_and(|t| t.ends_with('b'));
        Item::name.ends_with("\0b") => |m| m.name.as_deref().is_some_and(|t| t.ends_with("\0b"));
        Item::title.ends_with("abc") => |m| m.title.as_deref().is_some_and(|t| t.ends_with("abc"));
        Item::name.ends_with("") => |m| m.name.is_some();
        Item::name.contains("b") => |m| m.name.as_deref().is_some_and(|t| t.contains('b'));
        Item::name.contains("%") => |m| m.name.as_deref().is_some_and(|t| t.contains('%'));
        Item::title.contains("1") => |m| m.title.as_deref().is_some_and(|t| t.contains('1'));
        Item::name.contains("") => |m| m.name.is_some();
        !Item::name.contains("b") => |m| !m.name.as_deref().is_some_and(|t| t.contains('b'));
        Item::title.lower().eq("ab") => |m| m.title.as_deref().map(str::to_ascii_lowercase).as_deref() == Some("ab");
        Item::title.upper().ne("AB") => |m| m.title.as_deref().map(str::to_ascii_uppercase).as_deref() != Some("AB");
        Item::name.trim().eq("ab") => |m| m.name.as_deref().map(|t| t.trim_matches(' ')) == Some("ab");
        Item::title.length().eq(6) => |m| m.title.as_deref().is_some_and(|t| !t.contains('\0') && t.chars().count() == 6);
        Item::title.length().is_null() => |m| m.title.is_none();
        Item::name.substr(2, 1).eq("b") => |m| m.name.as_deref().is_some_and(|t| t.chars().nth(1) == Some('b'));
        Item::title.concat("!").eq("ab!") => |m| m.title.as_deref() == Some("ab");
        Item::title.concat(Item::name).is_null() => |m| m.title.is_none() || m.name.is_none();
        Item::name.coalesce("none").eq("none") => |m| m.name.is_none();
        Item::stars.add(1).eq(2) => |m| m.stars == Some(1);
        Item::stars.add(Item::rank).gt(2) => |m| m.stars.zip(m.rank).is_some_and(|(s, r)| i128::from(s) + i128::from(r) > 2);
        (Item::stars.mul(2) - 1).eq(3) => |m| m.stars == Some(2);
        Item::stars.div(2).eq(1) => |m| matches!(m.stars, Some(2 | 3));
        Item::stars.div(0).is_null() => |_| true;
        Item::stars.rem(2).eq(1) => |m| m.stars.is_some_and(|s| s % 2 == 1);
        Item::stars.sub(3).lt(0) => |m| m.stars.is_some_and(|s| s < 3);
        Item::stars.sub(Item::stars.sub(1)).eq(1) => |m| m.stars.is_some();
        Item::rank.abs().gt(2) => |m| m.rank.is_some_and(|r| r.unsigned_abs() > 2);
        Item::rank.neg().eq(1) => |m| m.rank == Some(-1);
        Item::score.add(Item::ratio).gt(1.0) => |m| m.score.zip(m.ratio).is_some_and(|(s, r)| s + f64::from(r) > 1.0);
        Item::score.round(0).eq(1.0) => |m| m.score.is_some_and(|s| s == 0.5 || s == 1.0);
        Item::score.div(2.0).eq(0.25) => |m| m.score == Some(0.5);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(scaled(50)))]

    #[test]
    fn filters_hold_where_the_model_says(rows in rows()) {
        let (db, models) = fill(&rows);
        for (what, filter, holds) in comparisons().into_iter().chain(combinations()).chain(functions()) {
            for (what, filter, expect) in [
                (what.to_owned(), filter.clone(), true),
                (format!("!({what})"), !filter, false),
            ] {
                let query = db.query::<Item>().with_deleted().filter(filter);
                let found: Vec<Uuid> = query.clone().all().expect(&what).iter().map(|row| row.id.uuid()).collect();
                let expected: Vec<Uuid> = models.iter().filter(|m| holds(m) == expect).map(|m| m.id).collect();
                prop_assert_eq!(&found, &expected, "{}: {:?}", what, query);
                prop_assert_eq!(query.count().expect("a count"), expected.len() as u64);
            }
        }
    }

    #[test]
    fn narrow_count_exists_and_limit_agree(rows in rows(), limit in 0..6_u64, offset in 0..4_u64) {
        let (db, models) = fill(&rows);
        macro_rules! agree {
            ($($column:ident)*) => {$({
                let query = db.query::<Item>().narrow(Item::$column).order_by(Item::id);
                let expected: Vec<Uuid> =
                    models.iter().filter(|m| !m.deleted && m.$column.is_some()).map(|m| m.id).collect();
                let ids = |rows: Vec<_>| -> Vec<Uuid> {
                    rows.into_iter().map(|row: Row<_>| row.0.uuid()).collect()
                };
                let all = query.clone().all().expect("rows").into_iter().map(|row| Row(row.id, row.$column));
                prop_assert_eq!(&ids(all.collect()), &expected);
                prop_assert_eq!(query.clone().count().expect("a count"), expected.len() as u64);
                prop_assert_eq!(query.clone().exists().expect("an answer"), !expected.is_empty());
                prop_assert_eq!(query.clone().first().expect("a row").map(|row| row.id.uuid()), expected.first().copied());
                for model in &models {
                    let found = query.clone().find(Id::from_uuid(model.id)).expect("a row");
                    prop_assert_eq!(found.map(|row| row.id.uuid()), expected.contains(&model.id).then_some(model.id));
                }
                let cut: Vec<Uuid> =
                    expected.iter().copied().skip(offset as usize).take(limit as usize).collect();
                let query = query.limit(limit).offset(offset);
                let all = query.clone().all().expect("rows").into_iter().map(|row| Row(row.id, row.$column));
                prop_assert_eq!(&ids(all.collect()), &cut);
                prop_assert_eq!(query.clone().count().expect("a count"), cut.len() as u64);
                prop_assert_eq!(query.clone().exists().expect("an answer"), !cut.is_empty());
                let mut each = Vec::new();
                query.for_each(|row| { each.push(row.id.uuid()); Ok(()) }).expect("rows");
                prop_assert_eq!(&each, &cut);
            })*};
        }
        struct Row<T>(Id<Item>, #[allow(dead_code)] T);
        agree! { title name done stars rank score ratio data owner_id kind tags }

        let whole = |m: &&Model| !m.deleted && m.title.is_some() && m.stars.is_some();
        let expected: Vec<Uuid> = models.iter().filter(whole).map(|m| m.id).collect();
        let items: Vec<Item> = db.query::<Item>().narrow_all().all().expect("rows");
        prop_assert_eq!(items.iter().map(|item| item.id.uuid()).collect::<Vec<_>>(), expected.clone());
        prop_assert_eq!(db.query::<Item>().narrow_all().count().expect("a count"), expected.len() as u64);
    }

    #[test]
    fn deleted_rows_and_orders(rows in rows()) {
        let (mut db, models) = fill(&rows);
        for is_private in [true, false] {
            db.is_private = is_private;
            let count = |deleted: bool| models.iter().filter(|m| m.deleted == deleted).count() as u64;
            prop_assert_eq!(db.query::<Item>().count().expect("a count"), count(false));
            prop_assert_eq!(db.query::<Item>().only_deleted().count().expect("a count"), count(true));
            prop_assert_eq!(db.query::<Item>().with_deleted().count().expect("a count"), models.len() as u64);

            let mut ordered: Vec<&Model> = models.iter().filter(|m| m.rank.is_some() && !m.deleted).collect();
            ordered.sort_by_key(|m| (m.created_at, std::cmp::Reverse(m.rank), m.id));
            let query = db.query::<Item>().narrow(Item::rank)
                .order_by(Item::created_at).order_by(Item::rank.desc()).order_by(Item::id.asc());
            let mut found = Vec::new();
            query.for_each(|row| { found.push(row.id.uuid()); Ok(()) }).expect("rows");
            prop_assert_eq!(found, ordered.iter().map(|m| m.id).collect::<Vec<_>>());
        }
    }
}

#[test]
fn one_is_exactly_one() {
    let row = |stars| {
        (None, 0, [vec![Cell::Null; 3], vec![Cell::Integer(stars)], vec![Cell::Null; 7]].concat())
    };
    let (db, _) = fill(&[row(1), row(2), row(2), row(2)]);
    let one = |stars: u8| db.query::<Item>().filter(Item::stars.eq(stars)).one();
    assert!(one(1).is_ok());
    assert!(matches!(one(0), Err(Error::NotOne { count: 0 })));
    assert!(matches!(one(2), Err(Error::NotOne { count: 2 })));
}

#[test]
fn a_value_that_breaks_a_rule_is_told_without_it() {
    let db = Db::new();
    let error =
        db.query::<Item>().filter(Item::title.eq("much too long")).all().expect_err("a rule");
    assert_eq!(error.to_string(), "column `item.title` must have 6 characters at most");
    let error =
        db.query::<Item>().filter(!Item::title.is_in(["a", ""])).count().expect_err("a rule");
    assert_eq!(error.to_string(), "column `item.title` must not be blank");
    let error =
        db.query::<Item>().filter(Item::score.add(1.0).gt(f64::NAN)).exists().expect_err("a rule");
    assert_eq!(error.to_string(), "a value must be a number, and NaN is none");
}

#[test]
fn for_each_stops_at_the_first_error() {
    let (mut db, _) = fill(&vec![(None, 0, vec![Cell::Null; COLUMNS]); 5]);
    for is_private in [true, false] {
        db.is_private = is_private;
        let mut calls = 0;
        let outcome: Result<(), Box<dyn std::error::Error>> =
            db.query::<Item>().try_for_each(|_| {
                calls += 1;
                if calls == 3 { Err("enough".into()) } else { Ok(()) }
            });
        assert_eq!(outcome.expect_err("stops").to_string(), "enough");
        assert_eq!(calls, 3);
    }
}

#[test]
fn long_chains_are_no_deep_trees() -> ara_core::Result<()> {
    let (db, _) = fill(&[(None, 0, vec![Cell::Integer(7); COLUMNS])]);
    let any = Filter::any((0..5_000).map(|rank| Item::rank.eq(rank)));
    assert_eq!(db.query::<Item>().filter(any.clone()).count()?, 1);
    let all = Filter::all((100..5_000).map(|rank| Item::rank.ne(rank)));
    assert_eq!(db.query::<Item>().filter(all & any).count()?, 1);
    let mut query = db.query::<Item>();
    for rank in 100..5_000 {
        query = query.filter(Item::rank.ne(rank));
    }
    assert_eq!(query.count()?, 1);
    Ok(())
}

#[test]
fn limits_beyond_all_bounds() -> ara_core::Result<()> {
    let (db, _) = fill(&vec![(None, 0, vec![Cell::Null; COLUMNS]); 3]);
    assert_eq!(db.query::<Item>().limit(u64::MAX).offset(1).count()?, 2);
    assert_eq!(db.query::<Item>().offset(u64::MAX).all()?.len(), 0);
    assert_eq!(db.query::<Item>().offset(2).all()?.len(), 1);
    assert_eq!(db.query::<Item>().limit(0).first()?, None);
    Ok(())
}
