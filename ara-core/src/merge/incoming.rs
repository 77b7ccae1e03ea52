//! A merge: batches of other nodes' changes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::exchange::changes::{Changes, Run, Sent};
use crate::log::ahead::{MOST_AHEAD, due};
use crate::log::change::{Packed, PackedCell, PackedCells};
use crate::log::clock::Time;
use crate::log::entropy::Entropy;
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::nodes::{self, Node, is_void};
use crate::log::recorder::Recorder;
use crate::merge::checked::check;
use crate::merge::dropped::{Even, dropped_here};
use crate::merge::logged::{Arrival, Arriving, Log};
use crate::merge::names::Names;
use crate::merge::report::{MergeReport, Reason, Refused};
use crate::merge::run::{RunState, Way, transaction};
use crate::merge::void::{VOIDS, make_void, read_void};
use crate::names::is_ara_s;
use crate::rows::last_writer::{FoldedCell, FoldedChange, Rows};
use crate::rows::touched::Touched;
use crate::rows::writing::Writing;

/// Takes over what another database wrote, in a transaction that has written nothing itself yet.
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
    let mut runs = merge.meet()?;
    merge.all(&mut runs)?;
    merge.finish(runs, recorder, entropy)
}

/// A merge on its way.
struct Merge<'m, 'c> {
    connection: &'c Connection,
    changes: &'m Changes,
    /// What is known of each node.
    known: BTreeMap<NodeId, Node>,
    /// The nodes' ids, by ordinal.
    ids: HashMap<NodeOrdinal, NodeId>,
    names: Names<'m>,
    log: Log<'c>,
    rows: Rows<'c>,
    /// What is dated later waits for its time: in milliseconds.
    horizon: i64,
    touched: Option<&'m mut Touched>,
    /// What nodes tell that does not count.
    voids: Vec<(NodeId, (Time, Time))>,
    report: MergeReport,
}

