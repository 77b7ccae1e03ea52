//! `schema!`: the tables of an app under one name.

use std::collections::HashSet;
use std::env;

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
            const _: () = ::core::assert!(_ara::is_first(TABLES, #at), #message);
        }
    });
    let release = is_to_emit().then(|| emitted(ident));
    let version = 0u32;
    let is_documented = attrs.iter().any(|attr| attr.path().is_ident("doc"));
    let doc = (!is_documented).then(|| quote!(#[doc = "The tables of the app."]));
    let (errors, name) = (faults.into_compile_errors(), ident.to_string());
    quote! {
        #errors
        #(#attrs)*
        #doc
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
        #vis struct #ident;
        const _: () = {
            use ::ara::__private as _ara;
            impl _ara::Schema for #ident {
                const APP: _ara::Option<&'static _ara::AppSchema> = _ara::Some(&_ara::AppSchema {
                    name: #name,
                    version: #version,
                    app_version: match ::core::option_env!("CARGO_PKG_VERSION") {
                        _ara::Some(version) => version,
                        _ara::None => "",
                    },
                });
                fn tables() -> ::std::vec::Vec<_ara::TableRef> {
                    ::std::vec![#(_ara::TableRef::of::<#tables>()),*]
                }
            }
            const TABLES: &[&_ara::TableDef] = &[#(<#tables as _ara::Table>::TABLE),*];
            // Cargo compiles the package again when it changes.
            const _: _ara::Option<&str> = ::core::option_env!("ARA_LOCK");
            #(#distinct)*
            #release
        };
    }
}

/// The schema as a message of the compiler's, for `cargo ara`.
fn emitted(ident: &Ident) -> TokenStream {
    let name = ident.to_string();
    quote_spanned! {ident.span()=>
        const _: () = _ara::emit::<{ _ara::length_emitted(#name, TABLES) }>(#name, TABLES);
    }
}

/// Whether `cargo ara` asks this package for its schema: `ARA_LOCK` is `emit:` and its folder then.
fn is_to_emit() -> bool {
    let (Ok(lock), Ok(package)) = (env::var("ARA_LOCK"), env::var("CARGO_MANIFEST_DIR")) else {
        return false;
    };
    lock.strip_prefix("emit:").is_some_and(|asked| asked == package)
}
