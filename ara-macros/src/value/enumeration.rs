//! Enums: a variant without data is stored as its name, and one with data as JSON.

mod with_data;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Fields, Variant};

use super::args::ValueArgs;
use crate::input::faults::Faults;
use crate::input::names::StoredName;

/// The length of the longest stored name of a variant, in bytes.
const MAX_LENGTH: usize = 64;

/// What follows the name of a variant with data where schemas are written down.
const MARK: &str = "(..)";

/// Generates what an enum implements, unless it has faults.
pub fn expand(input: &DeriveInput, data: &DataEnum, faults: &mut Faults) -> Option<TokenStream> {
    ValueArgs::refuse(&input.attrs, "an enum", faults);
    let names: Vec<StoredName> =
        data.variants.iter().map(|variant| name(variant, faults)).collect();
    if data.variants.is_empty() {
        faults.on(&input.ident, "an enum without variants has no value that a column could hold");
    }
    same_name(&names, data, faults);
    faults.is_empty().then(|| {
        if data.variants.iter().any(holds_data) {
            with_data::implementation(input, data, &names)
        } else {
            implementation(input, data, &names)
        }
    })
}

fn holds_data(variant: &Variant) -> bool {
    !matches!(variant.fields, Fields::Unit)
}

fn implementation(input: &DeriveInput, data: &DataEnum, names: &[StoredName]) -> TokenStream {
    let ident = &input.ident;
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    quote! {
        #[allow(deprecated)]
        const _: () = {
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl ::ara::__private::Value for #ident {
                const TYPE: ::ara::__private::Type = ::ara::__private::Type::Enum(&[#(#names),*]);
                const EXACT: bool = true;
                fn store(
                    self,
                ) -> ::core::result::Result<::ara::__private::Stored<'static>, ::ara::__private::Rule>
                {
                    ::core::result::Result::Ok(::ara::__private::Stored::Text(
                        ::std::borrow::Cow::Borrowed(match self { #(Self::#variants => #names,)* }),
                    ))
                }
                fn read(__stored: ::ara::__private::Stored<'_>) -> ::core::option::Option<Self> {
                    let ::ara::__private::Stored::Text(__name) = __stored else {
                        return ::core::option::Option::None;
                    };
                    match &*__name {
                        #(#names => ::core::option::Option::Some(Self::#variants),)*
                        _ => ::core::option::Option::None,
                    }
                }
                fn readable() -> ::ara::__private::Readable {
                    ::ara::__private::Readable::Names(&[#(#names),*])
                }
            }
        };
    }
}

/// Returns the stored name of a variant.
pub(super) fn name(variant: &Variant, faults: &mut Faults) -> StoredName {
    let args = ValueArgs::parse(&variant.attrs, faults);
    let name = StoredName::new(args.name.as_ref(), &variant.ident, str::to_owned);
    let fault = match name.text.as_str() {
        "" => Some("it is empty".to_owned()),
        text if text.len() > MAX_LENGTH => Some(format!("it has more than {MAX_LENGTH} bytes")),
        text if text.chars().any(char::is_control) => Some("it has a control character".to_owned()),
        text if text.starts_with('{') => Some("it begins as JSON does".to_owned()),
        text if text.ends_with(MARK) => Some(format!("it ends with `{MARK}`")),
        _ => None,
    };
    if let Some(fault) = fault {
        let mend = if name.is_given { "" } else { "; name it with `#[value(name = \"..\")]`" };
        faults.at(
            name.span,
            format_args!("this cannot be the stored name of a variant: {fault}{mend}"),
        );
    }
    name
}

/// Refuses variants that share a stored name.
pub(super) fn same_name(names: &[StoredName], data: &DataEnum, faults: &mut Faults) {
    for (at, name) in names.iter().enumerate() {
        let mut before = names.iter().take(at).zip(&data.variants);
        if let Some((_, first)) = before.find(|(known, _)| known.text == name.text) {
            faults.at(
                name.span,
                format_args!("the name `{}` is stored for `{}` already", name.text, first.ident),
            );
        }
    }
}
