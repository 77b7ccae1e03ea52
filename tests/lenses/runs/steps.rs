//! What devices do, and what happens between them.

use proptest::prelude::*;
use proptest::strategy::Union;
use rusqlite::types::Value;
use support::Wall;

use crate::runs::versions::{Cells, KEYS, TableOf, What, category, category_name, id_of};

/// A step. Devices are told by their number, beyond the last of which it begins anew.
#[derive(Debug, Clone)]
pub enum Step {
    /// A transaction, by one of the handles.
    Write(usize, usize, Vec<Write>),
    /// A transaction that is taken back at once.
    WriteAndUndo(usize, usize, Vec<Write>),
    /// One of the transactions that were made on the device is undone, by one of the handles.
    Undo(usize, usize, usize),
    /// An app with these versions opens the file, beside the one that has it open, or in its place.
    Open(usize, App, bool),
    /// Rows are read.
    Read(usize, usize),
    Rebuild(usize),
    /// Time passes, for all.
    Pass(i64),
    /// The clock of a device is set.
    Clock(usize, i64),
    /// A device comes late.
    Join(App),
    /// One gives another all that it lacks, in batches of about so many bytes.
    Send(usize, usize, usize),
    /// Both give each other all.
    Meet(usize, usize),
    /// It is asked for, and under way.
    Ask(usize, usize, usize),
    /// One of the batches that were ever under way arrives.
    Deliver(usize),
    BackUp(usize),
    /// The file has the bytes of its backup again, as the guide says or by other means.
    Restore(usize, bool),
    /// A copy of one takes the place of another.
    Copy(usize, usize),
    Compact(usize),
}

/// The versions of its tables that an app knows, as bits, and whether it ensures them when it starts.
#[derive(Debug, Clone, Copy)]
pub struct App {
    pub versions: u8,
    pub ensures: bool,
}

impl App {
    pub fn versions(self) -> Vec<u8> {
        (1..=3).filter(|version| self.versions >> (version - 1) & 1 == 1).collect()
    }
}

/// A write of a transaction.
#[derive(Debug, Clone)]
pub struct Write {
    pub version: usize,
    pub table: usize,
    pub what: What,
    pub key: u8,
    pub columns: [Option<u8>; 2],
}

impl Write {
    pub fn id(&self, table: &TableOf) -> ara::Uuid {
        id_of(table.name, self.key)
    }

    /// What it writes into the columns that the table has.
    pub fn cells(&self, table: &TableOf, unique: &mut u32) -> Cells {
        let makes = matches!(self.what, What::Create | What::Upsert);
        let mut cells = Cells::new();
        for (column, choice) in table.columns.iter().zip(self.columns) {
            let is_required = table.required.contains(column);
            let is_key = (table.name, *column) == ("category", "name");
            let choice = match (choice, is_required) {
                // A required column is not cleared, and a key is set when the row is made.
                _ if is_key && !makes => None,
                (choice, true) if makes => Some(choice.unwrap_or(1).max(1)),
                (choice, true) => choice.map(|choice| choice.max(1)),
                (choice, false) => choice,
            };
            let Some(choice) = choice else { continue };
            *unique += 1;
            let name = is_key.then(|| Value::Text(category_name(self.key)));
            cells.insert(column, name.unwrap_or_else(|| value(column, choice, *unique)));
        }
        cells
    }
}

/// How many values a column may get, besides none.
pub const CHOICES: u8 = 16;

fn value(column: &str, choice: u8, unique: u32) -> Value {
    if choice == 0 {
        return Value::Null;
    }
    // Some values are often written, and others once.
    let word = |choice: u8| match choice % 4 {
        0 => "x".to_owned(),
        1 => "y".to_owned(),
        _ => format!("w{unique}"),
    };
    let (one, two) = (word(choice), word(choice / 4));
    Value::Text(match column {
        "a" | "other" | "first_name" | "last_name" | "label" => one,
        "b" => format!("{one}#{two}"),
        "c" => format!("{one}#{two}${}", word(choice / 2)),
        "name" | "full" if choice.is_multiple_of(3) => one,
        "name" | "full" => format!("{one} {two}"),
        "note" => match choice % 5 {
            0 => format!("q{unique}"),
            1 => format!("a longer note {unique}"),
            _ => one,
        },
        // The second version knows short ones only: that is what it writes.
        "text" => match choice % 5 {
            0 => format!("Z{}", unique % 100),
            1 => "LONG".to_owned(),
            _ => one.chars().take(4).collect::<String>().to_uppercase(),
        },
        "category_id" => {
            let id = category(&category_name(choice % (KEYS + 1)));
            return Value::Blob(id.into_bytes().to_vec());
        }
        "category" if choice == 1 => String::new(),
        _ => category_name(choice % (KEYS + 1)),
    })
}

