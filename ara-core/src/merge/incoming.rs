//! A merge: taking over the changes of other nodes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::exchange::changes::{Changes, Run, Sent};
use crate::log::ahead::{MOST_AHEAD, due};
use crate::log::change::{Packed, PackedCells};
use crate::log::clock::Time;
use crate::log::entropy::Entropy;
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::nodes::{self, Node, is_void};
use crate::log::recorder::Recorder;
use crate::merge::arriving::{Arrival, Arriving};
use crate::merge::checked::check;
use crate::merge::dropped::dropped_here;
use crate::merge::last_common::LastCommon;
use crate::merge::logged::Log;
use crate::merge::names::Names;
use crate::merge::report::{MergeReport, Reason, Refused};
use crate::merge::run::{RunState, Way, transaction};
use crate::merge::stop::Stop;
use crate::merge::void::{VOIDS, make_void, read_void};
use crate::names::is_ara_s;
use crate::rows::last_writer::{FoldedCell, FoldedChange, Rows};
use crate::rows::touched::Touched;
use crate::rows::writing::Writing;

/// Takes over the changes of another database, in a transaction that has written nothing itself yet.
pub(crate) fn merge(writing: &mut Writing<'_>, changes: &Changes) -> Result<MergeReport> {
    let Writing { connection, recorder, entropy, touched, .. } = writing;
    let known = recorder.journal().nodes(connection)?;
    let mut merge = Merge {
        connection,
        changes,
        ids: known.values().map(|known| (known.ordinal, known.id)).collect(),
        known,
        names: Names::new(connection, changes)?,
        log: Log::new(connection)?,
        rows: Rows::new(connection),
        horizon: recorder.wall().millis().saturating_add(MOST_AHEAD),
        touched: touched.as_mut(),
        voids: Vec::new(),
        report: MergeReport::default(),
    };
    let mut runs = merge.compare_runs()?;
    merge.take_over(&mut runs)?;
    merge.finish(runs, recorder, entropy)
}

/// A merge in progress.
struct Merge<'m, 'c> {
    connection: &'c Connection,
    changes: &'m Changes,
    /// What is known of each node.
    known: BTreeMap<NodeId, Node>,
    /// The ids of the nodes by their ordinals.
    ids: HashMap<NodeOrdinal, NodeId>,
    names: Names<'m>,
    log: Log<'c>,
    rows: Rows<'c>,
    /// The time in milliseconds after which changes wait until their time has come.
    horizon: i64,
    touched: Option<&'m mut Touched>,
    /// The changes of nodes that do not count, as the nodes themselves tell.
    voids: Vec<(NodeId, (Time, Time))>,
    report: MergeReport,
}

/// A change whose names are resolved.
struct Resolved<'m> {
    /// The table's ordinal, and its name.
    table: (i64, &'m str),
    /// Whether the table is in the file, and not in the log only.
    is_table_made: bool,
    row: &'m [u8; 16],
    /// All of its cells, as the log contains them.
    packed: Packed,
    /// The cells that can be written into the row.
    cells: Vec<FoldedCell<'m>>,
    /// Whether these are all of its cells.
    is_whole: bool,
}

