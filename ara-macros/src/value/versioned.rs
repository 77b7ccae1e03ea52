//! Enums whose variants are the versions of a document.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Fields, Type, Variant};

use super::args::ValueArgs;
use super::enumeration::{name, same_name};
use super::fallback;
use crate::input::faults::Faults;
use crate::input::names::StoredName;

/// Generates what `#[derive(Versioned)]` stands for.
pub fn derive(input: &DeriveInput) -> TokenStream {
    let mut faults = Faults::default();
    if !input.generics.params.is_empty() {
        faults.on(
            &input.generics,
            "`derive(Versioned)` is not for generic types: a document is stored the same in every app",
        );
    }
    let generated = match &input.data {
        Data::Enum(data) => expand(input, data, &mut faults),
        _ => {
            faults.on(
                &input.ident,
                "`derive(Versioned)` is for an enum whose variants are the versions of a document, oldest \
                 first: `enum Doc { V1(DocV1), V2(DocV2) }`",
            );
            None
        }
    };
    if !input.generics.params.is_empty() {
        return faults.into_compile_errors();
    }
    let generated = generated.unwrap_or_else(|| fallback(input));
    let errors = faults.into_compile_errors();
    quote!(#errors #generated)
}

/// A version of the document.
struct Version<'a> {
    ident: &'a Ident,
    name: StoredName,
    document: &'a Type,
}

fn expand(input: &DeriveInput, data: &DataEnum, faults: &mut Faults) -> Option<TokenStream> {
    ValueArgs::refuse(&input.attrs, "an enum", faults);
    let names: Vec<_> = data.variants.iter().map(|variant| name(variant, faults)).collect();
    same_name(&names, data, faults);
    if data.variants.is_empty() {
        faults.on(&input.ident, "a document has one version at least: `V1(DocV1)`");
    }
    let versions = data.variants.iter().zip(names);
    let versions: Vec<_> = versions
        .filter_map(|(variant, name)| {
            let document = document(variant, faults)?;
            Some(Version { ident: &variant.ident, name, document })
        })
        .collect();
    let newest = versions.last().filter(|_| faults.is_empty())?;
    Some(implementation(input, &versions, newest))
}

/// Returns the document of a version: the type of its only field.
fn document<'a>(variant: &'a Variant, faults: &mut Faults) -> Option<&'a Type> {
    match &variant.fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            fields.unnamed.first().map(|field| &field.ty)
        }
        _ => {
            let ident = &variant.ident;
            faults.on(
                variant,
                format_args!(
                    "a version holds its document, and nothing else: `{ident}({ident}Document)`, with a struct \
                     of that name"
                ),
            );
            None
        }
    }
}

fn implementation(
    input: &DeriveInput,
    versions: &[Version<'_>],
    newest: &Version<'_>,
) -> TokenStream {
    let (ident, visibility) = (&input.ident, &input.vis);
    let listed = (1..).zip(versions).map(|(at, version)| format!("{at} {}", version.name.text));
    let names: Vec<_> = versions.iter().map(|version| &version.name).collect();
    let idents: Vec<_> = versions.iter().map(|version| version.ident).collect();
    let documents: Vec<_> = versions.iter().map(|version| version.document).collect();
    let (last, newest_name, document) = (newest.ident, &newest.name, newest.document);
    let upgrades = versions.iter().enumerate().map(|(at, version)| {
        let ident = version.ident;
        let steps = versions.iter().skip(at).zip(versions.iter().skip(at + 1));
        let steps = steps.map(|(from, to)| {
            let (from, to) = (from.document, to.document);
            // The message points at the version that lacks the conversion.
            quote_spanned! {from.span()=>
                let __document = <#from as ::ara::__private::UpgradesTo<#to>>::upgrade(__document);
            }
        });
        quote!(Self::#ident(__document) => { #(#steps)* __document })
    });
    let checks = documents.iter().map(|document| {
        quote_spanned!(document.span()=> ::ara::__private::Versioned::document::<#document>)
    });
    let store = quote_spanned!(document.span()=> ::ara::__private::Versioned::store::<#document>);
    let doc = format!("Returns the document as one of the newest version, `{last}`.");
    quote! {
        #[allow(deprecated)]
        const _: () = {
            #[automatically_derived]
            impl #ident {
                #[doc = #doc]
                #[must_use]
                #visibility fn newest(self) -> #document {
                    match self { #(#upgrades)* }
                }
            }
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl ::ara::__private::Value for #ident {
                const TYPE: ::ara::__private::Type =
                    ::ara::__private::Type::Versioned(&[#(#listed),*]);
                fn store(
                    self,
                ) -> ::core::result::Result<::ara::__private::Stored<'static>, ::ara::__private::Rule>
                {
                    #store(#newest_name, &self.newest())
                }
                fn read(__stored: ::ara::__private::Stored<'_>) -> ::core::option::Option<Self> {
                    let __read = ::ara::__private::Versioned::read(__stored)?;
                    let __document = match __read.version() {
                        #(#names => Self::#idents(#checks(&__read)?),)*
                        _ => return ::core::option::Option::None,
                    };
                    ::core::option::Option::Some(Self::#last(__document.newest()))
                }
            }
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl ::ara::__private::IntoValue<#ident> for #document {
                fn into_value(self) -> ::core::result::Result<#ident, ::ara::__private::Rule> {
                    ::core::result::Result::Ok(#ident::#last(self))
                }
            }
        };
    }
}
