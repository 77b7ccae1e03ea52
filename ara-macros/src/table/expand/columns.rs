//! The columns: a type for each of them, and an associated constant of the struct that is its value.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Visibility};

use super::names::{CREATED_AT_DOC, UPDATED_AT_DOC};
use crate::table::ast::Table;

/// A column as its constant needs it. The columns that every row has are among them.
struct Constant<'a> {
    ident: Ident,
    vis: &'a Visibility,
    stored: String,
    /// The name of the column that queries read.
    shown: String,
    /// What rows without a value are read as.
    missing: Option<&'a TokenStream>,
    ty: TokenStream,
    doc: TokenStream,
    deprecated: Option<&'a Attribute>,
    /// Whether it has a type, but no constant.
    is_retired: bool,
}

/// Returns all columns: first those that every row has, then those of the fields.
fn constants<'a>(table: &'a Table<'_>) -> Vec<Constant<'a>> {
    let ident = table.ident;
    let system = |name: &str, vis, ty, doc: TokenStream| Constant {
        ident: format_ident!("{name}"),
        vis,
        stored: name.to_owned(),
        shown: name.to_owned(),
        missing: None,
        ty,
        doc,
        deprecated: None,
        is_retired: false,
    };
    let timestamp = || quote!(_ara::Timestamp);
    let mut constants = vec![
        system("id", table.id_visibility(), quote!(_ara::Id<#ident>), table.id_doc()),
        system("created_at", table.vis, timestamp(), quote!(#[doc = #CREATED_AT_DOC])),
        system("updated_at", table.vis, timestamp(), quote!(#[doc = #UPDATED_AT_DOC])),
    ];
    constants.extend(table.columns.iter().map(|column| Constant {
        ident: column.ident.clone(),
        vis: column.vis,
        stored: column.name.text.clone(),
        shown: super::lens::shown(column),
        missing: column.args.missing.as_ref(),
        ty: column.ty.clone(),
        doc: column.doc(),
        deprecated: column.deprecated,
        is_retired: column.is_retired(),
    }));
    constants
}

/// Generates the module of the columns' types. With `#[table(columns)]` it is public, and otherwise
/// hidden in the block.
pub fn markers(table: &Table<'_>) -> TokenStream {
    let module = &table.module;
    let is_public = table.args.columns.is_some();
    let markers = constants(table).into_iter().map(|constant| {
        let Constant { ident, vis, doc, deprecated, .. } = constant;
        let vis = table.marker_visibility(vis);
        let about = is_public.then(|| quote!(#doc #deprecated));
        quote! {
            #about
            #vis struct #ident;
            impl ::core::marker::Copy for #ident {}
            #[automatically_derived]
            impl ::core::clone::Clone for #ident {
                fn clone(&self) -> Self {
                    *self
                }
            }
        }
    });
    // If a macro of the user's declares the struct, lints check the generated code as well.
    let allowed = quote!(#[allow(
        dead_code,
        deprecated,
        missing_debug_implementations,
        non_camel_case_types,
        unreachable_pub
    )]);
    if is_public {
        let vis = table.vis;
        let doc =
            format!("The columns of [`{0}`](super::{0}), to import them by name.", table.ident);
        quote! {
            #[doc = #doc]
            #allowed
            #vis mod #module { #(#markers)* }
        }
    } else {
        quote! {
            #allowed
            mod _ara_columns {
                pub mod #module { #(#markers)* }
            }
        }
    }
}

/// Generates the constants, and what the columns' types implement.
pub fn impls(table: &Table<'_>) -> TokenStream {
    let table_ident = table.ident;
    let constants = constants(table);
    let kept = constants.iter().filter(|constant| !constant.is_retired);
    let values = kept.map(|Constant { ident, vis, doc, deprecated, .. }| {
        let marker = table.marker(ident);
        quote! {
            #doc
            #deprecated
            #vis const #ident: #marker = #marker;
        }
    });
    let columns = constants.iter().map(|Constant { ident, stored, shown, missing, ty, .. }| {
        let marker = table.marker(ident);
        let missing = missing.as_ref().map(|value| read_as(&marker, value));
        let shown = (shown != stored).then(|| quote!(const SHOWN: &'static str = #shown;));
        quote! {
            impl _ara::Column for #marker {
                type Table = #table_ident;
                type Value = #ty;
                const NAME: &'static str = #stored;
                #shown
                #missing
            }
        }
    });
    let checks = constants.iter().filter_map(|Constant { ident, missing, .. }| {
        let (marker, span) = (table.marker(ident), missing.as_ref()?.span());
        let check = quote_spanned!(span=> _ara::refuse_missing_counter::<#marker>());
        Some(quote!(const _: () = #check;))
    });
    quote! {
        impl #table_ident { #(#values)* }
        #(#columns)*
        #(#checks)*
    }
}

/// Generates what rows without a value in a column are read as.
fn read_as(marker: &impl ToTokens, value: &TokenStream) -> TokenStream {
    let value = quote_spanned!(value.span()=> _ara::missing_value::<#marker>(#value));
    quote! {
        const MISSING: _ara::Option<_ara::MissingValue> = _ara::Some(|| #value);
    }
}
