//! What the user wrote in `#[table(replaces(..))]`.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Ident, LitInt, Path, Result, Token, braced, parenthesized, token};

use crate::input::arguments::{expression, flag, name_of, once, skip_value};
use crate::input::faults::Faults;
use crate::input::suggest::Suggestion;

/// What a column replaces, and the functions between them.
pub struct Lens {
    /// The fields that it replaces.
    pub columns: Vec<Ident>,
    pub read: Option<TokenStream>,
    pub read_with: Option<TokenStream>,
    pub write: Option<Write>,
    pub by_key: Option<Path>,
    pub revision: Option<LitInt>,
    /// Where it begins.
    pub span: Span,
}

/// What gives the replaced columns their values.
pub struct Write {
    pub function: TokenStream,
    /// The fields that it takes, if they are named: `Names::join(first_name, last_name)`.
    pub columns: Option<Vec<Ident>>,
}

impl Lens {
    /// Returns how the lens reads: by the function, and whether that also takes what the column was last set to.
    pub fn reads(&self) -> Option<(&TokenStream, bool)> {
        let read = self.read.as_ref().map(|read| (read, false));
        read.or_else(|| self.read_with.as_ref().map(|read| (read, true)))
    }

    /// Returns the revision of the lens, which is 1 if none is given.
    pub fn revision(&self) -> u32 {
        self.revision.as_ref().and_then(|revision| revision.base10_parse().ok()).unwrap_or(1)
    }

    /// Reads `replaces(note, read = .., write = ..)`.
    pub fn parse(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<Option<Self>> {
        const EXAMPLE: &str = "`replaces` names the field that is replaced, and how: \
                               `replaces(note, read = Text::of_note, write = Text::to_note)`";
        if !meta.input.peek(token::Paren) {
            faults.on(&meta.path, EXAMPLE);
            skip_value(meta.input)?;
            return Ok(None);
        }
        let content;
        parenthesized!(content in meta.input);
        let mut lens = Self {
            columns: Vec::new(),
            read: None,
            read_with: None,
            write: None,
            by_key: None,
            revision: None,
            span: meta.path.span(),
        };
        let names_fields = !is_argument(&content);
        if content.peek(token::Paren) {
            let columns;
            parenthesized!(columns in content);
            for column in Punctuated::<Path, Token![,]>::parse_terminated(&columns)? {
                lens.columns.extend(of_this_table(column, faults));
            }
        } else if names_fields && content.peek(syn::Ident) {
            lens.columns.extend(of_this_table(content.parse()?, faults));
        }
        if !names_fields || content.is_empty() && lens.columns.is_empty() {
            faults.on(&meta.path, EXAMPLE);
        }
        if !content.is_empty() {
            if names_fields {
                content.parse::<Token![,]>()?;
            }
            let arguments = syn::meta::parser(|meta| lens.argument(&meta, faults));
            arguments.parse2(content.parse()?)?;
        }
        Ok(Some(lens))
    }

    fn argument(&mut self, meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<()> {
        match name_of(meta).as_str() {
            "read" => once(&mut self.read, meta, faults, function),
            "read_with" => once(&mut self.read_with, meta, faults, function),
            "write" => once(&mut self.write, meta, faults, Write::parse),
            "by_key" => once(&mut self.by_key, meta, faults, flag),
            "revision" => once(&mut self.revision, meta, faults, revision),
            given => {
                let suggestion = Suggestion {
                    known: &["read", "read_with", "write", "by_key", "revision"],
                    synonyms: &[("get", "read"), ("set", "write"), ("version", "revision")],
                    given,
                };
                crate::input::arguments::unknown("`replaces`", meta, &suggestion, faults)
            }
        }
    }
}

impl Write {
    fn parse(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<Option<Self>> {
        let Some(function) = function(meta, faults)? else { return Ok(None) };
        if let Ok(Expr::Call(call)) = syn::parse2::<Expr>(function.clone()) {
            let named = |argument: &Expr| match argument {
                Expr::Path(path) => path.path.get_ident().cloned(),
                _ => None,
            };
            let columns: Option<Vec<Ident>> = call.args.iter().map(named).collect();
            if columns.is_none() {
                faults.on(&call.args, "`write` takes the fields of this struct by their names");
            }
            let function = call.func.to_token_stream();
            return Ok(Some(Self { function, columns: columns.or(Some(Vec::new())) }));
        }
        Ok(Some(Self { function, columns: None }))
    }
}

/// Reads `name = FUNCTION`: a path, or a closure, with or without braces around it.
fn function(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<Option<TokenStream>> {
    let ahead = meta.input.fork();
    if ahead.parse::<Token![=]>().is_ok() && begins_closure(&ahead) {
        return closure(meta.value()?).map(Some);
    }
    let Some(function) = expression(meta, faults)? else { return Ok(None) };
    // Braces around nothing but a closure would be told to be unnecessary.
    let inside = |input: ParseStream<'_>| {
        let content;
        braced!(content in input);
        if begins_closure(&content) { closure(&content) } else { Err(content.error("no closure")) }
    };
    Ok(Some(inside.parse2(function.clone()).unwrap_or(function)))
}

/// Returns whether a function is a closure.
pub fn is_closure(function: &TokenStream) -> bool {
    let begins = |input: ParseStream<'_>| {
        let begins = begins_closure(input);
        input.parse::<TokenStream>().map(|_| begins)
    };
    begins.parse2(function.clone()).unwrap_or(false)
}

fn begins_closure(input: ParseStream<'_>) -> bool {
    input.peek(Token![|]) || input.peek(Token![move])
}

/// Reads a closure, which syn cannot without its feature `full`.
fn closure(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut closure = TokenStream::new();
    input.parse::<Option<Token![move]>>()?.to_tokens(&mut closure);
    input.parse::<Token![|]>()?.to_tokens(&mut closure);
    while !input.peek(Token![|]) {
        input.parse::<TokenTree>()?.to_tokens(&mut closure);
    }
    input.parse::<Token![|]>()?.to_tokens(&mut closure);
    if input.peek(token::Brace) {
        input.parse::<TokenTree>()?.to_tokens(&mut closure);
    } else {
        let body = input.parse::<Expr>().map_err(|error| {
            let put = "cannot read this closure; if it is valid Rust, put its body in braces";
            syn::Error::new(error.span(), put)
        })?;
        body.to_tokens(&mut closure);
    }
    Ok(closure)
}

/// Returns whether an argument is next, where the field that is replaced should be.
fn is_argument(content: ParseStream<'_>) -> bool {
    content.peek2(Token![=]) || content.fork().parse::<Ident>().is_ok_and(|name| name == "by_key")
}

/// Returns the name of the field that is replaced. A column of another table is a fault.
fn of_this_table(column: Path, faults: &mut Faults) -> Option<Ident> {
    let name = column.get_ident().cloned();
    if name.is_none() {
        faults.on(
            column,
            "a column replaces fields of its own struct, which are named alone: `replaces(note, ..)`. What is in \
             another table is found by a reference: `by_key`, or a join",
        );
    }
    name
}

fn revision(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<Option<LitInt>> {
    let value = expression(meta, faults)?;
    let number = value.clone().and_then(|value| syn::parse2::<LitInt>(value).ok());
    let is_positive = |number: &LitInt| number.base10_parse::<u32>().is_ok_and(|it| it > 0);
    let number = number.filter(is_positive);
    if number.is_none() && value.is_some() {
        faults.on(&meta.path, "`revision` takes a number from 1 on: `revision = 2`");
    }
    Ok(number)
}
