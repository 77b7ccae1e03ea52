//! What the user wrote in `#[table(..)]`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, LitStr, Path, Result, Token, parenthesized, token};

use crate::faults::Faults;
use crate::suggest::Suggestion;
use crate::valid;

/// The helper attribute of `#[derive(Table)]`.
pub const TABLE: &str = "table";

/// The same, as `#[ara::table]` spells it: under its own name it would be ambiguous wherever the
/// attribute macro was imported.
pub const TABLE_OF_MACRO: &str = "__ara_table";

/// The arguments of a struct.
#[derive(Default)]
pub struct TableArgs {
    pub name: Option<LitStr>,
    pub local: Option<Path>,
    pub columns: Option<Path>,
    pub indexes: Vec<Vec<Ident>>,
    pub derives: Vec<Path>,
    /// A table of ara's own, under a name that is kept for it.
    pub ara: Option<Path>,
}

/// The arguments of a field.
#[derive(Default)]
pub struct FieldArgs {
    pub column: Option<LitStr>,
    pub index: Option<Path>,
    pub search: Option<Path>,
    pub default: Option<TokenStream>,
    /// Where any was given.
    pub first: Option<Path>,
}

impl TableArgs {
    pub fn parse(attrs: &[Attribute], faults: &mut Faults) -> Self {
        let mut args = Self::default();
        each_argument(attrs, faults, |meta, faults| {
            match name_of(meta).as_str() {
                "name" => once(&mut args.name, meta, faults, string)?,
                "local" => once(&mut args.local, meta, faults, flag)?,
                "columns" => once(&mut args.columns, meta, faults, flag)?,
                "index" => args.indexes.extend(list(meta, "index(title, done)", faults)?),
                "derive" => args
                    .derives
                    .extend(list(meta, "derive(serde::Serialize)", faults)?.into_iter().flatten()),
                "unique" => valid::unique(meta, faults)?,
                "__ara" => once(&mut args.ara, meta, faults, flag)?,
                given => {
                    let suggestion = Suggestion {
                        known: &["name", "local", "index", "columns", "derive"],
                        synonyms: &[("column", "name"), ("rename", "name"), ("table", "name")],
                        given,
                    };
                    unknown("a table", meta, &suggestion, faults)?;
                }
            }
            Ok(())
        });
        args
    }
}

impl FieldArgs {
    pub fn parse(attrs: &[Attribute], faults: &mut Faults) -> Self {
        let mut args = Self::default();
        each_argument(attrs, faults, |meta, faults| {
            args.first.get_or_insert_with(|| meta.path.clone());
            match name_of(meta).as_str() {
                "column" => once(&mut args.column, meta, faults, string)?,
                "index" => once(&mut args.index, meta, faults, flag)?,
                "search" => once(&mut args.search, meta, faults, flag)?,
                "default" => once(&mut args.default, meta, faults, expression)?,
                "unique" => valid::unique(meta, faults)?,
                given => {
                    let suggestion = Suggestion {
                        known: &["column", "index", "search", "default"],
                        synonyms: &[("name", "column"), ("rename", "column")],
                        given,
                    };
                    unknown("a column", meta, &suggestion, faults)?;
                }
            }
            Ok(())
        });
        args
    }
}

fn each_argument(
    attrs: &[Attribute],
    faults: &mut Faults,
    mut argument: impl FnMut(&ParseNestedMeta<'_>, &mut Faults) -> Result<()>,
) {
    for attr in attrs {
        if attr.path().is_ident(TABLE) || attr.path().is_ident(TABLE_OF_MACRO) {
            let parsed = attr.parse_nested_meta(|meta| argument(&meta, faults));
            if let Err(fault) = parsed {
                faults.push(fault);
            }
        }
    }
}

fn name_of(meta: &ParseNestedMeta<'_>) -> String {
    meta.path.get_ident().map_or_else(String::new, Ident::to_string)
}

/// Takes an argument that may be given once.
fn once<T>(
    slot: &mut Option<T>,
    meta: &ParseNestedMeta<'_>,
    faults: &mut Faults,
    parse: impl FnOnce(&ParseNestedMeta<'_>, &mut Faults) -> Result<Option<T>>,
) -> Result<()> {
    if slot.is_some() {
        valid::given_twice(meta, faults);
    }
    if let Some(value) = parse(meta, faults)? {
        slot.get_or_insert(value);
    }
    Ok(())
}

fn string(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<Option<LitStr>> {
    if meta.input.peek(Token![=]) && meta.input.peek2(LitStr) {
        return meta.value()?.parse().map(Some);
    }
    let name = name_of(meta);
    faults.on(&meta.path, format_args!("`{name}` takes a string: `{name} = \"..\"`"));
    skip_value(meta.input)?;
    Ok(None)
}

fn flag(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<Option<Path>> {
    if !meta.input.is_empty() && !meta.input.peek(Token![,]) {
        faults.on(&meta.path, format_args!("`{}` takes no value here", name_of(meta)));
        skip_value(meta.input)?;
    }
    Ok(Some(meta.path.clone()))
}

fn expression(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<Option<TokenStream>> {
    if !meta.input.peek(Token![=]) {
        faults.on(&meta.path, "`default` takes a value: `default = 1`");
        skip_value(meta.input)?;
        return Ok(None);
    }
    let value = meta.value()?;
    if value.peek(token::Brace) {
        return value.parse::<proc_macro2::Group>().map(|block| Some(block.to_token_stream()));
    }
    // Without syn's largest feature only expressions without statements in them can be parsed.
    let start = value.span();
    match value.parse::<Expr>() {
        Ok(expression) => Ok(Some(expression.to_token_stream())),
        Err(_) => Err(syn::Error::new(
            start,
            "cannot read this value; if it is valid Rust, put it in braces: `default = { .. }`",
        )),
    }
}

fn list<T: syn::parse::Parse>(
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

/// Says that there is no such argument, and goes on with the next.
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

/// Steps over what belongs to an argument, whatever it is.
pub fn skip_value(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
