//! The names of what is generated.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Visibility;

use crate::ast::{Column, IdField, Table};
use crate::names::{plain, snake_case};
use crate::visibility::{from_within, hides, narrower};

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

    /// The module of the columns' types: the compiler's messages call a column `todo::title`.
    pub fn module(&self) -> Ident {
        let name = snake_case(&plain(self.ident));
        let ident = syn::parse_str::<Ident>(&name);
        let raw = || syn::parse_str::<Ident>(&format!("r#{name}"));
        let mut ident = ident.or_else(|_| raw()).unwrap_or_else(|_| format_ident!("{name}_"));
        ident.set_span(self.ident.span());
        ident
    }

    /// The path to that module. It lies in another one, so that it hides nothing of the same name
    /// which a field's type may begin with: `struct Log { level: log::Level }`.
    pub fn module_path(&self) -> TokenStream {
        let module = self.module();
        if self.args.columns.is_some() { quote!(#module) } else { quote!(__columns::#module) }
    }

    /// The type of a column, by the column's name in Rust.
    pub fn marker(&self, column: &Ident) -> TokenStream {
        let module = self.module_path();
        quote!(#module::#column)
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

impl IdField<'_> {
    pub fn doc(&self) -> TokenStream {
        doc(&self.docs, "The row's id.")
    }
}

impl Column<'_> {
    /// The type parameter that stands for the column. No user's type looks like it.
    pub fn parameter(&self) -> Ident {
        format_ident!("__{}", plain(self.ident))
    }

    pub fn doc(&self) -> TokenStream {
        doc(&self.docs, &format!("The column `{}`.", self.name.text))
    }

    /// Whether its type may be hidden from where the table can be seen.
    pub fn is_hidden(&self, table: &Table<'_>) -> bool {
        hides(table.vis, self.vis)
    }
}

/// The user's doc comment, or one made up for those crates that must have one.
fn doc(docs: &[&syn::Attribute], made_up: &str) -> TokenStream {
    if docs.is_empty() { quote!(#[doc = #made_up]) } else { quote!(#(#docs)*) }
}
