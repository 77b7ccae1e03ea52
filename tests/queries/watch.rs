//! Watching queries: a result follows each commit that changes it, and nothing is run for others.

mod columns;
mod ends;
mod errors;
mod kinds;
mod many;
mod merged;
mod others;
mod rows;
mod searches;
mod stream;

use std::time::Duration;

use ara::Watch;
use ara::prelude::*;

use support::{Outcome, There, disk};

#[derive(Debug, Clone, PartialEq, Table)]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<100>,
    done: Option<bool>,
    stars: Option<i64>,
    category_id: Option<Id<Category>>,
}

#[derive(Debug, Clone, PartialEq, Table)]
struct Category {
    id: Id<Category>,
    name: String,
    color: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(local)]
struct Setting {
    id: Id<Setting>,
    text: String,
    size: Option<i64>,
}

/// Longer than any machine takes: a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(60);

/// What tests ask of a watch.
trait Told<O> {
    /// The next result, which comes.
    fn told(&mut self) -> Outcome<Vec<O>>;

    /// Nothing new is there, and the query was run so many times.
    fn is_quiet(&mut self, runs: u64) -> Outcome;
}

impl<O> Told<O> for Watch<O> {
    fn told(&mut self) -> Outcome<Vec<O>> {
        self.recv_timeout(LONG)?.there()
    }

    #[track_caller]
    fn is_quiet(&mut self, runs: u64) -> Outcome {
        let place = std::panic::Location::caller();
        if self.try_recv()?.is_some() {
            return Err(format!("a result is there at {place}").into());
        }
        match self.runs() {
            ran if ran == runs => Ok(()),
            ran => Err(format!("ran {ran} times, not {runs}, at {place}").into()),
        }
    }
}

/// A database whose file nobody looks at unless the test asks for it.
fn unwatched() -> ara::Options {
    disk::options().watch_interval(Duration::from_secs(1 << 30))
}
