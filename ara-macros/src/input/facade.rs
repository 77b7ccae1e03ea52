//! The path by which generated code names the crate `ara`, for apps that have it under another name.
//!
//! A macro cannot know that name, so `crate = ".."` in the helper attribute gives it, as with serde. It is taken out of
//! the attributes before they are read, and put into all that was generated: so nothing in between knows of it.

use proc_macro2::{Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, LitStr, Meta, Path, parse_quote};

use super::faults::Faults;

/// The name of the facade, as generated code has it: `::ara::__private`.
const NAME: &str = "ara";
const INSIDE: &str = "__private";

/// The path that the user gives for the crate.
#[derive(Default)]
pub struct Facade {
    path: Option<Path>,
    faults: Faults,
}

impl Facade {
    /// Takes `crate = ".."` out of the helper attributes of these names.
    pub fn take(attrs: &mut Vec<Attribute>, helpers: &[&str]) -> Self {
        let mut facade = Self::default();
        attrs.retain_mut(|attr| {
            let Meta::List(list) = &mut attr.meta else { return true };
            if !helpers.iter().any(|helper| list.path.is_ident(helper)) {
                return true;
            }
            let before = list.tokens.is_empty();
            list.tokens = facade.take_from(std::mem::take(&mut list.tokens));
            before || !list.tokens.is_empty()
        });
        facade
    }

    /// Takes it out of the arguments of an attribute macro, and returns it as an attribute for the derive.
    pub fn take_attribute(args: &mut TokenStream) -> (Self, Option<Attribute>) {
        let mut facade = Self::default();
        *args = facade.take_from(std::mem::take(args));
        let given = facade.path.as_ref().map(text);
        let attribute = given.map(|path| parse_quote!(#[__ara_table(crate = #path)]));
        (facade, attribute)
    }

    /// Takes it out of the arguments of an attribute.
    fn take_from(&mut self, arguments: TokenStream) -> TokenStream {
        let tokens: Vec<TokenTree> = arguments.into_iter().collect();
        let is_comma =
            |token: &TokenTree| matches!(token, TokenTree::Punct(it) if it.as_char() == ',');
        let mut kept: Vec<&[TokenTree]> = Vec::new();
        for argument in tokens.split(is_comma) {
            match argument {
                [TokenTree::Ident(name), given @ ..] if name == "crate" => self.read(name, given),
                // What follows the last comma.
                [] => {}
                argument => kept.push(argument),
            }
        }
        if kept.len() == tokens.split(is_comma).count() {
            return tokens.into_iter().collect();
        }
        let comma = TokenTree::Punct(Punct::new(',', Spacing::Alone));
        kept.join(&comma).into_iter().collect()
    }

    /// Reads `= "my_lib::ara"`, the value of the argument `name`.
    fn read(&mut self, name: &Ident, given: &[TokenTree]) {
        let text = match given {
            [TokenTree::Punct(equals), value] if equals.as_char() == '=' => {
                syn::parse2::<LitStr>(value.to_token_stream()).ok()
            }
            _ => None,
        };
        match text.as_ref().map(|text| text.parse_with(Path::parse_mod_style)) {
            Some(Ok(path)) if self.path.is_none() => self.path = Some(path),
            Some(Ok(_)) => self.faults.on(name, "`crate` is given twice"),
            _ => self.faults.on(
                name,
                "`crate` takes the path of ara as a string, from a crate on: `crate = \"my_lib::ara\"`",
            ),
        }
    }

    /// Returns what was generated, with the user's path in it.
    pub fn put_into(self, generated: TokenStream) -> TokenStream {
        let errors = self.faults.into_compile_errors();
        let generated = match &self.path {
            Some(path) => with_path(generated, path),
            None => generated,
        };
        errors.into_iter().chain(generated).collect()
    }
}

/// Puts a path in the place of `::ara` wherever `::__private` follows.
fn with_path(tokens: TokenStream, path: &Path) -> TokenStream {
    let mut put: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => put.push(TokenTree::Group(group_with_path(&group, path))),
            TokenTree::Literal(literal) => {
                put.push(TokenTree::Literal(literal_with_path(literal, path)))
            }
            TokenTree::Ident(ident) if ident == INSIDE => {
                // What is before it: `::ara::`.
                let before = put.len().saturating_sub(5);
                if let [_, _, TokenTree::Ident(name), _, _] = put.get(before..).unwrap_or_default()
                    && name == NAME
                {
                    let span = name.span();
                    let colons = put.split_off(before + 3);
                    put.truncate(before);
                    put.extend(spanned(path, span));
                    put.extend(colons);
                }
                put.push(TokenTree::Ident(ident));
            }
            other => put.push(other),
        }
    }
    put.into_iter().collect()
}

fn group_with_path(group: &Group, path: &Path) -> Group {
    let mut inner = Group::new(group.delimiter(), with_path(group.stream(), path));
    inner.set_span(group.span());
    inner
}

/// Puts the path into the string by which serde is told where it is.
fn literal_with_path(literal: Literal, path: &Path) -> Literal {
    let start = format!("\"::{NAME}::{INSIDE}");
    let Some(rest) = literal.to_string().strip_prefix(&start).map(str::to_owned) else {
        return literal;
    };
    let rest = rest.trim_end_matches('"');
    let mut put = Literal::string(&format!("{}::{INSIDE}{rest}", text(path)));
    put.set_span(literal.span());
    put
}

/// Returns a path as text, without blanks.
fn text(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}

/// Returns the tokens of a path at another place, so that messages show the place for which they were generated.
fn spanned(path: &Path, span: Span) -> impl Iterator<Item = TokenTree> {
    path.to_token_stream().into_iter().map(move |mut token| {
        token.set_span(span);
        token
    })
}
