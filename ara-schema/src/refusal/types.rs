//! Columns whose types have changed.

use crate::lookup::contains;
use crate::refusal::code::{
    variant, version, write_enum, write_field, write_field_beside, write_range, write_type,
    write_variant, write_version,
};
use crate::refusal::column_gone::write_retire_for;
use crate::refusal::offers::{
    MOST_CANDIDATES, write_candidate, write_column, write_keep, write_keep_it,
};
use crate::table::{ColumnDef, TableDef};
use crate::text::{Text, same};
use crate::ty::Type;

pub(super) const fn write_type_changed(
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

pub(super) const fn write_narrower(
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

pub(super) const fn write_variant_gone(
    text: &mut Text<'_>,
    released: &TableDef,
    now: &ColumnDef,
    gone: &'static str,
    (before, variants): (&[&'static str], &[&'static str]),
) {
    if let Type::Versioned(_) = now.ty {
        return write_version_gone(text, released, now, (gone, before, variants));
    }
    let (stored, had_data) = variant(gone);
    text.push("variant `");
    text.push(stored);
    text.push("` of ");
    write_column(text, released, now.name);
    if names_variant(variants, stored) {
        text.push(if had_data {
            " was released with data, and has none now"
        } else {
            " was released without data, and has some now"
        });
        write_keep_it(text, false);
        write_variant(text, gone);
        text.push("\n  and add beside it:     a variant with another name");
        return;
    }
    text.push(" was released, and is gone");
    let mut at = 0;
    let mut count = 0;
    while at < variants.len() && count <= MOST_CANDIDATES {
        let (name, has_data) = variant(variants[at]);
        if has_data == had_data && !names_variant(before, name) {
            write_candidate(text, name, count);
            count += 1;
        }
        at += 1;
    }
    if count > 0 {
        text.push("?\n  then, on that variant: #[value(name = ");
        text.push_json(stored);
        text.push(")]");
    }
    write_keep(text, count);
    text.push("#[deprecated] ");
    write_variant(text, gone);
}

/// Returns whether a variant of this stored name is listed, with data or without.
const fn names_variant(listed: &[&str], stored: &str) -> bool {
    let mut at = 0;
    while at < listed.len() {
        if same(variant(listed[at]).0, stored) {
            return true;
        }
        at += 1;
    }
    false
}

/// Writes which version of a document is gone, or has another number now.
const fn write_version_gone(
    text: &mut Text<'_>,
    released: &TableDef,
    now: &ColumnDef,
    (gone, before, versions): (&'static str, &[&'static str], &[&'static str]),
) {
    let (number, name) = version(gone);
    text.push("version ");
    text.push(number);
    text.push(" of the document in ");
    write_column(text, released, now.name);
    text.push(" was released as `");
    text.push(name);
    let mut taken = None;
    let mut moved = None;
    let mut at = 0;
    while at < versions.len() {
        let (other, new) = version(versions[at]);
        if same(other, number) && !contains(before, versions[at]) {
            taken = Some(new);
        }
        if same(new, name) {
            moved = Some(other);
        }
        at += 1;
    }
    match (moved, taken) {
        (Some(moved), _) => {
            text.push("`, and is version ");
            text.push(moved);
            text.push(" now");
            text.push("\n  keep the order:        new versions come last");
        }
        (None, taken) => {
            text.push("`, and is gone");
            if let Some(taken) = taken {
                write_candidate(text, taken, 0);
                text.push("?\n  then, on that variant: #[value(name = ");
                text.push_json(name);
                text.push(")]");
            }
            write_keep_it(text, taken.is_some());
            write_version(text, name);
            text.push(" as variant ");
            text.push(number);
        }
    }
}
