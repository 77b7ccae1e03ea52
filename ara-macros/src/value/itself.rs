//! What every column type has: its columns take values of the type itself.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// Generates the conversion of a type into itself.
pub fn into_value(ident: &Ident) -> TokenStream {
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ::ara::__private::IntoValue<#ident> for #ident {
            fn into_value(self) -> ::core::result::Result<#ident, ::ara::__private::Rule> {
                ::core::result::Result::Ok(self)
            }
        }
    }
}
