//! `#[derive(OneOf)]`: enums of the app each of whose variants is a column of a table.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Path, Token, Type, Variant};

use crate::input::faults::Faults;
use crate::input::names::{plain, snake_case};

/// Generates what `#[derive(OneOf)]` stands for.
pub fn derive(input: &DeriveInput) -> TokenStream {
    let mut faults = Faults::default();
    let table = table(input, &mut faults);
    let variants = variants(input, &mut faults);
    if !input.generics.params.is_empty() {
        faults.on(
            &input.generics,
            "an enum of columns has no type parameters, lifetimes or constants",
        );
    }
    let (true, Some(table)) = (faults.is_empty(), table) else {
        return faults.into_compile_errors();
    };
    let ident = &input.ident;
    let named = |column: &Column| match column {
        Column::Field(field) => quote_spanned!(field.span()=> #table::#field),
        Column::Named(path) => quote!(#path),
    };
    let columns = variants.iter().map(|OneOfVariant { column, .. }| {
        let named = named(column);
        quote_spanned!(named.span()=> _ara::OneOfColumn::new::<#table, _>(#named))
    });
    let arms = variants.iter().enumerate().map(|(at, OneOfVariant { variant, column, ty })| {
        let (named, variant) = (named(column), &variant.ident);
        let value = quote_spanned!(ty.span()=> _ara::read_variant::<#ty, _>(#named, __stored)?);
        quote!(#at => _ara::Some(Self::#variant(#value)),)
    });
    let check = quote_spanned!(table.span()=> ::ara::__private::refuse_local::<#table>());
    quote! {
        #[allow(deprecated)]
        const _: () = {
            use ::ara::__private as _ara;
            const _: () = #check;
            #[automatically_derived]
            impl _ara::OneOf for #ident {
                type Table = #table;
                fn columns() -> ::std::vec::Vec<_ara::OneOfColumn> {
                    ::std::vec![#(#columns),*]
                }
                fn read(__at: usize, __stored: _ara::Stored<'_>) -> _ara::Option<Self> {
                    match __at {
                        #(#arms)*
                        _ => _ara::None,
                    }
                }
            }
        };
    }
}

/// A variant, and the column whose values it holds.
struct OneOfVariant<'a> {
    variant: &'a Variant,
    column: Column,
    ty: &'a Type,
}

/// How a column is named.
enum Column {
    /// By its field.
    Field(syn::Ident),
    /// As queries name it: `Todo::title`.
    Named(Path),
}

/// Returns the table that `#[one_of(Todo)]` on the enum names.
fn table(input: &DeriveInput, faults: &mut Faults) -> Option<Path> {
    let mut table = None;
    for attr in of_one_of(&input.attrs) {
        match attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated) {
            Ok(named) => {
                for path in named {
                    if table.is_some() {
                        faults.on(
                            &path,
                            "the columns are of one table: which of them was edited last is known of a row",
                        );
                    }
                    table.get_or_insert(path);
                }
            }
            Err(fault) => faults.push(fault),
        }
    }
    if table.is_none() && faults.is_empty() {
        faults.on(&input.ident, "name the table whose columns the variants are: `#[one_of(Todo)]`");
    }
    table
}

/// Returns the variants of an enum, each of which holds one value.
fn variants<'a>(input: &'a DeriveInput, faults: &mut Faults) -> Vec<OneOfVariant<'a>> {
    let Data::Enum(data) = &input.data else {
        faults
            .on(&input.ident, "one of several columns is an enum, with a variant for each of them");
        return Vec::new();
    };
    if data.variants.is_empty() {
        faults.on(&input.ident, "one of several columns has a variant for each of them");
    }
    let mut variants: Vec<OneOfVariant<'a>> = Vec::new();
    for variant in &data.variants {
        let ty = match &variant.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first(),
            _ => None,
        };
        let Some(ty) = ty.map(|field| &field.ty) else {
            faults.on(
                variant,
                format_args!("a variant holds a value of its column: `{}(String)`", variant.ident),
            );
            continue;
        };
        let Some(column) = column(variant, faults) else { continue };
        let is_same = |known: &&OneOfVariant<'_>| known.column.field() == column.field();
        if let Some(known) = variants.iter().find(is_same) {
            let (field, known) = (column.field(), &known.variant.ident);
            faults.on(variant, format_args!("`{known}` is the column `{field}` already"));
        }
        variants.push(OneOfVariant { variant, column, ty });
    }
    variants
}

/// Returns the column of a variant: the one that `#[one_of(heading)]` on it names, or else the one that is named like
/// the variant.
fn column(variant: &Variant, faults: &mut Faults) -> Option<Column> {
    let mut named = None;
    for attr in of_one_of(&variant.attrs) {
        match attr.parse_args::<Path>() {
            Ok(path) if named.is_none() => named = Some(path),
            Ok(_) => faults.on(attr, "the column of this variant is named already"),
            Err(fault) => {
                faults.push(fault);
                return None;
            }
        }
    }
    Some(match named {
        Some(path) => match path.get_ident() {
            Some(field) => Column::Field(field.clone()),
            None => Column::Named(path),
        },
        None => {
            let name = snake_case(&plain(&variant.ident));
            let field = syn::parse_str(&name).or_else(|_| syn::parse_str(&format!("r#{name}")));
            let mut field = field.unwrap_or_else(|_| format_ident!("{name}_"));
            field.set_span(variant.ident.span());
            Column::Field(field)
        }
    })
}

impl Column {
    /// Returns the name of its field.
    fn field(&self) -> String {
        match self {
            Self::Field(field) => plain(field),
            Self::Named(path) => {
                path.segments.last().map_or_else(String::new, |it| plain(&it.ident))
            }
        }
    }
}

fn of_one_of(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("one_of"))
}
