//! What devices do, and what happens between them.

use proptest::prelude::*;

use crate::replicas::values::{CHOICES, value};
use crate::replicas::versions::{COLUMNS, Cells, TableOf, What};

/// A step. Devices are told by their number, beyond the last of which it begins anew.
#[derive(Debug, Clone)]
pub enum Step {
    /// A transaction.
    Write(usize, Vec<Write>),
    /// The next version of the app.
    Upgrade(usize),
    Reopen(usize),
    /// The wall clock jumps by this many milliseconds.
    Jump(usize, i64),
    /// One gives another all that it lacks, at once.
    Send(usize, usize),
    /// It is asked for, in batches of about so many bytes, and under way.
    Ask(usize, usize, usize),
    /// One of the batches that were ever under way arrives, with whom it is for or with another device.
    Deliver(usize, Option<usize>),
    /// To the courier, or from it: a device without an app.
    Courier(usize, Way),
    BackUp(usize),
    Restore(usize),
    /// A device writes, tells another, has its backup from before restored, and writes again.
    Fork(usize, usize, [Vec<Write>; 2]),
    /// A copy of the file of one takes the place of another's.
    Copy(usize, usize),
    /// A device drops from its log what later writes covered, as far as all devices know both.
    Compact(usize),
}

#[derive(Debug, Clone, Copy)]
pub enum Way {
    To,
    From,
}

/// A write of a transaction.
#[derive(Debug, Clone)]
pub struct Write {
    pub table: u8,
    pub what: What,
    pub key: u8,
    /// Of each column which of the values.
    columns: [Option<u8>; COLUMNS.len()],
}

impl Write {
    /// One that writes no column.
    pub fn nothing(what: What) -> Self {
        Self { table: 0, what, key: 0, columns: [None; COLUMNS.len()] }
    }

    /// What it writes into the columns that the table has.
    pub fn cells(&self, table: &TableOf) -> Cells {
        let of_table = COLUMNS
            .iter()
            .zip(self.columns)
            .filter(|((column, _), _)| table.columns.contains(column));
        of_table
            .filter_map(|((column, kind), choice)| Some((*column, value(*kind, choice?))))
            .collect()
    }
}

fn write() -> impl Strategy<Value = Write> {
    let what = prop_oneof![
        3 => Just(What::Create),
        1 => Just(What::Upsert),
        4 => Just(What::Update),
        1 => Just(What::Delete),
        1 => Just(What::Restore),
    ];
    let columns = prop::array::uniform5(prop::option::weighted(0.4, choice()));
    (0..3_u8, what, 0..4_u8, columns).prop_map(|(table, what, key, columns)| Write {
        table,
        what,
        key,
        columns,
    })
}

/// The longest values are rare.
fn choice() -> impl Strategy<Value = u8> {
    prop_oneof![60 => 0..CHOICES - 2, 1 => CHOICES - 2..CHOICES]
}

const HOURS: i64 = 6 * 60 * 60 * 1000;
const YEAR: i64 = 365 * 24 * 60 * 60 * 1000;

/// What happens most.
#[derive(Debug, Clone, Copy)]
pub enum Mix {
    /// Devices write and exchange.
    Everyday,
    /// Files are backed up, restored and copied, and their clocks hardly move meanwhile.
    Files,
    /// Clocks run far ahead, and come back.
    Ahead,
    /// Logs are compacted. What is written to a file that was restored is dated later than all else.
    Compacted,
}

pub fn step(mix: Mix) -> impl Strategy<Value = Step> {
    let device = || 0..5_usize;
    let writes = || prop::collection::vec(write(), 1..5);
    let bytes = prop_oneof![Just(1_usize), 50..500_usize, Just(1 << 19)];
    let way = prop_oneof![Just(Way::To), Just(Way::From)];
    let (jumps, far, files) = match mix {
        Mix::Everyday => (4, HOURS, 1),
        Mix::Files => (1, HOURS, 3),
        Mix::Ahead => (6, YEAR, 1),
        Mix::Compacted => (2, HOURS, 2),
    };
    let (back, upkeep): (_, fn(usize) -> Step) = match mix {
        Mix::Compacted => (0, Step::Compact),
        _ => (1, Step::Reopen),
    };
    let jump = prop_oneof![
        3 => 0..5_i64,
        2 => -400_000 * back..400_000_i64,
        1 => -HOURS * back..HOURS,
        1 => -far * back..far,
    ];
    prop_oneof![
        12 => (device(), writes()).prop_map(|(device, writes)| Step::Write(device, writes)),
        1 => device().prop_map(Step::Upgrade),
        1 => device().prop_map(Step::Reopen),
        jumps => (device(), jump).prop_map(|(device, by)| Step::Jump(device, by)),
        6 => (device(), device()).prop_map(|(from, to)| Step::Send(from, to)),
        3 => (device(), device(), bytes).prop_map(|(from, to, bytes)| Step::Ask(from, to, bytes)),
        8 => (any::<usize>(), prop::option::weighted(0.1, device()))
            .prop_map(|(which, to)| Step::Deliver(which, to)),
        2 => (device(), way).prop_map(|(device, way)| Step::Courier(device, way)),
        files => device().prop_map(Step::BackUp),
        files => device().prop_map(Step::Restore),
        files => (device(), device()).prop_map(|(from, to)| Step::Copy(from, to)),
        2 => device().prop_map(upkeep),
        files => (device(), device(), writes(), writes())
            .prop_map(|(device, other, one, two)| Step::Fork(device, other, [one, two])),
    ]
}
