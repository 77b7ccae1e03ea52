//! Paths in messages.

use quote::ToTokens;
use syn::Path;

/// Returns a path as users write it, without spaces.
pub fn spelled(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
