//! A transaction on a connection: what is asked is waited for, what is written is not.
//!
//! A statement that writes is sent at once, and its outcome is looked at when something is asked, or at the end. So a job
//! waits for the database as often as it asks, and once more. The database runs statements in the order in which they
//! are sent, and after one that failed no other one until the transaction ends.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesOrdered;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row, Statement};

use crate::store::error::Result;
use crate::store::postgres::bridge::wait_for;
use crate::store::postgres::fault::{Fault, Kind};

/// How long the database may take for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A value of a statement that is sent without waiting.
pub(super) type Value = Box<dyn ToSql + Sync + Send>;

/// Makes values of a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        vec![$(Box::new($value) as crate::store::postgres::session::Value),*]
    };
}
pub(super) use values;

type Sent = Pin<Box<dyn Future<Output = std::result::Result<u64, Error>> + Send>>;

/// A connection with a transaction.
pub(super) struct Session {
    runtime: Handle,
    client: Arc<Object>,
    /// What was sent, and has no outcome yet.
    sent: FuturesOrdered<Sent>,
    /// What went wrong first.
    fault: Option<Fault>,
    /// Whether the database did not answer in time.
    is_silent: bool,
    waits: Arc<AtomicU64>,
}

impl Session {
    /// Begins a transaction on a connection that is free.
    pub(super) fn begin(
        runtime: &Handle,
        pool: &Pool,
        waits: &Arc<AtomicU64>,
        begin: &'static str,
    ) -> std::result::Result<Self, Fault> {
        let client = wait_for(runtime, pool.get())?;
        let mut session = Self {
            runtime: runtime.clone(),
            client: Arc::new(client),
            sent: FuturesOrdered::new(),
            fault: None,
            is_silent: false,
            waits: waits.clone(),
        };
        session.control(begin);
        Ok(session)
    }

    /// Sends what begins or ends something, and does not wait for its outcome.
    pub(super) fn control(&mut self, sql: &'static str) {
        let client = self.client.clone();
        self.push(Box::pin(async move { client.batch_execute(sql).await.map(|()| 0) }));
    }

    /// Sends a statement that writes, and does not wait for its outcome.
    pub(super) fn send(&mut self, sql: &str, values: Vec<Value>) -> Result<()> {
        let statement = self.statement(sql)?;
        let client = self.client.clone();
        self.push(Box::pin(async move { client.execute_raw(&statement, values).await }));
        Ok(())
    }

    /// Asks for rows.
    pub(super) fn rows(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let statement = self.statement(sql)?;
        let client = self.client.clone();
        self.wait(async move { client.query(&statement, values).await })
    }

    /// Asks for several lists of rows at once.
    pub(super) fn rows_at_once(
        &mut self,
        asked: &[(&str, Vec<&(dyn ToSql + Sync)>)],
    ) -> Result<Vec<Vec<Row>>> {
        let mut statements = vec![];
        for (sql, values) in asked {
            statements.push((self.statement(sql)?, values));
        }
        let client = self.client.clone();
        let client = &client;
        let asking = statements
            .iter()
            .map(|(statement, values)| async move { client.query(statement, values).await });
        self.wait(try_join_all(asking))
    }

    /// Asks for one row.
    pub(super) fn row(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Option<Row>> {
        Ok(self.rows(sql, values)?.pop())
    }

    /// Runs a statement, and returns how many rows it changed.
    pub(super) fn change(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<u64> {
        let statement = self.statement(sql)?;
        let client = self.client.clone();
        self.wait(async move { client.execute(&statement, values).await })
    }

    /// Waits for the outcome of what was sent.
    pub(super) fn flush(&mut self) -> std::result::Result<(), Fault> {
        self.drain();
        self.fault.clone().map_or(Ok(()), Err)
    }

    /// Returns what went wrong, after which the transaction can only be undone.
    pub(super) const fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Goes on after what went wrong was undone.
    pub(super) fn forgive(&mut self) {
        self.drain();
        self.fault = None;
    }

    /// Ends a transaction of which nothing is to be kept. Who gets the connection next sends behind that.
    pub(super) fn end(mut self) {
        if self.is_silent {
            self.close();
        } else {
            self.control("ROLLBACK");
        }
    }

    /// Closes a connection that does not answer.
    fn close(self) {
        let Self { client, sent, .. } = self;
        drop(sent);
        if let Some(client) = Arc::into_inner(client) {
            drop(Object::take(client));
        }
    }

    /// Returns a statement that is prepared, once for each connection.
    fn statement(&mut self, sql: &str) -> Result<Statement> {
        let client = self.client.clone();
        self.wait(async move { client.prepare_cached(sql).await })
    }

    fn push(&mut self, mut sent: Sent) {
        // The first poll sends it. Whoever waits next polls it again.
        let _entered = self.runtime.enter();
        match sent.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(error)) => self.note(error.into()),
            Poll::Pending => self.sent.push_back(sent),
        }
    }

    fn wait<T>(
        &mut self,
        future: impl Future<Output = std::result::Result<T, Error>>,
    ) -> Result<T> {
        let sent = &mut self.sent;
        let mut future = pin!(future);
        let mut failed = None;
        let mut has_waited = false;
        // Answers are passed on only as long as somebody takes those before them.
        let both = poll_fn(|context| {
            while let Poll::Ready(Some(outcome)) = sent.poll_next_unpin(context) {
                failed = failed.take().or(outcome.err());
            }
            let polled = future.as_mut().poll(context);
            has_waited |= polled.is_pending();
            polled
        });
        let outcome = wait_for(&self.runtime, async { timeout(PATIENCE, both).await });
        self.waits.fetch_add(u64::from(has_waited), Ordering::Relaxed);
        if let Some(failed) = failed {
            self.note(failed.into());
        }
        match outcome {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(error)) => {
                self.drain();
                self.note(error.into());
                Err(self.error())
            }
            Err(_) => {
                self.is_silent = true;
                self.note(Fault::no_answer());
                Err(self.error())
            }
        }
    }

    fn drain(&mut self) {
        let sent = &mut self.sent;
        if sent.is_empty() {
            return;
        }
        self.waits.fetch_add(1, Ordering::Relaxed);
        let mut failed = vec![];
        let all = poll_fn(|context| {
            while let Poll::Ready(Some(outcome)) = sent.poll_next_unpin(context) {
                failed.extend(outcome.err());
            }
            if sent.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        });
        let outcome = wait_for(&self.runtime, async { timeout(PATIENCE, all).await });
        failed.into_iter().for_each(|error| self.note(error.into()));
        if outcome.is_err() {
            self.is_silent = true;
            self.note(Fault::no_answer());
        }
    }

    fn note(&mut self, fault: Fault) {
        if self.fault.as_ref().is_none_or(|before| before.kind == Kind::Aborted) {
            self.fault = Some(fault);
        }
    }

    fn error(&self) -> crate::store::error::StoreError {
        self.fault.clone().unwrap_or_else(Fault::broke_off).error
    }
}
