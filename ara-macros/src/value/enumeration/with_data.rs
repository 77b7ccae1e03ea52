//! Enums some of whose variants hold data.
//!
//! The data is read and written by an enum of the generated code, which has the variants with data under their stored
//! names. So what serde is told about the user's own enum, such as how to tag it, does not change what is stored.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, DataEnum, DeriveInput, Field, Fields, Variant};

use super::{MARK, holds_data};
use crate::input::names::StoredName;

/// Generates what such an enum implements.
pub fn implementation(input: &DeriveInput, data: &DataEnum, names: &[StoredName]) -> TokenStream {
    let ident = &input.ident;
    let listed = names.iter().zip(&data.variants).map(|(name, variant)| {
        let mark = if holds_data(variant) { MARK } else { "" };
        format!("{}{mark}", name.text)
    });
    let both = || data.variants.iter().zip(names);
    let (plain, plain_names): (Vec<_>, Vec<_>) = both()
        .filter(|(variant, _)| !holds_data(variant))
        .map(|(variant, name)| (&variant.ident, name))
        .unzip();
    let parts: Vec<_> = both()
        .filter(|(variant, _)| holds_data(variant))
        .map(|(variant, name)| Part::new(variant, name))
        .collect();
    let declared = parts.iter().map(|part| &part.declared);
    let (idents, patterns): (Vec<_>, Vec<_>) =
        parts.iter().map(|part| (part.ident, &part.pattern)).unzip();
    quote! {
        #[allow(deprecated)]
        const _: () = {
            #[derive(::ara::__private::serde::Serialize, ::ara::__private::serde::Deserialize)]
            #[serde(crate = "::ara::__private::serde")]
            enum __Data { #(#declared,)* }

            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl ::ara::__private::Value for #ident {
                const TYPE: ::ara::__private::Type = ::ara::__private::Type::Enum(&[#(#listed),*]);
                fn store(
                    self,
                ) -> ::core::result::Result<::ara::__private::Stored<'static>, ::ara::__private::Rule>
                {
                    ::ara::__private::store_data(&match self {
                        #(Self::#plain => {
                            return ::core::result::Result::Ok(::ara::__private::Stored::Text(
                                ::std::borrow::Cow::Borrowed(#plain_names),
                            ));
                        })*
                        #(Self::#idents #patterns => __Data::#idents #patterns,)*
                    })
                }
                fn read(__stored: ::ara::__private::Stored<'_>) -> ::core::option::Option<Self> {
                    let ::ara::__private::Stored::Text(__text) = &__stored else {
                        return ::core::option::Option::None;
                    };
                    match &**__text {
                        #(#plain_names => return ::core::option::Option::Some(Self::#plain),)*
                        _ => {}
                    }
                    ::core::option::Option::Some(match ::ara::__private::read_data(&__stored)? {
                        #(__Data::#idents #patterns => Self::#idents #patterns,)*
                    })
                }
            }
        };
    }
}

/// A variant with data, in the enum of the generated code.
struct Part<'a> {
    ident: &'a Ident,
    declared: TokenStream,
    /// The fields, as a pattern and as an expression.
    pattern: TokenStream,
}

impl<'a> Part<'a> {
    fn new(variant: &'a Variant, name: &StoredName) -> Self {
        let ident = &variant.ident;
        let fields = variant.fields.iter().map(declared);
        let (fields, pattern) = if let Fields::Named(named) = &variant.fields {
            let names = named.named.iter().map(|field| &field.ident);
            (quote!({ #(#fields),* }), quote!({ #(#names),* }))
        } else {
            let names = (0..variant.fields.len()).map(|at| format_ident!("__{at}"));
            (quote!((#(#fields),*)), quote!((#(#names),*)))
        };
        let declared = quote!(#[serde(rename = #name)] #ident #fields);
        Self { ident, declared, pattern }
    }
}

/// Returns a field with what serde is told about it.
fn declared(field: &Field) -> TokenStream {
    let is_serde = |attr: &&Attribute| attr.path().is_ident("serde");
    let attrs = field.attrs.iter().filter(is_serde);
    let (ident, ty) = (field.ident.iter(), &field.ty);
    quote!(#(#attrs)* #(#ident:)* #ty)
}
