//! The names of what is generated.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Token, Visibility};

use crate::ast::{Column, IdField, Table};
use crate::visibility::{from_within, narrower};

impl Table<'_> {
    pub fn row(&self) -> Ident {
        format_ident!("{}Row", self.ident)
    }

    pub fn draft(&self) -> Ident {
        format_ident!("{}Draft", self.ident)
    }

    pub fn patch(&self) -> Ident {
        format_ident!("{}Patch", self.ident)
    }

    /// The type of a column, by the column's name in Rust.
    pub fn marker<'a>(&'a self, column: &'a Ident) -> Marker<'a> {
        Marker { module: &self.module, is_public: self.args.columns.is_some(), column }
    }

    /// The visibility of a column's type, written where it is.
    pub fn marker_visibility(&self, field: &Visibility) -> TokenStream {
        let depth = if self.args.columns.is_some() { 1 } else { 2 };
        from_within(narrower(self.vis, field), depth)
    }

    pub fn id_visibility(&self) -> &Visibility {
        self.id.as_ref().map_or(self.vis, |id| id.vis)
    }

    /// The columns with the positions they have in the table's definition.
    pub fn positions(&self) -> impl Iterator<Item = (usize, &Column<'_>)> {
        self.columns.iter().enumerate()
    }
}

/// The path to a column's type. Its module lies in another one, so that it hides nothing of the same name
/// which a field's type may begin with: `struct Log { level: log::Level }`. (Type parameters begin with
/// two underscores, so what shares a scope with them does not.)
pub struct Marker<'a> {
    module: &'a Ident,
    is_public: bool,
    column: &'a Ident,
}

/// Token by token: a path is spelled many times for each column, and a stream of its own for each would
/// take longer than all the rest of what the derive does.
impl ToTokens for Marker<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let separator = <Token![::]>::default();
        if !self.is_public {
            Ident::new("_ara_columns", Span::call_site()).to_tokens(tokens);
            separator.to_tokens(tokens);
        }
        self.module.to_tokens(tokens);
        separator.to_tokens(tokens);
        self.column.to_tokens(tokens);
    }
}

impl IdField<'_> {
    pub fn doc(&self) -> TokenStream {
        doc(&self.docs, "The row's id.")
    }
}

impl Column<'_> {
    pub fn doc(&self) -> TokenStream {
        doc(&self.docs, &format!("The column `{}`.", self.name.text))
    }
}

/// The user's doc comment, or one made up for those crates that must have one.
fn doc(docs: &[&syn::Attribute], made_up: &str) -> TokenStream {
    if docs.is_empty() { quote!(#[doc = #made_up]) } else { quote!(#(#docs)*) }
}
