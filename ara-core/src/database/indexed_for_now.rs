//! Searching a database that is opened read-only, and whose rows another version of the app has written since a writer
//! has indexed them: the words are indexed for one read.

use std::sync::Arc;

use rusqlite::Connection;

use crate::catalog::search_index::{LEFT, STALE, SearchIndex};
use crate::database::shown_in_views::{run_temporary, show_in_view};
use crate::error::Result;
use crate::names::quoted;
use crate::rows::plan::Plan;

/// Indexes what a table shows in the place of its search, for this connection alone, unless the search is up to date. The
/// caller has begun a transaction, and takes all of this back by rolling it back.
pub(crate) fn index_for_now(connection: &Connection, plan: &Arc<Plan>) -> Result<()> {
    let Some(index) = SearchIndex::of(plan.def) else { return Ok(()) };
    if !is_behind(connection, plan, &index)? {
        return Ok(());
    }
    show_in_view(connection, plan)?;
    let (create, fill) = (index.create_temporary(), index.read_words(&quoted(&index.table)));
    run_temporary(connection, &format!("{create}; {fill}"))
}

/// Returns whether the search is one of an earlier version of ara, or has no words of some rows; or whether rows changed
/// since they were indexed, or since what they show was worked out.
fn is_behind(connection: &Connection, plan: &Plan, index: &SearchIndex) -> Result<bool> {
    if !index.is_whole(connection)? {
        return Ok(true);
    }
    let shown = plan.lensed.iter().flat_map(|lensed| &lensed.shown);
    let mut stale = shown.map(|shown| quoted(&shown.stale())).collect::<Vec<_>>();
    stale.extend([STALE, LEFT].map(|suffix| index.part(suffix)));
    for stale in stale {
        // A view of before may hide the table itself.
        let sql = format!("SELECT 1 FROM main.{stale}");
        if connection.prepare_cached(&sql)?.exists([])? {
            return Ok(true);
        }
    }
    Ok(false)
}