fn write() -> impl Strategy<Value = Write> {
    let what = prop_oneof![
        2 => Just(What::Create),
        3 => Just(What::Upsert),
        12 => Just(What::Update),
        3 => Just(What::Save),
        1 => Just(What::Delete),
        1 => Just(What::Restore),
    ];
    let column = || prop::option::weighted(0.7, prop_oneof![1 => Just(0), 6 => 1..CHOICES]);
    // Most is written to few rows, where it meets.
    let key = prop_oneof![3 => Just(0), 1 => 0..KEYS];
    (0..3_usize, 0..5_usize, what, key, [column(), column()]).prop_map(
        |(version, table, what, key, columns)| Write { version, table, what, key, columns },
    )
}

/// A row is deleted and forgotten.
fn forget() -> impl Strategy<Value = Vec<Write>> {
    (0..5_usize, 0..KEYS).prop_map(|(table, key)| {
        [What::Delete, What::Forget]
            .map(|what| Write { version: 2, table, what, key, columns: [None, None] })
            .into()
    })
}

/// Most apps know one version, and some several.
pub fn app() -> impl Strategy<Value = App> {
    let versions = prop_oneof![4 => prop_oneof![Just(1_u8), Just(2), Just(4)], 1 => 1..8_u8];
    (versions, prop::bool::weighted(0.7)).prop_map(|(versions, ensures)| App { versions, ensures })
}

/// What can happen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mix {
    /// Files are backed up, put back and copied.
    pub has_files: bool,
    /// Logs are compacted.
    pub has_compaction: bool,
    /// Rows are forgotten.
    pub has_forgetting: bool,
    /// Transactions are undone.
    pub has_undo: bool,
}

const HOUR: i64 = 60 * 60 * 1000;

pub fn clock() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(Wall::START),
        Just(0),
        Wall::START - HOUR..Wall::START + HOUR,
        0..2 * Wall::START,
    ]
}

pub fn step(mix: Mix) -> impl Strategy<Value = Step> {
    let device = || 0..5_usize;
    let handle = || 0..3_usize;
    let bytes = || prop_oneof![Just(1_usize), 50..500_usize, Just(1 << 19)];
    let writes = || prop::collection::vec(write(), 1..4);
    let files = 2 * u32::from(mix.has_files);
    let undoings = 3 * u32::from(mix.has_undo);
    let all: [(u32, BoxedStrategy<Step>); 18] = [
        (
            undoings,
            (device(), handle(), writes())
                .prop_map(|(device, handle, writes)| Step::WriteAndUndo(device, handle, writes))
                .boxed(),
        ),
        (
            undoings,
            (device(), handle(), any::<usize>())
                .prop_map(|(device, handle, which)| Step::Undo(device, handle, which))
                .boxed(),
        ),
        (
            40,
            (device(), handle(), writes())
                .prop_map(|(device, handle, writes)| Step::Write(device, handle, writes))
                .boxed(),
        ),
        (
            2 * u32::from(mix.has_forgetting),
            (device(), forget())
                .prop_map(|(device, writes)| Step::Write(device, 0, writes))
                .boxed(),
        ),
        (
            5,
            (device(), app(), any::<bool>())
                .prop_map(|(device, app, beside)| Step::Open(device, app, beside))
                .boxed(),
        ),
        (3, (device(), handle()).prop_map(|(device, handle)| Step::Read(device, handle)).boxed()),
        (1, device().prop_map(Step::Rebuild).boxed()),
        (3, (0..2 * HOUR).prop_map(Step::Pass).boxed()),
        (3, (device(), clock()).prop_map(|(device, clock)| Step::Clock(device, clock)).boxed()),
        (1, app().prop_map(Step::Join).boxed()),
        (
            8,
            (device(), device(), bytes())
                .prop_map(|(from, to, bytes)| Step::Send(from, to, bytes))
                .boxed(),
        ),
        (4, (device(), device()).prop_map(|(one, other)| Step::Meet(one, other)).boxed()),
        (
            3,
            (device(), device(), bytes())
                .prop_map(|(from, to, bytes)| Step::Ask(from, to, bytes))
                .boxed(),
        ),
        (6, any::<usize>().prop_map(Step::Deliver).boxed()),
        (3 * u32::from(mix.has_compaction), device().prop_map(Step::Compact).boxed()),
        (files, device().prop_map(Step::BackUp).boxed()),
        (
            files,
            (device(), any::<bool>())
                .prop_map(|(device, is_put_back)| Step::Restore(device, is_put_back))
                .boxed(),
        ),
        (files, (device(), device()).prop_map(|(from, to)| Step::Copy(from, to)).boxed()),
    ];
    Union::new_weighted(all.into_iter().filter(|(weight, _)| *weight > 0).collect())
}
