//! What the struct itself implements.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::ast::{Column, Table};
use crate::names::plain;

pub fn impls(table: &Table<'_>) -> TokenStream {
    let Table { ident, name, .. } = table;
    let (row, draft, patch) = (table.row(), table.draft(), table.patch());
    let is_local = table.args.local.is_some();
    let columns = table.columns.iter().map(|Column { name, ty, is_optional, .. }| {
        let required = !is_optional;
        quote! {
            ::ara::__private::ColumnDef {
                name: #name,
                ty: <#ty as ::ara::__private::Value>::TYPE,
                required: #required,
            }
        }
    });
    let readable = table
        .columns
        .iter()
        .map(|Column { ty, .. }| quote!(<#ty as ::ara::__private::Value>::readable));
    let indexes = indexes(table);
    let defaults = table.positions().filter_map(|(at, column)| {
        let (default, set) = (column.args.default.as_ref()?, column.set_method_of_type());
        Some(quote!(.#set(#at, #default)))
    });
    let record_and_create = record_and_create(table);
    quote! {
        #[automatically_derived]
        impl ::ara::__private::Table for #ident {
            const NAME: &'static str = #name;
            const TABLE: &'static ::ara::__private::TableDef = &::ara::__private::TableDef {
                name: #name,
                local: #is_local,
                columns: &[#(#columns,)*],
                indexes: &[#(#indexes,)*],
            };
            const READABLE: &'static [fn() -> ::ara::__private::Readable] = &[#(#readable,)*];
            type Row = #row;
            type Draft = #draft;
            type Patch = #patch;
            fn draft() -> #draft {
                #draft {
                    cells: ::ara::__private::Cells::new() #(#defaults)*,
                    set: ::core::marker::PhantomData,
                }
            }
            fn patch(__id: ::ara::__private::Id<Self>) -> #patch {
                #patch { cells: ::ara::__private::Cells::of(__id) }
            }
        }
        #record_and_create
    }
}

/// The indexes by the stored names of their columns: those of fields, then those of the struct.
fn indexes(table: &Table<'_>) -> Vec<TokenStream> {
    let stored = |field: &syn::Ident| {
        let column = table.columns.iter().find(|column| plain(column.ident) == plain(field));
        column.map(|column| &column.name)
    };
    let of_fields = table.columns.iter().filter(|column| column.args.index.is_some());
    let of_fields = of_fields.map(|column| vec![&column.name]);
    let of_struct =
        table.args.indexes.iter().map(|index| index.iter().filter_map(stored).collect());
    of_fields
        .chain(of_struct)
        .map(|names| quote!(::ara::__private::IndexDef { columns: &[#(#names),*] }))
        .collect()
}

/// The struct as a row that can be read, and as a row that can be created.
fn record_and_create(table: &Table<'_>) -> TokenStream {
    let ident = table.ident;
    let (from_fields, into_cells) = if table.is_faulty {
        // The fields are not all known: nothing runs, so anything that compiles will do.
        (quote!(::core::option::Option::None), quote!(::ara::__private::Cells::new()))
    } else {
        bodies(table)
    };
    quote! {
        #[automatically_derived]
        impl ::ara::__private::Record for #ident {
            type Table = #ident;
            fn from_fields(
                __fields: &::ara::__private::Fields<'_>,
            ) -> ::core::option::Option<Self> {
                #from_fields
            }
        }

        #[automatically_derived]
        impl ::ara::__private::Create for #ident {
            type Table = #ident;
            fn into_cells(self) -> ::ara::__private::Cells {
                #into_cells
            }
        }
    }
}

fn bodies(table: &Table<'_>) -> (TokenStream, TokenStream) {
    let ident = table.ident;
    // An alias cannot be told from another type here, so the compiler checks the type of `id`.
    let id_of = table.id.as_ref().map(|id| {
        let ty = id.ty;
        quote_spanned!(ty.span()=> <#ty as ::ara::__private::IdOf<#ident>>)
    });
    let fields =
        table.positions().map(|(at, Column { ident, .. })| quote!(#ident: __fields.column(#at)?));
    let cells = table.positions().map(|(at, column)| {
        let (ident, set) = (column.ident, column.set_method_of_type());
        quote!(.#set(#at, self.#ident))
    });
    let from_fields = quote! {
        ::core::option::Option::Some(Self {
            id: #id_of::from_id(__fields.id()?),
            #(#fields,)*
        })
    };
    let into_cells = quote! {
        ::ara::__private::Cells::of(#id_of::into_id(self.id)) #(#cells)*
    };
    (from_fields, into_cells)
}
