//! Columns that are gone, and what takes their places.

use crate::lookup::find_column;
use crate::refusal::code::{
    is_key, write_enum, write_field, write_functions, write_retired_field, write_type,
};
use crate::refusal::offers::{
    MOST_CANDIDATES, write_candidate, write_column, write_keep, write_keep_it,
};
use crate::table::{ColumnDef, TableDef};
use crate::text::Text;
use crate::ty::Type;
use crate::violation::is_stored_as;

pub(super) const fn write_column_gone(
    text: &mut Text<'_>,
    released: &'static TableDef,
    now: &'static TableDef,
    column: &'static ColumnDef,
) {
    write_column(text, released, column.name);
    text.push(" was released as ");
    write_type(text, column.ty);
    text.push(", and is gone");
    let mut at = 0;
    let mut count = 0;
    while at < now.columns.len() && count <= MOST_CANDIDATES {
        if is_new_name(released, &now.columns[at], column) {
            write_candidate(text, now.columns[at].name, count);
            count += 1;
        }
        at += 1;
    }
    if count > 0 {
        text.push("?\n  then, on that field:   #[table(column = \"");
        text.push(column.name);
        text.push("\")]");
    }
    let is_key = is_key(released, column.name);
    if is_key {
        // Without its key, no row can be created.
        write_keep_it(text, count > 0);
    } else {
        write_keep(text, count);
        text.push("#[deprecated] ");
    }
    write_field(text, column, is_key);
    write_enum(text, column);
    if !is_key {
        write_retire(text, column);
        if can_have_lens(released, column) {
            write_lens_of_new(text, released, now, column);
        }
    }
}

const fn write_retire(text: &mut Text<'_>, column: &ColumnDef) {
    text.push("\n  or retire it:          ");
    write_retired_field(text, column);
}

/// Returns whether a lens can read a column of a table.
const fn can_have_lens(table: &TableDef, column: &ColumnDef) -> bool {
    !table.local
        && !is_key(table, column.name)
        && !matches!(column.ty, Type::Counter | Type::Merged)
}

/// Writes the lens by which a new column can be read as one with the column that is gone, if any column is new.
/// Of several, it is the one that is stored like that, if there is one; otherwise the user has to know.
const fn write_lens_of_new(
    text: &mut Text<'_>,
    released: &'static TableDef,
    now: &'static TableDef,
    gone: &'static ColumnDef,
) {
    match (new_names(released, now, gone), new_columns(released, now)) {
        ((1, at), _) if is_replacing_nothing(&now.columns[at]) => {
            let new = &now.columns[at];
            write_lens_beside(text, gone, new.name, "", Some(new));
        }
        (_, (0, _)) => {}
        (_, (1, at)) => {
            let new = &now.columns[at];
            write_lens_beside(text, gone, new.name, "", Some(new));
        }
        _ => write_lens_beside(text, gone, "", "", None),
    }
}

/// Writes how a released column can be retired, and read as one with a column that is added beside it.
pub(super) const fn write_retire_for(
    text: &mut Text<'_>,
    released: &TableDef,
    (column, now): (&ColumnDef, &ColumnDef),
    ending: &str,
) {
    if can_have_lens(released, column) && !matches!(now.ty, Type::Counter | Type::Merged) {
        write_retire(text, column);
        write_lens_beside(text, column, now.name, ending, Some(now));
    }
}

/// Writes the lens between a retired column and the one that replaces it, with the types of its functions.
/// `name` and `ending` are its name, and `new` is its definition, if it is known.
const fn write_lens_beside(
    text: &mut Text<'_>,
    old: &ColumnDef,
    name: &str,
    ending: &str,
    new: Option<&ColumnDef>,
) {
    let before = text.length();
    text.push("\n    and on ");
    if name.is_empty() {
        text.push("the new one");
    } else {
        text.push("`");
        text.push(name);
        text.push(if ending.is_empty() { "" } else { "_" });
        text.push(ending);
        text.push("`");
    }
    text.push(":");
    while text.length() - before < MARGIN.len() - 1 {
        text.push(" ");
    }
    text.push(" #[table(replaces(");
    text.push(old.name);
    text.push(", read = .., write = ..))]");
    text.push(MARGIN);
    text.push("// ");
    write_functions(text, old, new);
    if let (Type::Text, Some(ColumnDef { ty: Type::Id(table), .. })) = (old.ty, new) {
        text.push(MARGIN);
        text.push("// or, if `");
        text.push(table);
        text.push("` has a key: replaces(");
        text.push(old.name);
        text.push(", by_key)");
    }
}

/// What begins a line that goes on with the code of the line before.
const MARGIN: &str = "\n                         ";

/// Returns how many columns are new and replace nothing yet, and the position of the first of them.
const fn new_columns(released: &'static TableDef, now: &'static TableDef) -> (usize, usize) {
    let mut count = 0;
    let mut first = 0;
    let mut at = now.columns.len();
    while at > 0 {
        at -= 1;
        let column = &now.columns[at];
        if find_column(released.columns, column.name).is_none() && is_replacing_nothing(column) {
            count += 1;
            first = at;
        }
    }
    (count, first)
}

const fn is_replacing_nothing(column: &ColumnDef) -> bool {
    column.replaces.is_none()
        && !column.retired
        && !matches!(column.ty, Type::Counter | Type::Merged)
}

/// Returns how many columns may be `gone` under a new name, and the position of the first of them.
pub(super) const fn new_names(
    released: &'static TableDef,
    now: &'static TableDef,
    gone: &ColumnDef,
) -> (usize, usize) {
    let mut count = 0;
    let mut first = 0;
    let mut at = now.columns.len();
    while at > 0 {
        at -= 1;
        if is_new_name(released, &now.columns[at], gone) {
            count += 1;
            first = at;
        }
    }
    (count, first)
}

/// Returns whether a column is new and is stored as the one that is gone.
const fn is_new_name(released: &'static TableDef, come: &ColumnDef, gone: &ColumnDef) -> bool {
    find_column(released.columns, come.name).is_none() && is_stored_as(gone.ty, come.ty)
}
