//! The patch: a change of a row.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::table::ast::{Column, Table};

/// Generates the struct of the patch.
pub fn item(table: &Table<'_>) -> TokenStream {
    let Table { ident, vis, .. } = table;
    let patch = table.patch();
    let doc = format!(
        "A change of a row of [`{ident}`]. Set the columns that change, then pass it to `update`."
    );
    quote! {
        #[doc = #doc]
        #[derive(::core::fmt::Debug, ::core::clone::Clone)]
        #[must_use = "a patch changes nothing until it is given to `update`"]
        #[allow(non_camel_case_types)]
        #vis struct #patch {
            cells: ::ara::__private::Cells,
        }
    }
}

/// Generates the setters of the patch, and what makes it something that `update` takes.
pub fn impls(table: &Table<'_>) -> TokenStream {
    let ident = table.ident;
    let unrecommended = table.unrecommended();
    let patch = table.patch();
    let setters = table.kept_positions().map(|(at, column)| {
        let Column { ident, vis, deprecated, .. } = column;
        if table.key().is_some_and(|key| key.ident == column.ident) {
            return setter_of_key(table, column);
        }
        let doc = column.doc();
        let (generics, argument) = column.argument();
        let marker = table.marker(ident);
        // Where the compiler need not ask, it is not: each question is a constant that it works out.
        let patches = column.may_be_counter.then(|| {
            quote_spanned! {ident.span()=>
                + ::ara::__private::Patches<{ ::ara::__private::is_counter::<#marker>() }>
            }
        });
        let set = column.set_method(table);
        quote! {
            #doc
            #deprecated
            #vis fn #ident #generics(self, __value: #argument #patches) -> Self {
                Self { cells: self.cells.#set(#at, __value) }
            }
        }
    });
    quote! {
        impl #patch { #(#setters)* }

        #[automatically_derived]
        #unrecommended
        impl _ara::Update for #patch {
            type Table = #ident;
            fn into_cells(self) -> _ara::Cells {
                self.cells
            }
        }
    }
}

/// Generates the setter of a key, which takes nothing: the compiler says why.
fn setter_of_key(table: &Table<'_>, Column { ident, vis, .. }: &Column<'_>) -> TokenStream {
    let marker = table.marker(ident);
    let argument = quote_spanned!(ident.span()=> impl ::ara::__private::SetsKey<#marker>);
    quote! {
        #[doc(hidden)]
        #vis fn #ident(self, _: #argument) -> Self {
            self
        }
    }
}
