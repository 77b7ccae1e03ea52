//! Structs of one unnamed field, which are stored as the field is.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Field};

use super::args::ValueArgs;
use crate::input::faults::Faults;
use crate::input::types::is_string;

/// Generates what a newtype implements.
pub fn expand(input: &DeriveInput, field: &Field, faults: &mut Faults) -> TokenStream {
    ValueArgs::refuse(&input.attrs, "a newtype", faults);
    ValueArgs::refuse(&field.attrs, "the field of a newtype", faults);
    let (ident, inner) = (&input.ident, &field.ty);
    let mut sources = vec![(quote!(#inner), quote!(self))];
    if is_string(inner) {
        let from = quote!(::core::convert::From::from(self));
        sources.extend([(quote!(&#inner), from.clone()), (quote!(&str), from)]);
    }
    let conversions = sources.into_iter().map(|(source, value)| {
        quote! {
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl ::ara::__private::IntoValue<#ident> for #source {
                fn into_value(self) -> ::core::result::Result<#ident, ::ara::__private::Rule> {
                    <#ident as ::ara::__private::MadeOf<#inner>>::made_of(#value)
                }
            }
        }
    });
    let made_of =
        quote_spanned!(ident.span()=> <#ident as ::ara::__private::MadeOf<#inner>>::made_of);
    let stored_as = quote_spanned!(inner.span()=> <#inner as ::ara::__private::Value>);
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ::ara::__private::Value for #ident {
            const TYPE: ::ara::__private::Type = #stored_as::TYPE;
            const RANGE: ::ara::__private::Range = #stored_as::RANGE;
            fn store(
                self,
            ) -> ::core::result::Result<::ara::__private::Stored<'static>, ::ara::__private::Rule> {
                #stored_as::store(self.0)
            }
            fn read(__stored: ::ara::__private::Stored<'_>) -> ::core::option::Option<Self> {
                #made_of(#stored_as::read(__stored)?).ok()
            }
        }
        // A plain bound would be an error here if the field has no order or is no number, though a newtype
        // of such a field is fine. A bound with a lifetime is checked only where the impl is used.
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ::ara::__private::Ordered for #ident where for<'__a> #inner: ::ara::__private::Ordered {}
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ::ara::__private::Number for #ident where for<'__a> #inner: ::ara::__private::Number {
            type Wide = <#inner as ::ara::__private::Number>::Wide;
        }
        #(#conversions)*
    }
}
