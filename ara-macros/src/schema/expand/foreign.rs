//! The check that the tables of a schema are declared in its crate.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Path;
use syn::spanned::Spanned;

use super::spelled::spelled;
use crate::cargo::this_crate;

/// Generates the check of a table. Without it, the struct of another crate would not be held against
/// `ara.lock`, and all the compiler would say is that an `impl` belongs elsewhere.
pub fn refuse_foreign(table: &Path) -> TokenStream {
    let here = this_crate();
    let message = format!(
        "`{}` is declared in another crate, and a schema that is recorded in `ara.lock` stands where \
         its tables are\n  \
         move it:               `ara::schema!`, and `ara.lock` if there is one, to that crate\n  \
         and use it here:       `db.ensure::<..>()` takes the schema of another crate, or a table alone",
        spelled(table),
    );
    quote_spanned! {table.span()=>
        {
            #[allow(unused_imports)]
            use ::ara::__private::Undeclared as _;
            ::core::assert!(
                ::ara::__private::may_be_of(<#table>::__DECLARED_IN, #here),
                #message
            );
        }
    }
}
