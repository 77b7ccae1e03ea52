//! What a table is made of.

use ara::{Column, Id, NonEmptyString, Table};
use ara::{ColumnDef, IndexDef, Range, TableDef, Type};

use crate::derive::{creates, updates};

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: NonEmptyString<1000>,
    pub done: Option<bool>,
    pub category_id: Option<Id<Category>>,
    pub parent_id: Option<Id<Self>>,
}

#[derive(Table)]
#[table(name = "kind", local, index(rank, title), index(r#type))]
pub struct Category {
    pub id: Id<Category>,
    #[table(column = "name")]
    pub title: NonEmptyString<100>,
    #[table(index)]
    pub rank: ::std::option::Option<u32>,
    pub r#type: core::option::Option<String>,
}

const fn column(name: &'static str, ty: Type, range: Option<Range>, required: bool) -> ColumnDef {
    ColumnDef { name, ty, range, required, ..ColumnDef::EMPTY }
}

#[test]
fn the_table_is_what_the_struct_says() {
    const TODO: TableDef = TableDef {
        name: "todo",
        local: false,
        columns: &[
            column("title", Type::Text, Some(Range::new(1, 1000)), true),
            column("done", Type::Bool, None, false),
            column("category_id", Type::Id("kind"), None, false),
            column("parent_id", Type::Id("todo"), None, false),
        ],
        indexes: &[],
        search: &[],
        ..TableDef::EMPTY
    };
    assert_eq!(Todo::TABLE, &TODO);
    assert_eq!(Todo::NAME, "todo");
}

#[test]
fn arguments_change_the_table() {
    const CATEGORY: TableDef = TableDef {
        name: "kind",
        local: true,
        columns: &[
            column("name", Type::Text, Some(Range::new(1, 100)), true),
            column("rank", Type::Integer, Some(Range::new(0, 4_294_967_295)), false),
            column("type", Type::Text, Some(Range::ALL), false),
        ],
        indexes: &[
            IndexDef { columns: &["rank"] },
            IndexDef { columns: &["rank", "name"] },
            IndexDef { columns: &["type"] },
        ],
        search: &[],
        ..TableDef::EMPTY
    };
    assert_eq!(Category::TABLE, &CATEGORY);
}

#[test]
fn columns_are_constants() {
    fn describe<C: Column<Value = V>, V: ara::Value>(_: C) -> (&'static str, Type) {
        (C::NAME, V::TYPE)
    }
    assert_eq!(describe(Todo::id), ("id", Type::Id("todo")));
    assert_eq!(describe(Todo::created_at), ("created_at", Type::Timestamp));
    assert_eq!(describe(Todo::updated_at), ("updated_at", Type::Timestamp));
    assert_eq!(describe(Todo::done), ("done", Type::Bool));
    assert_eq!(describe(Category::title), ("name", Type::Text));
    assert_eq!(describe(Category::r#type), ("type", Type::Text));
}

#[test]
fn drafts_and_patches_take_what_converts() {
    let id = Id::<Category>::from_key("home");
    creates(Todo::draft().title("Buy milk"));
    creates(Todo::draft().done(None).title("Buy milk").done(true).title("Buy bread"));
    creates(Todo::draft().title(String::from("Buy milk")).category_id(id).id(Id::from_key("milk")));
    creates(Todo {
        id: Id::from_key("milk"),
        title: NonEmptyString::new("Buy milk").expect("is not blank"),
        done: None,
        category_id: Some(id),
        parent_id: None,
    });
    updates(Todo::patch(Id::from_key("milk")).title("Buy bread").done(None).category_id(Some(id)));
    updates(Category::patch(id));
}

#[test]
fn a_row_starts_as_all_options_and_can_be_patched() {
    fn of_row(row: &<Todo as Table>::Row) {
        let _: (&Id<Todo>, &Option<NonEmptyString<1000>>, &Option<bool>) =
            (&row.id, &row.title, &row.done);
        updates(row.patch().title("Buy bread"));
    }
    let _ = of_row;
}

/// `derive` adds to what the row derives.
#[derive(Table)]
#[table(derive(serde::Serialize, Eq))]
pub struct Shared {
    pub id: Id<Shared>,
    pub title: Option<String>,
    note: Option<String>,
}

#[test]
fn rows_derive_more_on_request() {
    fn serializes<T: serde::Serialize + Eq + Clone + std::fmt::Debug>() {}
    serializes::<SharedRow>();
}

#[ara::table]
pub struct Short {
    pub id: Id<Short>,
    pub title: Option<String>,
}

/// With the attribute imported, the bare word means it on the struct and its helper on fields.
mod imported {
    use ara::{Id, Table, table};

    #[table(name = "longer", index(title, done))]
    pub struct Long {
        pub id: Id<Long>,
        #[table(column = "name")]
        pub title: Option<String>,
        #[table(default = true)]
        pub done: bool,
    }

    #[test]
    fn arguments_pass_through() {
        assert_eq!(Long::TABLE.name, "longer");
        assert_eq!(Long::TABLE.columns[0].name, "name");
        assert_eq!(Long::TABLE.indexes.len(), 1);
        crate::derive::creates(Long::draft());
    }
}

#[test]
fn the_attribute_derives_what_most_structs_want() {
    let short = Short { id: Id::from_key("a"), title: None };
    assert_eq!(short.clone(), short);
    assert!(format!("{short:?}").starts_with("Short"));
}
