//! What queries return: a row with a type parameter a column.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ast::{Column, Table};

pub fn item(table: &Table<'_>) -> TokenStream {
    let Table { ident, vis, .. } = table;
    let row = table.row();
    let derives = &table.args.derives;
    let parameters = table.columns.iter().map(|column| {
        let (parameter, ty) = (&column.parameter, &column.ty);
        if column.is_hidden {
            quote!(#parameter: ::ara::__private::Presence = ::ara::__private::Maybe)
        } else {
            quote!(#parameter = ::core::option::Option<#ty>)
        }
    });
    let fields = table.columns.iter().map(|column| {
        let Column { ident, vis, .. } = column;
        let (doc, ty) = (column.doc(), column.field_type());
        quote!(#doc #vis #ident: #ty)
    });
    let id_vis = table.id_visibility();
    let doc = format!(
        "A row of [`{ident}`], as queries return it: what a column holds may be missing, until the \
         query narrows it."
    );
    quote! {
        #[doc = #doc]
        #[allow(clippy::derive_partial_eq_without_eq)]
        #[derive(
            ::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq #(, #derives)*
        )]
        #[allow(dead_code, non_camel_case_types, non_snake_case)]
        #vis struct #row<#(#parameters),*> {
            #[doc = "The row's id."]
            #id_vis id: ::ara::__private::Id<#ident>,
            #[doc = "When the row was made."]
            #vis created_at: ::ara::__private::Timestamp,
            #[doc = "When the row was last changed."]
            #vis updated_at: ::ara::__private::Timestamp,
            #(#fields,)*
        }
    }
}

pub fn impls(table: &Table<'_>) -> TokenStream {
    let Table { ident, vis, .. } = table;
    let (row, patch) = (table.row(), table.patch());
    let parameters: Vec<_> = table.columns.iter().map(|column| &column.parameter).collect();
    let bounded: Vec<_> = table.columns.iter().map(|column| column.bounded()).collect();
    let narrows = table.columns.iter().map(|column| narrow(table, column, &bounded));
    let of_columns = table.columns.iter().map(|column| {
        let (ty, marker) = (column.field_type(), table.marker(column.ident));
        holds(table, &bounded, &marker, &ty)
    });
    let ident_of = |name: &str| table.marker(&quote::format_ident!("{name}"));
    let timestamp = quote!(_ara::Timestamp);
    let held = of_columns.chain([
        holds(table, &bounded, &ident_of("id"), &quote!(_ara::Id<#ident>)),
        holds(table, &bounded, &ident_of("created_at"), &timestamp),
        holds(table, &bounded, &ident_of("updated_at"), &timestamp),
    ]);
    let bounds = table.columns.iter().map(|column| {
        let (ty, marker) = (column.field_type(), table.marker(column.ident));
        quote!(#ty: _ara::FieldOf<#marker>)
    });
    let fields = table.positions().map(|(at, Column { ident, .. })| {
        let marker = table.marker(ident);
        quote!(#ident: __fields.field::<#marker, _>(#at)?)
    });
    quote! {
        #(#narrows)*
        #(#held)*

        #[automatically_derived]
        impl<#(#bounded),*> _ara::Record for #row<#(#parameters),*>
        where
            #(#bounds,)*
        {
            type Table = #ident;
            fn from_fields(
                __fields: &_ara::Fields<'_>,
            ) -> _ara::Option<Self> {
                _ara::Option::Some(Self {
                    id: __fields.id()?,
                    created_at: __fields.created_at()?,
                    updated_at: __fields.updated_at()?,
                    #(#fields,)*
                })
            }
        }

        impl<#(#bounded),*> #row<#(#parameters),*> {
            #[doc = "Starts a change of this row."]
            #vis fn patch(&self) -> #patch {
                <#ident as _ara::Table>::patch(self.id)
            }
        }
    }
}

/// What a row holds of a column.
fn holds(
    table: &Table<'_>,
    bounded: &[TokenStream],
    marker: &TokenStream,
    ty: &TokenStream,
) -> TokenStream {
    let row = table.row();
    let parameters = table.columns.iter().map(|column| &column.parameter);
    quote! {
        impl<#(#bounded),*> _ara::Holds<#marker> for #row<#(#parameters),*> {
            type Type = #ty;
        }
    }
}

/// What narrowing a column makes of a row.
fn narrow(table: &Table<'_>, narrowed: &Column<'_>, bounded: &[TokenStream]) -> TokenStream {
    let (row, marker) = (table.row(), table.marker(narrowed.ident));
    let is_hidden = narrowed.is_hidden;
    let state = |is_there: bool| {
        table.columns.iter().map(move |column| {
            let parameter = &column.parameter;
            match (column.ident == narrowed.ident, is_hidden, is_there) {
                (true, true, false) => quote!(_ara::Maybe),
                (true, true, true) => quote!(_ara::There),
                (true, false, false) => quote!(_ara::Option<#parameter>),
                _ => quote!(#parameter),
            }
        })
    };
    let (before, after) = (state(false), state(true));
    let free = table.columns.iter().zip(bounded);
    let free = free.filter(|(column, _)| !is_hidden || column.ident != narrowed.ident);
    let free = free.map(|(_, bounded)| bounded);
    quote! {
        impl<#(#free),*> _ara::Narrow<#marker> for #row<#(#before),*> {
            type Narrowed = #row<#(#after),*>;
        }
    }
}

impl Column<'_> {
    /// The type of the row's field. A hidden type must not be in the row's parameters: the table
    /// names the row, and may be seen further than the type. Spelled so that derives understand it.
    fn field_type(&self) -> TokenStream {
        let (parameter, ty) = (&self.parameter, &self.ty);
        if self.is_hidden { quote!(#parameter::Of<#ty>) } else { quote!(#parameter) }
    }

    fn bounded(&self) -> TokenStream {
        let parameter = &self.parameter;
        if self.is_hidden { quote!(#parameter: _ara::Presence) } else { quote!(#parameter) }
    }
}
