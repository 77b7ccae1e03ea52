//! The faults of an input, which are all reported at once.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::Error;

/// The faults that were found so far.
#[derive(Default)]
pub struct Faults(Option<Error>);

impl Faults {
    /// Adds a fault that syn found.
    pub fn push(&mut self, fault: Error) {
        match &mut self.0 {
            Some(faults) => faults.combine(fault),
            None => self.0 = Some(fault),
        }
    }

    /// Adds a fault that is shown at `span`.
    pub fn at(&mut self, span: Span, message: impl Display) {
        self.push(Error::new(span, message));
    }

    /// Adds a fault that is shown at all of `tokens`.
    pub fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    /// Returns whether no fault was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns code that makes the compiler report every fault.
    pub fn into_compile_errors(self) -> TokenStream {
        self.0.map(Error::into_compile_error).unwrap_or_default()
    }
}
