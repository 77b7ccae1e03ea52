//! The macros of ara. Apps use them through the crate `ara`, which re-exports them.
//!
//! Each macro has a module of its own: [`Table`](macro@Table) and `#[ara::table]` are in `table`,
//! [`Value`](macro@Value) in `value`, [`View`](macro@View) in `view`, [`OneOf`](macro@OneOf) in `one_of` and [`schema!`] in `schema`. What
//! they read the user's code with is in `input`. The page about `Table` is long, and lies beside its module.

mod cargo;
mod input;
mod one_of;
mod schema;
mod table;
mod value;
mod view;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use input::facade::Facade;

/// Generates code for a type that may say in one of these helper attributes what ara is called.
fn derived(
    mut input: DeriveInput,
    helpers: &[&str],
    derive: fn(&DeriveInput) -> proc_macro2::TokenStream,
) -> TokenStream {
    let facade = Facade::take(&mut input.attrs, helpers);
    facade.put_into(derive(&input)).into()
}

#[doc = include_str!("table/derive.md")]
#[proc_macro_derive(Table, attributes(table, __ara_table))]
pub fn derive_table(input: TokenStream) -> TokenStream {
    derived(parse_macro_input!(input), &["table", "__ara_table"], table::derive)
}

/// Makes a struct a table of the database, and derives the traits that most apps want for it.
///
/// `#[ara::table(..)]` is short for `#[derive(Debug, Clone, PartialEq, ara::Table)]` and `#[table(..)]`.
/// It takes the [arguments of a struct](macro@Table#arguments-on-the-struct). The fields take theirs in
/// `#[table(..)]`, as with the derive.
///
/// ```
/// use ara::{Id, Table};
///
/// #[ara::table(name = "todos", index(title, done))]
/// pub struct Todo {
///     pub id: Id<Todo>,
///     #[table(column = "name")]
///     pub title: String,
///     pub done: Option<bool>,
/// }
///
/// assert_eq!(Todo::NAME, "todos");
/// assert_eq!(Todo::TABLE.columns[0].name, "name");
/// ```
#[proc_macro_attribute]
pub fn table(args: TokenStream, input: TokenStream) -> TokenStream {
    let mut args = args.into();
    let (facade, given) = Facade::take_attribute(&mut args);
    let mut input: DeriveInput = parse_macro_input!(input);
    input.attrs.extend(given);
    facade.put_into(table::attribute(&args, input)).into()
}

