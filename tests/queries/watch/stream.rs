//! A watch as a stream.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

use ara::Watch;
use ara::prelude::*;
use futures_core::Stream;

use crate::watch::{LONG, Todo};
use support::{File, Outcome};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    let start = Instant::now();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park_timeout(LONG);
        assert!(start.elapsed() < LONG, "nobody wakes the task");
    }
}

async fn next<O>(watch: &mut Watch<O>) -> Option<ara::Result<Vec<O>>> {
    poll_fn(|context| Pin::new(&mut *watch).poll_next(context)).await
}

#[test]
fn a_task_is_woken_by_each_commit_and_by_the_end() -> Outcome {
    let file = File::new()?;
    for db in [Database::memory()?, file.open()?] {
        let mut todos = db.query::<Todo>().select(Todo::id).watch()?;
        assert_eq!(block_on(next(&mut todos)).ok_or("ends")??.len(), 0);
        let (tell, told) = channel();
        let task = thread::spawn(move || {
            block_on(async {
                while let Some(todos) = next(&mut todos).await {
                    let _ = tell.send(todos.map(|todos| todos.len()));
                }
                // It stays over.
                next(&mut todos).await.is_none()
            })
        });
        for number in 1..=20 {
            db.create(Todo::draft().title("Buy milk"))?;
            assert_eq!(told.recv_timeout(LONG)??, number);
        }
        drop(db);
        assert!(task.join().map_err(|_| "panicked")?);
    }
    Ok(())
}

/// As those of the crates of streams do, it gives each stream a `next`.
trait StreamExt: Stream + Unpin {
    fn next(&mut self) -> impl Future<Output = Option<Self::Item>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
    }
}

impl<S: Stream + Unpin> StreamExt for S {}

#[test]
fn one_method_is_called_next() -> Outcome {
    let db = Database::memory()?;
    let mut todos = db.query::<Todo>().watch()?;
    assert!(block_on(todos.next()).ok_or("ends")??.is_empty());
    db.create(Todo::draft().title("Buy milk"))?;
    assert_eq!((&mut todos).into_iter().next().ok_or("ends")??.len(), 1);
    drop(db);
    assert!(block_on(todos.next()).is_none());
    assert!(todos.into_iter().next().is_none());
    Ok(())
}
