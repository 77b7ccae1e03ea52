//! A table as the derive understands the struct.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{
    Attribute, Data, DeriveInput, Field, Fields, GenericArgument, Ident, PathArguments, Type,
    Visibility,
};

use crate::attr::{FieldArgs, TableArgs};
use crate::faults::Faults;
use crate::names::{StoredName, module, plain, snake_case};
use crate::visibility::hides;

pub struct Table<'a> {
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    pub name: StoredName,
    /// The module of the columns' types: the compiler's messages call a column `todo::title`.
    pub module: Ident,
    pub args: TableArgs,
    /// Whether faults were found, and the rest is generated only so that no errors follow from them.
    pub is_faulty: bool,
    /// Whether it is a struct with named fields, as a table must be.
    pub has_named_fields: bool,
    pub id: Option<IdField<'a>>,
    pub columns: Vec<Column<'a>>,
}

pub struct IdField<'a> {
    pub vis: &'a Visibility,
    pub ty: &'a Type,
    pub docs: Vec<&'a Attribute>,
    pub args: FieldArgs,
}

pub struct Column<'a> {
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    pub name: StoredName,
    /// The row's type parameter that stands for it. No user's type looks like it.
    pub parameter: Ident,
    /// What it holds, without the `Option` of an optional column.
    pub ty: TokenStream,
    pub is_optional: bool,
    /// Whether `ty` came from an `Option` within an `Option`, which is refused.
    pub is_optional_twice: bool,
    /// Whether its type may be hidden from where the table can be seen.
    pub is_hidden: bool,
    pub docs: Vec<&'a Attribute>,
    pub deprecated: Option<&'a Attribute>,
    pub args: FieldArgs,
}

impl<'a> Table<'a> {
    /// Keeps a table of ara's own out of the compiler's advice about tables of the app's.
    pub fn unrecommended(&self) -> Option<TokenStream> {
        self.args.ara.as_ref().map(|_| quote!(#[diagnostic::do_not_recommend]))
    }

    /// The table that the struct makes. What has no fields with names makes one without columns.
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

    fn add(&mut self, field: &'a Field, ident: &'a Ident, faults: &mut Faults) {
        let args = FieldArgs::parse(&field.attrs, faults);
        let docs = field.attrs.iter().filter(|attr| attr.path().is_ident("doc")).collect();
        if plain(ident) == "id" {
            self.id = Some(IdField { vis: &field.vis, ty: &field.ty, docs, args });
            return;
        }
        let optional = inside_option(&field.ty);
        let twice = optional.and_then(inside_option);
        self.columns.push(Column {
            ident,
            vis: &field.vis,
            name: StoredName::new(args.column.as_ref(), ident, str::to_owned),
            parameter: format_ident!("__{}", plain(ident)),
            ty: naming_self(twice.or(optional).unwrap_or(&field.ty).to_token_stream(), self.ident),
            is_optional: optional.is_some(),
            is_optional_twice: twice.is_some(),
            is_hidden: hides(self.vis, &field.vis),
            docs,
            deprecated: field.attrs.iter().find(|attr| attr.path().is_ident("deprecated")),
            args,
        });
    }
}

impl Column<'_> {
    /// Whether a draft's type tells that it is missing.
    pub fn must_be_set(&self) -> bool {
        !self.is_optional && self.args.default.is_none()
    }
}

/// The `T` of an `Option<T>`, as far as it can be told without knowing what the names mean.
pub fn inside_option(ty: &Type) -> Option<&Type> {
    let path = match ty {
        Type::Group(group) => return inside_option(&group.elem),
        Type::Paren(paren) => return inside_option(&paren.elem),
        Type::Path(path) if path.qself.is_none() => &path.path,
        _ => return None,
    };
    let names: Vec<String> =
        path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (["Option"] | ["std" | "core", "option", "Option"]) = names.as_slice() else {
        return None;
    };
    match &path.segments.last()?.arguments {
        PathArguments::AngleBracketed(arguments) if arguments.args.len() == 1 => {
            match arguments.args.first() {
                Some(GenericArgument::Type(inner)) => Some(inner),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The type, to be used outside the struct: there `Self` would be something else.
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
