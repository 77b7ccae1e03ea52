//! The create mutation: a draft whose type tells which required columns are set.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::ast::{Column, Table};

pub fn item(table: &Table<'_>) -> TokenStream {
    let Table { ident, vis, .. } = table;
    let draft = table.draft();
    let parameters: Vec<_> = required(table).map(|column| &column.parameter).collect();
    let doc = format!("A new row of [`{ident}`]: set its columns, then give it to `create`.");
    quote! {
        #[doc = #doc]
        #[derive(::core::fmt::Debug, ::core::clone::Clone)]
        #[must_use = "a draft is not stored until it is given to `create`"]
        #[allow(non_camel_case_types)]
        #vis struct #draft<#(#parameters = ::ara::__private::Missing),*> {
            cells: ::ara::__private::Cells,
            set: ::core::marker::PhantomData<fn() -> (#(#parameters,)*)>,
        }
    }
}

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
    let setters = table.positions().map(|(at, column)| setter(table, at, column));
    // Spelled where the struct is: what the compiler says of a column that is missing points there. It
    // takes the code for the user's, who may have imported the trait: a path that begins with `::` is
    // never called unnecessarily long.
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
    quote! {
        impl<#(#parameters),*> #draft<#(#parameters),*> {
            #[doc = "Gives the row an id of its own, instead of a new one."]
            #id_vis fn id(self, __id: _ara::Id<#ident>) -> Self {
                Self { cells: self.cells.id(__id), ..self }
            }
            #(#setters)*
        }

        #create
    }
}

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

/// The columns that the draft's type tells of.
fn required<'a>(table: &'a Table<'_>) -> impl Iterator<Item = &'a Column<'a>> {
    table.columns.iter().filter(|column| column.must_be_set())
}

impl Column<'_> {
    /// The generics of a setter, and the type of its argument. They are spelled where the field is:
    /// messages about the argument point there.
    pub fn argument(&self) -> (TokenStream, TokenStream) {
        let (ty, span) = (&self.ty, self.ident.span());
        if self.is_optional {
            (
                quote_spanned!(span=> <_How>),
                quote_spanned!(span=> impl ::ara::__private::IntoOptional<#ty, _How>),
            )
        } else {
            (quote!(), quote_spanned!(span=> impl ::ara::__private::IntoValue<#ty>))
        }
    }

    /// What sets the column in cells.
    pub fn set_method(&self, table: &Table<'_>) -> TokenStream {
        let marker = table.marker(self.ident);
        if self.is_optional {
            quote!(set_optional_column::<#marker, _>)
        } else {
            quote!(set_column::<#marker>)
        }
    }
}
