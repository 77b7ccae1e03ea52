//! From threads that block to what does not.
//!
//! The client of PostgreSQL is asynchronous, and jobs are not. So its connections live on a runtime of their own, and a
//! thread that runs a job sleeps until that runtime has the answer. It may be a thread of another runtime.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::store::error::{Result, StoreError};

/// How many threads pass on what connections send and receive.
const THREADS: usize = 2;

/// A runtime that ends with this, also where a runtime may not be waited for.
pub(super) struct Bridge(Option<Runtime>);

impl Bridge {
    pub(super) fn new() -> Result<Self> {
        let mut builder = Builder::new_multi_thread();
        let builder = builder.enable_all().worker_threads(THREADS).thread_name("ara-relay-store");
        let runtime = builder.build();
        let runtime = runtime.map_err(|error| StoreError::Failed { reason: error.to_string() })?;
        Ok(Self(Some(runtime)))
    }

    /// Returns what enters the runtime, if it has not ended.
    pub(super) fn handle(&self) -> Result<Handle> {
        self.0.as_ref().map(|runtime| runtime.handle().clone()).ok_or(StoreError::BrokeOff)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Waits on this thread for what a runtime does.
pub(super) fn wait_for<F: Future>(runtime: &Handle, future: F) -> F::Output {
    let _entered = runtime.enter();
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Sleeping(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// A thread that waits.
struct Sleeping(Thread);

impl Wake for Sleeping {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}
