//! An enum without data is stored as the name of its variant.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, DataEnum, DeriveInput, Fields, LitStr, Token, Variant};

use super::of_itself;
use crate::attr::unknown;
use crate::faults::Faults;
use crate::names::StoredName;
use crate::suggest::Suggestion;

/// The longest stored name of a variant, in bytes.
const MAX_LENGTH: usize = 64;

pub fn expand(input: &DeriveInput, data: &DataEnum, faults: &mut Faults) -> Option<TokenStream> {
    ValueArgs::refuse(&input.attrs, "an enum", faults);
    let names: Vec<StoredName> =
        data.variants.iter().map(|variant| name(variant, faults)).collect();
    if data.variants.is_empty() {
        faults.on(&input.ident, "an enum without variants has no value that a column could hold");
    }
    same_name(&names, data, faults);
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            faults.on(
                variant,
                "a variant with data cannot be stored by its name; \
                 any serde type can be stored as `ara::Json<..>`",
            );
        }
    }
    faults.is_empty().then(|| implementation(input, data, &names))
}

fn implementation(input: &DeriveInput, data: &DataEnum, names: &[StoredName]) -> TokenStream {
    let ident = &input.ident;
    let itself = of_itself(input);
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    quote! {
        #[allow(deprecated)]
        const _: () = {
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl ::ara::__private::Value for #ident {
                const TYPE: ::ara::__private::Type = ::ara::__private::Type::Enum(&[#(#names),*]);
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
            #itself
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl ::ara::__private::IntoValue<#ident> for &#ident {
                fn into_value(self) -> ::core::result::Result<#ident, ::ara::__private::Rule> {
                    ::core::result::Result::Ok(match self {
                        #(#ident::#variants => #ident::#variants,)*
                    })
                }
            }
        };
    }
}

fn name(variant: &Variant, faults: &mut Faults) -> StoredName {
    let args = ValueArgs::parse(&variant.attrs, faults);
    let name = StoredName::new(args.name.as_ref(), &variant.ident, str::to_owned);
    let fault = match name.text.as_str() {
        "" => Some("it is empty".to_owned()),
        text if text.len() > MAX_LENGTH => Some(format!("it has more than {MAX_LENGTH} bytes")),
        text if text.chars().any(char::is_control) => Some("it has a control character".to_owned()),
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

fn same_name(names: &[StoredName], data: &DataEnum, faults: &mut Faults) {
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

/// What the user wrote in `#[value(..)]` on a variant.
#[derive(Default)]
pub struct ValueArgs {
    name: Option<LitStr>,
}

impl ValueArgs {
    fn parse(attrs: &[Attribute], faults: &mut Faults) -> Self {
        let mut args = Self::default();
        Self::each(attrs, "a variant", &["name"], faults, |name| args.name.replace(name).is_none());
        args
    }

    /// Where no argument is known.
    pub fn refuse(attrs: &[Attribute], place: &str, faults: &mut Faults) {
        Self::each(attrs, place, &[], faults, |_| true);
    }

    fn each(
        attrs: &[Attribute],
        place: &str,
        known: &[&str],
        faults: &mut Faults,
        mut give: impl FnMut(LitStr) -> bool,
    ) {
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("value")) {
            let parsed = attr.parse_nested_meta(|meta| {
                let given = meta.path.to_token_stream().to_string();
                if !known.contains(&given.as_str()) {
                    let synonyms: &[_] = if known.is_empty() { &[] } else { &[("rename", "name")] };
                    let suggestion = Suggestion { known, synonyms, given: &given };
                    return unknown(place, &meta, &suggestion, faults);
                }
                if !(meta.input.peek(Token![=]) && meta.input.peek2(LitStr)) {
                    faults.on(&meta.path, "`name` takes a string: `name = \"..\"`");
                    return crate::attr::skip_value(meta.input);
                }
                if !give(meta.value()?.parse()?) {
                    crate::valid::given_twice(&meta, faults);
                }
                Ok(())
            });
            if let Err(fault) = parsed {
                faults.push(fault);
            }
        }
    }
}
