//! A merge: taking over the changes of other nodes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::catalog::sync_tables::note_removed;
use crate::error::{Error, Result};
use crate::exchange::changes::{Changes, Run, Sent};
use crate::log::cells::Cells;
use crate::log::clock::Stamp;
use crate::log::entropy::Entropy;
use crate::log::forgotten::Tombstone;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::node_log::{LogEnd, NodeLog};
use crate::log::nodes::{self, Node};
use crate::log::piece::head::Head;
use crate::log::pieces;
use crate::log::place::ChangeNumber;
use crate::log::recorder::Recorder;
use crate::log::remains::remove_values;
use crate::log::row_clock::Tick;
use crate::log::transaction_id::TransactionId;
use crate::merge::checked::{Checked, CheckedTransaction, check};
use crate::merge::faults::Faults;
use crate::merge::names::Names;
use crate::merge::report::{MergeReport, Reason, Refused};
use crate::merge::resolved::Resolved;
use crate::merge::run::Way;
use crate::merge::same_ends::SameEnds;
use crate::merge::stop::Stop;
use crate::merge::unite::{Arriving, Key, unite};
use crate::rows::forgetting;
use crate::rows::last_writer::Rows;
use crate::rows::plan::Plan;
use crate::rows::touched::Touched;
use crate::rows::writing::Writing;

/// Takes over the changes of another database, in a transaction that has written nothing itself yet.
///
/// If something in the file is in the way that was not known before, it is added to the faults, and this is an
/// error: a part of the changes may have been written, so the transaction must be rolled back. The merge can be
/// repeated then.
///
/// `plans` are those of the tables that have columns which replace others: what these show is written, too.
pub(crate) fn merge(
    writing: &mut Writing<'_>,
    changes: &Changes,
    plans: Vec<Arc<Plan>>,
    faults: &mut Faults,
) -> Result<MergeReport> {
    let mended = faults.prepare(writing)?;
    let Writing { connection, recorder, entropy, touched, .. } = writing;
    let known = recorder.journal().nodes(connection)?;
    let mut merge = Merge {
        connection,
        changes,
        is_there_twice: repeated(&changes.runs),
        unheard: known.values().filter(|known| known.end.is_start()).count(),
        ids: known.values().map(|known| (known.ordinal, known.id)).collect(),
        known,
        names: Names::new(connection, changes)?,
        rows: Rows::new(connection)?.showing(plans),
        registry: None,
        touched: touched.as_mut(),
        brought: Vec::new(),
        faults,
        report: MergeReport { growth: mended, ..MergeReport::default() },
    };
    let own = recorder.node_id();
    let mut own_end = None;
    for (run, sent) in merge.runs() {
        let changed = merge.run(run, &sent, recorder)?;
        own_end = own_end.or(changed.filter(|_| run.node == own));
    }
    if merge.faults.are_new() {
        return Err(Error::Corrupt);
    }
    let has_forgotten = !merge.rows.newly_forgotten.is_empty();
    let report = merge.finish(own_end, recorder, entropy)?;
    if has_forgotten {
        forgetting::note(writing)?;
    }
    Ok(report)
}

/// A merge in progress.
struct Merge<'m, 'c> {
    connection: &'c Connection,
    changes: &'m Changes,
    /// The nodes that have more than one run.
    is_there_twice: HashSet<NodeId>,
    /// What is known of each node.
    known: BTreeMap<NodeId, Node>,
    /// How many of the nodes have no changes here.
    unheard: usize,
    /// The ids of the nodes by their ordinals.
    ids: HashMap<NodeOrdinal, NodeId>,
    names: Names<'m>,
    rows: Rows<'c>,
    /// What was registered before the changes of a node were united with its log, if that was needed.
    registry: Option<Registry>,
    touched: Option<&'m mut Touched>,
    /// The new transactions, each with the greatest date of its node so far.
    brought: Vec<(i64, TransactionId)>,
    faults: &'m mut Faults,
    report: MergeReport,
}

