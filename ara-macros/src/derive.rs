//! `#[derive(Table)]` and `#[ara::table]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Fields};

use crate::ast::Table;
use crate::attr::{TABLE, TABLE_OF_MACRO};
use crate::expand::expand;
use crate::faults::Faults;
use crate::valid;

pub fn derive(input: &DeriveInput) -> TokenStream {
    let mut faults = Faults::default();
    valid::shape(input, &mut faults);
    // What is generated names the struct without arguments.
    if !input.generics.params.is_empty() {
        return faults.into_compile_errors();
    }
    let mut table = Table::new(input, &mut faults);
    valid::table(&table, &mut faults);
    if !faults.is_empty() {
        table.mend();
    }
    let (errors, generated) = (faults.into_compile_errors(), expand(&table));
    quote!(#errors #generated)
}

/// The struct with the derives that `#[ara::table]` stands for.
pub fn attribute(args: &TokenStream, mut input: DeriveInput) -> TokenStream {
    // Where `ara::table` is imported, `#[table(..)]` would mean this macro again, not the helper.
    rename(&mut input.attrs);
    if let Data::Struct(data) = &mut input.data
        && let Fields::Named(fields) = &mut data.fields
    {
        fields.named.iter_mut().for_each(|field| rename(&mut field.attrs));
    }
    let helper = format_ident!("{TABLE_OF_MACRO}");
    quote! {
        #[allow(clippy::derive_partial_eq_without_eq)]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq, ::ara::Table)]
        #[#helper(#args)]
        #input
    }
}

fn rename(attrs: &mut [Attribute]) {
    for attr in attrs {
        let path = match &mut attr.meta {
            syn::Meta::Path(path) => path,
            syn::Meta::List(list) => &mut list.path,
            syn::Meta::NameValue(pair) => &mut pair.path,
        };
        if path.is_ident(TABLE) {
            let span = path.segments[0].ident.span();
            path.segments[0].ident = syn::Ident::new(TABLE_OF_MACRO, span);
        }
    }
}
