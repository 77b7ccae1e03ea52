//! The plain model: what a row shows and what a write changes, by the rules alone. It knows of a row all cells that were
//! ever written, each with its clock, and whether it was written through.

use std::collections::{BTreeMap, BTreeSet};

use ara::Uuid;
use rusqlite::types::Value;
use support::log::Logged;

use crate::runs::functions::{
    first, format, join, join_some, last, parts, plain, remark, say, shout, whole, without_remarks,
};
use crate::runs::versions::{Cells, LATEST, RowKey, TableOf, What, category, tables};

/// What decides which of two writes is newer: the stamp, the node and the hash of the change.
pub type At = (i64, [u8; 16], u64);

/// What was written into a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub at: At,
    pub value: Value,
    pub is_through: bool,
}

/// A change of a row, as it was first written.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub at: At,
    pub row: RowKey,
    pub cells: Vec<(String, Value, bool)>,
    pub forgets: bool,
}

/// Whether the marks of a cell, each with its kind and its length, tell that it was written through.
fn is_through(mut marks: &[u8]) -> bool {
    while let [kind, length, rest @ ..] = marks {
        if *kind == 2 {
            return true;
        }
        marks = rest.get(usize::from(*length)..).unwrap_or_default();
    }
    false
}

/// The tag of the cell that tells that a row was forgotten.
const FORGOTTEN: u8 = 8;

impl Change {
    /// Of a table of the app.
    pub fn of(logged: &Logged) -> Option<Self> {
        let table = tables(LATEST).iter().find(|table| table.name == logged.table)?;
        let cells = logged.cells.iter().filter(|cell| cell.tag != FORGOTTEN);
        Some(Self {
            at: (logged.stamp, logged.node_id, logged.hash),
            row: (table.name, Uuid::from_slice(&logged.row).ok()?),
            cells: cells
                .map(|cell| (cell.column.clone(), cell.value.clone(), is_through(&cell.marks)))
                .collect(),
            forgets: logged.cells.iter().any(|cell| cell.tag == FORGOTTEN),
        })
    }

    /// Whether nobody edited anything: it was made to keep older versions right.
    pub fn is_ara_s(&self) -> bool {
        !self.cells.is_empty() && self.cells.iter().all(|(_, _, is_through)| *is_through)
    }
}

/// What is known of a column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    pub newest: Option<Written>,
    pub edit: Option<Written>,
}

/// A row: what is known of its columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    pub columns: BTreeMap<String, Known>,
    pub is_forgotten: bool,
}

/// All rows of a set of changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model(pub BTreeMap<RowKey, Row>);

type Texts<'a> = &'a [Option<String>];

/// How a column is read from others.
struct Lens {
    from: &'static [&'static str],
    read: Read,
}

/// What a column shows, of its sources and of its own newest edit.
type Read = fn(Texts<'_>, Option<&String>) -> Option<Value>;

/// What each of the others becomes.
type Write = fn(Texts<'_>) -> Option<Vec<Option<String>>>;

/// What becomes of others when columns are set.
struct Through {
    from: &'static [&'static str],
    to: &'static [&'static str],
    /// `None` if the reference is to a key, which only the rows tell.
    write: Option<Write>,
}

fn one(texts: Texts<'_>) -> Option<String> {
    texts[0].clone()
}

fn text(text: impl Into<Option<String>>) -> Option<Value> {
    text.into().map(Value::Text)
}

