//! What a transaction needs for writing.

use rusqlite::Connection;

use crate::log::counters::Counters;
use crate::log::entropy::Entropy;
use crate::log::recorder::Recorder;
use crate::log::statements::Statements;
use crate::rows::touched::Touched;

/// What a transaction needs for writing. All code that writes rows is given it.
pub(crate) struct Writing<'c> {
    pub(crate) connection: &'c Connection,
    pub(crate) recorder: Recorder<'c>,
    pub(crate) statements: Statements<'c>,
    pub(crate) counters: Counters<'c>,
    pub(crate) entropy: &'c mut Entropy,
    /// What was written, if anyone was watching when the transaction began.
    pub(crate) touched: Option<Touched>,
}

impl<'c> Writing<'c> {
    pub(crate) fn new(
        connection: &'c Connection,
        recorder: Recorder<'c>,
        entropy: &'c mut Entropy,
        touched: Option<Touched>,
    ) -> Self {
        Self {
            connection,
            recorder,
            statements: Statements::new(connection),
            counters: Counters::new(connection),
            entropy,
            touched,
        }
    }

    /// Notes that anything may have been written.
    pub(crate) fn touch_everything(&mut self) {
        if let Some(touched) = &mut self.touched {
            touched.everything = true;
        }
    }
}