impl<'m> Merge<'m, '_> {
    /// Compares each run with what is known of its node.
    fn compare_runs(&self) -> Result<Vec<RunState<'m>>> {
        let mut runs_of = HashMap::new();
        for run in &self.changes.runs {
            *runs_of.entry(run.node).or_insert(0) += 1;
        }
        let is_single =
            |run: &Run| run.node != NodeId::NOBODY && runs_of.get(&run.node) == Some(&1);
        let compare = |run: &'m Run| {
            let before = self.known.get(&run.node).copied();
            let before = before.unwrap_or(Node::new(NodeOrdinal::NONE, run.node));
            RunState::compare(self.connection, run, before, is_single(run))
        };
        self.changes.runs.iter().map(compare).collect()
    }

    /// Takes over the transactions of all runs, in the order in which they arrived.
    fn take_over(&mut self, runs: &mut [RunState<'m>]) -> Result<()> {
        let changes = &self.changes.changes;
        let mut next = 0;
        while let Some(first) = changes.get(next) {
            let mut state = runs.get_mut(first.run as usize);
            let is_forked = state.as_ref().is_some_and(|state| state.run.is_forked);
            let Range { start, end } = transaction(changes, next, is_forked);
            next = end;
            let Some(state) = &mut state else { continue };
            let transaction = changes.get(start..end).unwrap_or_default();
            match state.way {
                Way::Skip => self.report.known += transaction.len() as u64,
                Way::Append | Way::Unite => match self.transaction(state, transaction) {
                    Ok(()) => {}
                    Err(Stop::Refused(reason)) => state.way = Way::Refuse(reason),
                    Err(Stop::Failed(error)) => return Err(error),
                },
                Way::Refuse(_) => {}
            }
        }
        Ok(())
    }

    /// Checks a transaction, and takes it over.
    fn transaction(&mut self, state: &mut RunState<'m>, transaction: &[Sent]) -> Result<(), Stop> {
        let (end, hashes) = check(self.changes, state.run, state.at, transaction)?;
        if self.names.is_tight {
            self.resolve_names(transaction)?;
        }
        let node = self.node(state.run.node)?;
        let Some(known) = self.known.get(&state.run.node).copied() else { return Ok(()) };
        // All changes up to `folded` count as applied. So they are applied even if this device's clock has
        // been set back since.
        let is_due = end.time.millis() <= self.horizon.max(known.folded.millis());
        let dropped_here = match state.way {
            Way::Unite => dropped_here(self.connection, (node, known.horizon), transaction)?,
            _ => HashSet::new(),
        };
        let changes_before = self.report.changes;
        for (sent, hash) in transaction.iter().zip(hashes) {
            if dropped_here.contains(&sent.time) {
                self.report.known += 1;
                state.last_common.dropped_since ^= hash ^ sent.compacted.dropped;
                continue;
            }
            let arrival = self.change(state, node, (sent, hash), is_due)?;
            self.note_arrival(state, (sent, arrival), is_due);
            state.last_common = LastCommon { time: sent.time, dropped_since: 0 };
        }
        if is_due && self.report.changes > changes_before {
            let tables = &self.changes.tables;
            let is_of_app =
                |sent: &Sent| tables.get(sent.table as usize).is_some_and(|table| !is_ara_s(table));
            self.report.bring((state.run.node, known.void), transaction, is_of_app);
        }
        state.at = end;
        Ok(())
    }

    /// Resolves the names of a transaction, and refuses it if a table has no room for them.
    fn resolve_names(&mut self, transaction: &[Sent]) -> Result<(), Stop> {
        for sent in transaction {
            self.names.table(sent.table)?;
            let mut cells = PackedCells::headless(self.changes.get(&sent.cells));
            while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
                self.names.column(sent.table, cell.column)?;
            }
        }
        Ok(())
    }

    /// Takes over a change: writes it into the log and, if it is new and due, into its row.
    fn change(
        &mut self,
        state: &RunState<'m>,
        node: NodeOrdinal,
        (sent, hash): (&Sent, u64),
        is_due: bool,
    ) -> Result<Arrival, Stop> {
        let Resolved { table, is_table_made, row, packed, cells, is_whole } = self.resolve(sent)?;
        let stamp = Stamp { time: sent.time, node: state.run.node };
        let (compacted, mark) = (sent.compacted, sent.mark);
        let arriving = Arriving { stamp, node, hash, table: table.0, row, packed, compacted, mark };
        let arrival = match state.way {
            Way::Append => Arrival::New(self.log.append(arriving)?),
            _ => self.log.unite(arriving, state.last_common)?,
        };
        let is_of_voids = table.1 == VOIDS;
        if is_of_voids {
            self.note_void(sent, *row);
        }
        match arrival {
            Arrival::New(_) => {
                let is_applied = is_table_made && is_due;
                let is_set_aside = !(is_applied && is_whole);
                self.report.set_aside += u64::from(is_set_aside && !is_of_voids);
                if is_applied && !self.is_void(stamp) {
                    self.fold(FoldedChange { table, row: *row, stamp, node, cells })?;
                }
            }
            // The rows of twins are rebuilt at the end of the merge.
            Arrival::Twin(_) => self.touch_everything(),
            Arrival::Known | Arrival::Stands(_) => {}
        }
        Ok(arrival)
    }

    /// Resolves the names of a change.
    fn resolve(&mut self, sent: &Sent) -> Result<Resolved<'m>, Stop> {
        let changes = self.changes;
        let table = self.names.table(sent.table)?;
        let mut packed = Packed::new();
        let mut folded = Vec::with_capacity(8);
        let mut is_whole = true;
        let mut cells = PackedCells::headless(changes.get(&sent.cells));
        while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
            let column = self.names.column(sent.table, cell.column)?;
            packed.cell(column.ordinal, cell.tag, cell.payload);
            match cell.value() {
                Some(value) if column.is_made => {
                    let (column, is_total) = ((column.ordinal, column.name), cell.is_total());
                    folded.push(FoldedCell { column, value, is_total });
                }
                _ => is_whole = false,
            }
        }
        packed.more(changes.get(&sent.more));
        let row = changes.get(&sent.row).try_into().map_err(|_| Error::Corrupt)?;
        let (is_table_made, table) = (table.is_made, (table.ordinal, table.name));
        Ok(Resolved { table, is_table_made, row, packed, cells: folded, is_whole })
    }

    /// Writes a change into its row.
    fn fold(&mut self, mut change: FoldedChange<'_>) -> Result<()> {
        let id_of = |node| self.ids.get(&node).copied();
        self.rows.fold(&mut change, &id_of, self.touched.as_deref_mut())
    }

    /// Notes what a change added to what is known of its node, and counts it.
    fn note_arrival(
        &mut self,
        state: &mut RunState<'m>,
        (sent, arrival): (&Sent, Arrival),
        is_due: bool,
    ) {
        match arrival {
            Arrival::Known | Arrival::Stands(_) => self.report.known += 1,
            Arrival::New(_) | Arrival::Twin(_) => self.report.changes += 1,
        }
        let (Arrival::Stands(added) | Arrival::New(added) | Arrival::Twin(added)) = arrival else {
            return;
        };
        state.has_grown = true;
        state.has_grown_within |= sent.time <= state.before.end.time;
        let Some(known) = self.known.get_mut(&state.run.node) else { return };
        known.is_forked |= matches!(arrival, Arrival::Twin(_));
        known.end.digest ^= added;
        known.end.time = known.end.time.max(sent.time);
        if !sent.compacted.is_nothing() {
            known.horizon = known.horizon.max(sent.time);
        }
        if is_due {
            known.folded = known.folded.max(sent.time);
        }
    }

    /// Notes which changes of a node do not count, as a change of [`VOIDS`] tells.
    fn note_void(&mut self, sent: &Sent, node: [u8; 16]) {
        let name = |column| self.changes.columns.get(column as usize).map(String::as_str);
        let void = read_void(PackedCells::headless(self.changes.get(&sent.cells)), &name);
        self.voids.extend(void.map(|void| (NodeId::from_bytes(node), void)));
    }

    /// Returns whether a change does not count.
    fn is_void(&self, stamp: Stamp) -> bool {
        self.known.get(&stamp.node).is_some_and(|known| is_void(known.void, stamp.time))
    }

    /// Notes for the watchers that anything may have been written.
    fn touch_everything(&mut self) {
        if let Some(touched) = &mut self.touched {
            touched.everything = true;
        }
    }

    /// Returns the ordinal of a node, which is added if it is new.
    fn node(&mut self, id: NodeId) -> Result<NodeOrdinal> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.ordinal);
        }
        let node = nodes::add(self.connection, id)?;
        self.ids.insert(node, id);
        self.known.insert(id, Node::new(node, id));
        Ok(node)
    }

    /// Returns whether a refusal can be noted for a node. The number of nodes of which nothing but a refusal
    /// is known is limited, so that another device cannot fill the file with them.
    fn can_note(&self, node: NodeId) -> bool {
        const MOST_UNHEARD: usize = 100;
        let is_unheard = |known: &&Node| known.end.time == Time::default();
        node != NodeId::NOBODY && self.known.values().filter(is_unheard).count() < MOST_UNHEARD
    }

    /// Writes into the file what is known of the nodes now, and rebuilds the rows of changes that no longer
    /// count.
    fn finish(
        mut self,
        runs: Vec<RunState<'m>>,
        recorder: &mut Recorder<'_>,
        entropy: &mut Entropy,
    ) -> Result<MergeReport> {
        let own = recorder.node_id();
        let mut is_own_saved = false;
        for state in runs {
            let is_saved = self.finish_run(&state, recorder)?;
            is_own_saved |= is_saved && state.run.node == own;
        }
        if is_own_saved && let Some(known) = self.known.get(&own) {
            // Another file has written under the node id of this one, or this one had before a backup of it
            // was restored.
            recorder.change_node(known.end, recorder.journal().last(), entropy)?;
            known.save(self.connection)?;
        }
        self.finish_voids(recorder)?;
        self.log.rebuild_outdated(&recorder.whole_log()?)?;
        recorder.wait_for(due(self.connection)?);
        let Self { mut report, names, rows, .. } = self;
        (report.written, report.outdated) = (rows.written, rows.outdated);
        report.growth = names.into_growth().of_app();
        Ok(report)
    }

    /// Reports what became of a run, and writes into the file what is known of its node now. Returns whether
    /// that has changed.
    fn finish_run(&mut self, state: &RunState<'m>, recorder: &mut Recorder<'_>) -> Result<bool> {
        let node = state.run.node.uuid();
        let reason = match state.way {
            Way::Refuse(reason) => Some(reason),
            _ => None,
        };
        self.report.refused.extend(reason.map(|reason| Refused { node, reason }));
        if reason.is_some() && self.can_note(state.run.node) {
            self.node(state.run.node)?;
        }
        let Some(known) = self.known.get_mut(&state.run.node) else { return Ok(false) };
        // Changes were added, and either the log has others that the run lacks, or some were added before the
        // end of what was known: two devices have written under this id.
        let is_apart = known.end != state.at || state.has_grown_within;
        known.is_forked |= state.has_grown && (is_apart || state.run.is_forked);
        if known.is_forked && !state.before.is_forked {
            self.report.forked.push(node);
        }
        let has_changed = state.has_grown || known.is_forked != state.before.is_forked;
        if has_changed {
            known.save(self.connection)?;
        }
        recorder.meet(known.clock());
        nodes::note_refused(self.connection, known.ordinal, reason.map(Reason::name))?;
        Ok(has_changed)
    }

    /// Writes into the file which changes do not count.
    fn finish_voids(&mut self, recorder: &mut Recorder<'_>) -> Result<()> {
        for (id, void) in std::mem::take(&mut self.voids) {
            let node = self.node(id)?;
            self.report.leave_out(id, void);
            if make_void(self.connection, node, void, &mut self.log.outdated)? {
                self.touch_everything();
            }
            recorder.go_back()?;
        }
        Ok(())
    }
}
