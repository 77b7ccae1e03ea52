//! The check that the struct keeps what was released of its table.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use crate::cargo::this_crate;
use crate::table::ast::Table;

/// Generates the check, which `ara::schema!` turns on for the structs that it names. The derive generates
/// it because only the derive has the spans of the fields, where messages are to be shown.
pub fn check(table: &Table<'_>) -> Option<TokenStream> {
    if table.is_faulty {
        return None;
    }
    let Table { ident, vis, .. } = table;
    let declared_in = this_crate();
    let fields = table.positions().map(|(at, column)| {
        let refuse = refuse_at(column.ident);
        quote!(#at => #refuse,)
    });
    let refuse = refuse_at(ident);
    let mut sorted: Vec<usize> = (0..table.columns.len()).collect();
    sorted.sort_by_key(|&at| table.columns.get(at).map(|column| &column.name.text));
    Some(quote! {
        impl #ident {
            #[doc(hidden)]
            #vis const __DECLARED_IN: _ara::Option<&'static str> = _ara::Some(#declared_in);
        }
        // Without this, the compiler would give up on a table with many columns.
        #[allow(long_running_const_eval)]
        const _: () = {
            #[allow(unused_imports)]
            use _ara::Unreleased as _;
            const NOW: &_ara::TableDef = <#ident as _ara::Table>::TABLE;
            const RELEASED: _ara::Option<&_ara::TableDef> =
                <#ident>::__A_TABLE_BELONGS_TO_ONE_SCHEMA;
            if let _ara::Some(released) = RELEASED {
                if !_ara::plainly_keeps(released, NOW, &[#(#sorted),*]) {
                    if let _ara::Some(place) = _ara::place_of_refusal(released, NOW) {
                        match place.position() {
                            #(#fields)*
                            _ => #refuse,
                        }
                    }
                }
            }
        };
    })
}

/// Generates the refusal, which is shown at `name`. It uses constants and no variables: if a macro of the
/// user's made `name`, its hygiene would hide variables.
fn refuse_at(name: &Ident) -> TokenStream {
    quote_spanned!(name.span()=> ::ara::__private::refuse(RELEASED, NOW))
}
