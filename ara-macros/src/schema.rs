//! `ara::schema!`: the tables of an app under one name.
//!
//! `ast` reads what the user wrote, `lock` what was released, and `expand` generates the code.

mod ast;
mod expand;
mod lock;

use proc_macro2::TokenStream;
use quote::quote;

use crate::input::faults::Faults;
pub use ast::Schema;
use expand::expand;
use lock::Task;

/// Generates what `ara::schema!` stands for.
pub fn declare(schema: Schema) -> TokenStream {
    let mut faults = Faults::default();
    let schema = schema.checked(&mut faults);
    let task = Task::of_package().unwrap_or_else(|reason| {
        faults.on(&schema.ident, reason);
        Task::Free
    });
    let (errors, generated) = (faults.into_compile_errors(), expand(&schema, &task));
    quote!(#errors #generated)
}
