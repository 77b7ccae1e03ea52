//! What the struct itself implements.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::input::names::plain;
use crate::table::ast::{Column, Table};

/// Generates what the struct implements: a table, and a row that can be read and created.
pub fn impls(table: &Table<'_>) -> TokenStream {
    let parts = [table_impl(table), record_and_create(table), search(table), checks(table)];
    quote!(#(#parts)*)
}

fn table_impl(table: &Table<'_>) -> TokenStream {
    let Table { ident, name, .. } = table;
    let unrecommended = table.unrecommended();
    let (row, draft, patch) = (table.row(), table.draft(), table.patch());
    let is_local = table.args.local.is_some();
    let columns = table.columns.iter().map(|column| column_def(table, column));
    let as_read = table.columns.iter().map(|column| {
        let marker = table.marker(column.ident);
        quote!(_ara::as_read::<#marker>())
    });
    let lenses = super::lens::lenses(table);
    let key = key(table);
    let indexes = indexes(table);
    let search = searched(table).map(|column| &column.name.text);
    let defaults = defaults(table);
    quote! {
        #[automatically_derived]
        #unrecommended
        impl _ara::Table for #ident {
            const NAME: &'static str = #name;
            const TABLE: &'static _ara::TableDef = &_ara::TableDef {
                name: #name,
                local: #is_local,
                columns: &[#(#columns,)*],
                indexes: &[#(#indexes,)*],
                search: &[#(#search),*],
                key: #key,
            };
            const AS_READ: &'static [_ara::AsRead] = &[#(#as_read,)*];
            #lenses
            type Row = #row;
            type Draft = #draft;
            type Patch = #patch;
            fn draft() -> #draft {
                #draft { cells: _ara::Cells::new() #defaults, set: _ara::PhantomData }
            }
            fn patch(__id: _ara::Id<Self>) -> #patch {
                #patch { cells: _ara::Cells::of(__id) }
            }
        }
    }
}

/// Generates the definition of a column.
fn column_def(table: &Table<'_>, column: &Column<'_>) -> TokenStream {
    let Column { ident, is_optional, .. } = column;
    let (marker, required) = (table.marker(ident), !is_optional);
    let def = quote!(_ara::column_def::<#marker>(#required));
    let is_retired = column.is_retired();
    if !is_retired && column.args.replaces.is_none() {
        return def;
    }
    let replaces = match &column.args.replaces {
        None => quote!(_ara::None),
        Some(lens) => super::lens::replaces(table, (column, lens)),
    };
    quote!(_ara::ColumnDef { retired: #is_retired, replaces: #replaces, ..#def })
}

/// Generates the stored name of the key.
fn key(table: &Table<'_>) -> TokenStream {
    match table.key() {
        Some(Column { name, .. }) => quote!(_ara::Some(#name)),
        None => quote!(_ara::None),
    }
}

/// Generates the checks that need types.
fn checks(table: &Table<'_>) -> TokenStream {
    let key = table.key().map(|column| {
        let marker = table.marker(column.ident);
        let check = quote_spanned!(column.ty.span()=> ::ara::__private::key_text::<#marker>());
        quote!(const _: () = #check;)
    });
    let lenses = super::lens::checks(table);
    quote!(#key #lenses)
}

/// Returns the indexes, by the stored names of their columns: those of fields, then those of the struct.
fn indexes(table: &Table<'_>) -> Vec<TokenStream> {
    let stored = |field: &Ident| {
        let column = table.columns.iter().find(|column| plain(column.ident) == plain(field));
        column.map(|column| &column.name.text)
    };
    let of_fields = table.columns.iter().filter(|column| column.args.index.is_some());
    let of_fields = of_fields.map(|column| vec![&column.name.text]);
    let of_struct =
        table.args.indexes.iter().map(|index| index.iter().filter_map(stored).collect::<Vec<_>>());
    of_fields
        .chain(of_struct)
        .map(|names| quote!(_ara::IndexDef { columns: &[#(#names),*] }))
        .collect()
}

/// Generates the calls that give a draft the default values.
fn defaults(table: &Table<'_>) -> Option<TokenStream> {
    let mut sets = table
        .positions()
        .filter_map(|(at, column)| {
            let default = column.args.default.as_ref()?;
            let set = column.set_method(table);
            Some(quote!(.#set(#at, #default)))
        })
        .peekable();
    sets.peek()?;
    Some(quote!(#(#sets)* .as_defaults()))
}

fn record_and_create(table: &Table<'_>) -> TokenStream {
    let ident = table.ident;
    let unrecommended = table.unrecommended();
    let Bodies { id, from_fields, into_cells } = if table.is_faulty {
        // Not all fields are known here. The code never runs, so it only has to compile.
        let (from_fields, into_cells) = (quote!(_ara::None), quote!(_ara::Cells::new()));
        Bodies { id: quote!(::core::unreachable!()), from_fields, into_cells }
    } else {
        bodies(table)
    };
    quote! {
        #[automatically_derived]
        impl _ara::Record for #ident {
            type Table = #ident;
            fn id(&self) -> _ara::Id<#ident> {
                #id
            }
            fn from_fields(__fields: &_ara::Fields<'_>) -> _ara::Option<Self> {
                #from_fields
            }
        }

        #[automatically_derived]
        #unrecommended
        impl _ara::Create for #ident {
            type Table = #ident;
            fn into_cells(self) -> _ara::Cells {
                #into_cells
            }
        }
    }
}

/// The bodies of functions of the struct.
struct Bodies {
    id: TokenStream,
    from_fields: TokenStream,
    into_cells: TokenStream,
}

fn bodies(table: &Table<'_>) -> Bodies {
    let ident = table.ident;
    // The macro cannot tell an alias of `Id<Todo>` from another type, so the compiler checks it.
    let id_of = table.id.as_ref().map(|id| {
        let ty = id.ty;
        quote_spanned!(ty.span()=> <#ty as ::ara::__private::IdOf<#ident>>)
    });
    let fields = table.kept().enumerate().map(|(at, Column { ident, is_optional, .. })| {
        let marker = table.marker(ident);
        let required = (!is_optional).then(|| quote!(?));
        quote!(#ident: __fields.value::<#marker>(#at) #required)
    });
    let retired: Vec<_> = table.columns.iter().filter(|column| column.is_retired()).collect();
    let without = retired.iter().map(|Column { ident, .. }| quote!(#ident: _ara::None));
    // So that no lint says that nothing reads them.
    let ignored = retired.iter().map(|Column { ident, .. }| quote!(let _ = &self.#ident;));
    let cells = table.kept_positions().map(|(at, Column { ident, is_optional, .. })| {
        let marker = table.marker(ident);
        let value = quote!(self.#ident);
        let value = if *is_optional { value } else { quote!(_ara::Some(#value)) };
        quote!(.fill_column::<#marker>(#at, #value))
    });
    let from_fields = quote! {
        _ara::Some(Self {
            id: #id_of::from_id(__fields.id()?),
            #(#fields,)*
            #(#without,)*
        })
    };
    let into_cells = quote! {
        #(#ignored)*
        _ara::Cells::of(#id_of::into_id(self.id)) #(#cells)*
    };
    Bodies { id: quote!(#id_of::into_id(self.id)), from_fields, into_cells }
}

/// Generates what lets the table be searched, if any of its columns can be.
fn search(table: &Table<'_>) -> TokenStream {
    let Table { ident, .. } = table;
    let unrecommended = table.unrecommended();
    let searchable = searched(table).next().map(|_| {
        quote! {
            #[automatically_derived]
            #unrecommended
            impl _ara::Searchable for #ident {}
        }
    });
    let columns = searched(table).map(|column| {
        let marker = table.marker(column.ident);
        let check = quote_spanned!(column.ty.span()=> _ara::search_text::<#marker>());
        quote! {
            impl _ara::SearchColumn for #marker {}
            const _: () = #check;
        }
    });
    quote!(#searchable #(#columns)*)
}

fn searched<'a>(table: &'a Table<'_>) -> impl Iterator<Item = &'a Column<'a>> {
    table.columns.iter().filter(|column| column.args.search.is_some())
}
