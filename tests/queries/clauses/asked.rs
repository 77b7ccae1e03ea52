//! Asking a query in every way that it can be run.

use ara::prelude::*;
use ara::{Error, Rows, Scope};

use super::by_hand::TASK;
use super::data::Given;
use super::shown::Shown;
use super::tables::Task;
use support::Outcome;

/// Clauses that belong together.
pub trait Family {
    /// Asks for what they give, each beside the same in SQL.
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome;
}

/// What ara gives, and the SQL that asks the same.
pub struct Answer {
    pub sql: String,
    pub in_order: bool,
    pub rows: Vec<String>,
}

/// What is asked of a database, or of a transaction.
pub struct Asked<'a, D> {
    pub on: &'a D,
    pub given: &'a Given,
    pub answers: Vec<Answer>,
}

impl<'a, D: Queries> Asked<'a, D> {
    pub fn new(on: &'a D, given: &'a Given) -> Self {
        Self { on, given, answers: Vec::new() }
    }

    /// These rows, which SQL gives in the same order.
    pub fn answer<T: Shown>(&mut self, rows: &[T], sql: impl Into<String>) {
        self.lines(rows.iter().map(Shown::show).collect(), sql);
    }

    /// The same, of rows that are shown already.
    pub fn lines(&mut self, rows: Vec<String>, sql: impl Into<String>) {
        self.answers.push(Answer { sql: sql.into(), in_order: true, rows });
    }

    /// These rows, as SQL gives them in whatever order.
    pub fn answer_in_no_order<T: Shown>(&mut self, rows: &[T], sql: impl Into<String>) {
        let rows = rows.iter().map(Shown::show).collect();
        self.answers.push(Answer { sql: sql.into(), in_order: false, rows });
    }

    /// The rows of a query whose order leaves none equal.
    pub fn ordered<S: Scope, R: Rows<Output: Shown>>(
        &mut self,
        query: Query<'a, S, R>,
        sql: impl Into<String>,
    ) -> Outcome {
        let rows = self.every_way(&query)?;
        self.watched(&query, &rows)?;
        let (limit, offset) = (self.given.limit, self.given.offset);
        let cut: Vec<_> = rows.iter().skip(offset as usize).take(limit as usize).cloned().collect();
        let cut_by_ara = self.every_way(&query.clone().limit(limit).offset(offset))?;
        same("cut", &cut, &cut_by_ara, &query)?;
        let first: Vec<_> = query.clone().first()?.iter().map(Shown::show).collect();
        same("first", &rows[..rows.len().min(1)], &first, &query)?;
        self.lines(rows, sql);
        Ok(())
    }

    /// The rows of a query that does not order them.
    pub fn unordered<S: Scope, R: Rows<Output: Shown>>(
        &mut self,
        query: Query<'a, S, R>,
        sql: impl Into<String>,
    ) -> Outcome {
        let rows = self.every_way(&query)?;
        self.watched(&query, &rows)?;
        let left = rows.len().saturating_sub(self.given.offset as usize);
        let left = left.min(self.given.limit as usize);
        let cut = query.limit(self.given.limit).offset(self.given.offset);
        let cut_by_ara = self.every_way(&cut)?.len();
        same("how many are left", &[left], &[cut_by_ara], &cut)?;
        self.answers.push(Answer { sql: sql.into(), in_order: false, rows });
        Ok(())
    }

    /// The tasks for which a filter holds, and those for which it does not.
    pub fn filter(&mut self, filter: Filter<(Task,)>, sql: impl AsRef<str>) -> Outcome {
        let (on, sql) = (self.on, sql.as_ref());
        let holds = on.query::<Task>().filter(filter.clone()).order_by(Task::id);
        self.ordered(holds, format!("SELECT {TASK} FROM task t WHERE {sql} ORDER BY id"))?;
        let others = on.query::<Task>().filter(!filter).order_by(Task::id).select(Task::id);
        let others = others.all()?;
        self.answer(
            &others,
            format!("SELECT id FROM task t WHERE ({sql}) IS NOT TRUE ORDER BY id"),
        );
        Ok(())
    }

    /// The first result of a watch of the query: the rows.
    fn watched<S: Scope, R: Rows<Output: Shown>>(
        &self,
        query: &Query<'a, S, R>,
        rows: &[String],
    ) -> Outcome {
        match query.clone().watch() {
            Ok(mut watch) => {
                let watched: Vec<_> = watch.recv()?.iter().map(Shown::show).collect();
                same("watch", rows, &watched, query)
            }
            // What a transaction has written may never be there.
            Err(Error::WatchedTransaction) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn every_way<S: Scope, R: Rows<Output: Shown>>(
        &self,
        query: &Query<'a, S, R>,
    ) -> Outcome<Vec<String>> {
        let show = |rows: Vec<R::Output>| rows.iter().map(Shown::show).collect::<Vec<_>>();
        let rows = show(query.clone().all()?);
        let mut each = Vec::new();
        query.clone().for_each(|row| {
            each.push(row.show());
            Ok(())
        })?;
        same("for_each", &rows, &each, query)?;
        let count = rows.len() as u64;
        same("count", &[count], &[query.clone().count()?], query)?;
        same("exists", &[count > 0], &[query.clone().exists()?], query)?;
        match (query.clone().one(), &rows[..]) {
            (Ok(one), [row]) if one.show() == *row => {}
            (Err(Error::NotOne { count: 0 }), []) | (Err(Error::NotOne { .. }), [_, _, ..]) => {}
            (one, _) => {
                let one = one.map(|one| one.show());
                return Err(format!("one: {one:?} of {rows:?}, {query:?}").into());
            }
        }
        let prepared = self.on.prepare(|()| query.clone());
        same("prepared", &rows, &show(prepared.all(())?), query)?;
        same("prepared count", &[count], &[prepared.count(())?], query)?;
        Ok(rows)
    }
}

fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    expected: &[T],
    found: &[T],
    query: &impl std::fmt::Debug,
) -> Outcome {
    if expected == found {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, found {found:?}: {query:?}").into())
}
