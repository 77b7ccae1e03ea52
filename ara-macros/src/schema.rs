//! `schema!`: the tables of an app under one name.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Path, Result, Token, Visibility};

use crate::faults::Faults;

pub struct Schema {
    attrs: Vec<Attribute>,
    vis: Visibility,
    ident: Ident,
    tables: Punctuated<Path, Token![,]>,
}

impl Parse for Schema {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let ident = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok(Self { attrs, vis, ident, tables: Punctuated::parse_terminated(input)? })
    }
}

pub fn expand(schema: &Schema) -> TokenStream {
    let Schema { attrs, vis, ident, tables } = schema;
    let mut faults = Faults::default();
    if tables.is_empty() {
        faults.on(ident, format_args!("name the tables of the schema: `{ident}: Todo, Category`"));
    }
    let mut seen = HashSet::new();
    let tables: Vec<_> = tables
        .iter()
        .filter(|table| {
            let is_new = seen.insert(table.to_token_stream().to_string());
            if !is_new {
                faults.on(table, "this table is in the schema already");
            }
            is_new
        })
        .collect();
    let distinct = tables.iter().enumerate().map(|(at, table)| {
        let message = format!(
            "`{}` is stored under the name of another table of this schema: \
             give it one of its own, `#[table(name = \"..\")]`",
            table.to_token_stream(),
        );
        quote_spanned! {table.span()=>
            const _: () = ::core::assert!(::ara::__private::is_first(TABLES, #at), #message);
        }
    });
    let is_documented = attrs.iter().any(|attr| attr.path().is_ident("doc"));
    let doc = (!is_documented).then(|| quote!(#[doc = "The tables of the app."]));
    let errors = faults.into_compile_errors();
    quote! {
        #errors
        #(#attrs)*
        #doc
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
        #vis struct #ident;
        const _: () = {
            impl ::ara::__private::Schema for #ident {
                fn tables() -> ::std::vec::Vec<::ara::__private::TableRef> {
                    TABLES.iter().map(::ara::__private::SchemaEntry::table).collect()
                }
            }
            const TABLES: &[::ara::__private::SchemaEntry] =
                &[#(::ara::__private::SchemaEntry::of::<#tables>()),*];
            #(#distinct)*
        };
    }
}
