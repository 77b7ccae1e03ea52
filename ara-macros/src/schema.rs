//! `schema!`: the tables of an app under one name.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Path, Result, Token, Visibility};

use crate::faults::Faults;
use crate::lock::{Released, Task, this_crate};

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
            spelled(table),
        );
        quote_spanned! {table.span()=>
            #[allow(long_running_const_eval)]
            const _: () = ::core::assert!(::ara::__private::is_first(TABLES, #at), #message);
        }
    });
    let task = Task::of_package().unwrap_or_else(|reason| {
        faults.on(ident, reason);
        Task::Free
    });
    let (version, task) = match &task {
        Task::Emit => (0, emitted(ident, &tables)),
        Task::Hold(released) => (released.version, held(ident, &tables, released)),
        Task::Free => (0, TokenStream::new()),
    };
    let count = tables.len();
    let is_documented = attrs.iter().any(|attr| attr.path().is_ident("doc"));
    let doc = (!is_documented).then(|| quote!(#[doc = "The tables of the app."]));
    let (errors, name) = (faults.into_compile_errors(), ident.to_string());
    quote! {
        #errors
        #(#attrs)*
        #doc
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
        #vis struct #ident;
        #[allow(deprecated)]
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
                const TABLES: &'static [_ara::TableRef] = REFS;
            }
            const REFS: &[_ara::TableRef; #count] = &[#(_ara::TableRef::of::<#tables>()),*];
            const TABLES: &[&_ara::TableDef] = &_ara::definitions(REFS);
            // Cargo compiles the package again when it changes.
            const _: _ara::Option<&str> = ::core::option_env!("ARA_LOCK");
            #(#distinct)*
            #task
        };
    }
}

/// The schema as a message of the compiler's, for `cargo ara`.
fn emitted(ident: &Ident, tables: &[&Path]) -> TokenStream {
    let name = ident.to_string();
    let refuse_foreign = tables.iter().map(|table| refuse_foreign(table));
    let emit = quote_spanned! {ident.span()=>
        ::ara::__private::emit::<{ ::ara::__private::length_emitted(#name, TABLES) }>(#name, TABLES)
    };
    quote! {
        #[allow(long_running_const_eval)]
        const _: () = {
            #(#refuse_foreign)*
            #emit
        };
    }
}

/// Refuses a table of another crate: where its struct is checked it is not known that this schema names
/// it, and the compiler only says that an `impl` is elsewhere.
fn refuse_foreign(table: &Path) -> TokenStream {
    let here = this_crate();
    let message = format!(
        "`{}` is declared in another crate, and a schema that is recorded in `ara.lock` stands where \
         its tables are\n  \
         move it:               `ara::schema!`, and `ara.lock` if there is one, to that crate\n  \
         and use it here:       `db.ensure::<..>()` takes the schema of another crate, or a table alone",
        spelled(table),
    );
    quote_spanned! {table.span()=>
        {
            #[allow(unused_imports)]
            use ::ara::__private::Undeclared as _;
            ::core::assert!(
                ::ara::__private::may_be_of(<#table>::__DECLARED_IN, #here),
                #message
            );
        }
    }
}

/// A path as users write it.
fn spelled(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}

/// Holds the schema against what was released: that no table is gone here, and all else where the
/// derive of each table asks.
fn held(ident: &Ident, tables: &[&Path], released: &Released) -> TokenStream {
    let name = ident.to_string();
    let (definitions, watch) = (released.tables(), released.watch());
    let is_whole = quote_spanned! {ident.span()=>
        #[allow(long_running_const_eval)]
        const _: () = if ::ara::__private::lacks_a_table(RELEASED, TABLES) {
            ::ara::__private::refuse_lacking(#name, RELEASED, TABLES)
        };
    };
    let of_tables = tables.iter().enumerate().map(|(at, table)| {
        let refuse_foreign = refuse_foreign(table);
        quote_spanned! {table.span()=>
            const _: () = #refuse_foreign;
            impl #table {
                #[doc(hidden)]
                #[allow(dead_code, long_running_const_eval)]
                pub(crate) const __A_TABLE_BELONGS_TO_ONE_SCHEMA:
                    ::ara::__private::Option<&'static ::ara::__private::TableDef> =
                    ::ara::__private::find_table(RELEASED, TABLES[#at].name);
            }
        }
    });
    quote! {
        #watch
        const RELEASED: &[_ara::TableDef] = &#definitions;
        #is_whole
        #(#of_tables)*
    }
}