fn lens(version: u8, table: &str, column: &str) -> Option<Lens> {
    let (from, read): (&[&str], Read) = match (table, column, version) {
        ("chain", "b", 2..) => (&["a"], |it, last| text(format(one(it)?, last))),
        ("chain", "c", 3) => (&["b"], |it, last| text(remark(one(it)?, last))),
        ("person", "first_name", 2..) => (&["name"], |it, _| text(first(one(it)?))),
        ("person", "last_name", 2..) => (&["name"], |it, _| text(last(one(it)?))),
        ("person", "full", 3) => {
            (&["first_name", "last_name"], |it, _| text(whole(it[0].clone(), it[1].clone())))
        }
        ("memo", "text", 2) => (&["note"], |it, _| text(shout::<4>(one(it)?)?.to_string())),
        ("memo", "text", 3) => (&["note"], |it, _| text(shout::<1000>(one(it)?)?.to_string())),
        ("expense", "category_id", 3) => (&["category"], |it, _| {
            let name = one(it).filter(|name| !name.is_empty())?;
            Some(Value::Blob(category(&name).into_bytes().to_vec()))
        }),
        _ => return None,
    };
    Some(Lens { from, read })
}

/// In the order in which each is made from what is made before it.
fn throughs(version: u8, table: &str) -> Vec<Through> {
    let b = Through {
        from: &["b"],
        to: &["a"],
        write: Some(|it| Some(vec![Some(plain(it[0].as_ref()?))])),
    };
    let c = Through {
        from: &["c"],
        to: &["b"],
        write: Some(|it| Some(vec![Some(without_remarks(it[0].as_ref()?))])),
    };
    let full = Through {
        from: &["full"],
        to: &["first_name", "last_name"],
        write: Some(|it| {
            let (first, last) = parts(it[0].as_ref()?);
            Some(vec![Some(first), last])
        }),
    };
    let names = Through {
        from: &["first_name", "last_name"],
        to: &["name"],
        write: Some(|it| Some(vec![Some(join(it[0].as_ref()?, it[1].as_ref()))])),
    };
    let some_names = Through {
        write: Some(|it| Some(vec![join_some(it[0].as_ref(), it[1].as_ref())])),
        ..names
    };
    let note = Through {
        from: &["text"],
        to: &["note"],
        write: Some(|it| Some(vec![say(it[0].as_ref()?).ok()])),
    };
    let key = Through { from: &["category_id"], to: &["category"], write: None };
    match (table, version) {
        ("chain", 2) => vec![b],
        ("chain", 3) => vec![c, b],
        ("person", 2) => vec![names],
        ("person", 3) => vec![full, some_names],
        ("memo", 2 | 3) => vec![note],
        ("expense", 3) => vec![key],
        _ => vec![],
    }
}

/// Whether an app of a version can read a value in a column.
fn can_read(version: u8, table: &str, column: &str, value: &Value) -> bool {
    match (version, table, column, value) {
        (_, _, _, Value::Null) => true,
        (2, "memo", "text", Value::Text(text)) => text.chars().count() <= 4,
        _ => true,
    }
}

fn as_text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn is_one(value: Option<&Value>) -> bool {
    value == Some(&Value::Integer(1))
}

impl Row {
    fn known(&self, column: &str) -> Known {
        self.columns.get(column).cloned().unwrap_or_default()
    }

    /// What the column itself holds.
    pub fn held(&self, column: &str) -> Value {
        self.known(column).newest.map_or(Value::Null, |newest| newest.value)
    }

    pub fn is_deleted(&self) -> bool {
        self.is_forgotten || is_one(Some(&self.held("is_deleted")))
    }

    fn put(&mut self, column: &str, written: Written) {
        let Known { newest, edit } = self.columns.entry(column.to_owned()).or_default();
        let is_newer =
            |than: &Option<Written>| than.as_ref().is_none_or(|than| than.at < written.at);
        if !written.is_through && is_newer(edit) {
            *edit = Some(written.clone());
        }
        if is_newer(newest) {
            *newest = Some(written);
        }
    }

    /// What a column shows to a version, as it is stored, and of when that is.
    pub fn shown(&self, version: u8, table: &str, column: &str) -> Option<(At, Value)> {
        self.newest(version, (table, column), self.known(column).newest)
    }

    /// Whether a column does not hold a value, or shows another one to a version that knows no newer columns.
    fn differs(&self, version: u8, table: &str, column: &str, value: &Value) -> bool {
        let shown = self.shown(version, table, column).map_or(Value::Null, |(_, shown)| shown);
        self.held(column) != *value || shown != *value
    }

