//! Verifying the log of each node: that its pieces follow one another, and its digest.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::care::verification::What;
use crate::care::verify::findings::Findings;
use crate::catalog::registry::Registry;
use crate::error::Result;
use crate::log::node::NodeOrdinal;
use crate::log::nodes::Node;
use crate::log::piece::head::Head;
use crate::log::piece::unpacking::{LoggedChange, Piece};
use crate::log::place::{ChangeNumber, Point};
use crate::log::{meta, nodes};

/// Compares the heads of pieces with the changes in them, as they are read one after the other.
pub(super) struct NodeLogs<'r> {
    registry: &'r Registry,
    /// The node that is read, and what is known at the end of its last piece: nothing, if that is damaged.
    at: Option<(NodeOrdinal, Option<Head>)>,
    /// What is known at the end of each node.
    ends: HashMap<NodeOrdinal, Option<Head>>,
}

impl<'r> NodeLogs<'r> {
    pub(super) fn new(registry: &'r Registry) -> Self {
        Self { registry, at: None, ends: HashMap::new() }
    }

    /// Takes account of a damaged piece.
    pub(super) fn damaged(&mut self, node: NodeOrdinal, findings: &mut Findings) {
        self.go_to(node, findings);
        self.at = Some((node, None));
        findings.found.differ(None, None, What::UnreadableChange);
    }

    /// Takes account of a piece, and calls `each` with every change of it that can be read.
    pub(super) fn piece(
        &mut self,
        piece: &Piece,
        findings: &mut Findings,
        mut each: impl FnMut(&LoggedChange<'_>, &mut Findings) -> Result<()>,
    ) -> Result<()> {
        let node = piece.node();
        let before = self.go_to(node, findings);
        self.at = Some((node, Some(piece.head)));
        let known = self.registry.nodes.get(&node);
        let is_continued = |head: Head| {
            let first = piece.get(0).map(|first| first.date);
            head.open.is_none_or(|open| first.is_none_or(|first| first == open))
        };
        if before.is_some_and(|head| !is_continued(head)) {
            findings.of_node(node, What::Digest);
        }
        let mut head = before;
        for change in piece.changes() {
            findings.found.changes += 1;
            let Some(hash) = self.hash(&change, known) else {
                let table = self.registry.tables.get(&change.record.table);
                let table = table.map(|table| table.name.as_str());
                findings.found.differ(table, None, What::UnreadableChange);
                head = None;
                continue;
            };
            if let Some(head) = &mut head {
                if !follows(head.point.number, &change, known) {
                    findings.of_node(node, What::Digest);
                }
                head.add((&change.record, hash), change.date);
            }
            each(&change, findings)?;
        }
        if head.is_some_and(|head| !is_head(&piece.head, &head, known)) {
            findings.of_node(node, What::Digest);
        }
        Ok(())
    }

    /// Returns the hash of a change as it was first written, or `None` if it cannot be read.
    fn hash(&self, change: &LoggedChange<'_>, node: Option<&Node>) -> Option<u64> {
        let table = self.registry.tables.get(&change.record.table)?;
        let is_readable = !table.is_local && change.record.cells.judged().all(|cell| cell.is_ok());
        change.record.hash(node?.id, self.registry).filter(|_| is_readable)
    }

    /// Goes on with a piece of a node. Returns what is known before it.
    fn go_to(&mut self, node: NodeOrdinal, findings: &mut Findings) -> Option<Head> {
        match self.at {
            Some((same, head)) if same == node => head,
            _ => {
                self.end_node(findings);
                Some(Head::default())
            }
        }
    }

    fn end_node(&mut self, findings: &mut Findings) {
        let Some((node, head)) = self.at.take() else { return };
        if head.is_some_and(|head| head.open.is_some()) {
            findings.of_node(node, What::OpenTransaction);
        }
        self.ends.insert(node, head);
    }

    /// Compares the ends of the logs with what `ara_node` holds, once all pieces were read.
    pub(super) fn finish(mut self, connection: &Connection, findings: &mut Findings) -> Result<()> {
        self.end_node(findings);
        // The end of the node that writes the file is usually not kept, as the log itself tells it.
        let writer = meta::get(connection, meta::NODE)?;
        for node in nodes::kept(connection)? {
            let is_kept = Some(node.ordinal) != writer || node.end != Point::default();
            let end = self.ends.get(&node.ordinal).copied().unwrap_or(Some(Head::default()));
            let is_end = |head: Head| head.point == node.end && head.date == node.date;
            if is_kept && end.is_some_and(|head| !is_end(head)) {
                findings.of_node(node.ordinal, What::Digest);
            }
        }
        Ok(())
    }
}

/// Returns whether a change may follow one of this number. Only compaction leaves numbers out, but for the log
/// of a node that forked, where numbers also repeat.
fn follows(before: ChangeNumber, change: &LoggedChange<'_>, node: Option<&Node>) -> bool {
    let number = change.record.number;
    change.record.gap.reaches(before, number) || node.is_some_and(|node| node.is_forked)
}

/// Returns whether the head of a piece is the one that its changes give.
fn is_head(head: &Head, expected: &Head, node: Option<&Node>) -> bool {
    let Head { point, stamp, date, open } = *expected;
    // The transaction with the greatest date may have been dropped.
    let is_compacted = node.is_some_and(|node| node.compacted != ChangeNumber::default());
    let is_date = head.date == date || is_compacted && head.date > date;
    (head.point, head.stamp, head.open) == (point, stamp, open) && is_date
}
