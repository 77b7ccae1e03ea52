//! Whole numbers in columns of floats, which JSON and other programs store as integers, are floats.

use ara::count;
use ara::prelude::*;

use support::{File, Outcome, There};

#[derive(Debug, Clone, PartialEq, Table)]
#[table(index(price))]
struct Item {
    id: Id<Item>,
    price: f64,
    weight: Option<f32>,
}

/// Items whose prices and weights are 1 to 5 and 2.5, of which all but the last are stored as integers.
fn filled(file: &File) -> Outcome<Database> {
    let db = file.open()?;
    for whole in 1..=5_u8 {
        db.create(Item::draft().price(f64::from(whole)).weight(f32::from(whole)))?;
    }
    db.create(Item::draft().price(2.5).weight(2.5))?;
    file.tamper(
        "UPDATE item SET price = CAST(price AS INTEGER), weight = CAST(weight AS INTEGER) WHERE price <> 2.5",
    )?;
    Ok(db)
}

#[test]
fn they_are_read_compared_sorted_and_narrowed() -> Outcome {
    let file = File::new()?;
    let db = filled(&file)?;
    let sorted =
        db.query::<Item>().narrow(Item::price).order_by(Item::price.asc()).select(Item::price);
    assert_eq!(sorted.all()?, [1.0, 2.0, 2.5, 3.0, 4.0, 5.0]);
    let all = db.query::<Item>().narrow_all().all()?;
    assert_eq!(all.len(), 6);
    assert!(all.iter().all(|item| item.weight.map(f64::from) == Some(item.price)));
    assert_eq!(db.query::<Item>().filter(Item::price.eq(5.0)).count()?, 1);
    assert_eq!(db.query::<Item>().filter(Item::weight.eq(5.0)).count()?, 1);
    assert_eq!(db.query::<Item>().filter(Item::price.ne(5.0)).count()?, 5);
    assert_eq!(db.query::<Item>().filter(Item::price.gt(2.5)).count()?, 3);
    assert_eq!(db.query::<Item>().filter(Item::weight.between(2.0, 3.0)).count()?, 3);
    assert_eq!(db.query::<Item>().filter(Item::price.is_in([1.0, 2.5, 9.0])).count()?, 2);
    assert!(db.unreadable::<Item>()?.is_empty());
    Ok(())
}

/// An integer divided by an integer would be one, and so would their sum.
#[test]
fn they_are_calculated_with_as_floats() -> Outcome {
    let file = File::new()?;
    let db = filled(&file)?;
    let five = || db.query::<Item>().filter(Item::price.eq(5.0));
    let halves = five().select((Item::price.div(Item::weight.mul(2.0)), Item::price.div(2.0)));
    assert_eq!(halves.one()?, (Some(0.5), Some(2.5)));
    let by_itself = five().select(Item::price.sub(1.0).div(Item::price));
    assert_eq!(by_itself.one()?, Some(0.8));
    let whole = || db.query::<Item>().filter(Item::price.ne(2.5));
    let sums =
        whole().aggregate((Item::price.sum(), Item::weight.sum(), Item::price.avg(), count()));
    assert_eq!(sums.one()?, (Some(15.0), Some(15.0), Some(3.0), 5));
    let ends = whole().aggregate((Item::price.min(), Item::weight.max()));
    assert_eq!(ends.one()?, (Some(1.0), Some(5.0)));
    file.tamper("UPDATE item SET price = 9007199254740992 WHERE price <> 2.5")?;
    let sum = whole().aggregate(Item::price.sum()).one()?.there()?;
    assert_eq!(sum, 5.0 * 9_007_199_254_740_992.0);
    Ok(())
}
