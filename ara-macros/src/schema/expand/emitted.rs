//! Giving the schema to `cargo ara`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::foreign::refuse_foreign;
use crate::schema::ast::Schema;

/// Generates an error of the compiler's whose text holds the schema, for `cargo ara` to read.
pub fn expand(Schema { ident, tables, .. }: &Schema) -> TokenStream {
    let name = ident.to_string();
    let refuse_foreign = tables.iter().map(refuse_foreign);
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
