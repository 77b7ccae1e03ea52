//! Made-up rows, and the values that clauses compare them with.

use ara::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::tables::other::Cell::{Blob, Integer, Real, Text};
use super::tables::other::{self, Cell};
use super::tables::{State, id};
use super::tree::{Tree, tree};

/// What a case is of.
#[derive(Debug, Clone)]
pub struct Data {
    /// What the file holds.
    pub first: Rows,
    /// What a transaction then writes.
    pub then: Rows,
    pub given: Given,
}

pub fn data() -> impl Strategy<Value = Data> {
    (rows(), rows(), given()).prop_map(|(first, then, given)| Data { first, then, given })
}

/// Rows to be written, some of them over others.
#[derive(Debug, Clone)]
pub struct Rows {
    teams: Vec<Row>,
    tasks: Vec<Row>,
    remarks: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    number: u8,
    cells: Vec<Option<Cell>>,
    deleted: bool,
}

impl Rows {
    pub fn write(&self, tx: &Transaction<'_>) -> ara::Result<()> {
        for Row { number, cells, deleted } in &self.teams {
            let [name, parent_id, size] = cells_of(cells);
            let team = other::Team::draft().id(id(*number)).name(name).parent_id(parent_id);
            keep(tx, tx.upsert(team.size(size))?, *deleted)?;
        }
        for Row { number, cells, deleted } in &self.tasks {
            let [title, note, done, stars, level, weight, state, labels, due, team_id] =
                cells_of(cells);
            let task = other::Task::draft().id(id(*number)).title(title).note(note).done(done);
            let task = task.stars(stars).level(level).weight(weight).state(state).labels(labels);
            keep(tx, tx.upsert(task.due(due).team_id(team_id))?, *deleted)?;
        }
        for Row { number, cells, deleted } in &self.remarks {
            let [task_id, text, points] = cells_of(cells);
            let remark = other::Remark::draft().id(id(*number)).task_id(task_id).text(text);
            keep(tx, tx.upsert(remark.points(points))?, *deleted)?;
        }
        Ok(())
    }
}

fn keep<T: Table>(tx: &Transaction<'_>, id: Id<T>, deleted: bool) -> ara::Result<()> {
    if deleted {
        tx.delete(id)?;
    }
    Ok(())
}

fn cells_of<const N: usize>(cells: &[Option<Cell>]) -> [Option<Cell>; N] {
    std::array::from_fn(|at| cells.get(at).cloned().flatten())
}

pub const TITLES: [&str; 7] = ["a", "ab", "Ab", "ba", "äb", " b ", "a_b%"];
pub const NOTES: [&str; 7] = ["", "a", "ab", "ABC", "x\\y", "it's", "  ab"];
pub const STARS: [i64; 6] = [-3, 0, 1, 2, 5, 300];
pub const LEVELS: [u8; 4] = [0, 1, 2, 255];
/// Their sums are exact, in whatever order.
pub const WEIGHTS: [f64; 6] = [-2.5, 0.0, 0.25, 1.0, 2.0, 1e3];
pub const STATES: [(State, &str); 3] =
    [(State::Open, "Open"), (State::Started, "Started"), (State::Done, "Done")];
pub const DUES: [i64; 4] = [i64::MIN, 0, 1_700_000_000_000, 4_000_000_000_000];
const SIZES: [i64; 6] = [-4, 0, 3, 7, i64::MIN, i64::MAX];
const LABELS: [&str; 4] = ["[]", "[\"a\"]", "[\"a\", \"b\"]", "[\"b\"]"];
const TEAMS: u8 = 4;
const TASKS: u8 = 8;
const REMARKS: u8 = 8;