    /// Whether a column shows what was written into a column that it replaces.
    fn is_replaced_newer(&self, version: u8, table: &str, column: &str) -> bool {
        let Some(Lens { from, .. }) = lens(version, table, column) else { return false };
        let edits = from.iter().filter_map(|from| self.edit(version, table, from));
        let edited = edits.map(|(at, _)| at).max();
        let own = self.known(column).newest.map(|own| own.at);
        edited.is_some_and(|edited| own.is_none_or(|own| own < edited))
    }

    /// The newest edit of a column and of what it replaces.
    fn edit(&self, version: u8, table: &str, column: &str) -> Option<(At, Value)> {
        self.newest(version, (table, column), self.known(column).edit)
    }

    /// What a column itself was last set to: by its newest edit, or by a later one of a column that replaces it.
    fn last_set(&self, version: u8, table: &str, column: &str) -> Option<Written> {
        let Known { newest, edit } = self.known(column);
        let mut throughs = throughs(version, table).into_iter();
        let Some(through) = throughs.find(|through| through.to.contains(&column)) else {
            return newest;
        };
        let set = |from: &&'static str| Some((*from, self.last_set(version, table, from)?));
        let set = through.from.iter().filter_map(set).max_by_key(|(_, set)| set.at);
        let is_later = |set: &Written| edit.as_ref().is_none_or(|edit| edit.at < set.at);
        match (set.filter(|(_, set)| is_later(set)), through.write) {
            (None, _) => edit.or(newest),
            (Some((from, set)), Some(write))
                if through.from == [from] && can_read(version, table, from, &set.value) =>
            {
                let made = write(&[as_text(Some(set.value))]).unwrap_or_default();
                let made = through.to.iter().zip(made).find(|(to, _)| **to == column);
                let value = made.and_then(|(_, text)| text).map_or(Value::Null, Value::Text);
                Some(Written { at: set.at, value, is_through: false })
            }
            _ => newest,
        }
    }

    fn newest(
        &self,
        version: u8,
        (table, column): (&str, &str),
        own: Option<Written>,
    ) -> Option<(At, Value)> {
        let own = own.map(|own| (own.at, own.value));
        let Some(Lens { from, read }) = lens(version, table, column) else { return own };
        let last = self.last_set(version, table, column);
        let last = as_text(last.map(|last| last.value));
        let read = |texts: Vec<Option<String>>| {
            let is_any = texts.iter().any(Option::is_some);
            is_any.then(|| read(&texts, last.as_ref())).flatten()
        };
        let edits: Vec<_> = from.iter().map(|from| self.edit(version, table, from)).collect();
        let edited = edits.iter().flatten().map(|(at, _)| *at).max();
        if let Some((at, value)) = own.filter(|(at, _)| edited.is_none_or(|edited| edited <= *at)) {
            if can_read(version, table, column, &value) {
                return Some((at, value));
            }
            // The older shape speaks, if it is not older.
            let newest = from.iter().map(|from| self.known(from).newest);
            let newest: Vec<_> = newest.collect();
            if newest.iter().flatten().any(|newest| newest.at >= at) {
                let texts = newest.into_iter().map(|newest| as_text(newest.map(|it| it.value)));
                if let Some(older) = read(texts.collect()) {
                    return Some((at, older));
                }
            }
            return Some((at, value));
        }
        // Beside the one that was edited, the others are as the column itself was last set.
        let parts = self.known(column).newest.filter(|_| from.len() > 1).and_then(|own| {
            let throughs = throughs(version, table);
            let write = throughs.iter().find(|through| through.from == [column])?.write?;
            let parts = write(&[as_text(Some(own.value))]);
            Some((own.at, parts.unwrap_or_else(|| vec![None; from.len()])))
        });
        let texts = edits.into_iter().enumerate().map(|(part, edit)| match (&parts, edit) {
            (Some((set, parts)), edit) if edit.as_ref().is_none_or(|(at, _)| at < set) => {
                parts[part].clone()
            }
            (_, edit) => as_text(edit.map(|(_, value)| value)),
        });
        let value = read(texts.collect()).unwrap_or(Value::Null);
        edited.map(|at| (at, value))
    }

