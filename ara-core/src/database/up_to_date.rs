//! Reading what columns show that replace others. Where another version of the app, another program or a merge has
//! written, that is worked out first.

use crate::database::Database;
use crate::database::source::Reading;
use crate::database::transaction::Transaction;
use crate::error::{Error, Result};
use crate::model::table_ref::TableRef;
use crate::rows::shown_values::work_out;

/// How often a read is tried while others go on writing. Then it is done while nobody else writes.
const TRIES: usize = 10;

impl Database {
    /// Runs what reads these tables, as often as rows have to be worked out before.
    pub(crate) fn read_up_to_date<R>(
        &self,
        tables: &[TableRef],
        read: &mut dyn FnMut(Reading<'_>) -> Result<R>,
    ) -> Result<R> {
        for _ in 0..TRIES {
            match self.with_reader(&mut *read) {
                Err(error) if error.is_outdated() => self.work_out(tables, error)?,
                done => return done,
            }
        }
        self.transaction(|tx| tx.read_up_to_date(tables, read))
    }

    /// Works out what rows show, in steps that let others write in between. Returns `error` if the tables have no
    /// columns for which that is to be done.
    fn work_out(&self, tables: &[TableRef], error: Error) -> Result<()> {
        if let Some(table) = tables.first().filter(|_| self.0.options.read_only) {
            let lacks =
                "has rows that an older version of the app wrote, and that no writer has read yet";
            return Err(Error::NotMade { table: table.def.name, lacks });
        }
        let is_shown = |table: &TableRef| !table.lenses.reads.is_empty();
        if !tables.iter().any(is_shown) {
            return Err(error);
        }
        while self.transaction(|tx| tx.work_out(tables))? {}
        Ok(())
    }
}

impl Transaction<'_> {
    /// Runs what reads these tables, once all rows of them are worked out.
    pub(crate) fn read_up_to_date<R>(
        &self,
        tables: &[TableRef],
        read: &mut dyn FnMut(Reading<'_>) -> Result<R>,
    ) -> Result<R> {
        let reading = Reading { connection: self.connection, is_private: false };
        match read(reading) {
            Err(error) if error.is_outdated() => {
                while self.work_out(tables)? {}
                read(reading)
            }
            done => done,
        }
    }

    /// Works out what some rows of these tables show. Returns whether there may be more.
    fn work_out(&self, tables: &[TableRef]) -> Result<bool> {
        let mut is_more = false;
        for table in tables.iter().filter(|table| !table.lenses.reads.is_empty()) {
            let plan = self.plan(*table)?;
            is_more |= work_out(&mut self.state.borrow_mut().writing, &plan)?;
        }
        Ok(is_more)
    }
}