fn rows() -> impl Strategy<Value = Rows> {
    let texts = |texts: &[&'static str]| texts.iter().copied().map(Text).collect::<Vec<_>>();
    let integers = |integers: &[i64]| integers.iter().copied().map(Integer).collect::<Vec<_>>();
    let name = || {
        let bad = [Text(""), Text(" \t"), Text("abcdefg"), Integer(1), Blob(b"ab".into())];
        cell(texts(&TITLES), bad.into())
    };
    let integer = |good| cell(good, vec![Real(1.0), Real(9e18), Text("1"), Blob(vec![1])]);
    let small = vec![Integer(-1), Integer(256), Real(2.0), Text("2")];
    let levels = LEVELS.map(|level| Integer(level.into()));
    let dues = cell(integers(&DUES), vec![Real(0.0), Text("2026-11-21T08:30:00Z"), Blob(vec![])]);
    let labels = [Text("[\"a\""), Text("{}"), Text("[1]"), Text(""), Blob(b"[]".into())];
    let columns = vec![
        name(),
        cell(texts(&NOTES), vec![Integer(12), Real(0.5), Blob(b"ab".into())]),
        cell(integers(&[0, 1]), vec![Integer(2), Real(1.0), Text("true")]),
        integer(integers(&STARS)),
        cell(levels.into(), small),
        cell(
            WEIGHTS.map(Real).into(),
            vec![Integer(1), Integer(0), Integer(9_007_199_254_740_993), Text("1.0")],
        ),
        cell(
            STATES.map(|(_, name)| Text(name)).into(),
            vec![Text("open"), Text("Lost"), Integer(0)],
        ),
        cell(texts(&LABELS), labels.into()),
        dues,
        reference::<other::Team>(TEAMS),
    ];
    let teams = vec![name(), reference::<other::Team>(TEAMS), integer(integers(&SIZES))];
    let text = cell(texts(&NOTES), vec![Integer(12), Blob(vec![])]);
    let remarks = vec![reference::<other::Task>(TASKS), text, integer(integers(&STARS))];
    (rows_of(TEAMS, teams), rows_of(TASKS, columns), rows_of(REMARKS, remarks))
        .prop_map(|(teams, tasks, remarks)| Rows { teams, tasks, remarks })
}

fn rows_of(most: u8, cells: Vec<BoxedStrategy<Option<Cell>>>) -> impl Strategy<Value = Vec<Row>> {
    let deleted = prop::bool::weighted(0.2);
    let row = (0..most, cells, deleted).prop_map(|(number, cells, deleted)| Row {
        number,
        cells,
        deleted,
    });
    vec(row, 0..usize::from(most) + 4)
}

/// A cell of this app's, or nothing, or what this app cannot read.
fn cell(good: Vec<Cell>, bad: Vec<Cell>) -> BoxedStrategy<Option<Cell>> {
    prop_oneof![6 => select(good).prop_map(Some), 1 => Just(None), 2 => select(bad).prop_map(Some)]
        .boxed()
}

/// To a row that is there, or deleted, or was never made.
fn reference<T: Table>(most: u8) -> BoxedStrategy<Option<Cell>> {
    let good = (0..=most).map(|number| Blob(id::<T>(number).uuid().into_bytes().to_vec()));
    let bad = vec![Blob(vec![1; 15]), Blob(vec![]), Integer(1), Text("0123456789abcdef")];
    cell(good.collect(), bad)
}

/// What clauses compare rows with, and how they cut them.
#[derive(Debug, Clone)]
pub struct Given {
    pub title: &'static str,
    pub note: &'static str,
    pub done: bool,
    pub stars: i64,
    pub more_stars: i64,
    pub level: u8,
    pub weight: f64,
    pub state: (State, &'static str),
    pub labels: Vec<String>,
    pub due: i64,
    pub number: u8,
    pub limit: u64,
    pub offset: u64,
    pub trees: Vec<Tree>,
}

fn given() -> impl Strategy<Value = Given> {
    let texts = (select(&TITLES[..]), select(&NOTES[..]));
    let numbers = (select(&STARS[..]), select(&STARS[..]), select(&LEVELS[..]));
    let others = (any::<bool>(), select(&WEIGHTS[..]), select(&STATES[..]), select(&DUES[..]));
    let cut = (0..5_u64, 0..4_u64);
    let labels = vec(select(&["a", "b"][..]).prop_map(str::to_owned), 0..3);
    (texts, numbers, others, labels, 0..TEAMS, cut, vec(tree(), 4)).prop_map(
        |(texts, numbers, others, labels, number, (limit, offset), trees)| Given {
            title: texts.0,
            note: texts.1,
            stars: numbers.0,
            more_stars: numbers.1,
            level: numbers.2,
            done: others.0,
            weight: others.1,
            state: others.2,
            due: others.3,
            labels,
            number,
            limit,
            offset,
            trees,
        },
    )
}