impl<'m> Merge<'m, '_> {
    /// Looks what each run is to what is known of its node.
    fn meet(&self) -> Result<Vec<RunState<'m>>> {
        // Of a node that has several runs, none can be followed.
        let mut runs_of = HashMap::new();
        for run in &self.changes.runs {
            *runs_of.entry(run.node).or_insert(0) += 1;
        }
        let is_single =
            |run: &Run| run.node != NodeId::NOBODY && runs_of.get(&run.node) == Some(&1);
        let meet = |run: &'m Run| {
            let before = self.known.get(&run.node).copied();
            let before = before.unwrap_or(Node::new(NodeOrdinal::NONE, run.node));
            RunState::meet(self.connection, run, before, is_single(run))
        };
        self.changes.runs.iter().map(meet).collect()
    }

    fn all(&mut self, runs: &mut [RunState<'m>]) -> Result<()> {
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
                Way::Append | Way::Unite => self.transaction(state, transaction)?,
                Way::Refuse(_) => {}
            }
        }
        Ok(())
    }

    /// Checks a transaction, and takes it over.
    fn transaction(&mut self, state: &mut RunState<'m>, transaction: &[Sent]) -> Result<()> {
        let (at, hashes) = match check(self.changes, state.run, state.at, transaction) {
            Ok(checked) => checked,
            Err(reason) => {
                state.way = Way::Refuse(reason);
                return Ok(());
            }
        };
        if self.names.is_tight
            && let Err(reason) = self.name(transaction)?
        {
            state.way = Way::Refuse(reason);
            return Ok(());
        }
        let node = self.node(state.run.node)?;
        let Some(known) = self.known.get(&state.run.node).copied() else { return Ok(()) };
        // A clock that ran back does not divide what lies before the last that is folded in.
        let is_due = at.time.millis() <= self.horizon.max(known.folded.millis());
        let dropped_here = match state.way {
            Way::Unite => dropped_here(self.connection, (node, known.horizon), transaction)?,
            _ => HashSet::new(),
        };
        let changes_before = self.report.changes;
        for (sent, hash) in transaction.iter().zip(hashes) {
            let arrival = match dropped_here.contains(&sent.time) {
                true => Ok(Arrival::Dropped),
                false => self.change(state, node, (sent, hash), is_due)?,
            };
            match arrival {
                Err(reason) => {
                    state.way = Way::Refuse(reason);
                    return Ok(());
                }
                Ok(Arrival::Dropped) => {
                    self.report.known += 1;
                    state.even.dropped_here ^= hash ^ sent.compacted.dropped;
                    continue;
                }
                Ok(Arrival::Known) => self.report.known += 1,
                Ok(arrival) => self.grow(state, (sent, arrival), is_due),
            }
            state.even = Even { time: sent.time, dropped_here: 0 };
        }
        if is_due && self.report.changes > changes_before {
            let tables = &self.changes.tables;
            let is_of_app =
                |sent: &Sent| tables.get(sent.table as usize).is_some_and(|table| !is_ara_s(table));
            self.report.bring((state.run.node, known.void), transaction, is_of_app);
        }
        state.at = at;
        Ok(())
    }

    /// Notes that what is known of a node has grown.
    fn grow(&mut self, state: &mut RunState<'m>, (sent, arrival): (&Sent, Arrival), is_due: bool) {
        let counts = match arrival {
            Arrival::Known | Arrival::Dropped => return,
            Arrival::Stands(counts) => {
                self.report.known += 1;
                counts
            }
            Arrival::New(counts) | Arrival::Twin(counts) => {
                self.report.changes += 1;
                counts
            }
        };
        state.has_grown = true;
        state.has_grown_within |= sent.time <= state.before.end.time;
        let Some(known) = self.known.get_mut(&state.run.node) else { return };
        known.is_forked |= matches!(arrival, Arrival::Twin(_));
        known.end.digest ^= counts;
        known.end.time = known.end.time.max(sent.time);
        if !sent.compacted.is_nothing() {
            known.horizon = known.horizon.max(sent.time);
        }
        if is_due {
            known.folded = known.folded.max(sent.time);
        }
    }

    /// Finds room for the names of a transaction.
    fn name(&mut self, transaction: &[Sent]) -> Result<Result<(), Reason>> {
        for sent in transaction {
            if let Err(reason) = self.names.table(sent.table)? {
                return Ok(Err(reason));
            }
            let mut cells = PackedCells::headless(self.changes.get(&sent.cells));
            while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
                if let Err(reason) = self.names.column(sent.table, cell.column)? {
                    return Ok(Err(reason));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Takes one change over.
    fn change(
        &mut self,
        state: &RunState<'m>,
        node: NodeOrdinal,
        (sent, hash): (&Sent, u64),
        is_due: bool,
    ) -> Result<Result<Arrival, Reason>> {
        let table = match self.names.table(sent.table)? {
            Ok(table) => table,
            Err(reason) => return Ok(Err(reason)),
        };
        let mut packed = Packed::new();
        let mut folded = Vec::with_capacity(8);
        let mut is_whole = table.is_made && is_due;
        let mut cells = PackedCells::headless(self.changes.get(&sent.cells));
        while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
            let PackedCell { column, tag, payload } = cell;
            let column = match self.names.column(sent.table, column)? {
                Ok(column) => column,
                Err(reason) => return Ok(Err(reason)),
            };
            packed.cell(column.ordinal, tag, payload);
            match cell.value() {
                Some(value) if column.is_made => {
                    let (column, is_total) = ((column.ordinal, column.name), cell.is_total());
                    folded.push(FoldedCell { column, value, is_total });
                }
                _ => is_whole = false,
            }
        }
        packed.more(self.changes.get(&sent.more));
        let row = self.changes.get(&sent.row).try_into().map_err(|_| Error::Corrupt)?;
        let arriving = Arriving {
            node,
            node_id: state.run.node,
            time: sent.time,
            hash,
            table: table.ordinal,
            row,
            packed,
            compacted: sent.compacted,
            mark: sent.mark,
        };
        let arrival = match state.way {
            Way::Append => Arrival::New(self.log.append(arriving)?),
            _ => self.log.unite(arriving, state.even)?,
        };
        if matches!(arrival, Arrival::Twin(_))
            && let Some(touched) = &mut self.touched
        {
            touched.everything = true;
        }
        if table.name == VOIDS {
            let after_until =
                read_void(PackedCells::headless(self.changes.get(&sent.cells)), &|column| {
                    self.changes.columns.get(column as usize).map(String::as_str)
                });
            self.voids.extend(after_until.map(|void| (NodeId::from_bytes(*row), void)));
        }
        if matches!(arrival, Arrival::New(_)) {
            self.report.set_aside += u64::from(!is_whole && table.name != VOIDS);
            if table.is_made && is_due && !self.is_void(state.run.node, sent.time) {
                let mut change = FoldedChange {
                    table: (table.ordinal, table.name),
                    row: *row,
                    stamp: Stamp { time: sent.time, node: state.run.node },
                    node,
                    cells: folded,
                };
                let id_of = |node| self.ids.get(&node).copied();
                self.rows.fold(&mut change, &id_of, self.touched.as_deref_mut())?;
            }
        }
        Ok(Ok(arrival))
    }

    fn is_void(&self, node: NodeId, time: Time) -> bool {
        self.known.get(&node).is_some_and(|known| is_void(known.void, time))
    }

    /// The ordinal of a node, which may be new.
    fn node(&mut self, id: NodeId) -> Result<NodeOrdinal> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.ordinal);
        }
        let node = nodes::add(self.connection, id)?;
        self.ids.insert(node, id);
        self.known.insert(id, Node::new(node, id));
        Ok(node)
    }

    /// Whether it is noted that changes of a node were refused, also if nothing else is known of it. A bad
    /// neighbour must not have it noted of any number of nodes.
    fn can_note(&self, node: NodeId) -> bool {
        const MOST_UNHEARD: usize = 100;
        let is_unheard = |known: &&Node| known.end.time == Time::default();
        node != NodeId::NOBODY && self.known.values().filter(is_unheard).count() < MOST_UNHEARD
    }

    /// Notes what is known now.
    fn finish(
        mut self,
        runs: Vec<RunState<'m>>,
        recorder: &mut Recorder<'_>,
        entropy: &mut Entropy,
    ) -> Result<MergeReport> {
        let (own, _) = recorder.journal().position();
        let mut is_own_grown = false;
        for state in runs {
            let node = state.run.node.uuid();
            let reason = match state.way {
                Way::Refuse(reason) => Some(reason),
                _ => None,
            };
            self.report.refused.extend(reason.map(|reason| Refused { node, reason }));
            if reason.is_some() && self.can_note(state.run.node) {
                self.node(state.run.node)?;
            }
            let Some(known) = self.known.get_mut(&state.run.node) else { continue };
            // Both go on from one point, and each has what the other lacks.
            let is_apart = known.end != state.at || state.has_grown_within;
            known.is_forked |= state.has_grown && (is_apart || state.run.is_forked);
            if known.is_forked && !state.before.is_forked {
                self.report.forked.push(node);
            }
            if state.has_grown || known.is_forked != state.before.is_forked {
                known.save(self.connection)?;
                is_own_grown |= known.ordinal == own;
            }
            recorder.meet(known.clock());
            nodes::note_refused(self.connection, known.ordinal, reason.map(Reason::name))?;
        }
        if is_own_grown {
            // Another file writes under this id, or did so before a backup was restored.
            if let Some(known) = self.known.values().find(|known| known.ordinal == own) {
                recorder.change_node(known.end, recorder.journal().last(), entropy)?;
                known.save(self.connection)?;
            }
        }
        for (id, void) in std::mem::take(&mut self.voids) {
            let node = self.node(id)?;
            self.report.leave_out(id, void);
            if make_void(self.connection, node, void, &mut self.log.outdated)?
                && let Some(touched) = &mut self.touched
            {
                touched.everything = true;
            }
            recorder.go_back()?;
        }
        self.log.fold_outdated(&recorder.whole_log()?)?;
        recorder.wait_for(due(self.connection)?);
        let Self { mut report, names, rows, .. } = self;
        (report.written, report.outdated) = (rows.written, rows.outdated);
        report.growth = names.into_growth().of_app();
        Ok(report)
    }
}