/// Makes a newtype, or an enum, a type that columns can have.
///
/// Types of other shapes can be stored as [`Json`](../ara/struct.Json.html), if they implement serde's
/// traits.
///
/// # Newtypes
///
/// A struct with one unnamed field is stored as that field is, has its [`Range`](../ara/struct.Range.html),
/// and can take its place in a released schema. The struct must implement `TryFrom` or `From` of the field's type:
///
/// - `create` and `update` return an error for a value that `TryFrom` refuses. Its message is that of the
///   refusal, which should not repeat the value.
/// - A stored value that `TryFrom` refuses is read as missing. Another version of the app may have
///   written it, with other rules.
///
/// Setters take the newtype and the field's type. If the field is a `String`, they also take a `&str`. A newtype of a number
/// is a [`Number`](../ara/trait.Number.html): queries compare it, calculate with it and sum it up.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Debug, Clone, PartialEq, Value)]
/// pub struct Stars(u8);
///
/// impl TryFrom<u8> for Stars {
///     type Error = &'static str;
///
///     fn try_from(stars: u8) -> Result<Self, Self::Error> {
///         if stars <= 5 { Ok(Self(stars)) } else { Err("must be 5 stars at most") }
///     }
/// }
///
/// #[derive(Table)]
/// struct Film {
///     id: Id<Film>,
///     stars: Stars,
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// let film = db.create(Film::draft().stars(4))?;
/// assert_eq!(db.get(film)?.and_then(|film| film.stars), Some(Stars(4)));
///
/// let refused = db.update(Film::patch(film).stars(6)).unwrap_err();
/// assert_eq!(refused.to_string(), "column `film.stars` must be 5 stars at most");
/// # Ok(())
/// # }
/// ```
///
/// # Enums
///
/// An enum whose variants hold no data is stored as the name of the variant, as text. `#[value(name =
/// "..")]` on a variant sets its stored name. With it, a released variant can be renamed, as it keeps its
/// stored name. A stored name has 1 to 64 bytes and no control characters.
///
/// A name that only another version of the app knows is read as missing.
///
/// A variant that holds data is stored as JSON, an object of its name and its data: `{"Circle":{"radius":1.5}}`. Its
/// fields are of types with serde's traits. `#[serde(..)]` on a field is heeded, and on the enum and its variants it is
/// not. A released variant keeps its name, and whether it has data. Its fields change as those of
/// [`Json`](../ara/struct.Json.html) do: new ones are `Option`, or have `#[serde(default)]`.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Debug, Clone, Copy, PartialEq, Value)]
/// pub enum State {
///     Open,
///     #[value(name = "Done")]
///     Finished,
/// }
///
/// #[derive(Table)]
/// struct Todo {
///     id: Id<Todo>,
///     state: State,
/// }
///
/// # fn main() -> ara::Result<()> {
/// assert_eq!(State::TYPE, ara::Type::Enum(&["Open", "Done"]));
/// let db = Database::memory()?;
/// db.create(Todo::draft().state(State::Finished))?;
/// assert_eq!(db.query::<Todo>().filter(Todo::state.eq(State::Finished)).count()?, 1);
/// # Ok(())
/// # }
/// ```
///
/// # The name of the crate
///
/// `#[value(crate = "my_lib::ara")]` is as [with tables](macro@Table#crate).
#[proc_macro_derive(Value, attributes(value))]
pub fn derive_value(input: TokenStream) -> TokenStream {
    derived(parse_macro_input!(input), &["value"], value::derive)
}

/// Makes a type that columns can have of a document that changes its shape from release to release.
///
/// The variants of the enum are the versions of the document, oldest first. Each has one field, of a type with serde's
/// traits, and each older one is `Into` the next. Only the newest is written. Whatever version is stored, the app reads the
/// newest: `newest` returns the document.
///
/// It is stored as JSON text in [one form](../ara/struct.Json.html), an object of the document and the name of its
/// version: `{"document":{..},"version":"V2"}`. A version that only a newer app knows is read as missing, and stays as
/// it is. `ara.lock` lists the versions: a released one is never removed or moved, and new ones come last.
/// `#[value(name = "..")]` on a variant sets its stored name, so that a released one can be renamed.
///
/// Setters take the newest document, and the enum. To write back what was read is no change, also if an older version
/// is stored. Filters compare what is stored, so `eq` does not find documents of older versions.
///
/// ```
/// use ara::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
/// pub struct AddressV1 {
///     pub lines: String,
/// }
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
/// pub struct AddressV2 {
///     pub street: String,
///     pub city: Option<String>,
/// }
///
/// impl From<AddressV1> for AddressV2 {
///     fn from(old: AddressV1) -> Self {
///         match old.lines.split_once('\n') {
///             Some((street, city)) => Self { street: street.to_owned(), city: Some(city.to_owned()) },
///             None => Self { street: old.lines, city: None },
///         }
///     }
/// }
///
/// #[derive(Debug, Clone, PartialEq, Versioned)]
/// pub enum Address {
///     V1(AddressV1),
///     V2(AddressV2),
/// }
///
/// #[derive(Table)]
/// pub struct Person {
///     pub id: Id<Person>,
///     pub address: Address,
/// }
///
/// // The app as it was released last year.
/// mod last_year {
///     use ara::prelude::*;
///
///     #[derive(Debug, Clone, PartialEq, Versioned)]
///     pub enum Address {
///         V1(super::AddressV1),
///     }
///
///     #[derive(Table)]
///     pub struct Person {
///         pub id: Id<Person>,
///         pub address: Address,
///     }
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// let old = AddressV1 { lines: "Main St\nDresden".to_owned() };
/// db.create(last_year::Person::draft().address(old))?;
///
/// let person = db.query::<Person>().narrow(Person::address).one()?;
/// let mut address = person.address.newest();
/// assert_eq!(address.city.as_deref(), Some("Dresden"));
///
/// address.street = "High St".to_owned();
/// db.update(Person::patch(person.id).address(address))?;
/// // It is of a version that last year's app does not know.
/// assert!(db.query::<last_year::Person>().one()?.address.is_none());
/// # Ok(())
/// # }
/// ```
#[proc_macro_derive(Versioned, attributes(value))]
pub fn derive_versioned(input: TokenStream) -> TokenStream {
    derived(parse_macro_input!(input), &["value"], value::versioned::derive)
}

