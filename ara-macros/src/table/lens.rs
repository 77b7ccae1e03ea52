//! What the user wrote in `#[table(replaces(..))]`.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Ident, LitInt, Path, Result, Token, parenthesized, token};

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
        if content.peek(token::Paren) {
            let columns;
            parenthesized!(columns in content);
            lens.columns.extend(Punctuated::<Ident, Token![,]>::parse_terminated(&columns)?);
        } else if content.peek(syn::Ident) && !content.peek2(Token![=]) {
            lens.columns.push(content.parse()?);
        }
        if lens.columns.is_empty() {
            faults.on(&meta.path, EXAMPLE);
        }
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
            let arguments = syn::meta::parser(|meta| lens.argument(&meta, faults));
            syn::parse::Parser::parse2(arguments, content.parse()?)?;
        }
        Ok(Some(lens))
    }

    fn argument(&mut self, meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<()> {
        match name_of(meta).as_str() {
            "read" => once(&mut self.read, meta, faults, expression),
            "read_with" => once(&mut self.read_with, meta, faults, expression),
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
        let Some(function) = expression(meta, faults)? else { return Ok(None) };
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
