//! A table of the app as it is in the file, and the SQL of its mutations.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use ara_schema::{TableDef, Type};
use foldhash::fast::FixedState;
use rusqlite::types::ValueRef;

use crate::catalog::edit_columns::EditColumns;
use crate::catalog::search_index::SearchIndex;
use crate::catalog::shown_column::ShownColumn;
use crate::model::record::put_columns;
use crate::model::table_ref::TableRef;
use crate::names::{name_list, stored_table_name};
use crate::rows::insert::{OnConflict, insert_new_sql};
use crate::rows::lensed::Lensed;
use crate::search::refresh::Refresh;

/// A table that is ready to be read and written.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) def: &'static TableDef,
    /// The table's ordinal in the file.
    pub(crate) table: i64,
    /// The same ordinal, or `None` if the table is local and thus not in the log.
    pub(crate) ordinal: Option<i64>,
    /// The columns that a mutation can write: `is_deleted`, then those of the struct.
    pub(crate) slots: Vec<Slot>,
    /// [Inserts a new row](insert_new_sql), with every slot but `is_deleted`.
    pub(crate) insert: Arc<str>,
    /// Selects a [`Record`](crate::Record) by id.
    pub(crate) get: String,
    /// Updates the full-text search of the table, if it has one.
    pub(crate) search: Option<Refresh>,
    /// The columns that replace others or are replaced, if there are any.
    pub(crate) lensed: Option<Lensed>,
    /// What becomes of statements that cannot be done, where columns replace others.
    pub(crate) on_conflict: OnConflict,
    stored_name: String,
    /// By the slots that they write.
    edits: Mutex<HashMap<Box<[usize]>, Arc<Edit>, FixedState>>,
}

/// A column that a mutation can write.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) name: &'static str,
    /// The column's ordinal in the log.
    pub(crate) ordinal: u32,
    /// Whether a value that is written is added to the one that is there.
    pub(crate) is_counter: bool,
    /// Whether devices edit the text at the same time, and this version unites what they edit.
    is_text: bool,
}

/// How many sets of slots are remembered with their SQL. Most apps have few; a table of 16 columns has 65,535.
const MOST_EDITS: usize = 256;

/// The slot of `is_deleted`, whose ordinal is 0 in every table.
pub(crate) const IS_DELETED: usize = 0;

/// Returns whether a row is deleted that holds this in `is_deleted`. SQL finds so, too: `"is_deleted" IS 1`.
pub(crate) fn is_deleted(held: ValueRef<'_>) -> bool {
    match held {
        ValueRef::Integer(integer) => integer == 1,
        ValueRef::Real(real) => real == 1.0,
        _ => false,
    }
}

/// The SQL that updates certain slots of a row.
#[derive(Debug)]
pub(crate) struct Edit {
    /// Selects `is_deleted`, the clock and then the slots, by id.
    pub(crate) probe: Arc<str>,
    /// Updates a row. The parameters are: the id; the change, as the clock of a row that it alone has
    /// written; its date; the slots.
    pub(crate) update: Arc<str>,
    /// The same update, if the row is not deleted and every slot differs.
    pub(crate) update_if_all_differ: Arc<str>,
}

impl Plan {
    pub(crate) fn new(def: &'static TableDef, table: i64, columns: &[u32]) -> Self {
        let ordinal = (!def.local).then_some(table);
        let stored_name = stored_table_name(def).into_owned();
        let is_deleted = Slot { name: "is_deleted", ordinal: 0, is_counter: false, is_text: false };
        let ordinals = def.columns.iter().zip(columns);
        let slots: Vec<_> = std::iter::once(is_deleted)
            .chain(ordinals.map(|(column, &ordinal)| {
                let is_counter = column.ty == Type::Counter;
                let is_text = column.ty == Type::Merged && !def.local && cfg!(feature = "text");
                Slot { name: column.name, ordinal, is_counter, is_text }
            }))
            .collect();

        let into = (OnConflict::Abort, &*stored_name);
        let insert = insert_new_sql(into, slots.iter().skip(1).map(|slot| slot.name));
        let mut columns = String::new();
        put_columns(&mut columns, def, None);
        let mut get = format!(
            "SELECT {columns} FROM \"{stored_name}\" WHERE \"id\" = ?1 AND \"is_deleted\" IS NOT 1"
        );
        if let Some(limit) = ShownColumn::checked_limit(std::iter::once(def), -1) {
            let _ = write!(get, " LIMIT {limit}");
        }
        Self {
            def,
            table,
            ordinal,
            slots,
            insert: insert.into(),
            get,
            search: SearchIndex::of(def).as_ref().map(Refresh::of),
            lensed: None,
            on_conflict: OnConflict::Abort,
            stored_name,
            edits: Mutex::default(),
        }
    }

