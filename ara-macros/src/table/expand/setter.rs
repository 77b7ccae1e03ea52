//! The setters that drafts and patches have in common.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::table::ast::{Column, Table};

impl Column<'_> {
    /// Returns the generics of a setter and the type of its argument. They have the span of the field,
    /// so that messages about an argument point there.
    pub fn argument(&self) -> (TokenStream, TokenStream) {
        let (ty, span) = (&self.ty, self.ident.span());
        if self.is_optional {
            (
                quote_spanned!(span=> <_How>),
                quote_spanned!(span=> impl ::ara::__private::IntoOptional<#ty, _How>),
            )
        } else {
            (quote!(), quote_spanned!(span=> impl ::ara::__private::IntoValue<#ty>))
        }
    }

    /// Returns the method of `Cells` that sets the column.
    pub fn set_method(&self, table: &Table<'_>) -> TokenStream {
        let marker = table.marker(self.ident);
        if self.is_optional {
            quote!(set_optional_column::<#marker, _>)
        } else {
            quote!(set_column::<#marker>)
        }
    }
}
