//! What `ara::schema!` generates.

mod emitted;
mod foreign;
mod held;
mod spelled;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::ast::Schema;
use super::lock::Task;
use spelled::spelled;

/// Generates the type of the schema, and the checks of its tables.
pub fn expand(schema: &Schema, task: &Task) -> TokenStream {
    let Schema { attrs, vis, ident, tables } = schema;
    let (version, task) = match task {
        Task::Emit => (0, emitted::expand(schema)),
        Task::Hold(released) => (released.version, held::expand(schema, released)),
        Task::Free => (0, TokenStream::new()),
    };
    let (name, count) = (ident.to_string(), tables.len());
    let distinct = distinct(schema);
    let is_documented = attrs.iter().any(|attr| attr.path().is_ident("doc"));
    let doc = (!is_documented).then(|| quote!(#[doc = "The tables of the app."]));
    quote! {
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
            // Makes Cargo compile the package again when the variable changes.
            const _: _ara::Option<&str> = ::core::option_env!("ARA_LOCK");
            #distinct
            #task
        };
    }
}

/// Generates the checks that no two tables have the same stored name.
fn distinct(schema: &Schema) -> TokenStream {
    let checks = schema.tables.iter().enumerate().map(|(at, table)| {
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
    quote!(#(#checks)*)
}
