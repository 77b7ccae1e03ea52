//! The rules that a table must keep. What breaks one is a fault, with a message for the user.

use std::collections::HashSet;

use ara_schema::{NameFault, check_column_name, check_table_name};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Data, DeriveInput, Fields};

use super::ast::{Column, Table};
use super::valid_lens::lenses;
use crate::input::faults::Faults;
use crate::input::names::plain;
use crate::input::suggest::Suggestion;

/// The fields that every row has, though no struct declares them.
pub const ROW_FIELDS: [&str; 2] = ["created_at", "updated_at"];

/// The traits that every row derives.
pub const ROW_DERIVES: [&str; 3] = ["Debug", "Clone", "PartialEq"];

/// Checks that the item is a struct with named fields and without generics.
pub fn shape(input: &DeriveInput, faults: &mut Faults) {
    let kind = match &input.data {
        Data::Struct(data) => match data.fields {
            Fields::Named(_) => None,
            Fields::Unnamed(_) => Some("tuple struct"),
            Fields::Unit => Some("struct without fields"),
        },
        Data::Enum(_) => Some("enum"),
        Data::Union(_) => Some("union"),
    };
    if let Some(kind) = kind {
        faults.on(
            &input.ident,
            format_args!(
                "a table is a struct with named fields, and `{}` is {} {kind}",
                input.ident,
                if kind == "enum" { "an" } else { "a" },
            ),
        );
    }
    if !input.generics.params.is_empty() {
        faults.on(
            &input.generics,
            "a table cannot be generic: its columns must have one type in every version of the app",
        );
    }
}

/// Checks all other rules.
pub fn table(table: &Table<'_>, faults: &mut Faults) {
    table_name(table, faults);
    id(table, faults);
    for column in &table.columns {
        column_name(column, faults);
        if column.is_optional_twice {
            faults.on(
                &column.ty,
                "an `Option` within an `Option` cannot be stored: a column has a value or has none",
            );
        }
    }
    same_column(table, faults);
    indexes(table, faults);
    derives(table, faults);
    lenses(table, faults);
}

fn table_name(table: &Table<'_>, faults: &mut Faults) {
    let name = &table.name;
    if let Err(fault) = check_table_name(&name.text)
        && !(fault == NameFault::AraPrefix && table.args.ara.is_some())
    {
        let mend = if name.is_given { "" } else { "; name it with `#[table(name = \"..\")]`" };
        let name = &name.text;
        faults.at(
            table.name.span,
            format_args!("`{name}` cannot be the stored name of a table: {fault}{mend}"),
        );
    }
}

fn id(table: &Table<'_>, faults: &mut Faults) {
    let ident = table.ident;
    let Some(id) = &table.id else {
        // An item without named fields is refused as a whole.
        if table.has_named_fields {
            faults.on(ident, format_args!("a table needs a field `id: Id<{ident}>`"));
        }
        return;
    };
    if let Some(argument) = &id.args.first {
        faults.on(argument, "`id` takes no arguments: ara names and indexes it");
    }
}

fn column_name(column: &Column<'_>, faults: &mut Faults) {
    let field = plain(column.ident);
    if ROW_FIELDS.contains(&field.as_str()) {
        faults.on(
            column.ident,
            format_args!("every row has `{field}` already: remove the field, or rename it"),
        );
        return;
    }
    let name = &column.name;
    let Err(fault) = check_column_name(&name.text) else { return };
    let mend = match fault {
        _ if name.is_given => "",
        NameFault::SystemColumn => "; rename the field",
        _ => "; name it with `#[table(column = \"..\")]`",
    };
    let text = &name.text;
    faults.at(
        name.span,
        format_args!("`{text}` cannot be the stored name of a column: {fault}{mend}"),
    );
}

fn same_column(table: &Table<'_>, faults: &mut Faults) {
    let mut known: Vec<&Column<'_>> = Vec::new();
    for column in &table.columns {
        match known.iter().find(|first| first.name.text == column.name.text) {
            Some(first) => faults.at(
                column.name.span,
                format_args!(
                    "the column `{}` is stored by the field `{}` already",
                    column.name.text, first.ident
                ),
            ),
            None => known.push(column),
        }
    }
}

fn indexes(table: &Table<'_>, faults: &mut Faults) {
    let fields: Vec<String> = table.columns.iter().map(|column| plain(column.ident)).collect();
    let known: Vec<&str> = fields.iter().map(String::as_str).collect();
    let indexed = table.columns.iter().filter(|column| column.args.index.is_some());
    let mut seen: HashSet<Vec<String>> = indexed.map(|column| vec![plain(column.ident)]).collect();
    for index in &table.args.indexes {
        let mut of_index = HashSet::new();
        for field in index {
            let given = plain(field);
            if !known.contains(&given.as_str()) {
                let suggestion = Suggestion { known: &known, synonyms: &[], given: &given };
                faults.on(field, format_args!("no field `{given}` to index: {suggestion}"));
            } else if !of_index.insert(given) {
                faults.on(field, format_args!("`{field}` is in this index twice"));
            }
        }
        if !seen.insert(index.iter().map(plain).collect()) {
            let fields = index.iter().map(ToTokens::to_token_stream).collect::<TokenStream>();
            faults.on(fields, "this index is declared twice");
        }
    }
}

fn derives(table: &Table<'_>, faults: &mut Faults) {
    for path in &table.args.derives {
        let derived = ROW_DERIVES.iter().find(|known| path.is_ident(known));
        if let Some(derived) = derived {
            faults.on(path, format_args!("the row derives `{derived}` already"));
        }
    }
}
