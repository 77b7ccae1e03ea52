//! The stored names that are made of Rust's names.

use proc_macro2::Span;
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::{Ident, LitStr};

/// A name in the database.
pub struct StoredName {
    /// The name itself.
    pub text: String,
    /// The place of the argument or of the Rust name that the name comes from.
    pub span: Span,
    /// Whether an argument gives the name; otherwise it is made of the Rust name.
    pub is_given: bool,
}

impl StoredName {
    /// Returns the name that `given` holds, or else what `made` makes of the Rust name.
    pub fn new(given: Option<&LitStr>, ident: &Ident, made: impl FnOnce(&str) -> String) -> Self {
        match given {
            Some(literal) => Self { text: literal.value(), span: literal.span(), is_given: true },
            None => Self { text: made(&plain(ident)), span: ident.span(), is_given: false },
        }
    }
}

impl ToTokens for StoredName {
    fn to_tokens(&self, tokens: &mut proc_macro2::TokenStream) {
        self.text.to_tokens(tokens);
    }
}

/// Returns a Rust name without `r#`.
pub fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Returns the name of the module for the columns of a struct.
pub fn module(ident: &Ident) -> Ident {
    let name = snake_case(&plain(ident));
    let parsed = syn::parse_str::<Ident>(&name);
    let parsed = parsed.or_else(|_| syn::parse_str::<Ident>(&format!("r#{name}")));
    let mut module = parsed.unwrap_or_else(|_| format_ident!("{name}_"));
    module.set_span(ident.span());
    module
}

/// Returns a name in snake case: `TodoItem` becomes `todo_item`, `HTTPLog` becomes `http_log`.
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let starts_word = letter.is_uppercase()
            && before.is_some_and(|&before| {
                let ends_acronym = before.is_uppercase() && after.is_some_and(|c| c.is_lowercase());
                before != '_' && (!before.is_uppercase() || ends_acronym)
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn struct_names_become_snake_case() {
        for (name, snake) in [
            ("Todo", "todo"),
            ("TodoItem", "todo_item"),
            ("HTTPLog", "http_log"),
            ("LogHTTP", "log_http"),
            ("A", "a"),
            ("AB", "ab"),
            ("ABc", "a_bc"),
            ("Todo2Item", "todo2_item"),
            ("V2", "v2"),
            ("todo_item", "todo_item"),
            ("Todo_Item", "todo_item"),
            ("_Todo", "_todo"),
            ("Größe", "größe"),
        ] {
            assert_eq!(snake_case(name), snake, "{name}");
        }
    }
}