impl<'m> Merge<'m, '_> {
    /// Returns the runs, each with its changes.
    fn runs(&self) -> Vec<(&'m Run, Vec<&'m Sent>)> {
        let mut runs: Vec<_> = self.changes.runs.iter().map(|run| (run, Vec::new())).collect();
        for sent in &self.changes.changes {
            if let Some((_, changes)) = runs.get_mut(sent.run as usize) {
                changes.push(sent);
            }
        }
        runs
    }

    /// Takes over a run. Returns what is known at the end of the log of its node, if that has changed.
    fn run(
        &mut self,
        run: &'m Run,
        sent: &[&'m Sent],
        recorder: &mut Recorder<'_>,
    ) -> Result<Option<Head>> {
        let before = self.known.get(&run.node).copied();
        let before = before.unwrap_or(Node::new(NodeOrdinal::NONE, run.node));
        let mut taken = match self.faults.nodes.contains(&run.node) {
            true => Err(Stop::Refused(Reason::Damaged)),
            false => self.take(run, &before, sent, recorder),
        };
        if let Err(Stop::Failed(Error::Corrupt)) = taken {
            // What is known of this node cannot be read. That does not concern the others.
            self.faults.blame_node(run.node);
            taken = Err(Stop::Refused(Reason::Damaged));
        }
        let (head, is_apart, reason) = match taken {
            Ok(Taken { head, is_apart, reason }) => (head, is_apart, reason),
            Err(Stop::Refused(reason)) => (None, false, Some(reason)),
            Err(Stop::Failed(error)) => return Err(error),
        };
        let node = run.node.uuid();
        self.report.refused.extend(reason.map(|reason| Refused { node, reason }));
        if reason.is_some() && self.can_note(run.node) {
            match self.node(run.node) {
                Ok(_) | Err(Error::TooManyNodes) => {}
                Err(error) => return Err(error),
            }
        }
        let Some(known) = self.known.get_mut(&run.node) else { return Ok(None) };
        if let Some(head) = &head {
            self.unheard -= usize::from(known.end.is_start() && !head.point.is_start());
            (known.end, known.date) = (head.point, head.date);
            known.is_forked |= is_apart || run.is_forked;
            if known.is_forked && !before.is_forked {
                self.report.forked.push(node);
            }
            known.save(self.connection)?;
        }
        nodes::note_refused(self.connection, known.ordinal, reason.map(Reason::name))?;
        Ok(head)
    }

    /// Takes over what can be taken over of a run.
    fn take(
        &mut self,
        run: &'m Run,
        before: &Node,
        sent: &[&'m Sent],
        recorder: &mut Recorder<'_>,
    ) -> Result<Taken, Stop> {
        if run.node == NodeId::NOBODY || self.is_there_twice.contains(&run.node) {
            // It is unknown in which order the runs of one node would follow one another.
            return Err(Reason::Damaged.into());
        }
        let way = match Way::at_once(run, before) {
            Some(way) => way,
            None => {
                let registry = loaded(&mut self.registry, self.connection)?;
                Way::by_log(self.connection, registry, run, before)?
            }
        };
        if let Way::Refuse(reason) = way {
            return Err(reason.into());
        }
        if way == Way::Skip {
            self.report.known += sent.len() as u64;
            return Ok(Taken::default());
        }
        let Checked { transactions, mut reason } = check(self.changes, run, sent);
        if transactions.is_empty() {
            return Ok(Taken { reason, ..Taken::default() });
        }
        let node = (self.node(run.node)?, run.node);
        let is_next = way == Way::Append || self.is_next((run, node), before, &transactions)?;
        let (head, is_apart) = match way {
            _ if is_next => (self.append(node, &transactions, recorder, &mut reason)?, false),
            _ => self.unite((run, node), before, transactions, recorder, &mut reason)?,
        };
        Ok(Taken { head, is_apart, reason })
    }

    /// Returns whether transactions of a node that forked follow what is known of it, so that they can be appended
    /// like those of another node.
    fn is_next(
        &mut self,
        (run, node): (&Run, (NodeOrdinal, NodeId)),
        before: &Node,
        transactions: &[CheckedTransaction<'_>],
    ) -> Result<bool> {
        let first = transactions.first().and_then(CheckedTransaction::end);
        let Some(first) = first.filter(|_| run.from == before.end) else { return Ok(false) };
        if first.0 != before.end.number {
            return Ok(first.0 > before.end.number);
        }
        let Some(last) = pieces::last_of(self.connection, node.0)? else { return Ok(true) };
        let last = last.changes().next_back().map(|change| change.record);
        let registry = loaded(&mut self.registry, self.connection)?;
        let hash = last.and_then(|last| last.hash(node.1, registry)).ok_or(Error::Corrupt)?;
        Ok(first.1 > hash)
    }

    /// Appends transactions to the log of their node, until one has to be refused.
    fn append(
        &mut self,
        node: (NodeOrdinal, NodeId),
        transactions: &[CheckedTransaction<'m>],
        recorder: &mut Recorder<'_>,
        reason: &mut Option<Reason>,
    ) -> Result<Option<Head>, Stop> {
        let mut log = NodeLog::new(LogEnd::load(self.connection, node.0)?);
        let mut is_any = false;
        for transaction in transactions {
            match self.resolve_names(transaction) {
                Err(Stop::Refused(other)) => {
                    *reason = Some(other);
                    break;
                }
                resolved => resolved?,
            }
            let CheckedTransaction { changes, date, .. } = transaction;
            let mut is_of_app = false;
            for (sent, hash) in changes {
                let resolved = self.resolve_change(sent, *hash)?;
                is_of_app |= resolved.is_of_app();
                let record = resolved.record(self.changes, sent);
                log.append(self.connection, (&record, *hash), *date)?;
                if resolved.is_compacted {
                    self.note_compacted(node.1, sent.number, log.end().head.date);
                }
                self.fold(resolved, (node, sent.stamp, *date), recorder)?;
            }
            is_any = true;
            self.bring(is_of_app, log.end().head.date, (node.1, transaction));
        }
        log.flush(self.connection)?;
        Ok(is_any.then_some(log.end().head))
    }

    /// Unites transactions with the log of their node, until one has to be refused.
    fn unite(
        &mut self,
        (run, node): (&Run, (NodeOrdinal, NodeId)),
        before: &Node,
        mut transactions: Vec<CheckedTransaction<'m>>,
        recorder: &mut Recorder<'_>,
        reason: &mut Option<Reason>,
    ) -> Result<(Option<Head>, bool), Stop> {
        let known = Node { ordinal: node.0, ..*before };
        let registry = loaded(&mut self.registry, self.connection)?;
        let held = SameEnds::load(self.connection, registry, &known, &transactions)?;
        self.report.known += held.leave_out(&mut transactions);
        let resolved = self.resolve(&mut transactions, reason)?;
        let Some(to) = transactions.last().map(|last| last.digest) else {
            return Ok((None, false));
        };
        let mut arriving = Vec::with_capacity(resolved.len());
        let sent = transactions.iter().flat_map(|transaction| {
            let (of, date) = (transaction.end().unwrap_or_default(), transaction.date);
            transaction.changes.iter().map(move |(sent, hash)| (of, *sent, *hash, date))
        });
        for ((transaction, sent, hash, date), resolved) in sent.zip(&resolved) {
            let key = Key { transaction, number: sent.number };
            let record = resolved.record(self.changes, sent);
            arriving.push(Arriving { key, record, hash, date });
        }
        // The changes that the log has of the node were there before, and so were their names.
        let registry = loaded(&mut self.registry, self.connection)?;
        let run = (run.from.digest, &*arriving, to);
        let united = unite(self.connection, registry, &known, run)?;
        drop(arriving);
        let mut both = resolved.into_iter().zip(united.is_new);
        for transaction in &transactions {
            let (mut is_of_app, mut is_any) = (false, false);
            for (sent, _) in &transaction.changes {
                let Some((resolved, is_new)) = both.next() else { break };
                if !is_new {
                    self.report.known += 1;
                    continue;
                }
                is_of_app |= resolved.is_of_app();
                is_any = true;
                if resolved.is_compacted {
                    self.note_compacted(node.1, sent.number, united.head.date);
                }
                self.fold(resolved, (node, sent.stamp, transaction.date), recorder)?;
            }
            self.bring(is_any && is_of_app, transaction.date, (node.1, transaction));
        }
        Ok((united.has_grown.then_some(united.head), united.is_apart))
    }

    /// Resolves the names of transactions. Those from one on that has to be refused are taken out.
    fn resolve(
        &mut self,
        transactions: &mut Vec<CheckedTransaction<'m>>,
        reason: &mut Option<Reason>,
    ) -> Result<Vec<Resolved<'m>>, Stop> {
        let mut resolved = Vec::new();
        for at in 0..transactions.len() {
            let Some(transaction) = transactions.get(at) else { break };
            match self.resolve_names(transaction) {
                Err(Stop::Refused(other)) => {
                    *reason = Some(other);
                    transactions.truncate(at);
                    break;
                }
                named => named?,
            }
            for (sent, hash) in &transaction.changes {
                resolved.push(self.resolve_change(sent, *hash)?);
            }
        }
        Ok(resolved)
    }

    /// Resolves the names of a change. If its row was forgotten before, its values are left out.
    fn resolve_change(&mut self, sent: &Sent, hash: u64) -> Result<Resolved<'m>, Stop> {
        let mut resolved = Resolved::of(self.changes, &mut self.names, sent)?;
        if resolved.forgotten.is_some() || self.rows.forgotten.has(&resolved.key())? {
            let has_removed = resolved.remove_values(self.changes.get(&sent.more), hash);
            self.report.removed_values |= has_removed;
        }
        Ok(resolved)
    }

    /// Resolves the names of a transaction, and refuses it if a table has no room for them.
    fn resolve_names(&mut self, transaction: &CheckedTransaction<'_>) -> Result<(), Stop> {
        if !self.names.is_tight {
            return Ok(());
        }
        for (sent, _) in &transaction.changes {
            self.names.table(sent.table)?;
            let mut cells = Cells::new(self.changes.get(&sent.cells));
            while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
                self.names.column(sent.table, cell.column)?;
            }
        }
        Ok(())
    }

    /// Writes a new change into its row.
    fn fold(
        &mut self,
        resolved: Resolved<'_>,
        (node, stamp, date): ((NodeOrdinal, NodeId), Stamp, i64),
        recorder: &mut Recorder<'_>,
    ) -> Result<()> {
        self.report.changes += 1;
        self.report.set_aside += u64::from(resolved.is_set_aside());
        recorder.meet(stamp);
        let id_of = |node| self.ids.get(&node).copied();
        let (key, forgotten) = (resolved.key(), resolved.forgotten);
        let tick = Tick { stamp, node, date };
        let Some(mut change) = resolved.into_folded(tick) else {
            if let Some(forgotten) = forgotten {
                self.rows.note_forgotten(key, Tombstone::of(forgotten, tick), &id_of)?;
            }
            return Ok(());
        };
        let folded = self.rows.fold(&mut change, &id_of, self.touched.as_deref_mut());
        folded.map_err(|error| self.faults.blame_table(key.0, error))
    }

    /// Notes that the log of a node was compacted elsewhere, as a change of it tells.
    fn note_compacted(&mut self, node: NodeId, number: ChangeNumber, date: i64) {
        if let Some(known) = self.known.get_mut(&node) {
            known.compacted = known.compacted.max(number);
            known.compacted_date = known.compacted_date.max(date);
        }
    }

    /// Notes a new transaction, if it is of the app, and the greatest date of its node so far.
    fn bring(
        &mut self,
        is_of_app: bool,
        date: i64,
        (node, transaction): (NodeId, &CheckedTransaction<'_>),
    ) {
        let last = transaction.changes.last().filter(|_| is_of_app);
        self.brought.extend(last.map(|(last, hash)| {
            let (node, number, hash) = (node.uuid(), last.number, *hash);
            (date, TransactionId { node, number, hash })
        }));
    }

    /// Returns the ordinal of a node, which is added if it is new.
    fn node(&mut self, id: NodeId) -> Result<NodeOrdinal> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.ordinal);
        }
        let node = nodes::add(self.connection, id)?;
        self.ids.insert(node, id);
        self.known.insert(id, Node::new(node, id));
        self.unheard += 1;
        Ok(node)
    }

    /// Returns whether a refusal can be noted for a node. The number of nodes of which nothing but a refusal
    /// is known is limited, so that another device cannot fill the file with them.
    fn can_note(&self, node: NodeId) -> bool {
        const MOST_UNHEARD: usize = 100;
        node != NodeId::NOBODY && self.unheard < MOST_UNHEARD
    }

    /// Notes that the nodes have forked that stamped two changes of a row alike, as one device never does.
    fn note_tied(&mut self) -> Result<()> {
        for node in &self.rows.tied {
            nodes::note_forked(self.connection, *node)?;
            let known = self.ids.get(node).and_then(|id| self.known.get(id));
            let found = known.filter(|known| !known.is_forked);
            self.report.forked.extend(found.map(|known| known.id.uuid()));
        }
        Ok(())
    }

    /// Ends the merge. `own_end` is what is known at the end of the log of the node that writes, if that has
    /// changed.
    fn finish(
        mut self,
        own_end: Option<Head>,
        recorder: &mut Recorder<'_>,
        entropy: &mut Entropy,
    ) -> Result<MergeReport> {
        let own = recorder.node_id();
        if let Some(end) = own_end {
            // Another file has written under the node id of this one, or this one had before a backup of it
            // was restored.
            recorder.change_node(&end, entropy)?;
            if let Some(known) = self.known.get(&own) {
                known.save(self.connection)?;
            }
        }
        if self.report.changes > 0 {
            recorder.save_clock()?;
            if let Some(touched) = self.touched.as_deref_mut() {
                touched.is_logged = true;
            }
        }
        self.note_tied()?;
        if !self.rows.newly_forgotten.is_empty() {
            let registry = Registry::load(self.connection)?;
            let mut removed = note_removed(self.connection)?;
            let (log, forgotten) = (recorder.whole_log()?, &self.rows.newly_forgotten);
            remove_values(&log, &registry, forgotten, &mut removed)?;
        }
        if !self.rows.unclear.is_empty() {
            let registry = Registry::load(self.connection)?;
            let (log, unclear) = (recorder.whole_log()?, &self.rows.unclear);
            self.faults.rebuild(&log, (&registry, unclear), self.touched.as_deref_mut())?;
        }
        let Self { mut report, names, rows, mut brought, .. } = self;
        brought.sort_unstable();
        report.transactions = brought.into_iter().map(|(_, id)| id).collect();
        (report.written, report.outdated) = (rows.written, rows.outdated);
        report.growth.extend(names.into_growth());
        report.growth = report.growth.of_app();
        Ok(report)
    }
}

/// Returns what is registered, which is read when it is first needed.
fn loaded<'r>(registry: &'r mut Option<Registry>, connection: &Connection) -> Result<&'r Registry> {
    if registry.is_none() {
        *registry = Some(Registry::load(connection)?);
    }
    registry.as_ref().ok_or(Error::Corrupt)
}

/// Returns the nodes that have more than one run.
fn repeated(runs: &[Run]) -> HashSet<NodeId> {
    let mut once = HashSet::with_capacity(runs.len());
    runs.iter().map(|run| run.node).filter(|node| !once.insert(*node)).collect()
}

/// What became of a run.
#[derive(Default)]
struct Taken {
    /// What is known at the end of the log of the node, if that has changed.
    head: Option<Head>,
    /// Whether the log differs from that of the sender, as far as the run reaches.
    is_apart: bool,
    /// Why some of it was refused.
    reason: Option<Reason>,
}
