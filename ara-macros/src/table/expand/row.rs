//! The row that queries return. It has a type parameter for each column.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use super::names::{CREATED_AT_DOC, UPDATED_AT_DOC};
use crate::table::ast::{Column, Table};

/// Generates the struct of the row.
pub fn item(table: &Table<'_>) -> TokenStream {
    let Table { ident, vis, .. } = table;
    let row = table.row();
    let derives = &table.args.derives;
    let parameters = table.kept().map(|column| {
        let (parameter, ty) = (&column.parameter, &column.ty);
        if column.is_hidden {
            quote!(#parameter: ::ara::__private::Presence = ::ara::__private::Maybe)
        } else {
            quote!(#parameter = ::core::option::Option<#ty>)
        }
    });
    let fields = table.kept().map(|column| {
        let Column { ident, vis, .. } = column;
        let (doc, ty) = (column.doc(), FieldType(column));
        quote!(#doc #vis #ident: #ty)
    });
    let id_vis = table.id_visibility();
    let id_doc = table.id_doc();
    let doc = format!(
        "A row of [`{ident}`], as queries return it. Each column is an `Option` until the query narrows \
         it."
    );
    quote! {
        #[doc = #doc]
        #[allow(clippy::derive_partial_eq_without_eq)]
        #[derive(
            ::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq #(, #derives)*
        )]
        #[allow(dead_code, non_camel_case_types, non_snake_case)]
        #vis struct #row<#(#parameters),*> {
            #id_doc
            #id_vis id: ::ara::__private::Id<#ident>,
            #[doc = #CREATED_AT_DOC]
            #vis created_at: ::ara::__private::Timestamp,
            #[doc = #UPDATED_AT_DOC]
            #vis updated_at: ::ara::__private::Timestamp,
            #(#fields,)*
        }
    }
}

/// Generates what reads and narrows a row.
pub fn impls(table: &Table<'_>) -> TokenStream {
    let Table { ident, vis, .. } = table;
    let (row, patch) = (table.row(), table.patch());
    let parameters: Vec<_> = table.kept().map(|column| &column.parameter).collect();
    let bounded: Vec<_> = table.kept().map(Bounded).collect();
    let held = table.kept().map(|column| holds(table, column));
    let system = ["id", "created_at", "updated_at"].map(|name| format_ident!("{name}"));
    let system = system.iter().map(|column| table.marker(column));
    let bounds = table.kept().map(|column| {
        let (ty, marker) = (FieldType(column), table.marker(column.ident));
        quote!(#ty: _ara::FieldOf<#marker>)
    });
    // Retired columns are not read, and have no position.
    let fields = table.kept().enumerate().map(|(at, Column { ident, .. })| {
        let marker = table.marker(ident);
        quote!(#ident: __fields.field::<#marker, _>(#at)?)
    });
    quote! {
        #(#held)*
        #(impl _ara::SystemColumn for #system {})*

        #[automatically_derived]
        impl<#(#bounded),*> _ara::Record for #row<#(#parameters),*>
        where
            #(#bounds,)*
        {
            type Table = #ident;
            fn id(&self) -> _ara::Id<#ident> {
                self.id
            }
            fn from_fields(
                __fields: &_ara::Fields<'_>,
            ) -> _ara::Option<Self> {
                _ara::Some(Self {
                    id: __fields.id()?,
                    created_at: __fields.created_at()?,
                    updated_at: __fields.updated_at()?,
                    #(#fields,)*
                })
            }
        }

        impl<#(#bounded),*> #row<#(#parameters),*> {
            #[doc = "Returns an empty patch for this row."]
            #vis fn patch(&self) -> #patch {
                <#ident as _ara::Table>::patch(self.id)
            }
        }
    }
}

/// Generates what a row holds in a column, and the row type in which that column is narrowed. Nothing else
/// that is generated for a column names all others, whose number makes it costly.
fn holds(table: &Table<'_>, held: &Column<'_>) -> TokenStream {
    let (row, marker, ty) = (table.row(), table.marker(held.ident), FieldType(held));
    let bounded = table.kept().map(Bounded);
    let parameters = table.kept().map(|column| &column.parameter);
    let narrowed = table.kept().map(|column| match column.ident == held.ident {
        true if held.is_hidden => Narrowed::Hidden,
        true => Narrowed::This,
        false => Narrowed::Other(column),
    });
    quote! {
        impl<#(#bounded),*> _ara::Holds<#marker> for #row<#(#parameters),*> {
            type Type = #ty;
            type With<__T> = #row<#(#narrowed),*>;
        }
    }
}

/// The type of a field of the row.
///
/// A hidden type must not be a type argument of the row: `Table::Row` names the row with its arguments,
/// and may be more visible than the type. `parameter::Of<Type>` is a spelling that derives understand.
struct FieldType<'a>(&'a Column<'a>);

impl ToTokens for FieldType<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Column { parameter, ty, is_hidden, .. } = self.0;
        parameter.to_tokens(tokens);
        if *is_hidden {
            quote!(::Of<#ty>).to_tokens(tokens);
        }
    }
}

/// A type parameter of the row, with its bound.
struct Bounded<'a>(&'a Column<'a>);

impl ToTokens for Bounded<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.parameter.to_tokens(tokens);
        if self.0.is_hidden {
            quote!(: _ara::Presence).to_tokens(tokens);
        }
    }
}

/// A type argument of the row in which a column is narrowed.
enum Narrowed<'a> {
    This,
    Hidden,
    Other(&'a Column<'a>),
}

impl ToTokens for Narrowed<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::This => format_ident!("__T").to_tokens(tokens),
            Self::Hidden => quote!(_ara::There).to_tokens(tokens),
            Self::Other(column) => column.parameter.to_tokens(tokens),
        }
    }
}
