//! The names and the doc comments of what is generated.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Token, Visibility};

use crate::table::ast::{Column, Table};
use crate::table::visibility::{from_within, narrower};

/// The doc comment of `created_at`, in rows and of the column.
pub const CREATED_AT_DOC: &str = "When the row was created, by the clock of the device that did.";

/// The doc comment of `updated_at`, in rows and of the column.
pub const UPDATED_AT_DOC: &str =
    "When the row was last changed, by the clock of the device that did.";

impl Table<'_> {
    /// Returns the name of the row's type.
    pub fn row(&self) -> Ident {
        format_ident!("{}Row", self.ident)
    }

    /// Returns the name of the draft's type.
    pub fn draft(&self) -> Ident {
        format_ident!("{}Draft", self.ident)
    }

    /// Returns the name of the patch's type.
    pub fn patch(&self) -> Ident {
        format_ident!("{}Patch", self.ident)
    }

    /// Returns the type of the column with this name in Rust.
    pub fn marker<'a>(&'a self, column: &'a Ident) -> Marker<'a> {
        Marker { module: &self.module, is_public: self.args.columns.is_some(), column }
    }

    /// Returns the visibility of a column's type, as it is written within the module of these types.
    pub fn marker_visibility(&self, field: &Visibility) -> TokenStream {
        let depth = if self.args.columns.is_some() { 1 } else { 2 };
        from_within(narrower(self.vis, field), depth)
    }

    /// Returns the visibility of `id`, which is the struct's if the field is missing.
    pub fn id_visibility(&self) -> &Visibility {
        self.id.as_ref().map_or(self.vis, |id| id.vis)
    }

    /// Returns the doc comment of `id`, or one in its place.
    pub fn id_doc(&self) -> TokenStream {
        let docs = self.id.as_ref().map_or(&[][..], |id| &id.docs);
        doc(docs, "The row's id.")
    }

    /// Returns the columns, each with its position in the table's definition.
    pub fn positions(&self) -> impl Iterator<Item = (usize, &Column<'_>)> {
        self.columns.iter().enumerate()
    }

    /// Returns the columns that are not retired, each with its position in the table's definition.
    pub fn kept_positions(&self) -> impl Iterator<Item = (usize, &Column<'_>)> {
        self.positions().filter(|(_, column)| !column.is_retired())
    }
}

/// The path of a column's type.
///
/// The module of these types lies in a module of its own. Otherwise it would hide a crate or module of
/// the same name from the types of fields: `log` in `struct Log { level: log::Level }`.
pub struct Marker<'a> {
    module: &'a Ident,
    is_public: bool,
    column: &'a Ident,
}

/// Adds one token after the other. A path is written many times for each column, and a stream of its own
/// for each of them would take longer than all else that the derive does.
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

impl Column<'_> {
    /// Returns the doc comment of the field, or one in its place.
    pub fn doc(&self) -> TokenStream {
        doc(&self.docs, &format!("The column `{}`.", self.name.text))
    }
}

/// Returns the user's doc comment. A field without one gets `made_up`, as a crate may deny missing docs.
fn doc(docs: &[&Attribute], made_up: &str) -> TokenStream {
    if docs.is_empty() { quote!(#[doc = #made_up]) } else { quote!(#(#docs)*) }
}
