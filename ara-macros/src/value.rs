//! `#[derive(Value)]`.

mod args;
mod enumeration;
mod newtype;
pub mod versioned;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use crate::input::faults::Faults;

/// Generates what `#[derive(Value)]` stands for.
pub fn derive(input: &DeriveInput) -> TokenStream {
    let mut faults = Faults::default();
    if !input.generics.params.is_empty() {
        faults.on(
            &input.generics,
            "`derive(Value)` is not for generic types: a column is stored the same in every version of the app",
        );
        return faults.into_compile_errors();
    }
    let generated = match &input.data {
        Data::Enum(data) => enumeration::expand(input, data, &mut faults),
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                fields.unnamed.first().map(|field| newtype::expand(input, field, &mut faults))
            }
            _ => None,
        },
        Data::Union(_) => None,
    };
    if generated.is_none() && faults.is_empty() {
        faults.on(
            &input.ident,
            "`derive(Value)` is for a struct of one unnamed field, `struct Title(String)`, and for an \
             enum; any serde type can be stored as `ara::Json<..>`",
        );
    }
    let generated = generated.unwrap_or_else(|| fallback(input));
    let errors = faults.into_compile_errors();
    quote!(#errors #generated)
}

/// Generates enough for the columns of a refused type to compile, so that its faults are the only
/// errors.
fn fallback(input: &DeriveInput) -> TokenStream {
    let ident = &input.ident;
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ::ara::__private::Value for #ident {
            const TYPE: ::ara::__private::Type = ::ara::__private::Type::Text;
            fn store(
                self,
            ) -> ::core::result::Result<::ara::__private::Stored<'static>, ::ara::__private::Rule> {
                ::core::result::Result::Err(::ara::__private::Rule::new(""))
            }
            fn read(_: ::ara::__private::Stored<'_>) -> ::core::option::Option<Self> {
                ::core::option::Option::None
            }
        }
    }
}
