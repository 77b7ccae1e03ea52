//! Names that meet others: of crates, of modules, of what is generated.

use ara::{Id, Table};

use crate::derive::creates;

/// Structs named like crates that their own fields speak of.
mod like_crates {
    use super::{Id, Table};

    #[derive(Table)]
    pub struct Log {
        pub id: Id<Log>,
        pub level: log::Level,
    }

    #[derive(Table)]
    pub struct Core {
        pub id: Id<Core>,
        pub size: core::option::Option<core::primitive::u8>,
    }

    #[derive(Table)]
    pub struct Std {
        pub id: Id<Std>,
        pub text: std::string::String,
    }

    #[derive(Table)]
    pub struct Ara {
        pub id: Id<Ara>,
        pub text: ara::NonEmptyString<5>,
    }

    #[derive(Table)]
    pub struct Time {
        pub id: Id<Time>,
        pub at: Option<ara::Timestamp>,
    }

    pub mod log {
        pub type Level = i64;
    }

    #[test]
    fn what_they_hide_is_still_there() {
        crate::derive::creates(Log::draft().level(1));
        crate::derive::creates(Std::draft().text("a"));
        crate::derive::creates(Ara::draft().text("a"));
        let _: (log::Level, core::primitive::u8) = (1, 2);
    }
}

/// Modules and names that hide those the generated code needs.
mod hiding {
    #![allow(dead_code, non_camel_case_types, non_upper_case_globals, unused_imports)]

    mod std {}
    mod core {}
    mod ara {}
    use ::ara::{Id, Table};

    struct Some;
    struct None;
    struct Ok;
    struct String;
    struct Debug;
    struct Clone;
    struct Copy;
    struct PhantomData;
    struct Result;
    trait Default {}
    const id: u8 = 0;
    const fields: u8 = 0;
    const value: u8 = 0;
    const cells: u8 = 0;
    struct title;

    #[derive(Table)]
    #[table(derive(Eq))]
    pub struct Todo {
        pub id: Id<Todo>,
        pub title: i64,
        pub value: bool,
        pub done: Option<bool>,
    }

    #[test]
    fn nothing_is_hidden() {
        crate::derive::creates(Todo::draft().title(1).value(true));
    }
}

#[derive(Table)]
pub struct Fields {
    pub id: Id<Fields>,
    pub r#type: String,
    pub r#match: Option<String>,
    pub new: i64,
    pub eq: Option<bool>,
    pub ne: Option<bool>,
    pub filter: Option<bool>,
    pub draft: Option<bool>,
    pub patch: Option<bool>,
    pub clone: Option<bool>,
    pub fmt: Option<bool>,
    pub narrow: Option<bool>,
    pub cells: Option<bool>,
    pub set: Option<bool>,
    pub table: Option<bool>,
    pub name: Option<bool>,
    pub title: Option<bool>,
    pub value: Option<bool>,
    pub columns: Option<bool>,
    pub fields: Option<bool>,
    pub from_fields: Option<bool>,
    pub into_cells: Option<bool>,
    pub row: Option<bool>,
    pub at: Option<bool>,
    pub how: Option<bool>,
    pub into: Option<bool>,
    pub to_string: Option<bool>,
    pub drop: Option<bool>,
    pub default: Option<bool>,
    pub todo: Option<bool>,
    pub ara: Option<bool>,
    pub std: Option<bool>,
    pub core: Option<bool>,
    pub r#struct: Option<bool>,
    pub some: Option<bool>,
    pub option: Option<bool>,
    pub bool: Option<bool>,
    pub str: Option<bool>,
}

#[test]
fn fields_named_like_what_is_generated() {
    // A field `draft` takes the name of `Fields::draft()`; the trait has it still.
    let draft = <Fields as Table>::draft().r#type("a").clone(true).set(None).eq(true).new(1);
    creates(draft);
    let _ = (Fields::r#type, Fields::draft, Fields::eq, Fields::clone);
    let row = |row: FieldsRow| (row.eq, row.clone, row.patch, row.patch());
    let _ = row;
}

#[derive(Table)]
struct Type {
    id: Id<Type>,
    r#type: Option<String>,
}

#[allow(non_camel_case_types)]
#[derive(Table)]
struct r#struct {
    id: Id<r#struct>,
    next: Option<Id<Self>>,
    all: ara::Json<Vec<Id<Self>>>,
}

#[test]
fn structs_named_like_keywords() {
    assert_eq!(Type::TABLE.name, "type");
    assert_eq!(r#struct::TABLE.name, "struct");
    creates(Type::draft());
    creates(r#struct::draft().next(None).all(Vec::new()));
}

/// A name in Rust may be odd as long as the stored name is not.
#[derive(Table)]
#[table(name = "house")]
#[allow(non_snake_case, non_camel_case_types)]
struct Haus_ß {
    id: Id<Haus_ß>,
    #[table(column = "size")]
    Größe: i64,
}

#[test]
fn stored_names_need_not_be_rusts() {
    assert_eq!(Haus_ß::TABLE.columns[0].name, "size");
    creates(Haus_ß::draft().Größe(1));
}
