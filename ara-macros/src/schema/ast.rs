//! The declaration of a schema: `pub App: Todo, Category`.

use std::collections::HashSet;

use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Path, Result, Token, Visibility};

use crate::input::faults::Faults;

/// A schema as it is declared.
pub struct Schema {
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub ident: Ident,
    pub tables: Vec<Path>,
}

impl Parse for Schema {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let tables = Punctuated::<Path, Token![,]>::parse_terminated(input)?;
        Ok(Self { attrs, vis, ident, tables: tables.into_iter().collect() })
    }
}

impl Schema {
    /// Returns the schema with each table once. That it names no table, or one twice, is a fault.
    pub fn checked(mut self, faults: &mut Faults) -> Self {
        let ident = &self.ident;
        if self.tables.is_empty() {
            faults.on(
                ident,
                format_args!("name the tables of the schema: `{ident}: Todo, Category`"),
            );
        }
        let mut seen = HashSet::new();
        self.tables.retain(|table| {
            let is_new = seen.insert(table.to_token_stream().to_string());
            if !is_new {
                faults.on(table, "this table is in the schema already");
            }
            is_new
        });
        self
    }
}
