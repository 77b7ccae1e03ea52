//! What `#[derive(Table)]` generates.

mod columns;
mod draft;
mod lens;
mod names;
mod patch;
mod released;
mod row;
mod setter;
mod table;

use proc_macro2::TokenStream;
use quote::quote;

use super::ast::Table;

/// Generates everything that stands beside the struct.
///
/// The row, the draft and the patch are items like the struct. All else is in a block of its own, where
/// its names cannot collide with the user's.
pub fn expand(table: &Table<'_>) -> TokenStream {
    let row = row::item(table);
    let draft = draft::item(table);
    let patch = patch::item(table);

    let markers = columns::markers(table);
    let (outside, inside) =
        if table.args.columns.is_some() { (Some(markers), None) } else { (None, Some(markers)) };

    let columns = columns::impls(table);
    let row_impls = row::impls(table);
    let table_impls = table::impls(table);
    let draft_impls = draft::impls(table);
    let patch_impls = patch::impls(table);
    let released = released::check(table);
    quote! {
        #row
        #draft
        #patch
        #outside
        #[allow(
            dead_code,
            deprecated,
            non_camel_case_types,
            non_snake_case,
            non_upper_case_globals
        )]
        const _: () = {
            use ::ara::__private as _ara;
            #inside
            #columns
            #row_impls
            #table_impls
            #draft_impls
            #patch_impls
            #released
        };
    }
}