    /// Adds what the columns show that replace others, by the functions of the table's struct.
    ///
    /// `edits` are the columns of the table that hold the last edits of others.
    pub(crate) fn showing(
        mut self,
        table: TableRef,
        edits: &EditColumns,
        on_conflict: OnConflict,
    ) -> Self {
        self.on_conflict = on_conflict;
        self.lensed = Lensed::of(table, &self.slots, edits);
        let shown = self.lensed.iter().flat_map(|lensed| &lensed.shown).map(|shown| shown.name());
        let columns = self.slots.iter().skip(1).map(|slot| slot.name).chain(shown);
        self.insert = insert_new_sql((on_conflict, &self.stored_name), columns).into();
        self
    }

    /// Returns the name of the table in the file.
    pub(crate) fn stored_name(&self) -> &str {
        &self.stored_name
    }

    /// Returns whether a value that is written into a slot is added to the one that is there.
    pub(crate) fn is_counter(&self, slot: usize) -> bool {
        self.slots.get(slot).is_some_and(|slot| slot.is_counter)
    }

    /// Returns whether devices edit the text in a slot at the same time.
    pub(crate) fn is_text(&self, slot: usize) -> bool {
        self.slots.get(slot).is_some_and(|slot| slot.is_text)
    }

    /// Returns the ordinals of the columns with texts that devices edit at the same time.
    #[cfg(feature = "text")]
    pub(crate) fn texts(&self) -> Vec<u32> {
        self.slots.iter().filter(|slot| slot.is_text).map(|slot| slot.ordinal).collect()
    }

    /// Returns whether something is to be brought up to date once rows were written: a search, what columns show, or
    /// what refers to the rows by a key.
    pub(crate) fn is_to_be_followed_up(&self) -> bool {
        self.search.is_some() || self.lensed.is_some() || self.def.key.is_some()
    }

    /// Returns the SQL that updates these slots. It is created when it is first needed.
    pub(crate) fn edit(&self, slots: &[usize]) -> Arc<Edit> {
        let mut edits = self.edits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = edits.get(slots) {
            return Arc::clone(known);
        }
        let names = || slots.iter().filter_map(|&slot| self.slots.get(slot)).map(|slot| slot.name);
        let table = &self.stored_name;
        let probe = format!(
            "SELECT {} FROM \"{table}\" WHERE \"id\" = ?1",
            name_list(["is_deleted", "ara_clock"].into_iter().chain(names())),
        );
        let mut update = format!(
            "\"{table}\" SET \"updated_at\" = iif(\"created_at\" <= ?3, ?3, \"created_at\")"
        );
        if self.ordinal.is_some() {
            update.push_str(", \"ara_clock\" = ara_stamp(\"ara_clock\", \"created_at\", ?2, ?3)");
        }
        let mut differ = String::from(" AND \"is_deleted\" IS NOT 1");
        for (name, parameter) in names().zip(4..) {
            let _ = write!(update, ", \"{name}\" = ?{parameter}");
            let _ = write!(differ, " AND \"{name}\" IS NOT ?{parameter}");
        }
        update.push_str(" WHERE \"id\" = ?1");
        let edit = Arc::new(Edit {
            probe: probe.into(),
            update: format!("UPDATE {update}").into(),
            // A row whose clock would be NULL has a later change, and is passed over.
            update_if_all_differ: format!("UPDATE OR IGNORE {update}{differ}").into(),
        });
        if edits.len() >= MOST_EDITS {
            edits.clear();
        }
        edits.insert(slots.into(), Arc::clone(&edit));
        edit
    }
}

#[cfg(test)]
mod tests {
    use ara_schema::ColumnDef;

    use super::*;

    #[test]
    fn the_sql_of_only_some_sets_of_columns_is_remembered() {
        const fn column(name: &'static str) -> ColumnDef {
            ColumnDef { name, ty: Type::Integer, range: None, required: false, ..ColumnDef::EMPTY }
        }
        const COLUMNS: [ColumnDef; 10] = [
            column("a"),
            column("b"),
            column("c"),
            column("d"),
            column("e"),
            column("f"),
            column("g"),
            column("h"),
            column("i"),
            column("j"),
        ];
        static WIDE: TableDef = TableDef {
            name: "wide",
            local: false,
            columns: &COLUMNS,
            indexes: &[],
            search: &[],
            ..TableDef::EMPTY
        };
        let plan = Plan::new(&WIDE, 1, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        for set in 1..1024_usize {
            let slots: Vec<_> = (1..=10).filter(|slot| set >> (slot - 1) & 1 == 1).collect();
            let edit = plan.edit(&slots);
            assert_eq!(edit.update.matches("\" = ?").count(), slots.len() + 1);
            assert!(Arc::ptr_eq(&edit, &plan.edit(&slots)));
            assert!(plan.edits.lock().is_ok_and(|edits| edits.len() <= MOST_EDITS));
        }
    }
}
