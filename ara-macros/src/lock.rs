//! Where `ara.lock` is, and what is in it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{env, fs};

use ara_schema::{ColumnSnapshot, LOCK_FILE, Lock, Snapshot, TableSnapshot, TypeSnapshot};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// What `ARA_LOCK` begins with when `cargo ara` asks a package for its schema; the package's folder
/// follows.
const EMIT: &str = "emit:";

/// What `schema!` is to do.
pub enum Task {
    /// Give the schema to `cargo ara`.
    Emit,
    /// Hold the schema against what was released.
    Hold(Released),
    /// Nothing was released.
    Free,
}

/// What was released.
pub struct Released {
    /// The lock, which the compiler is to watch.
    path: PathBuf,
    /// The latest version.
    pub version: u32,
    schema: Snapshot,
}

/// What tells the crate that is compiled from others: a library and a binary of one package may have the
/// same name.
pub fn this_crate() -> String {
    ["CARGO_PKG_NAME", "CARGO_CRATE_NAME", "CARGO_BIN_NAME"]
        .map(|name| env::var(name).unwrap_or_default())
        .join(" ")
}

impl Task {
    /// Looks at the lock of the package that is compiled: the one beside its manifest, unless
    /// `ARA_LOCK` names another.
    ///
    /// # Errors
    ///
    /// What is wrong with the lock, in words for the user.
    pub fn of_package() -> Result<Self, String> {
        // Without Cargo there is no package, and so no lock.
        let Some(package) = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else {
            return Ok(Self::Free);
        };
        let own = package.join(LOCK_FILE);
        let named = env::var("ARA_LOCK").unwrap_or_default();
        if named.is_empty() {
            return Self::hold(own);
        }
        match named.strip_prefix(EMIT) {
            Some(asked) if Path::new(asked) == package => Ok(Self::Emit),
            Some(_) => Self::hold(own),
            None => Self::hold_named(package.join(named)),
        }
    }

    /// As [`hold`](Self::hold), of the file that `ARA_LOCK` names. Where that is mistyped nothing would be
    /// held against anything. (A path within the package may be meant for another one than this: Cargo
    /// says which it was asked to compile.)
    fn hold_named(path: PathBuf) -> Result<Self, String> {
        let task = Self::hold(path.clone())?;
        if matches!(task, Self::Free) && env::var_os("CARGO_PRIMARY_PACKAGE").is_some() {
            let path = path.display();
            return Err(format!(
                "ARA_LOCK names {path}, and there is no such file: unset it, or give it the path of \
                 a lock, from the folder of the package"
            ));
        }
        Ok(task)
    }

    fn hold(path: PathBuf) -> Result<Self, String> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            // A link that leads nowhere is there.
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => {
                return Ok(Self::Free);
            }
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        let lock = Lock::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self::Hold(Released { version: lock.version(), schema: lock.schema(), path }))
    }
}

impl Released {
    /// The tables as they were released, as an array of definitions.
    pub fn tables(&self) -> TokenStream {
        let tables = self.schema.tables.iter().map(table);
        quote!([#(#tables),*])
    }

    /// Makes Cargo compile the package again when the lock changes.
    pub fn watch(&self) -> Option<TokenStream> {
        let path = self.path.to_str()?;
        Some(quote!(
            const _: &[u8] = ::core::include_bytes!(#path);
        ))
    }
}

fn table(table: &TableSnapshot) -> TokenStream {
    let TableSnapshot { name, local, columns, .. } = table;
    let columns = columns.iter().map(|ColumnSnapshot { name, ty, .. }| {
        let ty = stored_type(ty);
        quote!(_ara::ColumnDef { name: #name, ty: _ara::Type::#ty, required: false })
    });
    quote! {
        _ara::TableDef { name: #name, local: #local, columns: &[#(#columns),*], indexes: &[], search: &[] }
    }
}

fn stored_type(ty: &TypeSnapshot) -> TokenStream {
    match ty {
        TypeSnapshot::Id(table) => quote!(Id(#table)),
        TypeSnapshot::Enum(variants) => quote!(Enum(&[#(#variants),*])),
        // Both enums call a type without names alike.
        plain => {
            let variant = format_ident!("{plain:?}");
            quote!(#variant)
        }
    }
}
