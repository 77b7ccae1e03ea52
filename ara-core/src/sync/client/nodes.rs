//! What a database knows of single nodes.

use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::error::Result;
use crate::exchange::points::NodePoint;
use crate::log::journal::known_nodes;
use crate::log::node::NodeId;
use crate::log::pieces::bytes_after;
use crate::log::place::{ChangeNumber, Point};
use crate::log::points::find_point;
use crate::sync::changes_since::ChangesSince;

/// What a database knows of a node.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncNode {
    /// The id of the node.
    pub node: [u8; 16],
    /// The point after its last known change.
    pub end: NodePoint,
    /// Whether its log has changes of two devices that wrote under this id.
    pub is_forked: bool,
}

/// For the crate `ara-sync`.
#[doc(hidden)]
impl Database {
    /// Returns the nodes of which changes are known, in the order of their ids.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn sync_nodes(&self) -> Result<Vec<SyncNode>> {
        let known = self.with_reader(|reading| known_nodes(&*reading.snapshot()?))?;
        let known = known.into_iter().filter(|(_, known)| !known.end.is_start());
        Ok(known
            .map(|(id, known)| SyncNode {
                node: *id.as_bytes(),
                end: known.end.into(),
                is_forked: known.is_forked,
            })
            .collect())
    }

    /// Returns about how many bytes the log has of a node after so many changes.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn sync_bytes_after(&self, node: [u8; 16], number: u64) -> Result<u64> {
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let Some(known) = known_nodes(&snapshot)?.remove(&NodeId::from_bytes(node)) else {
                return Ok(0);
            };
            let of = (known.ordinal, known.is_forked);
            let number = ChangeNumber::new(i64::try_from(number).unwrap_or(i64::MAX));
            bytes_after(&snapshot, of, number, known.end.number)
        })
    }

    /// Returns whether a transaction of a node ends at this point in the log of this database. The start is in each
    /// log, and a point that compaction has dropped in none.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn knows_point(&self, node: [u8; 16], point: NodePoint) -> Result<bool> {
        let (id, point) = (NodeId::from_bytes(node), Point::from(point));
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let known = known_nodes(&snapshot)?.remove(&id);
            let Some(known) = known.filter(|known| !point.is_start() && known.end != point) else {
                return Ok(point.is_start() || known.is_some());
            };
            let registry = Registry::load(&snapshot)?;
            Ok(find_point(&snapshot, &registry, &known, point)?.is_some())
        })
    }

    /// Returns an iterator over the changes of one node after a point, up to the end of its log, or to the transaction
    /// that ends at `until`. If the log does not have the point, as it was compacted, or if the node forked, they are
    /// all changes of the node from the start: the [runs](crate::Changes::runs_of_nodes) of the batches tell. `until`
    /// does not apply to a node that forked.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`changes_since`](Self::changes_since).
    pub fn changes_of_node(
        &self,
        node: [u8; 16],
        after: NodePoint,
        until: Option<NodePoint>,
    ) -> Result<ChangesSince> {
        self.changes_of_nodes(|id, known| {
            let until = until.map(Point::from).filter(|until| until.number < known.end.number);
            known.end = until.filter(|_| !known.is_forked).unwrap_or(known.end);
            (id == NodeId::from_bytes(node)).then(|| after.into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::written::{Given, OTHERS, Received, WALL};
    use crate::exchange::points::NodeRun;
    use crate::log::clock::Stamp;

    /// Returns a database in which this device and another one have written three transactions each.
    fn written() -> Result<Database> {
        let db = Database::for_test()?;
        for at in 1..4 {
            let cells = vec![Given::text("title", &format!("title {at}"))];
            db.write_row("todo", at, &cells)?;
            let received = Received {
                number: at.into(),
                stamp: Stamp::new(WALL + i64::from(at), 9),
                table: "todo".to_owned(),
                row: at + 10,
                cells,
                is_end: true,
            };
            db.receive(OTHERS[0], &[received])?;
        }
        Ok(db)
    }

    #[test]
    fn the_bytes_after_a_change_are_fewer_and_fewer() -> Result<()> {
        let db = written()?;
        for node in db.sync_nodes()? {
            let after = |number| db.sync_bytes_after(node.node, number);
            let mut last = after(0)?;
            assert!(last > 20, "{last}");
            for number in 1..=node.end.number {
                assert!(after(number)? < last, "{number}");
                last = after(number)?;
            }
            assert_eq!((last, after(u64::MAX)?), (0, 0));
        }
        assert_eq!(db.sync_bytes_after([0; 16], 0)?, 0);
        Ok(())
    }

    fn runs(changes: ChangesSince) -> Result<Vec<NodeRun>> {
        let mut runs = Vec::new();
        for changes in changes.in_batches_of(1) {
            let changes = changes?;
            assert_eq!((changes.len(), changes.runs_of_nodes().len()), (1, 1));
            runs.extend(changes.runs_of_nodes());
        }
        Ok(runs)
    }

    #[test]
    fn the_changes_of_a_node_are_read_from_one_point_to_another() -> Result<()> {
        let db = written()?;
        for SyncNode { node, end, is_forked } in db.sync_nodes()? {
            assert!(!is_forked);
            let all = runs(db.changes_of_node(node, NodePoint::default(), None)?)?;
            assert_eq!(all.iter().map(|run| run.to.number).collect::<Vec<_>>(), [1, 2, 3]);
            assert!(all.iter().all(|run| run.node == node && !run.is_forked));
            assert!(all.windows(2).all(|pair| pair[0].to == pair[1].from));
            assert_eq!(all[2].to, end);
            assert_eq!(runs(db.changes_of_node(node, all[0].to, None)?)?, all[1..]);
            assert_eq!(runs(db.changes_of_node(node, all[0].to, Some(all[1].to))?)?, all[1..2]);
            assert_eq!(runs(db.changes_of_node(node, all[1].to, Some(end))?)?, all[2..]);
            assert_eq!(runs(db.changes_of_node(node, end, None)?)?, []);
            let others = NodePoint { digest: 5, ..all[0].to };
            assert_eq!(runs(db.changes_of_node(node, others, None)?)?, all);
            for point in all.iter().map(|run| run.to).chain([NodePoint::default()]) {
                assert!(db.knows_point(node, point)?);
            }
            assert!(!db.knows_point(node, others)?);
        }
        assert_eq!(db.sync_nodes()?.len(), 2);
        assert!(!db.knows_point([9; 16], NodePoint { number: 1, digest: 1 })?);
        assert!(db.knows_point([9; 16], NodePoint::default())?);
        Ok(())
    }

    #[test]
    fn a_node_that_forked_is_sent_as_a_whole() -> Result<()> {
        let db = written()?;
        db.tamper("UPDATE ara_node SET forked = 1 WHERE last > 0")?;
        let node = *OTHERS[0].as_bytes();
        let nodes = db.sync_nodes()?;
        let forked: Vec<_> = nodes.iter().filter(|known| known.is_forked).collect();
        assert_eq!(forked.iter().map(|known| known.node).collect::<Vec<_>>(), [node]);
        let all = runs(db.changes_of_node(node, NodePoint::default(), None)?)?;
        let first = all[0].to;
        assert_eq!(runs(db.changes_of_node(node, first, Some(first))?)?, all);
        assert!(all.iter().all(|run| run.is_forked));
        Ok(())
    }
}