    /// What an app of a version reads in a column.
    pub fn read(&self, version: u8, table: &str, column: &str) -> Value {
        let shown = self.shown(version, table, column).map_or(Value::Null, |(_, value)| value);
        if can_read(version, table, column, &shown) { shown } else { Value::Null }
    }
}

/// The columns of a table that replace others, for a version.
fn lensed(version: u8, table: &str) -> Vec<&'static str> {
    let all = ["b", "c", "first_name", "last_name", "full", "text", "category_id"];
    all.into_iter().filter(|column| lens(version, table, column).is_some()).collect()
}

impl Model {
    pub fn of<'c>(changes: impl IntoIterator<Item = &'c Change>) -> Self {
        let mut model = Self::default();
        for change in changes {
            let row = model.0.entry(change.row).or_default();
            row.is_forgotten |= change.forgets;
            for (column, value, is_through) in &change.cells {
                let (at, value, is_through) = (change.at, value.clone(), *is_through);
                row.put(column, Written { at, value, is_through });
            }
        }
        for row in model.0.values_mut().filter(|row| row.is_forgotten) {
            row.columns.clear();
        }
        model
    }

    /// The rows of a table, as an app reads them.
    pub fn rows(&self, of: &TableOf) -> BTreeMap<Uuid, (Cells, bool)> {
        let rows = self.0.iter().filter(|((table, _), _)| *table == of.name);
        let cells = |row: &Row| {
            let columns = of.columns.iter();
            columns.map(|column| (*column, row.read(of.version, of.name, column))).collect()
        };
        rows.map(|((_, id), row)| (*id, (cells(row), row.is_deleted()))).collect()
    }

    /// What is written into replaced columns once some columns of a row are set.
    pub fn through(
        &self,
        (version, table): (u8, &str),
        mut values: BTreeMap<&'static str, Value>,
        set: &[&'static str],
    ) -> BTreeMap<&'static str, Value> {
        let mut set: BTreeSet<_> = set.iter().copied().collect();
        let mut written = BTreeMap::new();
        for through in throughs(version, table) {
            if !through.from.iter().any(|from| set.contains(from)) {
                continue;
            }
            let given: Vec<_> = through.from.iter().map(|from| values.get(from).cloned()).collect();
            let made: Vec<Option<String>> = match through.write {
                Some(write) => {
                    let readable = through.from.iter().zip(given).map(|(from, value)| {
                        as_text(value.filter(|value| can_read(version, table, from, value)))
                    });
                    write(&readable.collect::<Vec<_>>()).unwrap_or_default()
                }
                None => vec![self.key(given.into_iter().next().flatten())],
            };
            for (at, to) in through.to.iter().enumerate() {
                let value = made.get(at).cloned().flatten().map_or(Value::Null, Value::Text);
                values.insert(to, value.clone());
                written.insert(*to, value);
                set.insert(to);
            }
        }
        written
    }

    /// The key of the row to which a reference is.
    fn key(&self, reference: Option<Value>) -> Option<String> {
        let Some(Value::Blob(id)) = reference else { return None };
        let row = self.0.get(&("category", Uuid::from_slice(&id).ok()?))?;
        as_text(Some(row.held("name")))
    }

    /// What a row shows a version that replaces others.
    pub fn shown(&self, version: u8, (table, id): RowKey) -> BTreeMap<&'static str, Value> {
        let Some(row) = self.0.get(&(table, id)) else { return BTreeMap::new() };
        let shown = |column| row.shown(version, table, column).map_or(Value::Null, |(_, it)| it);
        lensed(version, table).into_iter().map(|column| (column, shown(column))).collect()
    }

    /// What a write of an app changes, and what it returns. It is in the model then, as the newest.
    pub fn write(
        &mut self,
        of: &TableOf,
        (what, id): (What, Uuid),
        cells: &Cells,
        nth: i64,
    ) -> (bool, Option<Change>) {
        let key = (of.name, id);
        let row = self.0.get(&key).cloned();
        let is_deleted = row.as_ref().is_some_and(Row::is_deleted);
        let is_forgotten = row.as_ref().is_some_and(|row| row.is_forgotten);
        let mut made = Vec::new();
        let did = match (what, &row) {
            (What::Create, Some(_)) => false,
            (What::Create | What::Upsert, None) => {
                made = self.create(of, cells);
                true
            }
            (_, None) => false,
            (_, Some(_)) if is_forgotten => false,
            (What::Upsert, Some(row)) => {
                if row.held("is_deleted") != Value::Integer(0) {
                    made.push(("is_deleted".to_owned(), Value::Integer(0), false));
                }
                made.extend(self.edits(of, (id, row), cells));
                true
            }
            (What::Restore, Some(_)) => {
                if is_deleted {
                    made.push(("is_deleted".to_owned(), Value::Integer(0), false));
                }
                true
            }
            (What::Forget, Some(_)) => is_deleted,
            (_, Some(_)) if is_deleted => false,
            (What::Update, Some(row)) => {
                made = self.edits(of, (id, row), cells);
                true
            }
            (What::Save, Some(row)) => {
                let seen = |column: &&'static str| (*column, row.read(of.version, of.name, column));
                let mut all: Cells = of.columns.iter().map(seen).collect();
                if of.required.iter().any(|column| all[column] == Value::Null) {
                    false
                } else {
                    all.extend(cells.iter().map(|(column, value)| (*column, value.clone())));
                    made = self.edits(of, (id, row), &all);
                    if row.held("is_deleted") != Value::Integer(0) {
                        made.push(("is_deleted".to_owned(), Value::Integer(0), false));
                    }
                    true
                }
            }
            (What::Delete, Some(_)) => {
                made.push(("is_deleted".to_owned(), Value::Integer(1), false));
                true
            }
        };
        let forgets = did && what == What::Forget;
        if made.is_empty() && !forgets {
            return (did, None);
        }
        made.sort_by(|one, other| one.0.cmp(&other.0));
        let at = (i64::MAX - 1000 + nth, [0xff; 16], u64::MAX);
        let change = Change { at, row: key, cells: made, forgets };
        let row = self.0.entry(key).or_default();
        row.is_forgotten |= forgets;
        for (column, value, is_through) in &change.cells {
            let (value, is_through) = (value.clone(), *is_through);
            row.put(column, Written { at, value, is_through });
        }
        if forgets {
            row.columns.clear();
        }
        (did, Some(change))
    }

    fn create(&self, of: &TableOf, cells: &Cells) -> Vec<(String, Value, bool)> {
        let mut made = vec![("is_deleted".to_owned(), Value::Integer(0), false)];
        let set = cells.iter().filter(|(_, value)| **value != Value::Null);
        let set: Vec<_> = set.map(|(column, value)| (*column, value.clone(), false)).collect();
        let columns: Vec<_> = set.iter().map(|(column, ..)| *column).collect();
        let through = self.through((of.version, of.name), cells.clone(), &columns);
        let through = through.into_iter().map(|(column, value)| (column, value, true));
        let all = set.into_iter().chain(through);
        made.extend(all.map(|(column, value, is_through)| (column.to_owned(), value, is_through)));
        made
    }

    /// What an update of a row changes.
    fn edits(
        &self,
        of: &TableOf,
        (id, row): (Uuid, &Row),
        cells: &Cells,
    ) -> Vec<(String, Value, bool)> {
        let mut row = row.clone();
        let (mut made, mut set) = (Vec::new(), Vec::new());
        for (column, value) in cells {
            if lens(of.version, of.name, column).is_some() {
                set.push(*column);
            }
            let shown = row.shown(of.version, of.name, column).map_or(Value::Null, |(_, it)| it);
            let is_seen = *value == Value::Null && !can_read(of.version, of.name, column, &shown);
            if shown == *value || is_seen {
                continue;
            }
            let (at, is_through) = ((i64::MAX, [0xff; 16], u64::MAX), false);
            row.put(column, Written { at, value: value.clone(), is_through });
            made.push(((*column).to_owned(), value.clone(), false));
        }
        // What an older version wrote stays as it wrote it, if nothing else is set.
        set.retain(|column| !row.is_replaced_newer(of.version, of.name, column));
        let after = Self(BTreeMap::from([((of.name, id), row.clone())]));
        let values = after.shown(of.version, (of.name, id));
        for (column, value) in self.through((of.version, of.name), values, &set) {
            if row.differs(of.version, of.name, column, &value) {
                made.push((column.to_owned(), value, true));
            }
        }
        made
    }

    /// What of the replaced columns is not kept right: it is not what the newer ones show, or not its own edit that is the
    /// newest one, though there is a value.
    pub fn outdated(&self, version: u8) -> Vec<String> {
        let mut outdated = Vec::new();
        for ((table, id), row) in &self.0 {
            let columns = lensed(version, table);
            let shown = self.shown(version, (table, *id));
            let replaced: BTreeSet<_> = columns
                .iter()
                .filter_map(|column| lens(version, table, column))
                .flat_map(|it| it.from)
                .collect();
            let group = columns.iter().chain(replaced.iter().copied());
            let newest =
                group.filter_map(|column| row.known(column).edit).map(|edit| edit.at).max();
            let is_cleared = shown.values().all(|value| *value == Value::Null);
            let through = self.through((version, table), shown, &columns);
            for (column, value) in through.clone() {
                // Of several columns that are written as one, some may have no value.
                let mut writes = throughs(version, table).into_iter();
                let is_said = writes.any(|write| {
                    write.to.contains(&column)
                        && write.to.iter().any(|to| through[to] != Value::Null)
                });
                let edit = row.known(column).edit.filter(|edit| Some(edit.at) == newest);
                let held = row.held(column);
                let is_due = edit.is_some() || is_said || is_cleared;
                // The newest edit stays as it was written.
                let value = edit.map_or(value, |edit| edit.value);
                if row.differs(version, table, column, &value) && is_due {
                    outdated.push(format!(
                        "{table} {id}.{column} holds {held:?}, and not {value:?}: {row:#?}"
                    ));
                }
            }
        }
        outdated
    }
}

