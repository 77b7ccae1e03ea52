//! Ensuring a schema, and working out what columns show that replace others, with progress.

use crate::care::progress::{Progress, ProgressReporter};
use crate::database::Database;
use crate::error::Result;
use crate::model::app_schema::Schema;
use crate::model::table_ref::TableRef;
use crate::rows::shown_values::working_out::count_due;

impl Database {
    /// Ensures a schema, like [`ensure`](Self::ensure), and works out what columns show that replace others: of the
    /// rows that other versions of the app have written, and of all rows if the columns are new or have a new
    /// `revision`. It calls `tell` with the progress in these rows.
    ///
    /// [`ensure`](Self::ensure) leaves that to the first query of each table, which takes as long then. It is done in
    /// steps of some rows, or of some megabytes if these are long, between which others can write. What they write is worked out, too. A database that is opened
    /// read-only works out nothing in advance.
    ///
    /// `tell` is called between the steps, and may use the database.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// mod last_year {
    ///     use ara::prelude::*;
    ///
    ///     #[derive(Table)]
    ///     pub struct Todo { pub id: Id<Todo>, pub title: String }
    /// }
    ///
    /// #[derive(Table)]
    /// struct Todo {
    ///     id: Id<Todo>,
    ///     #[table(replaces(title, read = |title| title, write = |text: &String| text.clone()))]
    ///     text: String,
    ///     #[table(retired)]
    ///     title: Option<String>,
    /// }
    ///
    /// let db = Database::memory()?;
    /// db.create(last_year::Todo::draft().title("Buy milk"))?;
    /// let mut last = None;
    /// db.ensure_with::<Todo>(|progress| {
    ///     println!("{} of {} rows", progress.done, progress.total);
    ///     last = Some(progress);
    /// })?;
    /// assert!(last.is_some_and(|last| (last.done, last.total) == (1, 1)));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`ensure`](Self::ensure). If working out fails, what was done stays, and the next query goes
    /// on with it.
    pub fn ensure_with<S: Schema>(&self, mut tell: impl FnMut(Progress)) -> Result<()> {
        self.ensure::<S>()?;
        let is_shown = |table: &&TableRef| !table.lenses.reads.is_empty();
        let tables: Vec<_> = S::TABLES.iter().filter(is_shown).copied().collect();
        let mut total = 0;
        for table in tables.iter().filter(|_| !self.0.options.read_only) {
            let plan = self.plan(*table)?;
            total += self.with_reader(|reading| count_due(reading.connection, &plan))?;
        }
        let mut progress = ProgressReporter::of(total, &mut tell);
        if total > 0 {
            self.work_out_and_tell(&tables, &mut |rows| progress.add_step(rows))?;
        }
        progress.end();
        Ok(())
    }
}