/// Makes a struct a view: what a query returns in place of rows, by
/// [`Query::view`](../ara/struct.Query.html#method.view).
///
/// `#[view(Todo)]` on the struct names the table. A view of a query that joins tables names them in the
/// order of the query: `#[view(Album, Artist)]`. The struct has named fields and no generics, and it may
/// leave out tables at the end.
///
/// Each field is a column. Without an argument it is the column of that name in the first table.
/// `#[view(..)]` on a field names another column: `#[view(Artist::name)]`, or
/// `#[view(Artist::name.of(Guest))]` if the query reads the table under an alias.
///
/// `#[view(one_of)]` is on a field whose type is one of several columns, for which [`OneOf`](macro@OneOf) is.
///
/// A field that is an `Option` is `None` where the column is missing. Any other field is narrowed: rows
/// without it are left out.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Artist {
///     id: Id<Artist>,
///     name: String,
/// }
///
/// #[derive(Table)]
/// struct Album {
///     id: Id<Album>,
///     title: String,
///     artist_id: Option<Id<Artist>>,
/// }
///
/// #[derive(Debug, PartialEq, View)]
/// #[view(Album)]
/// struct Title {
///     id: Id<Album>,
///     title: String,
/// }
///
/// #[derive(Debug, PartialEq, View)]
/// #[view(Album, Artist)]
/// struct Entry {
///     title: String,
///     #[view(Artist::name)]
///     artist: Option<String>,
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// let nina = db.create(Artist::draft().name("Nina"))?;
/// let live = db.create(Album::draft().title("Live").artist_id(nina))?;
///
/// let titles: Vec<Title> = db.query::<Album>().view().all()?;
/// assert_eq!(titles, [Title { id: live, title: "Live".to_owned() }]);
///
/// let entries: Vec<Entry> = db.query::<Album>().left_join(Album::artist_id).view().all()?;
/// assert_eq!(entries[0].artist.as_deref(), Some("Nina"));
/// # Ok(())
/// # }
/// ```
#[proc_macro_derive(View, attributes(view))]
pub fn derive_view(input: TokenStream) -> TokenStream {
    derived(parse_macro_input!(input), &["view"], view::derive)
}

