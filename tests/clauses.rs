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

use std::time::{SystemTime, UNIX_EPOCH};

use ara::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use clauses::asked::{Asked, Family};
use clauses::by_hand::ByHand;
use clauses::data::{Data, data};
use clauses::tables::All;
use support::{File, Outcome, verified};

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Holds a family of clauses against SQL, on made-up data.
fn hold<F: Family>() {
    let now =
        || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_micros() as u64);
    let seed = number("ARA_SEED").unwrap_or_else(now);
    println!("ARA_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: number("ARA_CASES").map_or(16, |cases| cases as u32),
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let ran = TestRunner::new_with_rng(config, rng).run(&data(), |data| {
        run::<F>(&data).map_err(|error| TestCaseError::fail(error.to_string()))
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
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
