//! Holding the schema against what was released.

use ara_schema::{
    ColumnSnapshot, Range, ReplacesSnapshot, TableSnapshot, TypeSnapshot, shown_column,
};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

use super::foreign::refuse_foreign;
use crate::schema::ast::Schema;
use crate::schema::lock::Released;

/// Generates the check that no released table is missing here, and turns on the checks that the derive
/// has generated for each table.
pub fn expand(Schema { ident, tables, .. }: &Schema, released: &Released) -> TokenStream {
    let name = ident.to_string();
    let watch = watch(released);
    let definitions = released.schema.tables.iter().map(definition);
    let is_whole = quote_spanned! {ident.span()=>
        #[allow(long_running_const_eval)]
        const _: () = if ::ara::__private::lacks_a_table(RELEASED, TABLES) {
            ::ara::__private::refuse_lacking(#name, RELEASED, TABLES)
        };
    };
    let of_tables = tables.iter().enumerate().map(|(at, table)| turn_on(at, table));
    quote! {
        #watch
        const RELEASED: &[_ara::TableDef] = &[#(#definitions),*];
        #is_whole
        #(#of_tables)*
    }
}

/// Makes Cargo compile the package again when the lock changes.
fn watch(released: &Released) -> Option<TokenStream> {
    let path = released.path.to_str()?;
    Some(quote!(
        const _: &[u8] = ::core::include_bytes!(#path);
    ))
}

/// Turns on the check of the table at this position. A struct in two schemas gets the constant twice,
/// and the compiler's error then shows its name.
fn turn_on(at: usize, table: &Path) -> TokenStream {
    let refuse_foreign = refuse_foreign(table);
    quote_spanned! {table.span()=>
        const _: () = #refuse_foreign;
        impl #table {
            #[doc(hidden)]
            #[allow(dead_code, long_running_const_eval)]
            pub(crate) const __A_TABLE_BELONGS_TO_ONE_SCHEMA:
                ::ara::__private::Option<&'static ::ara::__private::TableDef> =
                ::ara::__private::released_of(RELEASED, TABLES[#at].name);
        }
    }
}

/// Generates the definition of a table as it was released.
fn definition(table: &TableSnapshot) -> TokenStream {
    let TableSnapshot { name, local, columns, key, .. } = table;
    let columns = columns.iter().map(|ColumnSnapshot { name, ty, range, replaces, .. }| {
        let (ty, range) = (stored_type(ty), recorded(*range));
        // What most columns have not is left out, as an app may have thousands of them.
        let replaces = replaces.as_ref().map(|lens| {
            let lens = replaced(name, lens);
            quote!(replaces: #lens,)
        });
        quote! {
            _ara::ColumnDef {
                name: #name,
                ty: _ara::Type::#ty,
                range: #range,
                #replaces
                .._ara::ColumnDef::EMPTY
            }
        }
    });
    let key = key.as_ref().map(|key| quote!(key: _ara::Some(#key),));
    quote! {
        _ara::TableDef {
            name: #name,
            local: #local,
            columns: &[#(#columns),*],
            #key
            .._ara::TableDef::EMPTY
        }
    }
}

fn replaced(column: &str, lens: &ReplacesSnapshot) -> TokenStream {
    let ReplacesSnapshot { columns, revision, by_key } = lens;
    let shown = shown_column(column, *revision);
    quote! {
        _ara::Some(_ara::Replaces {
            columns: &[#(#columns),*],
            shown: #shown,
            revision: #revision,
            by_key: #by_key,
        })
    }
}

fn recorded(range: Option<Range>) -> TokenStream {
    match range {
        Some(Range { min, max }) => quote!(_ara::Some(_ara::Range::new(#min, #max))),
        None => quote!(_ara::None),
    }
}

fn stored_type(ty: &TypeSnapshot) -> TokenStream {
    match ty {
        TypeSnapshot::Id(table) => quote!(Id(#table)),
        TypeSnapshot::Enum(variants) => quote!(Enum(&[#(#variants),*])),
        TypeSnapshot::Versioned(versions) => quote!(Versioned(&[#(#versions),*])),
        // The variants without names in them are called the same in `Type` and in `TypeSnapshot`.
        plain => {
            let variant = format_ident!("{plain:?}");
            quote!(#variant)
        }
    }
}
