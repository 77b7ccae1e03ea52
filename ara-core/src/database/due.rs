//! Applying what was dated ahead, once its time has come.

use std::time::Duration;

use crate::database::handle::Database;
use crate::error::{Error, Result};
use crate::file::open::set_patience;
use crate::log::ahead::due;

impl Database {
    /// Applies what was dated ahead, if its time has come. Every read asks, and it waits for nobody: who
    /// writes meanwhile applies it too.
    pub(crate) fn apply_what_is_due(&self) {
        if !self.0.options.read_only && self.0.ahead.calls_read(&*self.0.options.clock) {
            self.apply_now();
        }
    }

    /// As [`apply_what_is_due`](Self::apply_what_is_due), for who was [called](Ahead::calls).
    pub(crate) fn apply_now(&self) {
        let (ahead, clock) = (&self.0.ahead, &*self.0.options.clock);
        if ahead.has_to_ask()
            && let Ok(due) = self.0.with_reader(|reading| due(reading.connection))
        {
            ahead.pause();
            ahead.wait_for(due);
        }
        if ahead.is_due(clock) && self.apply().is_err() {
            // Until the file is asked again.
            ahead.wait_for(None);
        }
    }

    fn apply(&self) -> Result<()> {
        let Some(mut writer) = self.0.try_lock_writer()? else { return Ok(()) };
        let writer_now = &mut *writer.guard;
        set_patience(self.0.writing_connection(&mut writer_now.connection)?, Duration::ZERO)?;
        let written = self.0.write(writer_now, |_| Ok::<_, Error>(()));
        if let Some(connection) = &writer_now.connection {
            set_patience(connection, self.0.options.busy_timeout)?;
        }
        drop(writer);
        self.tell(written)
    }
}
