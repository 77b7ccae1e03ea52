//! Tables that are gone, or whose attributes have changed.

use crate::lookup::find_table;
use crate::refusal::code::{write_enum, write_struct};
use crate::refusal::offers::{MOST_CANDIDATES, write_candidate};
use crate::table::TableDef;
use crate::text::Text;
use crate::violation::Violations;

pub(super) const fn write_local(text: &mut Text<'_>, released: &TableDef) {
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

pub(super) const fn write_key_changed(text: &mut Text<'_>, released: &TableDef, now: &TableDef) {
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

pub(super) const fn write_table_gone(
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

/// Returns whether a table has every column that was released of another.
const fn takes_over(come: &'static TableDef, gone: &'static TableDef) -> bool {
    !gone.columns.is_empty() && Violations::new(gone, come).next().is_none()
}
