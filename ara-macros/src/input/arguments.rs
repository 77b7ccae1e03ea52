//! The arguments of a helper attribute: `name = ".."`, `local` and `index(title, done)` in
//! `#[table(..)]`.
//!
//! A fault in one argument does not stop the others from being read, so that all faults are reported
//! at once.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitStr, Path, Result, Token, parenthesized, token};

use super::faults::Faults;
use super::suggest::Suggestion;

/// Calls `argument` for each argument of these attributes.
pub fn each<'a>(
    attrs: impl IntoIterator<Item = &'a Attribute>,
    faults: &mut Faults,
    mut argument: impl FnMut(&ParseNestedMeta<'_>, &mut Faults) -> Result<()>,
) {
    for attr in attrs {
        let parsed = attr.parse_nested_meta(|meta| argument(&meta, faults));
        if let Err(fault) = parsed {
            faults.push(fault);
        }
    }
}

/// Returns the name of an argument. It is empty for a path of several segments, which names nothing.
pub fn name_of(meta: &ParseNestedMeta<'_>) -> String {
    meta.path.get_ident().map_or_else(String::new, Ident::to_string)
}

/// Reads an argument that may be given once into `slot`.
pub fn once<T>(
    slot: &mut Option<T>,
    meta: &ParseNestedMeta<'_>,
    faults: &mut Faults,
    parse: impl FnOnce(&ParseNestedMeta<'_>, &mut Faults) -> Result<Option<T>>,
) -> Result<()> {
    if slot.is_some() {
        let name = meta.path.to_token_stream();
        faults.on(&meta.path, format_args!("`{name}` is given twice"));
    }
    if let Some(value) = parse(meta, faults)? {
        slot.get_or_insert(value);
    }
    Ok(())
}

/// Reads `name = ".."`.
pub fn string(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<Option<LitStr>> {
    if meta.input.peek(Token![=]) && meta.input.peek2(LitStr) {
        return meta.value()?.parse().map(Some);
    }
    let name = name_of(meta);
    faults.on(&meta.path, format_args!("`{name}` takes a string: `{name} = \"..\"`"));
    skip_value(meta.input)?;
    Ok(None)
}

/// Reads an argument without a value.
pub fn flag(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<Option<Path>> {
    if !meta.input.is_empty() && !meta.input.peek(Token![,]) {
        faults.on(&meta.path, format_args!("`{}` takes no value here", name_of(meta)));
        skip_value(meta.input)?;
    }
    Ok(Some(meta.path.clone()))
}

/// Reads `name = EXPRESSION`.
pub fn expression(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<Option<TokenStream>> {
    if !meta.input.peek(Token![=]) {
        let name = name_of(meta);
        faults.on(&meta.path, format_args!("`{name}` takes a value: `{name} = ..`"));
        skip_value(meta.input)?;
        return Ok(None);
    }
    let value = meta.value()?;
    if value.peek(token::Brace) {
        return value.parse::<proc_macro2::Group>().map(|block| Some(block.to_token_stream()));
    }
    // Without its feature `full` syn cannot parse expressions that contain statements.
    let start = value.span();
    match value.parse::<Expr>() {
        Ok(expression) => Ok(Some(expression.to_token_stream())),
        Err(_) => Err(syn::Error::new(
            start,
            format!(
                "cannot read this value; if it is valid Rust, put it in braces: `{} = {{ .. }}`",
                name_of(meta),
            ),
        )),
    }
}

/// Reads `index(title, done)`. The message for anything else shows `example`.
pub fn list<T: Parse>(
    meta: &ParseNestedMeta<'_>,
    example: &str,
    faults: &mut Faults,
) -> Result<Option<Vec<T>>> {
    if meta.input.peek(token::Paren) {
        let content;
        parenthesized!(content in meta.input);
        if !content.is_empty() {
            let list = Punctuated::<T, Token![,]>::parse_terminated(&content)?;
            return Ok(Some(list.into_iter().collect()));
        }
    } else {
        skip_value(meta.input)?;
    }
    faults.on(&meta.path, format_args!("`{}` takes a list here: `{example}`", name_of(meta)));
    Ok(None)
}

/// Refuses an argument that `place` does not have.
pub fn unknown(
    place: &str,
    meta: &ParseNestedMeta<'_>,
    suggestion: &Suggestion<'_>,
    faults: &mut Faults,
) -> Result<()> {
    let given = meta.path.to_token_stream().to_string();
    faults.on(&meta.path, format_args!("{place} has no argument `{given}`: {suggestion}"));
    skip_value(meta.input)
}

/// Skips the value of an argument, whatever it is.
pub fn skip_value(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
