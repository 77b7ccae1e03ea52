//! Rows without a value in a column, which are read as one.

use ara::prelude::*;
use support::{Outcome, There, Wall, disk, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        pub what: String,
        pub trip_id: Option<Id<Trip>>,
    }

    #[derive(Debug, Table)]
    pub struct Trip {
        pub id: Id<Self>,
        pub name: String,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        pub what: String,
        pub trip_id: Option<Id<Trip>>,
        #[table(index, missing = 1)]
        pub shares: i64,
        #[table(missing = 0.5)]
        pub weight: f64,
        #[table(search, missing = "the 'usual' place")]
        pub place: NonEmptyString<100>,
        #[table(index, missing = Id::from_key("paper"))]
        pub receipt_id: Id<Receipt>,
    }

    #[derive(Debug, Table)]
    pub struct Trip {
        pub id: Id<Self>,
        pub name: String,
        #[table(missing = "EUR")]
        pub currency: String,
    }

    #[derive(Debug, Table)]
    pub struct Receipt {
        pub id: Id<Self>,
        pub kind: String,
    }

    #[derive(Debug, PartialEq, View)]
    #[view(Expense)]
    pub struct Line {
        pub what: String,
        pub shares: i64,
        pub place: NonEmptyString<100>,
    }
}

use v2::{Expense, Line, Receipt, Trip};

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

/// Tea of an older version, and milk with values of its own.
fn expenses(db: &Database) -> ara::Result<(Id<Expense>, Id<Expense>)> {
    let tea = id(db.create(v1::Expense::draft().what("tea"))?);
    let draft = Expense::draft().what("milk").shares(3).weight(1.5).place("The shop");
    let milk = db.create(draft.receipt_id(Id::from_key("digital")))?;
    Ok((tea, milk))
}

#[test]
fn such_rows_are_read_as_if_the_value_were_there() -> Outcome {
    let db = Database::memory()?;
    let (tea, milk) = expenses(&db)?;
    let read = db.get(tea)?.there()?;
    assert_eq!((read.shares, read.weight), (Some(1), Some(0.5)));
    assert_eq!(read.place.as_deref(), Some("the 'usual' place"));
    assert_eq!(read.receipt_id, Some(Id::from_key("paper")));
    assert_eq!(db.get(milk)?.there()?.shares, Some(3));

    let whole = db.query::<Expense>().narrow_all().order_by(Expense::shares.desc()).all()?;
    let shares: Vec<_> = whole.iter().map(|row| (row.id, row.shares, row.weight)).collect();
    assert_eq!(shares, [(milk, 3, 1.5), (tea, 1, 0.5)]);
    let all = db.query::<Expense>();
    assert_eq!(all.clone().filter(Expense::shares.eq(1)).one()?.id, tea);
    assert_eq!(all.clone().filter(Expense::shares.ne(1)).one()?.id, milk);
    assert_eq!(all.clone().filter(Expense::shares.lt(2)).narrow(Expense::shares).one()?.shares, 1);
    assert_eq!(all.clone().filter(Expense::weight.mul(2.0).eq(1.0)).count()?, 1);
    assert_eq!(all.clone().filter(Expense::place.like("%usual%")).one()?.id, tea);
    assert_eq!(all.clone().narrow(Expense::shares).limit(1).count()?, 1);
    assert_eq!(all.clone().narrow(Expense::shares).offset(1).count()?, 1);
    let selected = all.clone().order_by(Expense::shares).select((Expense::shares, Expense::place));
    assert_eq!(selected.clone().first()?.there()?.0, Some(1));
    assert_eq!(selected.distinct().count()?, 2);
    let total = all.clone().aggregate((Expense::shares.sum(), Expense::shares.min())).one()?;
    assert_eq!(total, (Some(4), Some(1)));
    let grouped = all.clone().group_by(Expense::shares).order_by(Expense::shares);
    assert_eq!(
        grouped.select((Expense::shares, ara::count())).all()?,
        [(Some(1), 1), (Some(3), 1)]
    );
    let lines: Vec<Line> = all.clone().order_by(Expense::what).view().all()?;
    assert_eq!(lines.last().map(|line| (&*line.what, line.shares)), Some(("tea", 1)));
    let page = all.clone().order_by(Expense::shares).limit(1).page(None)?;
    let second = all.order_by(Expense::shares).limit(1).page(page.next.as_ref())?;
    assert_eq!(second.rows.first().map(|row| row.id), Some(milk));
    Ok(())
}

