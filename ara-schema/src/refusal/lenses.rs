//! Columns that replace others, and those that are retired.

use crate::refusal::code::{write_lens, write_list};
use crate::refusal::offers::write_column;
use crate::table::{ColumnDef, Replaces, TableDef};
use crate::text::Text;

pub(super) const fn write_lens_gone(
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

pub(super) const fn write_lens_changed(
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

pub(super) const fn write_lens_wider(
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

pub(super) const fn write_lens_older(
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

pub(super) const fn write_retired_unreleased(
    text: &mut Text<'_>,
    now: &TableDef,
    column: &ColumnDef,
) {
    write_column(text, now, column.name);
    text.push(" is retired, and was never released: `ara.lock` does not list it");
    text.push("\n  remove the field:      no released version of the app has the column");
    text.push("\n  or, if one has:        `cargo ara lock` records it without `retired`");
}
