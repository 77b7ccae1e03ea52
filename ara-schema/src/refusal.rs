//! The messages of the compiler about released things that are gone or have changed.

mod code;
#[cfg(test)]
mod tests;

use code::{
    is_key, write_enum, write_field, write_field_beside, write_functions, write_lens, write_list,
    write_range, write_retired_field, write_struct, write_type, write_variant,
};

use crate::lookup::{contains, find_column, find_table, names_table, position};
use crate::table::{ColumnDef, Replaces, TableDef};
use crate::text::Text;
use crate::ty::Type;
use crate::violation::{Violation, Violations, is_stored_as};

/// The place in a struct at which the refusal of its table is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The name of the struct.
    Struct,
    /// The field of the column with this position.
    Field(usize),
}

/// Returns the place at which to show what a table breaks of what was released of it, or `None` if it
/// breaks nothing.
#[must_use]
pub const fn place_of_refusal(
    released: &'static TableDef,
    now: &'static TableDef,
) -> Option<Place> {
    match Violations::new(released, now).next() {
        None => None,
        Some(Violation::Local | Violation::Key) => Some(Place::Struct),
        Some(Violation::ColumnGone { column }) => match new_names(released, now, column) {
            (1, at) => Some(Place::Field(at)),
            _ => Some(Place::Struct),
        },
        Some(
            Violation::TypeChanged { now: column, .. }
            | Violation::Narrower { now: column, .. }
            | Violation::VariantGone { now: column, .. }
            | Violation::LensGone { now: column, .. }
            | Violation::LensChanged { now: column, .. }
            | Violation::LensWider { now: column, .. }
            | Violation::LensOlder { now: column, .. }
            | Violation::RetiredUnreleased { now: column },
        ) => match position(now.columns, column.name) {
            Some(at) => Some(Place::Field(at)),
            None => Some(Place::Struct),
        },
    }
}

/// Writes everything that a table breaks of what was released of it, and how to mend it.
pub const fn write_refusal(
    text: &mut Text<'_>,
    released: &'static TableDef,
    now: &'static TableDef,
) {
    let mut violations = Violations::new(released, now);
    let mut count = 0;
    let mut is_of_released = false;
    while !text.is_full()
        && let Some(violation) = violations.next()
    {
        if count > 0 {
            text.push("\n\n");
        }
        count += 1;
        is_of_released |= !matches!(violation, Violation::RetiredUnreleased { .. });
        match violation {
            Violation::Local => write_local(text, released),
            Violation::Key => write_key_changed(text, released, now),
            Violation::ColumnGone { column } => write_column_gone(text, released, now, column),
            Violation::TypeChanged { column, now } => {
                write_type_changed(text, released, column, now)
            }
            Violation::Narrower { column, now } => write_narrower(text, released, column, now),
            Violation::VariantGone { now, variant, released: before, variants } => {
                write_variant_gone(text, released, now, variant, (before, variants));
            }
            Violation::LensGone { now, released: before } => {
                write_lens_gone(text, released, now, before);
            }
            Violation::LensChanged { now, released: before, replaces } => {
                write_lens_changed(text, released, now, (before, replaces));
            }
            Violation::LensWider { now, replaces } => {
                write_lens_wider(text, released, now, replaces)
            }
            Violation::LensOlder { now, released: before, replaces } => {
                write_lens_older(text, released, now, (before, replaces));
            }
            Violation::RetiredUnreleased { now: column } => {
                write_retired_unreleased(text, now, column);
            }
        }
    }
    if is_of_released {
        write_why(text);
    }
}

