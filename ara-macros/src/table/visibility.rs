//! How visible the generated items are.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Path, Visibility};

/// Returns the narrower of the visibilities of a struct and of its field. The field's type is at least
/// that visible.
pub fn narrower<'a>(item: &'a Visibility, field: &'a Visibility) -> &'a Visibility {
    match (item, field) {
        (Visibility::Public(_), _) | (_, Visibility::Inherited) => field,
        (_, Visibility::Public(_)) | (Visibility::Inherited, _) => item,
        (Visibility::Restricted(outer), _) if outer.path.is_ident("crate") => field,
        (_, Visibility::Restricted(inner)) if inner.path.is_ident("crate") => item,
        _ => field,
    }
}

/// Returns whether a field is less visible than its struct, so that its type may be as well.
pub fn hides(item: &Visibility, field: &Visibility) -> bool {
    let (seen, narrowed) = (item.to_token_stream(), narrower(item, field).to_token_stream());
    seen.to_string() != narrowed.to_string()
}

/// Returns a visibility as it is written `depth` modules further in.
pub fn from_within(vis: &Visibility, depth: usize) -> TokenStream {
    let up = |rest: &[TokenStream]| {
        let supers = std::iter::repeat_n(quote!(super), depth);
        let path = supers.chain(rest.iter().cloned());
        quote!(pub(in #(#path)::*))
    };
    match vis {
        Visibility::Public(_) => vis.to_token_stream(),
        Visibility::Inherited => up(&[]),
        Visibility::Restricted(restricted) => match relative(&restricted.path) {
            Some(rest) => up(&rest),
            None => vis.to_token_stream(),
        },
    }
}

/// Returns the segments of a path that begins with `self` or `super`, without the `self`.
fn relative(path: &Path) -> Option<Vec<TokenStream>> {
    let first = &path.segments.first()?.ident;
    let skipped = match first.to_string().as_str() {
        "self" => 1,
        "super" => 0,
        _ => return None,
    };
    Some(
        path.segments.iter().skip(skipped).map(|segment| segment.ident.to_token_stream()).collect(),
    )
}
