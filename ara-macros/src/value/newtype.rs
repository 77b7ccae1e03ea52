//! A struct of one unnamed field is stored as the field.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Field, Type};

use super::enumeration::ValueArgs;
use super::of_itself;
use crate::faults::Faults;

pub fn expand(input: &DeriveInput, field: &Field, faults: &mut Faults) -> TokenStream {
    ValueArgs::refuse(&input.attrs, "a newtype", faults);
    ValueArgs::refuse(&field.attrs, "the field of a newtype", faults);
    let (ident, inner) = (&input.ident, &field.ty);
    let itself = of_itself(input);
    let mut sources = vec![quote!(#inner)];
    if is_string(inner) {
        sources.extend([quote!(&#inner), quote!(&str)]);
    }
    let conversions = sources.into_iter().map(|source| {
        quote! {
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl ::ara::__private::IntoValue<#ident> for #source {
                fn into_value(self) -> ::core::result::Result<#ident, ::ara::__private::Rule> {
                    <#ident as ::ara::__private::MadeOf<#inner>>::made_of(
                        <#inner as ::core::convert::From<#source>>::from(self),
                    )
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
            fn store(
                self,
            ) -> ::core::result::Result<::ara::__private::Stored<'static>, ::ara::__private::Rule> {
                #stored_as::store(self.0)
            }
            fn read(__stored: ::ara::__private::Stored<'_>) -> ::core::option::Option<Self> {
                #made_of(#stored_as::read(__stored)?).ok()
            }
        }
        // With a lifetime the bound is asked where it is used. A plain one would be an error here
        // when the field has no order, and a newtype of such a field is fine.
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ::ara::__private::Ordered for #ident where for<'__a> #inner: ::ara::__private::Ordered {}
        #itself
        #(#conversions)*
    }
}

/// As far as it can be told without knowing what the names mean.
fn is_string(ty: &Type) -> bool {
    match ty {
        Type::Group(group) => is_string(&group.elem),
        Type::Path(path) if path.qself.is_none() => {
            let names: Vec<String> =
                path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            matches!(names.as_slice(), ["String"] | ["std" | "alloc", "string", "String"])
        }
        _ => false,
    }
}
