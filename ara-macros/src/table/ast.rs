//! A table as the derive understands the struct.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Type, Visibility};

use super::attr::{FieldArgs, TableArgs};
use super::visibility::hides;
use crate::input::faults::Faults;
use crate::input::names::{StoredName, module, plain, snake_case};
use crate::input::types::{inside_option, is_no_counter};

/// A table: a struct as the derive understands it.
pub struct Table<'a> {
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    pub name: StoredName,
    /// The module of the columns' types, because of which the compiler calls a column `todo::title`.
    pub module: Ident,
    pub args: TableArgs,
    /// Whether faults were found. What is generated then only keeps further errors from following.
    pub is_faulty: bool,
    /// Whether the item is a struct with named fields, as a table must be.
    pub has_named_fields: bool,
    pub id: Option<IdField<'a>>,
    pub columns: Vec<Column<'a>>,
}

/// The field `id`.
pub struct IdField<'a> {
    pub vis: &'a Visibility,
    pub ty: &'a Type,
    pub docs: Vec<&'a Attribute>,
    pub args: FieldArgs,
}

/// A field that is a column.
pub struct Column<'a> {
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    pub name: StoredName,
    /// The type parameter of the row and of the draft that stands for this column. Its name is one that
    /// no type of the user's has.
    pub parameter: Ident,
    /// The type of the values, without the `Option` of an optional column.
    pub ty: TokenStream,
    pub is_optional: bool,
    /// Whether the field is an `Option` within an `Option`, which is refused.
    pub is_optional_twice: bool,
    /// Whether the type is, or stands for, something that may be a counter.
    pub may_be_counter: bool,
    /// Whether the field, and so perhaps its type, is less visible than the table.
    pub is_hidden: bool,
    pub docs: Vec<&'a Attribute>,
    pub deprecated: Option<&'a Attribute>,
    pub args: FieldArgs,
}

impl<'a> Table<'a> {
    /// Returns the table of a struct. An item without named fields becomes a table without columns.
    pub fn new(input: &'a DeriveInput, faults: &mut Faults) -> Self {
        let args = TableArgs::parse(&input.attrs, faults);
        let ident = &input.ident;
        let name = StoredName::new(args.name.as_ref(), ident, snake_case);
        let mut table = Self {
            ident,
            vis: &input.vis,
            name,
            module: module(ident),
            args,
            is_faulty: false,
            has_named_fields: false,
            id: None,
            columns: Vec::new(),
        };
        if let Data::Struct(data) = &input.data
            && let Fields::Named(fields) = &data.fields
        {
            table.has_named_fields = true;
            for field in &fields.named {
                if let Some(ident) = &field.ident {
                    table.add(field, ident, faults);
                }
            }
        }
        table
    }

    /// Adds a field of the struct.
    fn add(&mut self, field: &'a Field, ident: &'a Ident, faults: &mut Faults) {
        let args = FieldArgs::parse(&field.attrs, faults);
        let docs = field.attrs.iter().filter(|attr| attr.path().is_ident("doc")).collect();
        if plain(ident) == "id" {
            self.id = Some(IdField { vis: &field.vis, ty: &field.ty, docs, args });
            return;
        }
        let optional = inside_option(&field.ty);
        let twice = optional.and_then(inside_option);
        let ty = twice.or(optional).unwrap_or(&field.ty);
        self.columns.push(Column {
            ident,
            vis: &field.vis,
            name: StoredName::new(args.column.as_ref(), ident, str::to_owned),
            parameter: format_ident!("__{}", plain(ident)),
            ty: naming_self(ty.to_token_stream(), self.ident),
            is_optional: optional.is_some(),
            is_optional_twice: twice.is_some(),
            may_be_counter: !is_no_counter(ty),
            is_hidden: hides(self.vis, &field.vis),
            docs,
            deprecated: field.attrs.iter().find(|attr| attr.path().is_ident("deprecated")),
            args,
        });
    }
}

impl Table<'_> {
    /// Returns the attribute that keeps a table of ara's own out of the compiler's suggestions to the
    /// user.
    pub fn unrecommended(&self) -> Option<TokenStream> {
        self.args.ara.as_ref().map(|_| quote!(#[diagnostic::do_not_recommend]))
    }
}

impl<'a> Table<'a> {
    /// Returns the columns that are not retired: those of rows, drafts and patches.
    pub fn kept(&self) -> impl Iterator<Item = &Column<'a>> {
        self.columns.iter().filter(|column| !column.is_retired())
    }

    /// Returns the column that each row's id is made from, if there is one.
    pub fn key(&self) -> Option<&Column<'a>> {
        self.column(self.args.key.as_ref()?).map(|(_, column)| column)
    }

    /// Returns the column of a field, and its position in the table's definition.
    pub fn column(&self, field: &Ident) -> Option<(usize, &Column<'a>)> {
        let is_named = |column: &&Column<'_>| plain(column.ident) == plain(field);
        self.columns.iter().enumerate().find(|(_, column)| is_named(column))
    }
}

impl Column<'_> {
    /// Returns whether a draft must set the column, which the draft's type then keeps track of.
    pub fn must_be_set(&self) -> bool {
        !self.is_optional && self.args.default.is_none()
    }

    /// Returns whether other columns have replaced it.
    pub fn is_retired(&self) -> bool {
        self.args.retired.is_some()
    }
}

/// Returns a type in which `ident` takes the place of `Self`: where the type is used, `Self` would be
/// something else.
fn naming_self(ty: TokenStream, ident: &Ident) -> TokenStream {
    ty.into_iter()
        .map(|token| match token {
            TokenTree::Ident(name) if name == "Self" => {
                let mut ident = ident.clone();
                ident.set_span(name.span());
                TokenTree::Ident(ident)
            }
            TokenTree::Group(group) => {
                let mut named = Group::new(group.delimiter(), naming_self(group.stream(), ident));
                named.set_span(group.span());
                TokenTree::Group(named)
            }
            other => other,
        })
        .collect()
}