#[test]
fn references_are_joined_by_what_they_are_read_as() -> Outcome {
    let db = Database::memory()?;
    let (tea, _) = expenses(&db)?;
    let paper = db.upsert(Receipt { id: Id::from_key("paper"), kind: "paper".to_owned() })?;
    let joined = db.query::<Expense>().join(Expense::receipt_id);
    assert_eq!(joined.one()?.0.id, tea);
    let many = db.query::<Receipt>().with_many(Expense::receipt_id).all()?;
    let counts = many.iter().map(|(receipt, expenses)| (receipt.id, expenses.len()));
    assert_eq!(counts.collect::<Vec<_>>(), [(paper, 1)]);
    let some = db.query::<Receipt>();
    let cut = some.with_many_of(Expense::receipt_id, |expenses| expenses.limit(5)).all()?;
    assert_eq!(cut.iter().map(|(_, expenses)| expenses.len()).collect::<Vec<_>>(), [1]);
    assert_eq!(db.query::<Receipt>().join_many(Expense::receipt_id).count()?, 1);
    assert_eq!(db.query::<Receipt>().filter(Expense::receipt_id.exists()).count()?, 1);
    let where_tea = Expense::receipt_id.exists_where(Expense::shares.eq(1));
    assert_eq!(db.query::<Receipt>().filter(where_tea).count()?, 1);
    let of_tea = db.query::<Expense>().select(Expense::receipt_id);
    assert_eq!(db.query::<Receipt>().filter(Receipt::id.in_query(of_tea)).count()?, 1);
    Ok(())
}

/// A row that is not there has no value, and is not read as one.
#[test]
fn a_left_join_that_finds_no_row_finds_no_value() -> Outcome {
    let db = Database::memory()?;
    let rome = db.create(v1::Trip::draft().name("Rome"))?;
    db.create(v1::Expense::draft().what("tea").trip_id(rome))?;
    db.create(v1::Expense::draft().what("milk"))?;
    let joined = db.query::<Expense>().left_join(Expense::trip_id).order_by(Expense::what);
    let currencies = joined.clone().select(Trip::currency).all()?;
    assert_eq!(currencies, [None, Some("EUR".to_owned())]);
    let rows = joined.clone().all()?;
    let currencies = rows.iter().map(|(_, trip)| trip.as_ref()?.currency.as_deref());
    assert_eq!(currencies.collect::<Vec<_>>(), [None, Some("EUR")]);
    let euros = joined.clone().filter(Trip::currency.eq("EUR"));
    assert_eq!(euros.count()?, 1);
    assert_eq!(joined.filter(Trip::currency.ne("EUR")).count()?, 1);
    Ok(())
}

/// Rule 9: what is there already is no change.
#[test]
fn writing_what_is_shown_changes_nothing() -> Outcome {
    let db = Database::memory()?;
    let (tea, _) = expenses(&db)?;
    let before = db.version_vector()?;
    assert!(db.update(Expense::patch(tea).shares(1).weight(0.5))?);
    for expense in db.query::<Expense>().narrow_all().all()? {
        db.upsert(expense)?;
    }
    assert_eq!(db.version_vector()?, before);
    assert!(db.update(Expense::patch(tea).shares(2))?);
    assert_eq!(db.get(tea)?.there()?.shares, Some(2));
    assert!(db.update(Expense::patch(tea).shares(1))?);
    assert_eq!(db.query::<Expense>().filter(Expense::shares.eq(1)).count()?, 1);
    assert_ne!(db.version_vector()?, before);
    verified(&db)
}

#[test]
fn what_cannot_be_read_is_not_missing() -> Outcome {
    mod other {
        use ara::prelude::*;

        #[derive(Table)]
        pub struct Expense {
            pub id: Id<Self>,
            pub what: String,
            pub shares: Option<String>,
        }
    }
    let db = Database::memory()?;
    let tea = db.create(other::Expense::draft().what("tea").shares("all"))?;
    assert_eq!(db.get::<Expense>(id(tea))?.there()?.shares, None);
    assert_eq!(db.query::<Expense>().narrow(Expense::shares).count()?, 0);
    assert_eq!(db.query::<Expense>().filter(Expense::shares.eq(1)).count()?, 0);
    assert_eq!(db.unreadable::<Expense>()?.len(), 1);
    Ok(())
}