/// Returns whether any released table is missing among the tables of a schema.
#[must_use]
pub const fn lacks_a_table(released: &'static [TableDef], now: &[&'static TableDef]) -> bool {
    let mut at = 0;
    while at < released.len() {
        if !names_table(now, released[at].name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Writes which released tables are missing among those of the schema that is called `schema`, and how to
/// mend it.
pub const fn write_lacking_tables(
    text: &mut Text<'_>,
    schema: &str,
    released: &'static [TableDef],
    now: &[&'static TableDef],
) {
    let mut at = 0;
    let mut count = 0;
    while at < released.len() && !text.is_full() {
        let table = &released[at];
        if !names_table(now, table.name) {
            if count > 0 {
                text.push("\n\n");
            }
            count += 1;
            write_table_gone(text, schema, table, released, now);
        }
        at += 1;
    }
    write_why(text);
}

const fn write_why(text: &mut Text<'_>) {
    text.push(
        "\n\nwhat was released stays, for devices that run an older version: `ara.lock` lists it",
    );
}

const fn write_local(text: &mut Text<'_>, released: &TableDef) {
    text.push("table `");
    text.push(released.name);
    if released.local {
        text.push("` was released as a local table, and is one that syncs now");
        text.push("\n  keep it local:         #[table(local)]");
        text.push("\n  or sync another one:   #[table(name = \"");
        text.push(released.name);
        text.push("_synced\")] on a struct beside it");
    } else {
        text.push("` was released as a table that syncs, and is local now");
        text.push("\n  keep it synced:        #[table(..)] without `local`");
        text.push("\n  or add a local one:    #[table(local, name = \"");
        text.push(released.name);
        text.push("_local\")] on a struct beside it");
    }
}

const fn write_key_changed(text: &mut Text<'_>, released: &TableDef, now: &TableDef) {
    text.push("table `");
    text.push(released.name);
    match released.key {
        Some(key) => {
            text.push("` was released with the key `");
            text.push(key);
            text.push("`");
        }
        None => text.push("` was released without a key"),
    }
    match now.key {
        Some(key) => {
            text.push(", and has the key `");
            text.push(key);
            text.push("` now");
        }
        None => text.push(", and has none now"),
    }
    text.push(match released.key {
        Some(_) => "\n  keep it:               #[table(key = ",
        None => "\n  keep the rows' ids:    #[table(..)] without `key`",
    });
    if let Some(key) = released.key {
        text.push(key);
        text.push(")]");
    }
    if let Some(key) = now.key {
        text.push("\n  or add another table:  #[table(key = ");
        text.push(key);
        text.push(", name = \"");
        text.push(released.name);
        text.push("_by_");
        text.push(key);
        text.push("\")] on a struct beside it");
    }
}

const fn write_lens_gone(
    text: &mut Text<'_>,
    released: &TableDef,
    now: &ColumnDef,
    before: Replaces,
) {
    write_column(text, released, now.name);
    text.push(" was released as one that replaces ");
    write_list(text, before.columns, "`", " and ");
    text.push(", and replaces nothing now\n  keep it:               #[table(");
    write_lens(text, before, before.revision);
    text.push(")]");
}

const fn write_lens_changed(
    text: &mut Text<'_>,
    released: &TableDef,
    now: &ColumnDef,
    (before, replaces): (Replaces, Replaces),
) {
    write_column(text, released, now.name);
    text.push(" was released as one that replaces ");
    write_replaced(text, before);
    text.push(", and replaces ");
    write_replaced(text, replaces);
    text.push(" now, as the same revision\n  raise it:              #[table(");
    write_lens(text, replaces, before.revision.saturating_add(1));
    text.push(")]\n  or keep what it was:   #[table(");
    write_lens(text, before, before.revision);
    text.push(")]");
}

const fn write_replaced(text: &mut Text<'_>, replaces: Replaces) {
    write_list(text, replaces.columns, "`", " and ");
    text.push(if replaces.by_key { " by key" } else { "" });
}

const fn write_lens_wider(
    text: &mut Text<'_>,
    released: &TableDef,
    now: &ColumnDef,
    replaces: Replaces,
) {
    write_column(text, released, now.name);
    text.push(" is wider than it was released, and shows what it replaces as the same revision\n  raise it:              #[table(");
    write_lens(text, replaces, replaces.revision.saturating_add(1));
    text.push(")]");
}

const fn write_lens_older(
    text: &mut Text<'_>,
    released: &TableDef,
    now: &ColumnDef,
    (before, replaces): (Replaces, Replaces),
) {
    write_column(text, released, now.name);
    text.push(" was released with revision ");
    text.push_number(before.revision as u64);
    text.push(" of what it replaces, and has revision ");
    text.push_number(replaces.revision as u64);
    text.push(" now\n  keep it:               #[table(");
    write_lens(text, before, before.revision);
    text.push(")]\n  or correct it:         #[table(");
    write_lens(text, replaces, before.revision.saturating_add(1));
    text.push(")]");
}

const fn write_retired_unreleased(text: &mut Text<'_>, now: &TableDef, column: &ColumnDef) {
    write_column(text, now, column.name);
    text.push(" is retired, and was never released: `ara.lock` does not list it");
    text.push("\n  remove the field:      no released version of the app has the column");
    text.push("\n  or, if one has:        `cargo ara lock` records it without `retired`");
}

const fn write_column_gone(
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
        text.push(if count > 0 {
            "\n  else keep it:          "
        } else {
            "\n  keep it:               "
        });
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
    !table.local && !is_key(table, column.name) && !matches!(column.ty, Type::Counter)
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
const fn write_retire_for(
    text: &mut Text<'_>,
    released: &TableDef,
    (column, now): (&ColumnDef, &ColumnDef),
    ending: &str,
) {
    if can_have_lens(released, column) && !matches!(now.ty, Type::Counter) {
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
    column.replaces.is_none() && !column.retired && !matches!(column.ty, Type::Counter)
}

const fn write_type_changed(
    text: &mut Text<'_>,
    released: &TableDef,
    column: &ColumnDef,
    now: &ColumnDef,
) {
    write_column(text, released, column.name);
    text.push(" was released as ");
    write_type(text, column.ty);
    text.push(", and is ");
    write_type(text, now.ty);
    text.push(" now\n  keep it:               ");
    write_field(text, column, now.required);
    if let Type::Id(table) = column.ty {
        // The struct may be the same one as before, under another stored name.
        text.push("\n  on that struct:        #[table(name = \"");
        text.push(table);
        text.push("\")]");
    }
    write_enum(text, column);
    text.push("\n  and add beside it:     ");
    let ending = match now.ty {
        Type::Id(table) => table,
        _ => now.ty.word(),
    };
    write_field_beside(text, now, ending);
    write_retire_for(text, released, (column, now), ending);
}

const fn write_narrower(
    text: &mut Text<'_>,
    released: &TableDef,
    column: &ColumnDef,
    now: &ColumnDef,
) {
    write_column(text, released, column.name);
    text.push(" was released as ");
    write_range(text, column);
    text.push(" and may only get wider: it is ");
    write_range(text, now);
    text.push(" now\n  keep it:               ");
    write_field(text, column, now.required);
    text.push("\n  and add beside it:     ");
    write_field_beside(text, now, "new");
    write_retire_for(text, released, (column, now), "new");
}

const fn write_variant_gone(
    text: &mut Text<'_>,
    released: &TableDef,
    now: &ColumnDef,
    variant: &str,
    (before, variants): (&[&'static str], &[&'static str]),
) {
    text.push("variant `");
    text.push(variant);
    text.push("` of ");
    write_column(text, released, now.name);
    text.push(" was released, and is gone");
    let mut at = 0;
    let mut count = 0;
    while at < variants.len() && count <= MOST_CANDIDATES {
        if !contains(before, variants[at]) {
            write_candidate(text, variants[at], count);
            count += 1;
        }
        at += 1;
    }
    if count > 0 {
        text.push("?\n  then, on that variant: #[value(name = ");
        text.push_json(variant);
        text.push(")]");
    }
    write_keep(text, count);
    text.push("#[deprecated] ");
    write_variant(text, variant);
}

const fn write_table_gone(
    text: &mut Text<'_>,
    schema: &str,
    table: &'static TableDef,
    released: &'static [TableDef],
    now: &[&'static TableDef],
) {
    text.push("table `");
    text.push(table.name);
    text.push("` was released, and schema `");
    text.push(schema);
    text.push("` does not name it");
    let mut at = 0;
    let mut count = 0;
    while at < now.len() && count <= MOST_CANDIDATES {
        if find_table(released, now[at].name).is_none() && takes_over(now[at], table) {
            write_candidate(text, now[at].name, count);
            count += 1;
        }
        at += 1;
    }
    if count > 0 {
        text.push("?\n  then, on that struct:  #[table(name = \"");
        text.push(table.name);
        text.push("\")]\n  else name its struct:  ");
    } else {
        text.push("\n  name its struct:       ");
    }
    text.push(schema);
    text.push(": .., ");
    text.push_pascal(table.name);
    text.push("\n  or keep it, unused:    ");
    write_struct(text, table);
    let mut at = 0;
    while at < table.columns.len() {
        write_enum(text, &table.columns[at]);
        at += 1;
    }
}

/// Asks whether something was renamed to `name`. Of many such names, only the first few are written;
/// `before` is the number of those already written.
const fn write_candidate(text: &mut Text<'_>, name: &str, before: usize) {
    if before == MOST_CANDIDATES {
        text.push(" or another");
        return;
    }
    text.push(if before == 0 { ". Was it renamed to `" } else { " or `" });
    text.push(name);
    text.push("`");
}

/// The largest number of new names that are written for one thing that is gone.
const MOST_CANDIDATES: usize = 5;

const fn write_keep(text: &mut Text<'_>, candidates: usize) {
    text.push(if candidates > 0 {
        "\n  else keep it, unused:  "
    } else {
        "\n  keep it, unused:       "
    });
}

const fn write_column(text: &mut Text<'_>, table: &TableDef, column: &str) {
    text.push("column `");
    text.push(table.name);
    text.push(".");
    text.push(column);
    text.push("`");
}

/// Returns how many columns may be `gone` under a new name, and the position of the first of them.
const fn new_names(
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

/// Returns whether a table has every column that was released of another.
const fn takes_over(come: &'static TableDef, gone: &'static TableDef) -> bool {
    !gone.columns.is_empty() && Violations::new(gone, come).next().is_none()
}
