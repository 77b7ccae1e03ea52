//! `#[derive(Table)]` and `#[ara::table]`.
//!
//! `attr`, `lens` and `ast` read what the user wrote, `valid` and `valid_lens` find all faults in it, `fallback` removes what
//! would not compile, and `expand` generates the code.

mod ast;
mod attr;
mod expand;
mod fallback;
mod lens;
mod valid;
mod valid_lens;
mod visibility;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, Meta};

use crate::input::faults::Faults;
use ast::Table;
use attr::{TABLE, TABLE_OF_MACRO};
use expand::expand;

/// Generates what `#[derive(Table)]` stands for.
pub fn derive(input: &DeriveInput) -> TokenStream {
    let mut faults = Faults::default();
    valid::shape(input, &mut faults);
    // The generated code names the struct without arguments, so it would not compile.
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

/// Generates what `#[ara::table]` stands for: the struct with its derives.
pub fn attribute(args: &TokenStream, mut input: DeriveInput) -> TokenStream {
    // Where `ara::table` is imported, `#[table(..)]` would mean this macro again, and not the helper.
    rename(&mut input.attrs);
    if let Data::Struct(data) = &mut input.data
        && let Fields::Named(fields) = &mut data.fields
    {
        fields.named.iter_mut().for_each(|field| rename(&mut field.attrs));
    }
    let helper = format_ident!("{TABLE_OF_MACRO}");
    quote! {
        #[allow(clippy::derive_partial_eq_without_eq)]
        #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
        #[derive(::ara::__private::derive::Table)]
        #[#helper(#args)]
        #input
    }
}

/// Gives the helper attribute the name that it has within `#[ara::table]`.
fn rename(attrs: &mut [Attribute]) {
    for attr in attrs {
        let path = match &mut attr.meta {
            Meta::Path(path) => path,
            Meta::List(list) => &mut list.path,
            Meta::NameValue(pair) => &mut pair.path,
        };
        if path.is_ident(TABLE) {
            *path = Ident::new(TABLE_OF_MACRO, path.span()).into();
        }
    }
}
