//! Every clause, held against the same question in SQL, which is written by hand and asked of the file by
//! SQLite alone: on rows that lack values, hold what this app cannot read, are deleted, or refer to what is
//! not there.
//!
//! Each is asked of the database, and within a transaction of what that has just written. A failed case is
//! told in its shortest form, with the seed it came from, as `support::cases` says.

mod asked;
mod by_hand;
mod comparisons;
mod data;
mod functions;
mod groups;
mod joins;
mod many;
mod prepared;
mod rows;
mod selections;
mod shown;
mod subqueries;
mod tables;
mod tree;

use ara::prelude::*;

use asked::{Asked, Family};
use by_hand::ByHand;
use data::{Data, data};
use support::cases;
use support::{File, Outcome, verified};
use tables::All;

/// Holds a family of clauses against SQL, on made-up data.
fn hold<F: Family>() {
    cases::hold((8, 300), &data(), |data| run::<F>(&data));
}

fn run<F: Family>(data: &Data) -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<All>()?;
    db.transaction(|tx| data.first.write(tx))?;
    let by_hand = ByHand::open(&file)?;
    by_hand.hold(&ask::<F>(&db, data)?)?;
    let within = db.try_transaction(|tx| {
        data.then.write(tx)?;
        ask::<F>(tx, data)
    })?;
    // What was asked in the transaction SQLite sees once it is committed.
    by_hand.hold(&within).map_err(|error| format!("in a transaction: {error}"))?;
    verified(&db)
}

fn ask<F: Family>(on: &impl Queries, data: &Data) -> Outcome<Vec<asked::Answer>> {
    let mut asked = Asked::new(on, &data.given);
    F::ask(&mut asked)?;
    Ok(asked.answers)
}

macro_rules! families {
    ($($name:ident: $family:ty;)*) => {$(
        #[test]
        fn $name() {
            hold::<$family>();
        }
    )*};
}

families! {
    comparisons: comparisons::Comparisons;
    numbers: functions::Numbers;
    texts: functions::Texts;
    narrowed_rows: rows::Narrowed;
    deleted_rows: rows::Deleted;
    ordered_rows: rows::Ordered;
    joins: joins::Joins;
    selections: selections::Selections;
    views: selections::Views;
    distinct_rows: selections::Distinct;
    groups: groups::Groups;
    subqueries: subqueries::Subqueries;
    unions: subqueries::Unions;
    rows_with_many: many::WithMany;
    pages: many::Pages;
    prepared: prepared::Prepared;
    sql_by_others: prepared::ByOthers;
}
