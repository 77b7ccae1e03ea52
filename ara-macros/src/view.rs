//! `#[derive(View)]`: structs of the app that queries return in place of rows.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Expr, Field, Fields, Path, Token};

use crate::input::faults::Faults;
use crate::input::types::inside_option;

/// Generates what `#[derive(View)]` stands for.
pub fn derive(input: &DeriveInput) -> TokenStream {
    let mut faults = Faults::default();
    let (tables, is_grouped) = tables(input, &mut faults);
    let fields = fields(input, &mut faults);
    if !input.generics.params.is_empty() {
        faults.on(&input.generics, "a view has no type parameters, lifetimes or constants");
    }
    let (false, Some((first, _))) = (!faults.is_empty(), tables.split_first()) else {
        return faults.into_compile_errors();
    };
    let columns: Vec<_> = fields.iter().map(|field| column(field, first, &mut faults)).collect();
    if !faults.is_empty() {
        return faults.into_compile_errors();
    }
    let ident = &input.ident;
    let read_tables = quote!((#(#tables,)*));
    let (generics, scope, reads) = match is_grouped {
        true => (
            quote!(, __G: 'static),
            quote!(_ara::Grouped<__S, __G>),
            quote!(_ara::Grouped<#read_tables, ()>),
        ),
        false => (TokenStream::new(), quote!(__S), read_tables.clone()),
    };
    let parts = fields.iter().zip(&columns).map(|(field, column)| {
        let inside = inside_option(&field.ty);
        let is_narrowed = inside.is_none();
        let Some(column) = column else {
            let ty = inside.unwrap_or(&field.ty);
            return quote_spanned! {ty.span()=>
                _ara::ViewPart::one_of::<#read_tables, #ty, _>(#is_narrowed)
            };
        };
        quote_spanned! {column.span()=>
            _ara::ViewPart::new::<#reads, _, _>(#column, #is_narrowed)
        }
    });
    let read = fields.iter().zip(&columns).enumerate().map(|(at, (field, column))| {
        let (ident, ty) = (&field.ident, &field.ty);
        let read = match (column, inside_option(ty)) {
            (Some(column), _) => quote_spanned! {ty.span()=>
                __row.field::<#reads, _, #ty, _>(#at, || #column)?
            },
            (None, Some(inside)) => quote_spanned!(ty.span()=> __row.one_of::<#inside>(#at)),
            (None, None) => quote_spanned!(ty.span()=> __row.one_of::<#ty>(#at)?),
        };
        quote!(#ident: #read)
    });
    quote! {
        #[allow(deprecated, clippy::redundant_closure)]
        const _: () = {
            use ::ara::__private as _ara;
            #[automatically_derived]
            impl<__S: _ara::StartsWith<#read_tables> #generics> _ara::View<#scope> for #ident {
                fn parts() -> ::std::vec::Vec<_ara::ViewPart> {
                    ::std::vec![#(#parts),*]
                }
                fn from_row(__row: &_ara::ViewRow<'_>) -> _ara::Option<Self> {
                    _ara::Some(Self { #(#read,)* })
                }
            }
        };
    }
}

/// Returns the tables that `#[view(Todo, Category)]` on the struct names, and whether it says `grouped`.
fn tables(input: &DeriveInput, faults: &mut Faults) -> (Vec<Path>, bool) {
    let mut tables = Vec::new();
    for attr in of_view(&input.attrs) {
        match attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated) {
            Ok(named) => tables.extend(named),
            Err(fault) => faults.push(fault),
        }
    }
    let named = tables.len();
    tables.retain(|path: &Path| !path.is_ident("grouped"));
    let is_grouped = tables.len() < named;
    if tables.is_empty() && faults.is_empty() {
        faults.on(
            &input.ident,
            "name the table that the view is of: `#[view(Todo)]`, or `#[view(Todo, Category)]` for a \
             query that joins them",
        );
    }
    (tables, is_grouped)
}

/// Returns the fields of a struct with named fields.
fn fields<'a>(input: &'a DeriveInput, faults: &mut Faults) -> Vec<&'a Field> {
    match &input.data {
        Data::Struct(data) if matches!(data.fields, Fields::Named(_)) => {
            data.fields.iter().collect()
        }
        _ => {
            faults.on(&input.ident, "a view is a struct with named fields");
            Vec::new()
        }
    }
}

/// Returns the column or expression of a field: the one that `#[view(Category::name)]` on it names, or else the column
/// of the first table that is named like the field. `None` if it is one of several columns, by `#[view(one_of)]`.
fn column(field: &Field, first: &Path, faults: &mut Faults) -> Option<TokenStream> {
    let mut named = None;
    for attr in of_view(&field.attrs) {
        match attr.parse_args::<Expr>() {
            Ok(Expr::Path(path)) if path.path.is_ident("one_of") && named.is_none() => {
                named = Some(None);
            }
            Ok(column) if named.is_none() => named = Some(Some(column.into_token_stream())),
            Ok(_) => faults.on(attr, "the column of this field is named already"),
            Err(fault) => faults.push(fault),
        }
    }
    let ident = &field.ident;
    named.unwrap_or_else(|| Some(quote_spanned!(ident.span()=> #first::#ident)))
}

fn of_view(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("view"))
}
