//! What devices do, and what happens between them.

use proptest::prelude::*;
use proptest::strategy::Union;

use crate::replicas::clocks::{Jump, jump, pause};
use crate::replicas::values::{CHOICES, value};
use crate::replicas::versions::{COLUMNS, Cells, KEYS, LATEST, TableOf, What};
use crate::replicas::world::World;

/// A step. Devices are told by their number, beyond the last of which it begins anew.
#[derive(Debug, Clone)]
pub enum Step {
    /// A transaction.
    Write(usize, Vec<Write>),
    /// One of the newest transactions that a device lists is undone there.
    Undo(usize, usize),
    /// The next version of the app.
    Upgrade(usize),
    Reopen(usize),
    Rebuild(usize),
    /// Time passes, for all.
    Pass(i64),
    /// The clock of a device is set.
    Clock(usize, Jump),
    /// A device comes late, with a version of the app.
    Join(u8, Jump),
    /// One gives another all that it lacks, at once.
    Send(usize, usize),
    /// Both give each other all.
    Meet(usize, usize),
    /// It is asked for, in batches of about so many bytes, and under way.
    Ask(usize, usize, usize),
    /// One of the batches that were ever under way arrives, with whom it is for or with another device, and
    /// then arrives again.
    Deliver(usize, Option<usize>),
    /// The past that a device tells of, as of now and later, is the present.
    LookBack(usize, usize),
    BackUp(usize),
    /// The file has the bytes of its backup again, by other means or as the guide says.
    Restore(usize, Means),
    /// A device writes, tells another, has its backup from before put back, and writes again.
    Fork(usize, usize, [Vec<Write>; 2]),
    /// A copy of one takes the place of another.
    Copy(usize, usize),
    /// A device drops from its log what later writes covered, as far as all devices know both.
    Compact(usize),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Means {
    PutBack,
    ByTheGuide,
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
    /// One that writes these columns of the first table.
    pub fn of(what: What, key: u8, columns: &[&str]) -> Self {
        let columns = COLUMNS.map(|(column, _)| columns.contains(&column).then_some(CHOICES / 2));
        Self { table: 0, what, key, columns }
    }

    /// What it writes into the columns that the table has.
    pub fn cells(&self, table: &TableOf, world: &mut World) -> Cells {
        let all = COLUMNS.iter().zip(self.columns);
        let of_table = all.filter(|((column, _), _)| table.columns.contains(column));
        let chosen =
            of_table.filter_map(|((column, kind), choice)| Some((*column, *kind, choice?)));
        chosen.map(|(column, kind, choice)| (column, value(kind, choice, world.unique()))).collect()
    }
}

fn write() -> impl Strategy<Value = Write> {
    let what = prop_oneof![
        1 => Just(What::Create),
        4 => Just(What::Upsert),
        6 => Just(What::Update),
        1 => Just(What::Delete),
        1 => Just(What::Restore),
        1 => Just(What::Forget),
    ];
    let columns = prop::array::uniform6(prop::option::weighted(0.4, choice()));
    // Most is written to few rows, where it meets.
    let key = prop_oneof![2 => Just(0), 1 => 0..KEYS];
    let table = prop_oneof![2 => Just(0), 1 => 0..3_u8];
    (table, what, key, columns).prop_map(|(table, what, key, columns)| Write {
        table,
        what,
        key,
        columns,
    })
}

/// A row is deleted and forgotten.
fn forget() -> impl Strategy<Value = Vec<Write>> {
    (0..3_u8, 0..KEYS).prop_map(|(table, key)| {
        let both = [What::Delete, What::Forget];
        both.map(|what| Write { table, ..Write::of(what, key, &[]) }).into()
    })
}

/// The longest values are rare.
fn choice() -> impl Strategy<Value = u8> {
    prop_oneof![999 => 0..CHOICES - 2, 1 => CHOICES - 2..CHOICES]
}

/// What can happen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mix {
    /// Clocks are all right, and only time moves them.
    pub has_right_clocks: bool,
    /// Devices are files, which are backed up, put back and copied.
    pub has_files: bool,
    /// Two devices begin under one node id.
    pub has_twins: bool,
    /// Logs are compacted.
    pub has_compaction: bool,
    /// Rows are forgotten often.
    pub has_forgetting: bool,
}

pub fn step(mix: Mix) -> impl Strategy<Value = Step> {
    let device = || 0..6_usize;
    let writes = || prop::collection::vec(write(), 1..4);
    let bytes = prop_oneof![Just(1_usize), 50..500_usize, Just(1 << 19)];
    let means = prop_oneof![3 => Just(Means::PutBack), 1 => Just(Means::ByTheGuide)];
    let ask = (device(), device(), bytes);
    let deliver = (any::<usize>(), prop::option::weighted(0.1, device()));
    let restore = (device(), means);
    let fork = (device(), device(), writes(), writes());
    let files = u32::from(mix.has_files);
    let compactions = 2 * u32::from(mix.has_compaction);
    let jumps = 4 * u32::from(!mix.has_right_clocks);
    let forgets = 1 + 5 * u32::from(mix.has_forgetting);
    let forget = (device(), forget());
    let all: [(u32, BoxedStrategy<Step>); 19] = [
        (forgets, forget.prop_map(|(device, writes)| Step::Write(device, writes)).boxed()),
        (30, (device(), writes()).prop_map(|(device, writes)| Step::Write(device, writes)).boxed()),
        (2, (device(), 0..4_usize).prop_map(|(device, which)| Step::Undo(device, which)).boxed()),
        (1, device().prop_map(Step::Upgrade).boxed()),
        (1, device().prop_map(Step::Rebuild).boxed()),
        (
            1,
            (device(), 0..3_usize)
                .prop_map(|(device, which)| Step::LookBack(device, which))
                .boxed(),
        ),
        (4, pause().prop_map(Step::Pass).boxed()),
        (1, (1..=LATEST, jump()).prop_map(|(version, jump)| Step::Join(version, jump)).boxed()),
        (4, (device(), device()).prop_map(|(from, to)| Step::Send(from, to)).boxed()),
        (3, (device(), device()).prop_map(|(one, other)| Step::Meet(one, other)).boxed()),
        (2, ask.prop_map(|(from, to, bytes)| Step::Ask(from, to, bytes)).boxed()),
        (5, deliver.prop_map(|(which, to)| Step::Deliver(which, to)).boxed()),
        (jumps, (device(), jump()).prop_map(|(device, jump)| Step::Clock(device, jump)).boxed()),
        (compactions, device().prop_map(Step::Compact).boxed()),
        (files, device().prop_map(Step::Reopen).boxed()),
        (2 * files, device().prop_map(Step::BackUp).boxed()),
        (2 * files, restore.prop_map(|(device, means)| Step::Restore(device, means)).boxed()),
        (2 * files, (device(), device()).prop_map(|(from, to)| Step::Copy(from, to)).boxed()),
        (
            2 * files,
            fork.prop_map(|(device, other, one, two)| Step::Fork(device, other, [one, two]))
                .boxed(),
        ),
    ];
    Union::new_weighted(all.into_iter().filter(|(weight, _)| *weight > 0).collect())
}