/// Makes an enum one of several columns of a table: in each row, the one that was edited last. A query returns it by
/// [`Query::one_of`](../ara/struct.Query.html#method.one_of), which says which one counts.
///
/// `#[one_of(Todo)]` on the enum names the table. Each variant holds a value of a column: of the one that is named like
/// the variant, in snake case, or of the one that `#[one_of(heading)]` on the variant names, by its field. The type is
/// that of the column, without its `Option`. The columns are of one table, which is not local, and each is named once.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo {
///     id: Id<Todo>,
///     #[table(column = "title")]
///     heading: Option<NonEmptyString<1000>>,
///     content: Option<String>,
/// }
///
/// #[derive(Debug, PartialEq, OneOf)]
/// #[one_of(Todo)]
/// enum Body {
///     Content(String),
///     #[one_of(heading)]
///     Title(NonEmptyString<1000>),
/// }
///
/// #[derive(View)]
/// #[view(Todo)]
/// struct Line {
///     id: Id<Todo>,
///     #[view(one_of)]
///     body: Body,
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// let milk = db.create(Todo::draft().heading("Buy milk"))?;
/// db.update(Todo::patch(milk).content("Buy *oat* milk"))?;
///
/// let line: Line = db.query::<Todo>().view().one()?;
/// assert_eq!((line.id, line.body), (milk, Body::Content("Buy *oat* milk".to_owned())));
/// # Ok(())
/// # }
/// ```
#[proc_macro_derive(OneOf, attributes(one_of))]
pub fn derive_one_of(input: TokenStream) -> TokenStream {
    derived(parse_macro_input!(input), &["one_of"], one_of::derive)
}

/// Declares the schema of an app: all its tables, under one name.
///
/// The macro declares a type with the visibility and the attributes that are written, which
/// [`Database::ensure`](../ara/struct.Database.html#method.ensure) takes. No two tables of a schema may
/// have the same stored name.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// pub struct Todo {
///     pub id: Id<Todo>,
///     pub title: String,
/// }
///
/// #[derive(Table)]
/// pub struct Category {
///     pub id: Id<Category>,
///     pub name: String,
/// }
///
/// ara::schema! {
///     /// The tables of the app.
///     pub App: Todo, Category
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// db.ensure::<App>()?;
/// # Ok(())
/// # }
/// ```
///
/// # What was released
///
/// The file `ara.lock` beside a package's `Cargo.toml` lists what was released of its schema. The command
/// `cargo ara lock -m "add due date"` writes it, and nothing else should. While the package is compiled,
/// the macro compares the schema with that file. These are errors, each of which says how to mend it:
///
/// - A released table, column or variant is missing.
/// - A released column is stored in another way, or refers to another table.
/// - A released column has become narrower: an `i64` cannot become a `u8`, nor a `String` a
///   `NonEmptyString<10>`. The other way round is fine.
/// - A released table has become `local`, or is no longer `local`.
/// - The ids of a released table are made from another key, or were made from none: see
///   [`key`](macro@Table#key).
/// - A released column no longer [replaces](macro@Table#replaces) what it replaced, or replaces something else
///   and is of the same revision, or its revision is lower.
/// - A column is [`retired`](macro@Table#retired) and was never released.
///
/// `#[schema(crate = "my_lib::ara")]` before the name of the schema is as [with tables](macro@Table#crate).
///
/// What is not in the file is unreleased, and can still be renamed and removed. Without the file,
/// everything can. The page [`schema_changes`](../ara/guide/schema_changes/index.html) lists what may
/// change and what may not.
///
/// A package with an `ara.lock` follows these rules:
///
/// - A table belongs to one schema, in the crate that declares its struct. Other crates, and the binaries
///   of a library, use that schema: `db.ensure::<model::App>()`.
/// - A table that no schema names is not compared with anything. Tests, examples and prototypes declare
///   no schema of their own: `db.ensure::<OldTodo>()` takes a table alone.
///
/// Cargo compiles the package again when the file changes or is removed, but does not notice when it is
/// created. `cargo ara lock` touches the crate's first source file then, such as `src/main.rs`, which has the same
/// effect; who gets the first `ara.lock` in another way touches one. If the environment variable `ARA_LOCK` contains a path, the macro
/// reads that file in place of the package's own. It must exist.
#[proc_macro]
pub fn schema(input: TokenStream) -> TokenStream {
    let mut schema: schema::Schema = parse_macro_input!(input);
    let facade = Facade::take(&mut schema.attrs, &["schema"]);
    facade.put_into(schema::declare(schema)).into()
}
