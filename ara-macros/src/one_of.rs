//! `#[derive(OneOf)]`: enums of the app each of whose variants is a column of a table.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, Path, Token, Type, Variant};

use crate::input::faults::Faults;
use crate::input::names::{module, plain};
use crate::input::types::inside_option;

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
    let named = |column: &Ident| quote_spanned!(column.span()=> #table::#column);
    let columns = variants.iter().map(|OneOfVariant { column, .. }| {
        let named = named(column);
        quote_spanned!(column.span()=> _ara::OneOfColumn::new::<#table, _>(#named))
    });
    let arms = variants.iter().enumerate().map(|(at, OneOfVariant { variant, column, ty })| {
        let (named, variant) = (named(column), &variant.ident);
        let value = quote_spanned!(ty.span()=> _ara::read_variant::<_, #ty>(#named, __stored)?);
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
    /// The field of the column.
    column: Ident,
    ty: &'a Type,
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
        if inside_option(ty).is_some() {
            faults.on(ty, "a variant holds a value that is there: its type is that of the column, without `Option`");
        }
        let Some(column) = column(variant, faults) else { continue };
        let is_same = |known: &&OneOfVariant<'_>| plain(&known.column) == plain(&column);
        if let Some(known) = variants.iter().find(is_same) {
            let known = &known.variant.ident;
            faults.on(
                &variant.ident,
                format_args!(
                    "`{known}` is the column `{column}` already: each column is named once"
                ),
            );
        }
        variants.push(OneOfVariant { variant, column, ty });
    }
    variants
}

/// Returns the column of a variant: the one that `#[one_of(heading)]` on it names, or else the one that is named like
/// the variant.
fn column(variant: &Variant, faults: &mut Faults) -> Option<Ident> {
    let mut named = None;
    for attr in of_one_of(&variant.attrs) {
        match attr.parse_args::<Path>() {
            Ok(_) if named.is_some() => {
                faults.on(attr, "the column of this variant is named already");
            }
            Ok(path) => match path.get_ident() {
                Some(field) => named = Some(field.clone()),
                None => {
                    let field = path.segments.last().map(|last| &last.ident);
                    faults.on(
                        &path,
                        format_args!(
                            "all columns are of the one table that the enum names, as which of them was \
                             edited last is known of a row: name a field of it, such as `#[one_of({})]`",
                            field.map(plain).unwrap_or_default(),
                        ),
                    );
                    return None;
                }
            },
            Err(fault) => {
                faults.push(fault);
                return None;
            }
        }
    }
    // The module of a struct's columns is named in the same way.
    Some(named.unwrap_or_else(|| module(&variant.ident)))
}

fn of_one_of(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("one_of"))
}