#[test]
fn an_index_serves_such_a_column() -> Outcome {
    let db = Database::memory()?;
    expenses(&db)?;
    let (all, paper) = (db.query::<Expense>(), Id::from_key("paper"));
    for plan in [
        all.clone().filter(Expense::shares.eq(1)).explain()?,
        all.clone().filter(Expense::shares.gt(1)).explain()?,
        all.clone().narrow_all().filter(Expense::shares.eq(1)).limit(2).explain()?,
        all.clone().order_by(Expense::shares).limit(2).explain()?,
        db.query::<Receipt>()
            .filter(Receipt::id.eq(paper))
            .join_many(Expense::receipt_id)
            .explain()?,
        db.query::<Receipt>().filter(Expense::receipt_id.exists()).explain()?,
    ] {
        let plan = plan.join("\n");
        assert!(plan.contains("ara_index expense("), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
    Ok(())
}

#[test]
fn another_value_makes_the_index_anew() -> Outcome {
    mod other {
        use ara::prelude::*;

        #[derive(Table)]
        #[table(index(shares, what))]
        pub struct Expense {
            pub id: Id<Self>,
            pub what: String,
            #[table(index, missing = 2)]
            pub shares: i64,
            #[table(search, missing = "nowhere")]
            pub place: NonEmptyString<100>,
        }
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("app.db");
    {
        let db = disk::open(&path)?;
        expenses(&db)?;
        db.ensure::<Expense>()?;
        assert_eq!(db.query::<Expense>().search("usual").count()?, 1);
        assert_eq!(db.schema_drift()?, []);
    }
    let db = disk::open(&path)?;
    db.ensure::<other::Expense>()?;
    assert_eq!(db.schema_drift()?, []);
    let all = db.query::<other::Expense>();
    let two = all.clone().filter(other::Expense::shares.eq(2));
    assert_eq!(two.clone().count()?, 1);
    let plan = two.explain()?.join("\n");
    assert!(plan.contains("ara_index expense(shares=2"), "{plan}");
    assert_eq!(all.clone().search("usual").count()?, 0);
    assert_eq!(all.clone().search("nowhere").count()?, 1);
    let names = "SELECT name FROM ara_index WHERE tbl = 'expense' ORDER BY name";
    let indexes: Vec<String> =
        db.sql::<(String,)>(names).all()?.into_iter().map(|(name,)| name).collect();
    assert_eq!(
        indexes,
        [
            "ara_index expense(shares=2)",
            "ara_index expense(shares=2,what)",
            "ara_search_2 expense(place=%27nowhere%27)",
        ]
    );
    db.rebuild()?;
    assert_eq!(all.search("nowhere").count()?, 1);
    verified(&db)
}

#[test]
fn a_search_finds_what_rows_are_read_as() -> Outcome {
    let db = Database::memory()?;
    let (tea, milk) = expenses(&db)?;
    let found = db.query::<Expense>().search("usual");
    assert_eq!(found.clone().one()?.id, tea);
    let snippet = ara::snippet(Expense::place, "<", ">", 8);
    assert_eq!(found.select(snippet).one()?.as_deref(), Some("the '<usual>' place"));
    db.update(Expense::patch(tea).place("The shop"))?;
    assert_eq!(db.query::<Expense>().search("usual").count()?, 0);
    let shops = db.query::<Expense>().search("shop").all()?;
    assert!(shops.iter().any(|row| row.id == milk) && shops.len() == 2);
    Ok(())
}

#[test]
fn what_arrives_and_what_was_is_read_the_same_way() -> Outcome {
    let wall = Wall::new();
    let (old, new) = (wall.options().memory()?, wall.options().memory()?);
    let mut watch = new.query::<Expense>().filter(Expense::shares.eq(1)).watch()?;
    assert_eq!(watch.recv()?.len(), 0);
    let tea = old.create(v1::Expense::draft().what("tea"))?;
    send(&old, &new)?;
    assert_eq!(watch.recv()?.len(), 1);
    let then = Timestamp::from_millis(wall.millis());
    wall.advance(1000);
    new.update(Expense::patch(id(tea)).shares(4))?;
    assert_eq!(watch.recv()?.len(), 0);
    let past = new.at(then);
    assert_eq!(past.query::<Expense>().filter(Expense::shares.eq(1)).count()?, 1);
    assert_eq!(past.query::<Expense>().narrow(Expense::shares).one()?.shares, 1);
    assert_eq!(new.at(Timestamp::from_millis(wall.millis())).query::<Expense>().count()?, 1);
    send(&new, &old)?;
    assert_eq!(old.get(tea)?.there()?.what.as_deref(), Some("tea"));
    verified(&new)
}

#[test]
fn a_value_that_breaks_a_rule_is_told_when_the_table_is_made() -> Outcome {
    #[derive(Table)]
    struct Broken {
        id: Id<Self>,
        #[table(missing = "")]
        name: NonEmptyString<10>,
    }
    let db = Database::memory()?;
    let error = db.ensure::<Broken>().expect_err("is blank");
    assert!(matches!(error, ara::Error::Rule { table: "broken", column: "name", .. }), "{error}");
    Ok(())
}
