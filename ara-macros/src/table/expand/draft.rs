//! The draft of a new row. Its type keeps track of which required columns are set.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::table::ast::{Column, Table};

/// Generates the struct of the draft.
pub fn item(table: &Table<'_>) -> TokenStream {
    let Table { ident, vis, .. } = table;
    let draft = table.draft();
    let parameters: Vec<_> = required(table).map(|column| &column.parameter).collect();
    let doc = format!("A new row of [`{ident}`]. Set its columns, then pass it to `create`.");
    quote! {
        #[doc = #doc]
        #[must_use = "a draft is not stored until it is given to `create`"]
        #[allow(non_camel_case_types)]
        #vis struct #draft<#(#parameters = ::ara::__private::Missing),*> {
            cells: ::ara::__private::Cells,
            set: ::core::marker::PhantomData<fn() -> (#(#parameters,)*)>,
        }
    }
}

/// Generates the setters of the draft, and what makes it something that `create` takes.
pub fn impls(table: &Table<'_>) -> TokenStream {
    let ident = table.ident;
    let unrecommended = table.unrecommended();
    let draft = table.draft();
    let parameters: Vec<_> = required(table).map(|column| &column.parameter).collect();
    let provided = required(table).map(|column| {
        let (parameter, marker) = (&column.parameter, table.marker(column.ident));
        quote_spanned!(column.ident.span()=> #parameter: ::ara::__private::Provided<#marker>)
    });
    let id_vis = table.id_visibility();
    let setters = table.kept_positions().map(|(at, column)| setter(table, at, column));
    // With the span of the struct, messages about a missing column point there. Lints then take this code
    // for the user's: `unused_qualifications` would complain about the path of a trait that the user has
    // imported, unless the path begins with `::`.
    let create = quote_spanned! {ident.span()=>
        #[automatically_derived]
        #unrecommended
        impl<#(#provided),*> ::ara::__private::Create for #draft<#(#parameters),*> {
            type Table = #ident;
            fn into_cells(self) -> ::ara::__private::Cells {
                self.cells
            }
        }
    };
    let id = match table.key() {
        None => quote! {
            #[doc = "Sets the row's id. Without it, the row gets a new one."]
            #id_vis fn id(self, __id: _ara::Id<#ident>) -> Self {
                Self { cells: self.cells.id(__id), ..self }
            }
        },
        // It takes nothing, and the compiler says why.
        Some(key) => {
            let marker = table.marker(key.ident);
            let argument =
                quote_spanned!(key.ident.span()=> impl ::ara::__private::IdBeside<#marker>);
            quote! {
                #[doc(hidden)]
                #id_vis fn id(self, _: #argument) -> Self {
                    self
                }
            }
        }
    };
    let name = draft.to_string();
    quote! {
        impl<#(#parameters),*> #draft<#(#parameters),*> {
            #id
            #(#setters)*
        }

        // Derives would ask for what the parameters implement.
        #[automatically_derived]
        impl<#(#parameters),*> ::core::clone::Clone for #draft<#(#parameters),*> {
            fn clone(&self) -> Self {
                Self { cells: ::core::clone::Clone::clone(&self.cells), set: _ara::PhantomData }
            }
        }

        #[automatically_derived]
        impl<#(#parameters),*> ::core::fmt::Debug for #draft<#(#parameters),*> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name).field("cells", &self.cells).finish()
            }
        }

        #create
    }
}

/// Generates the setter of a column. That of a required column changes the type of the draft.
fn setter(table: &Table<'_>, at: usize, column: &Column<'_>) -> TokenStream {
    let Column { ident, vis, deprecated, .. } = column;
    let doc = column.doc();
    let (generics, argument) = column.argument();
    let set = column.set_method(table);
    let about = quote!(#doc #deprecated);
    if !column.must_be_set() {
        return quote! {
            #about
            #vis fn #ident #generics(self, __value: #argument) -> Self {
                Self { cells: self.cells.#set(#at, __value), ..self }
            }
        };
    }
    let draft = table.draft();
    let states = required(table).map(|other| {
        if other.ident == column.ident {
            quote!(_ara::Set)
        } else {
            let parameter = &other.parameter;
            quote!(#parameter)
        }
    });
    quote! {
        #about
        #vis fn #ident #generics(self, __value: #argument) -> #draft<#(#states),*> {
            #draft { cells: self.cells.#set(#at, __value), set: _ara::PhantomData }
        }
    }
}

/// Returns the columns that the type of the draft keeps track of.
fn required<'a>(table: &'a Table<'a>) -> impl Iterator<Item = &'a Column<'a>> {
    table.kept().filter(|column| column.must_be_set())
}
