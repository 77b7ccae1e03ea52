//! ara's macros. Apps use them through the `ara` crate, which re-exports them.

mod ast;
mod attr;
mod derive;
mod expand;
mod fallback;
mod faults;
mod names;
mod suggest;
mod valid;
mod visibility;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Table
#[proc_macro_derive(Table, attributes(table, __ara_table))]
pub fn derive_table(input: TokenStream) -> TokenStream {
    derive::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// table
#[proc_macro_attribute]
pub fn table(args: TokenStream, input: TokenStream) -> TokenStream {
    derive::attribute(&args.into(), parse_macro_input!(input as DeriveInput)).into()
}
