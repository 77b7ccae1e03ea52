//! Every clause, held against the same question in SQL, which is written by hand and asked of the file by
//! SQLite alone: on rows that lack values, hold what this app cannot read, are deleted, or refer to what is
//! not there.
//!
//! Each is asked of the database, and within a transaction of what that has just written. A failed case is
//! told in its shortest form, with the seed it came from: `ARA_SEED=.. cargo test --test clauses` repeats
//! it. `ARA_CASES` sets how many cases are run.

mod clauses {
    pub mod asked;
    pub mod by_hand;
    pub mod comparisons;
    pub mod data;
    pub mod functions;
    pub mod groups;
    pub mod joins;
    pub mod many;
    pub mod prepared;
    pub mod rows;
    pub mod selections;
    pub mod shown;
    pub mod subqueries;
    pub mod tables;
    pub mod tree;
}
mod support;

use ara::prelude::*;

use clauses::asked::{Asked, Family};
use clauses::by_hand::ByHand;
use clauses::data::{Data, data};
use clauses::tables::All;
use support::cases;
use support::{File, Outcome, verified};

/// Holds a family of clauses against SQL, on made-up data.
fn hold<F: Family>() {
    cases::hold((16, 300), &data(), |data| run::<F>(&data));
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

fn ask<F: Family>(on: &impl Queries, data: &Data) -> Outcome<Vec<clauses::asked::Answer>> {
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
    comparisons: clauses::comparisons::Comparisons;
    numbers: clauses::functions::Numbers;
    texts: clauses::functions::Texts;
    narrowed_rows: clauses::rows::Narrowed;
    deleted_rows: clauses::rows::Deleted;
    ordered_rows: clauses::rows::Ordered;
    joins: clauses::joins::Joins;
    selections: clauses::selections::Selections;
    views: clauses::selections::Views;
    distinct_rows: clauses::selections::Distinct;
    groups: clauses::groups::Groups;
    subqueries: clauses::subqueries::Subqueries;
    unions: clauses::subqueries::Unions;
    rows_with_many: clauses::many::WithMany;
    pages: clauses::many::Pages;
    prepared: clauses::prepared::Prepared;
    sql_by_others: clauses::prepared::ByOthers;
}
