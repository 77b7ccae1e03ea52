//! The rules of columns that replace others.

use crate::input::faults::Faults;
use crate::input::names::plain;
use crate::input::suggest::Suggestion;
use crate::table::ast::{Column, Table};
use crate::table::lens::Lens;

/// Checks the columns that replace others, those that are replaced, and the key of the table.
pub fn lenses(table: &Table<'_>, faults: &mut Faults) {
    for column in &table.columns {
        if column.is_retired() {
            retired(column, faults);
        }
        if let Some(missing) = &column.args.missing
            && (column.is_optional || column.args.replaces.is_some())
        {
            let why = match column.is_optional {
                true => "an optional column may have no value: drop the `Option`, or `missing`",
                false => "a column that replaces others shows what these hold: drop `missing`",
            };
            faults.on(missing, format_args!("`missing` is for required columns: {why}"));
        }
        if let Some(lens) = &column.args.replaces {
            replaced(table, (column, lens), faults);
            functions(table, (column, lens), faults);
        }
    }
    cycles(table, faults);
    key(table, faults);
}

fn retired(column: &Column<'_>, faults: &mut Faults) {
    let field = column.ident;
    if !column.is_optional {
        faults.on(
            field,
            format_args!("a retired column has no value in new rows: make `{field}` an `Option`"),
        );
    }
    let arguments = [
        ("index", column.args.index.is_some()),
        ("search", column.args.search.is_some()),
        ("default", column.args.default.is_some()),
    ];
    for (argument, _) in arguments.into_iter().filter(|(_, is_given)| *is_given) {
        faults.on(
            field,
            format_args!(
                "the app does not read `{field}` any more, as it is retired: move `{argument}` to the \
                 column that replaces it"
            ),
        );
    }
}

/// Checks the fields that a column replaces.
fn replaced(table: &Table<'_>, (column, lens): (&Column<'_>, &Lens), faults: &mut Faults) {
    let field = column.ident;
    if table.args.local.is_some() {
        faults.at(
            lens.span,
            "no other version of the app reads a local table on another device: copy the values with \
             an update, and keep the old column as `retired`",
        );
    }
    for (at, old) in lens.columns.iter().enumerate() {
        let Some((_, replaced)) = table.column(old) else {
            let known: Vec<String> =
                table.columns.iter().map(|column| plain(column.ident)).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let given = plain(old);
            let suggestion = Suggestion { known: &known, synonyms: &[], given: &given };
            faults.on(old, format_args!("no field `{given}` to replace: {suggestion}"));
            continue;
        };
        if replaced.ident == column.ident {
            faults.on(old, format_args!("`{field}` cannot replace itself"));
        } else if !replaced.is_retired() && replaced.args.replaces.is_none() {
            faults.on(
                old,
                format_args!(
                    "`{old}` is replaced by `{field}`, so it must be retired: \
                     `#[table(retired)] {old}: Option<..>`"
                ),
            );
        } else if !replaced.is_retired() {
            faults.on(
                old,
                format_args!("`{old}` is replaced by `{field}`, so it must be retired, too"),
            );
        }
        if lens.columns.iter().take(at).any(|other| plain(other) == plain(old)) {
            faults.on(old, format_args!("`{old}` is named twice"));
        }
    }
}

/// Checks which functions a lens has.
fn functions(table: &Table<'_>, (column, lens): (&Column<'_>, &Lens), faults: &mut Faults) {
    let field = column.ident;
    if lens.by_key.is_some() {
        if lens.reads().is_some() || lens.write.is_some() {
            faults.at(
                lens.span,
                "`by_key` reads and writes by itself: give it, or `read` and `write`",
            );
        }
        if lens.columns.len() > 1 {
            faults.at(lens.span, "`by_key` replaces one column: the text that names the row");
        }
        return;
    }
    if lens.read.is_some() && lens.read_with.is_some() {
        faults.at(lens.span, "`read` and `read_with` are given: one of them tells how to read");
    } else if lens.reads().is_none() {
        faults.at(
            lens.span,
            format_args!(
                "`replaces` needs to know how `{field}` is read from what it replaces: \
                 `read = function`"
            ),
        );
    }
    if lens.columns.len() > 1 && lens.write.is_none() {
        faults.at(
            lens.span,
            "a column that replaces several ones needs `write`, which gives each of them its value: \
             apps that know only those would not see what is written",
        );
    }
    for written in lens.write.iter().flat_map(|write| write.columns.iter().flatten()) {
        let replaces_the_same = |(_, other): (usize, &Column<'_>)| {
            other.args.replaces.as_ref().is_some_and(|other| {
                other.columns.iter().map(plain).eq(lens.columns.iter().map(plain))
            })
        };
        if !table.column(written).is_some_and(replaces_the_same) {
            faults.on(
                written,
                format_args!(
                    "`write` takes the fields that replace `{}`, and `{written}` is none of them",
                    lens.columns.first().map(plain).unwrap_or_default(),
                ),
            );
        }
    }
    split(table, (column, lens), faults);
}

/// Checks that what several columns replace is written by one of them, from all of them.
fn split(table: &Table<'_>, (column, lens): (&Column<'_>, &Lens), faults: &mut Faults) {
    for old in &lens.columns {
        let replaces_it = |lens: &Lens| lens.columns.iter().any(|other| plain(other) == plain(old));
        let parts: Vec<&Column<'_>> = table
            .columns
            .iter()
            .filter(|part| part.args.replaces.as_ref().is_some_and(replaces_it))
            .collect();
        // The first of them is told.
        if parts.len() < 2 || parts.first().is_none_or(|first| first.ident != column.ident) {
            continue;
        }
        let fields: Vec<String> = parts.iter().map(|part| plain(part.ident)).collect();
        let joins = parts.iter().filter(|part| {
            let write = part.args.replaces.as_ref().and_then(|lens| lens.write.as_ref());
            let written = write.and_then(|write| write.columns.as_ref());
            written.is_some_and(|written| {
                fields.iter().all(|field| written.iter().any(|it| plain(it) == *field))
            })
        });
        if joins.count() != 1 {
            faults.at(
                lens.span,
                format_args!(
                    "`{old}` is replaced by {}, so one of them joins them again: \
                     `write = function({})`",
                    fields
                        .iter()
                        .map(|field| format!("`{field}`"))
                        .collect::<Vec<_>>()
                        .join(" and "),
                    fields.join(", "),
                ),
            );
        }
    }
}

fn cycles(table: &Table<'_>, faults: &mut Faults) {
    for column in &table.columns {
        let mut reached: Vec<usize> = Vec::new();
        let mut next: Vec<&Column<'_>> = vec![column];
        while let Some(from) = next.pop() {
            for old in from.args.replaces.iter().flat_map(|lens| &lens.columns) {
                let Some((at, old)) = table.column(old) else { continue };
                if old.ident == column.ident && from.ident != column.ident {
                    faults.on(
                        column.ident,
                        format_args!("`{}` replaces itself, by way of other columns", column.ident),
                    );
                    return;
                }
                if !reached.contains(&at) {
                    reached.push(at);
                    next.push(old);
                }
            }
        }
    }
}

fn key(table: &Table<'_>, faults: &mut Faults) {
    let Some(key) = &table.args.key else { return };
    match table.column(key) {
        None => faults.on(key, format_args!("no field `{key}` to make the rows' ids from")),
        Some((_, column)) if column.is_optional || column.is_retired() => faults.on(
            key,
            format_args!("each row's id is made from its key: `{key}` must be a required column"),
        ),
        Some(_) => {}
    }
}