impl Change {
    /// What it writes, in an order of its own.
    pub fn sorted(&self) -> (RowKey, Vec<(String, Value, bool)>) {
        let mut cells = self.cells.clone();
        cells.sort_by(|one, other| one.0.cmp(&other.0));
        (self.row, cells)
    }
}

impl Model {
    /// Whether each version shows the same of all rows.
    pub fn shows_as(&self, other: &Self) -> bool {
        let same = |table: &TableOf| self.rows(table) == other.rows(table);
        (1..=LATEST).flat_map(tables).all(same)
    }

    /// Tells which row is another one, if any is.
    pub fn differs_from(&self, other: &Self) -> Option<String> {
        let keys: BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        let differs = |key: &&&RowKey| self.0.get(**key) != other.0.get(**key);
        let key = keys.iter().find(differs)?;
        Some(format!("{key:?}: {:#?}, and not {:#?}", self.0.get(*key), other.0.get(*key)))
    }
}

impl Model {
    /// A key that a text names, of which no row was made.
    pub fn lacks_keys(&self) -> Option<String> {
        let expenses = self.0.iter().filter(|((table, _), _)| *table == "expense");
        let mut keys = expenses.filter_map(|(_, row)| {
            let edit = row.known("category").edit?;
            as_text(Some(edit.value)).filter(|key| !key.is_empty())
        });
        keys.find(|key| !self.0.contains_key(&("category", category(key))))
    }
}
