//! The messages of the compiler about released things that are gone or have changed.

mod code;
#[cfg(test)]
mod tests;

use code::{
    write_enum, write_field, write_field_beside, write_range, write_struct, write_type,
    write_variant,
};

use crate::lookup::{contains, find_column, find_table, names_table, position};
use crate::table::{ColumnDef, TableDef};
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
        Some(Violation::Local) => Some(Place::Struct),
        Some(Violation::ColumnGone { column }) => match new_names(released, now, column) {
            (1, at) => Some(Place::Field(at)),
            _ => Some(Place::Struct),
        },
        Some(
            Violation::TypeChanged { now: column, .. }
            | Violation::Narrower { now: column, .. }
            | Violation::VariantGone { now: column, .. },
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
    while !text.is_full()
        && let Some(violation) = violations.next()
    {
        if count > 0 {
            text.push("\n\n");
        }
        count += 1;
        match violation {
            Violation::Local => write_local(text, released),
            Violation::ColumnGone { column } => write_column_gone(text, released, now, column),
            Violation::TypeChanged { column, now } => {
                write_type_changed(text, released, column, now)
            }
            Violation::Narrower { column, now } => write_narrower(text, released, column, now),
            Violation::VariantGone { now, variant, released: before, variants } => {
                write_variant_gone(text, released, now, variant, (before, variants));
            }
        }
    }
    write_why(text);
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
    write_keep(text, count);
    text.push("#[deprecated] ");
    write_field(text, column, false);
    write_enum(text, column);
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
    write_field_beside(
        text,
        now,
        match now.ty {
            Type::Id(table) => table,
            _ => now.ty.word(),
        },
    );
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
