//! The functions between columns and those that they replace.

use ara_schema::shown_column;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::table::ast::{Column, Table};
use crate::table::lens::{Lens, Write, is_closure};

/// Returns the name of the column that queries read: a hidden one, if the column replaces others.
pub fn shown(column: &Column<'_>) -> String {
    let name = &column.name.text;
    match &column.args.replaces {
        None => name.clone(),
        Some(lens) => shown_column(name, lens.revision()),
    }
}

/// Generates which columns a column replaces.
pub fn replaces(table: &Table<'_>, (column, lens): (&Column<'_>, &Lens)) -> TokenStream {
    let (revision, shown) = (lens.revision(), shown(column));
    let columns = lens.columns.iter().filter_map(|old| table.column(old));
    let columns = columns.map(|(_, Column { name, .. })| name);
    let by_key = lens.by_key.is_some();
    quote! {
        _ara::Some(_ara::Replaces {
            columns: &[#(#columns),*],
            shown: #shown,
            revision: #revision,
            by_key: #by_key,
        })
    }
}

/// Generates the lenses of a table, if it has any.
pub fn lenses(table: &Table<'_>) -> Option<TokenStream> {
    let lensed: Vec<_> = table
        .positions()
        .filter_map(|(at, column)| Some((at, column, column.args.replaces.as_ref()?)))
        .collect();
    if lensed.is_empty() || table.is_faulty {
        return None;
    }
    let reads = lensed.iter().filter_map(|(at, column, lens)| read(table, *at, (column, lens)));
    let writes = lensed.iter().filter_map(|(at, column, lens)| write(table, *at, (column, lens)));
    Some(quote! {
        // A function that the user gives as a closure is called where it is written.
        #[allow(clippy::redundant_closure_call)]
        const LENSES: _ara::Lenses = _ara::Lenses { reads: &[#(#reads),*], writes: &[#(#writes),*] };
    })
}

/// Generates the checks of what columns replace that need types.
pub fn checks(table: &Table<'_>) -> TokenStream {
    let mut checks = TokenStream::new();
    for column in &table.columns {
        let Some(lens) = column.args.replaces.as_ref().filter(|_| !table.is_faulty) else {
            continue;
        };
        let new = table.marker(column.ident);
        for old in &lens.columns {
            let marker = table.marker(old);
            let check = quote_spanned! {old.span()=>
                ::ara::__private::replaces_no_counter::<#new, #marker>()
            };
            checks.extend(quote!(const _: () = #check;));
            if lens.by_key.is_some() {
                let check =
                    quote_spanned!(old.span()=> ::ara::__private::key_replaced::<#marker>());
                checks.extend(quote!(const _: () = #check;));
            }
        }
    }
    checks
}

/// Returns a function as it is called. A closure is given to another function first: clippy would take it for one
/// that is called where it is written for no reason.
fn called(function: &TokenStream) -> TokenStream {
    let span = function.span();
    if is_closure(function) {
        quote_spanned!(span=> ::core::convert::identity(#function))
    } else {
        quote_spanned!(span=> (#function))
    }
}

/// Returns the name by which a function is told: its path, or what it is for if it is a closure.
fn function_name(function: &TokenStream, kind: &str) -> String {
    if is_closure(function) {
        return kind.to_owned();
    }
    function.to_string().replace(" :: ", "::")
}

/// Returns variables for the arguments or the values of a function. They have its span, so that messages about
/// their types point there.
fn variables(name: &str, count: usize, function: &TokenStream) -> Vec<Ident> {
    (0..count).map(|at| format_ident!("{name}{at}", span = function.span())).collect()
}

fn positions(table: &Table<'_>, fields: &[Ident]) -> Vec<usize> {
    fields.iter().filter_map(|field| table.column(field)).map(|(at, _)| at).collect()
}

/// Generates how a column is read from those that it replaces.
fn read(table: &Table<'_>, at: usize, (column, lens): (&Column<'_>, &Lens)) -> Option<TokenStream> {
    let from = positions(table, &lens.columns);
    let new = table.marker(column.ident);
    let how = if let Some(by_key) = &lens.by_key {
        let ty = &column.ty;
        quote_spanned!(by_key.span()=> ::ara::__private::key_read::<#ty>())
    } else {
        let (function, is_with) = lens.reads()?;
        let olds = variables("__old", lens.columns.len(), function);
        let markers: Vec<_> = lens.columns.iter().map(|old| table.marker(old)).collect();
        let places = 0..lens.columns.len();
        // A single one is there if the function is called; several ones are there or not, each by itself.
        let is_there = (olds.len() == 1).then(|| quote!(?));
        let last = format_ident!("__last", span = function.span());
        let with = is_with.then(
            || quote_spanned!(function.span()=> ::ara::__private::given::<#new>(#last).as_ref()),
        );
        let span = function.span();
        let call = match (&markers[..], is_with) {
            ([old], false) => quote_spanned! {span=>
                ::ara::__private::call_read::<#old, _, _>(#function, #(#olds)*)
            },
            ([old], true) => quote_spanned! {span=>
                ::ara::__private::call_read_with::<#old, #new, _, _>(#function, #(#olds)*, #with)
            },
            _ => {
                let function = called(function);
                quote_spanned!(span=> #function(#(#olds,)* #with))
            }
        };
        quote! {
            _ara::ReadBy::Function(|__olds, #last| {
                #(let #olds = _ara::given_at::<#markers>(__olds, #places) #is_there;)*
                _ara::read_value::<#new, _>(#call)
            })
        }
    };
    let is_with = lens.reads().is_some_and(|(_, is_with)| is_with);
    let kind = if is_with { "read_with" } else { "read" };
    let name = lens.reads().map_or_else(|| "by_key".to_owned(), |(it, _)| function_name(it, kind));
    Some(quote! {
        _ara::ReadLens {
            column: #at,
            from: &[#(#from),*],
            by: #how,
            name: #name,
            is_with: #is_with,
        }
    })
}

/// Generates how what a column replaces is written.
fn write(
    table: &Table<'_>,
    at: usize,
    (column, lens): (&Column<'_>, &Lens),
) -> Option<TokenStream> {
    let to = positions(table, &lens.columns);
    if lens.by_key.is_some() {
        let ty = &column.ty;
        return Some(quote! {
            _ara::WriteLens {
                from: &[#at],
                to: &[#(#to),*],
                by: _ara::key_written::<#ty>(),
                name: "by_key",
            }
        });
    }
    let Write { function, columns, .. } = lens.write.as_ref()?;
    let own = [column.ident.clone()];
    let fields = columns.as_deref().unwrap_or(&own);
    let from = positions(table, fields);
    let news = variables("__new", fields.len(), function);
    let given = fields.iter().zip(&news).enumerate().map(|(at, (field, new))| {
        let marker = table.marker(field);
        // Without its required value, there is nothing to write.
        let is_required =
            fields.len() == 1 || table.column(field).is_some_and(|(_, column)| !column.is_optional);
        let required = is_required.then(|| quote!(?));
        quote!(let #new = _ara::given_at::<#marker>(__news, #at) #required;)
    });
    let arguments = fields.iter().zip(&news).map(|(field, new)| {
        let is_required =
            fields.len() == 1 || table.column(field).is_some_and(|(_, column)| !column.is_optional);
        let span = function.span();
        if is_required {
            quote_spanned!(span=> &#new)
        } else {
            quote_spanned!(span=> #new.as_ref())
        }
    });
    let span = function.span();
    let call = match fields {
        [new] if is_closure(function) => {
            let new = table.marker(new);
            quote_spanned! {span=>
                ::ara::__private::call_write::<#new, _, _>(#function, #(#arguments)*)
            }
        }
        _ => {
            let function = called(function);
            quote_spanned!(span=> #function(#(#arguments),*))
        }
    };
    let olds = variables("__old", lens.columns.len(), function);
    let written = lens.columns.iter().zip(&olds).map(|(old, value)| {
        let marker = table.marker(old);
        quote_spanned!(function.span()=> ::ara::__private::written_value::<#marker, _>(#value))
    });
    let pattern = match &olds[..] {
        [old] => quote!(#old),
        olds => quote_spanned!(function.span()=> (#(#olds),*)),
    };
    let name = function_name(function, "write");
    Some(quote! {
        _ara::WriteLens {
            name: #name,
            from: &[#(#from),*],
            to: &[#(#to),*],
            by: _ara::WriteBy::Function(|__news| {
                #(#given)*
                let #pattern = #call;
                _ara::Some(_ara::vec![#(#written),*])
            }),
        }
    })
}
