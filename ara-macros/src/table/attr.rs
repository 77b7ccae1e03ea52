//! What the user wrote in `#[table(..)]`.

use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Ident, LitStr, Path, Result, Token};

use crate::input::arguments::{
    each, expression, flag, list, name_of, once, skip_value, string, unknown,
};
use crate::input::faults::Faults;
use crate::input::suggest::Suggestion;
use crate::table::lens::Lens;

/// The helper attribute of `#[derive(Table)]`.
pub const TABLE: &str = "table";

/// The helper attribute as `#[ara::table]` writes it. Where that macro is imported, `table` would be
/// ambiguous: the macro or the helper.
pub const TABLE_OF_MACRO: &str = "__ara_table";

/// The arguments of a struct.
#[derive(Default)]
pub struct TableArgs {
    pub name: Option<LitStr>,
    pub local: Option<Path>,
    pub columns: Option<Path>,
    pub indexes: Vec<Vec<Ident>>,
    pub derives: Vec<Path>,
    /// The field from which each row's id is made.
    pub key: Option<Ident>,
    /// Given on ara's own tables, whose names begin with a prefix that apps cannot use.
    pub ara: Option<Path>,
}

/// The arguments of a field.
#[derive(Default)]
pub struct FieldArgs {
    pub column: Option<LitStr>,
    pub index: Option<Path>,
    pub search: Option<Path>,
    pub default: Option<TokenStream>,
    /// What rows without a value are read as.
    pub missing: Option<TokenStream>,
    pub retired: Option<Path>,
    pub replaces: Option<Lens>,
    /// The first argument, for a field that takes none.
    pub first: Option<Path>,
}

impl TableArgs {
    /// Reads the arguments of a struct with these attributes.
    pub fn parse(attrs: &[Attribute], faults: &mut Faults) -> Self {
        let mut args = Self::default();
        each(of_table(attrs), faults, |meta, faults| {
            match name_of(meta).as_str() {
                "name" => once(&mut args.name, meta, faults, string)?,
                "local" => once(&mut args.local, meta, faults, flag)?,
                "columns" => once(&mut args.columns, meta, faults, flag)?,
                "index" => args.indexes.extend(list(meta, "index(title, done)", faults)?),
                "derive" => args
                    .derives
                    .extend(list(meta, "derive(serde::Serialize)", faults)?.into_iter().flatten()),
                "key" => once(&mut args.key, meta, faults, field)?,
                "unique" => unique(meta, faults)?,
                "__ara" => once(&mut args.ara, meta, faults, flag)?,
                given => {
                    let suggestion = Suggestion {
                        known: &["name", "local", "index", "columns", "derive", "key"],
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
    /// Reads the arguments of a field with these attributes.
    pub fn parse(attrs: &[Attribute], faults: &mut Faults) -> Self {
        let mut args = Self::default();
        each(of_table(attrs), faults, |meta, faults| {
            args.first.get_or_insert_with(|| meta.path.clone());
            match name_of(meta).as_str() {
                "column" => once(&mut args.column, meta, faults, string)?,
                "index" => once(&mut args.index, meta, faults, flag)?,
                "search" => once(&mut args.search, meta, faults, flag)?,
                "default" => once(&mut args.default, meta, faults, expression)?,
                "missing" => once(&mut args.missing, meta, faults, expression)?,
                "retired" => once(&mut args.retired, meta, faults, flag)?,
                "replaces" => once(&mut args.replaces, meta, faults, Lens::parse)?,
                "unique" => unique(meta, faults)?,
                "key" => key_of_a_field(meta, faults)?,
                given => {
                    let suggestion = Suggestion {
                        known: &[
                            "column", "index", "search", "default", "missing", "retired",
                            "replaces",
                        ],
                        synonyms: &[("name", "column"), ("rename", "column"), ("lens", "replaces")],
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

/// Returns the helper attributes, under both of their names.
fn of_table(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident(TABLE) || attr.path().is_ident(TABLE_OF_MACRO))
}

/// Reads `key = name`.
fn field(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<Option<Ident>> {
    if meta.input.peek(Token![=]) && meta.input.peek2(syn::Ident) {
        return meta.value()?.parse().map(Some);
    }
    faults.on(&meta.path, "`key` names a field: `key = name`");
    skip_value(meta.input)?;
    Ok(None)
}

/// Refuses `key` on a field.
fn key_of_a_field(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<()> {
    faults.on(&meta.path, "the key of a table is named on its struct: `#[table(key = name)]`");
    skip_value(meta.input)
}

/// Refuses `unique`.
fn unique(meta: &ParseNestedMeta<'_>, faults: &mut Faults) -> Result<()> {
    faults.on(
        &meta.path,
        "offline devices cannot keep a unique constraint between them: \
         give rows that must be one the same id, `Id::from_key(\"natural key\")`",
    );
    skip_value(meta.input)
}
