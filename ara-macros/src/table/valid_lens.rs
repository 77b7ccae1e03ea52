//! The rules of columns that replace others.

use crate::input::faults::Faults;
use crate::input::names::plain;
use crate::input::suggest::Suggestion;
use crate::table::ast::{Column, Table};
use crate::table::lens::{Lens, Write};

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
                true => "this one is optional: drop the `Option`, or `missing`",
                false => {
                    "this one shows what it replaces: drop `missing`, or let `read` give the value"
                }
            };
            faults.on(
                missing,
                format_args!(
                    "`missing` is the value of rows that lack a required column, and {why}"
                ),
            );
        }
        if let Some(lens) = &column.args.replaces {
            replaced(table, (column, lens), faults);
            functions(table, (column, lens), faults);
        }
    }
    cycles(table, faults);
    key(table, faults);
    indexes(table, faults);
}

fn retired(column: &Column<'_>, faults: &mut Faults) {
    let field = column.ident;
    if !column.is_optional {
        faults.on(field, format_args!("nothing sets a retired column: make `{field}` an `Option`"));
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
                "`{field}` is retired, so the app neither reads nor sets it: take `{argument}` away, or move \
                 it to the column that replaces `{field}`"
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
            "a local table is never synced, so nobody else writes the old column: copy its values with an \
             update, and make it `retired`",
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
        } else if !replaced.is_retired() {
            let also = if replaced.args.replaces.is_some() { ", replaces(..)" } else { "" };
            let ty = &replaced.ty;
            faults.on(
                old,
                format_args!(
                    "`{old}` is replaced by `{field}`, so nothing else may set it: make it \
                     `#[table(retired{also})] {old}: Option<{}>`",
                    ty.to_string().replace(' ', ""),
                ),
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
                "`by_key` reads and writes by itself: keep it, or `read` and `write`",
            );
        }
        if lens.columns.len() > 1 {
            faults.at(lens.span, "`by_key` replaces one column: the text that names the row");
        }
        return;
    }
    if lens.read.is_some() && lens.read_with.is_some() {
        faults.at(
            lens.span,
            "`read` and `read_with` are both given: keep `read`, of the old value alone, or `read_with`, which \
             also takes what the new column was last set to",
        );
    } else if lens.reads().is_none() {
        faults.at(
            lens.span,
            format_args!(
                "`replaces` lacks the function that makes `{field}` of the old value: `read = ..`; or \
                 `by_key`, where a text became a reference"
            ),
        );
    }
    if lens.columns.len() > 1 && lens.write.is_none() {
        faults.at(
            lens.span,
            format_args!(
                "apps that know only {} would not see what is written into `{field}`: give the function \
                 that makes all of them of it, `write = ..`",
                listed(&lens.columns.iter().map(plain).collect::<Vec<_>>()),
            ),
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
                    "`write` takes the fields that replace {}, and `{written}` is none of them",
                    listed(&lens.columns.iter().map(plain).collect::<Vec<_>>()),
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
        let writes: Vec<_> =
            parts.iter().filter_map(|part| part.args.replaces.as_ref()?.write.as_ref()).collect();
        let joins = |write: &Write| {
            write.columns.as_ref().is_some_and(|written| {
                fields.iter().all(|field| written.iter().any(|it| plain(it) == *field))
            })
        };
        if !matches!(&writes[..], [write] if joins(write)) {
            faults.at(
                lens.span,
                format_args!(
                    "`{old}` is replaced by {}, so one `write` of one of them, and no other, joins them \
                     again: `write = join({})`",
                    listed(&fields),
                    fields.join(", "),
                ),
            );
            // One fault for these columns is enough.
            return;
        }
    }
}

/// Returns names as a list in words.
fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
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
                        format_args!(
                            "`{}` replaces itself, by way of other columns: a column replaces what is older \
                             than itself",
                            column.ident
                        ),
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
        None => {
            let known: Vec<String> =
                table.columns.iter().map(|column| plain(column.ident)).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let given = plain(key);
            let suggestion = Suggestion { known: &known, synonyms: &[], given: &given };
            faults.on(key, format_args!("no field `{given}` to be the key: {suggestion}"));
        }
        Some((_, column)) if column.args.replaces.is_some() => faults.on(
            key,
            format_args!("a key never changes, so `{key}` cannot replace other columns"),
        ),
        Some((_, column)) if column.is_optional || column.is_retired() => faults.on(
            key,
            format_args!("each row's id is made from its key: `{key}` must be a required column"),
        ),
        Some((_, column)) if column.args.default.is_some() => faults.on(
            key,
            format_args!(
                "rows of one key are one row, so `{key}` cannot have a default, which would be the key of all"
            ),
        ),
        Some(_) => {}
    }
}

/// Checks that no index of the table has a retired column.
fn indexes(table: &Table<'_>, faults: &mut Faults) {
    for field in table.args.indexes.iter().flatten() {
        if table.column(field).is_some_and(|(_, column)| column.is_retired()) {
            faults.on(
                field,
                format_args!(
                    "`{field}` is retired, so the app does not read it: index the column that replaces it"
                ),
            );
        }
    }
}
