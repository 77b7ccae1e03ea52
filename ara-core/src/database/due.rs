//! Applying changes that are dated ahead once they are due.

use std::time::Duration;

use crate::database::Database;
use crate::error::{Error, Result};
use crate::file::open::set_busy_timeout;
use crate::log::ahead::due;

impl Database {
    /// Applies changes that are due. Every read calls this. It does not wait for a transaction that is
    /// running, as each transaction applies them too.
    pub(crate) fn apply_what_is_due(&self) {
        if !self.0.options.read_only && self.0.ahead.calls_read(&*self.0.options.clock) {
            self.apply_now();
        }
    }

    /// Does the same without first asking whether there may be any.
    pub(crate) fn apply_now(&self) {
        let (ahead, clock) = (&self.0.ahead, &*self.0.options.clock);
        if ahead.has_to_ask()
            && let Ok(due) = self.0.with_reader(|reading| due(reading.connection))
        {
            ahead.pause();
            ahead.wait_for(due);
        }
        if ahead.is_due(clock) && self.apply().is_err() {
            // Nothing is tried again until the file is read again.
            ahead.wait_for(None);
        }
    }

    fn apply(&self) -> Result<()> {
        let Some(mut writer) = self.0.try_lock_writer()? else { return Ok(()) };
        let writer_now = &mut *writer.guard;
        set_busy_timeout(self.0.writing_connection(&mut writer_now.connection)?, Duration::ZERO)?;
        let outcome = self.0.write(writer_now, |_| Ok::<_, Error>(()));
        if let Some(connection) = &writer_now.connection {
            set_busy_timeout(connection, self.0.options.busy_timeout)?;
        }
        drop(writer);
        self.announce(outcome)
    }
}
