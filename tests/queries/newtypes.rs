//! Newtypes of numbers are numbers in queries, without another line.

use ara::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Value)]
pub struct Cents(i64);

impl From<i64> for Cents {
    fn from(cents: i64) -> Self {
        Self(cents)
    }
}

/// A number with a rule, of a narrower type.
#[derive(Debug, Clone, Copy, PartialEq, Value)]
pub struct Percent(u8);

impl TryFrom<u8> for Percent {
    type Error = &'static str;

    fn try_from(percent: u8) -> Result<Self, Self::Error> {
        if percent <= 100 { Ok(Self(percent)) } else { Err("must be 100 at most") }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Value)]
pub struct Hours(f64);

impl From<f64> for Hours {
    fn from(hours: f64) -> Self {
        Self(hours)
    }
}

/// A newtype of a newtype.
#[derive(Debug, Clone, Copy, PartialEq, Value)]
pub struct Tip(Cents);

impl From<Cents> for Tip {
    fn from(cents: Cents) -> Self {
        Self(cents)
    }
}

/// One that is no number.
#[derive(Debug, Clone, PartialEq, Value)]
pub struct Name(String);

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self(name)
    }
}

#[derive(Table)]
pub struct Expense {
    pub id: Id<Expense>,
    pub name: Name,
    pub amount: Cents,
    pub tip: Option<Tip>,
    pub share: Option<Percent>,
    pub hours: Option<Hours>,
}

fn filled() -> ara::Result<Database> {
    let db = Database::memory()?;
    for (name, amount, share) in [("a", 1250, 30), ("b", 250, 70), ("c", -500, 80)] {
        let draft = Expense::draft().name(name).amount(amount).share(share).hours(0.5);
        db.create(draft.tip(Cents(amount / 10)))?;
    }
    Ok(db)
}

#[test]
fn they_are_aggregated() -> ara::Result<()> {
    let db = filled()?;
    let amounts = (
        Expense::amount.sum(),
        Expense::amount.avg(),
        Expense::amount.min(),
        Expense::amount.max(),
    );
    let all = db.query::<Expense>().aggregate(amounts).one()?;
    assert_eq!(all, (Some(1000), Some(1000.0 / 3.0), Some(Cents(-500)), Some(Cents(1250))));
    // A sum beyond the rule of the newtype is a sum still.
    let others =
        (Expense::share.sum(), Expense::tip.sum(), Expense::hours.sum(), Expense::hours.max());
    let all = db.query::<Expense>().aggregate(others).one()?;
    assert_eq!(all, (Some(180), Some(100), Some(1.5), Some(Hours(0.5))));
    let largest =
        db.query::<Expense>().aggregate((Expense::tip.max(), Expense::name.min())).one()?;
    assert_eq!(largest, (Some(Tip(Cents(125))), Some(Name("a".to_owned()))));
    Ok(())
}

#[test]
fn they_are_compared_and_calculated_with() -> ara::Result<()> {
    let db = filled()?;
    let count = |filter: Filter<(Expense,)>| db.query::<Expense>().filter(filter).count();
    assert_eq!(count(Expense::amount.gt(Cents(250)))?, 1);
    assert_eq!(count(Expense::amount.ge(250))?, 2);
    assert_eq!(count(Expense::amount.between(-500, Cents(250)))?, 2);
    assert_eq!(count(Expense::amount.mul(2).lt(Expense::tip.add(600)))?, 2);
    assert_eq!(count((Expense::amount.add(1) % 2).eq(1))?, 2);
    let rows = db.query::<Expense>().order_by(Expense::amount.desc());
    let rows =
        rows.select((Expense::amount.abs(), Expense::hours.mul(3.0), Expense::share.add(200)));
    assert_eq!(rows.first()?, Some((Some(1250), Some(1.5), Some(230))));
    Ok(())
}
