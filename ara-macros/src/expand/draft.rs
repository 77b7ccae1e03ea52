//! The create mutation: a draft whose type tells which required columns are set.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ast::{Column, Table};

pub fn item(table: &Table<'_>) -> TokenStream {
    let Table { ident, vis, .. } = table;
    let draft = table.draft();
    let parameters: Vec<_> = required(table).map(Column::parameter).collect();
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
    let draft = table.draft();
    let parameters: Vec<_> = required(table).map(Column::parameter).collect();
    let provided = required(table).map(|column| {
        let (parameter, marker) = (column.parameter(), table.marker(column.ident));
        quote!(#parameter: ::ara::__private::Provided<#marker>)
    });
    let id_vis = table.id_visibility();
    let setters = table.positions().map(|(at, column)| setter(table, at, column));
    quote! {
        impl<#(#parameters),*> #draft<#(#parameters),*> {
            #[doc = "Gives the row an id of its own, instead of a new one."]
            #id_vis fn id(self, __id: ::ara::__private::Id<#ident>) -> Self {
                Self { cells: self.cells.id(__id), ..self }
            }
            #(#setters)*
        }

        #[automatically_derived]
        impl<#(#provided),*> ::ara::__private::Create for #draft<#(#parameters),*> {
            type Table = #ident;
            fn into_cells(self) -> ::ara::__private::Cells {
                self.cells
            }
        }
    }
}

fn setter(table: &Table<'_>, at: usize, column: &Column<'_>) -> TokenStream {
    let Column { ident, vis, deprecated, .. } = column;
    let doc = column.doc();
    let (generics, argument) = column.argument();
    let set = column.set_method();
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
            quote!(::ara::__private::Set)
        } else {
            let parameter = other.parameter();
            quote!(#parameter)
        }
    });
    quote! {
        #about
        #vis fn #ident #generics(self, __value: #argument) -> #draft<#(#states),*> {
            #draft { cells: self.cells.#set(#at, __value), set: ::core::marker::PhantomData }
        }
    }
}

/// The columns that the draft's type tells of.
fn required<'a>(table: &'a Table<'_>) -> impl Iterator<Item = &'a Column<'a>> {
    table.columns.iter().filter(|column| column.must_be_set())
}

impl Column<'_> {
    /// The generics of a setter, and the type of its argument.
    pub fn argument(&self) -> (TokenStream, TokenStream) {
        let ty = &self.ty;
        if self.is_optional {
            (quote!(<__How>), quote!(impl ::ara::__private::IntoOptional<#ty, __How>))
        } else {
            (quote!(), quote!(impl ::ara::__private::IntoValue<#ty>))
        }
    }

    /// What sets it in cells.
    pub fn set_method(&self) -> TokenStream {
        if self.is_optional { quote!(set_optional) } else { quote!(set) }
    }

    /// The same, its generics spelled out for where nothing else says what is set.
    pub fn set_method_of_type(&self) -> TokenStream {
        let ty = &self.ty;
        if self.is_optional { quote!(set_optional::<#ty, _>) } else { quote!(set::<#ty>) }
    }
}
