//! What Cargo tells of the crate that is being compiled.

use std::env;
use std::path::PathBuf;

/// Returns what tells this crate from all others. A library and a binary of one package may have the
/// same name, so the name alone is not enough.
pub fn this_crate() -> String {
    ["CARGO_PKG_NAME", "CARGO_CRATE_NAME", "CARGO_BIN_NAME"]
        .map(|name| env::var(name).unwrap_or_default())
        .join(" ")
}

/// Returns the folder of the package's manifest, or `None` if the crate is compiled without Cargo.
pub fn package_folder() -> Option<PathBuf> {
    env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)
}

/// Returns whether the user asked for this package, and not for one that depends on it.
pub fn is_primary_package() -> bool {
    env::var_os("CARGO_PRIMARY_PACKAGE").is_some()
}
