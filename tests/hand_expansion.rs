//! What `#[derive(Table)]` expands to, written by hand: the contract between the crates.
#![deny(missing_docs)]

use ara::{Id, NonEmptyString, Table};

/// A category.
pub struct Category {
    /// The id.
    pub id: Id<Category>,
    /// The name.
    pub name: NonEmptyString<100>,
}
/// A task.
pub struct Todo {
    /// The id.
    pub id: Id<Todo>,
    /// What to do.
    pub title: NonEmptyString<1000>,
    /// Done.
    pub done: Option<bool>,
    /// Reference.
    pub category_id: Option<Id<Category>>,
}

// ---- generated for Todo -------------------------------------------------------------------------

/// A row of [`Todo`] as queries return it ...
#[derive(Debug, Clone, PartialEq)]
#[allow(non_camel_case_types)]
pub struct TodoRow<
    __title = Option<NonEmptyString<1000>>,
    __done = Option<bool>,
    __category_id = Option<Id<Category>>,
> {
    /// The row's id.
    pub id: Id<Todo>,
    /// When the row was made.
    pub created_at: ::ara::__private::Timestamp,
    /// When the row was last changed.
    pub updated_at: ::ara::__private::Timestamp,
    /// What to do.
    pub title: __title,
    /// Done.
    pub done: __done,
    /// Reference.
    pub category_id: __category_id,
}

/// A new row of [`Todo`] ...
#[derive(Debug, Clone)]
#[must_use = "a draft is not stored until it is given to `create`"]
#[allow(non_camel_case_types)]
pub struct TodoDraft<__title = ::ara::__private::Missing> {
    cells: ::ara::__private::Cells,
    set: ::core::marker::PhantomData<fn() -> (__title,)>,
}

/// A change of a row of [`Todo`] ...
#[derive(Debug, Clone)]
#[must_use = "a patch changes nothing until it is given to `update`"]
pub struct TodoPatch {
    cells: ::ara::__private::Cells,
}

const _: () = {
    #[allow(non_camel_case_types)]
    mod todo {
        #[derive(Debug, Clone, Copy)]
        pub struct id;
        #[derive(Debug, Clone, Copy)]
        pub struct created_at;
        #[derive(Debug, Clone, Copy)]
        pub struct updated_at;
        #[derive(Debug, Clone, Copy)]
        pub struct title;
        #[derive(Debug, Clone, Copy)]
        pub struct done;
        #[derive(Debug, Clone, Copy)]
        pub struct category_id;
    }

    #[allow(non_upper_case_globals, dead_code)]
    impl Todo {
        /// The row's id.
        pub const id: todo::id = todo::id;
        /// When the row was made.
        pub const created_at: todo::created_at = todo::created_at;
        /// When the row was last changed.
        pub const updated_at: todo::updated_at = todo::updated_at;
        /// What to do.
        pub const title: todo::title = todo::title;
        /// Done.
        pub const done: todo::done = todo::done;
        /// Reference.
        pub const category_id: todo::category_id = todo::category_id;
    }

    impl ::ara::__private::Column for todo::id {
        type Table = Todo;
        type Value = ::ara::__private::Id<Todo>;
        const NAME: &'static str = "id";
    }
    impl ::ara::__private::Column for todo::created_at {
        type Table = Todo;
        type Value = ::ara::__private::Timestamp;
        const NAME: &'static str = "created_at";
    }
    impl ::ara::__private::Column for todo::updated_at {
        type Table = Todo;
        type Value = ::ara::__private::Timestamp;
        const NAME: &'static str = "updated_at";
    }
    impl ::ara::__private::Column for todo::title {
        type Table = Todo;
        type Value = NonEmptyString<1000>;
        const NAME: &'static str = "title";
    }
    impl ::ara::__private::Column for todo::done {
        type Table = Todo;
        type Value = bool;
        const NAME: &'static str = "done";
    }
    impl ::ara::__private::Column for todo::category_id {
        type Table = Todo;
        type Value = Id<Category>;
        const NAME: &'static str = "category_id";
    }

    // What narrowing a column makes of a row.
    #[allow(non_camel_case_types)]
    impl<__title, __done, __category_id> ::ara::__private::Narrow<todo::title>
        for TodoRow<::core::option::Option<__title>, __done, __category_id>
    {
        type Narrowed = TodoRow<__title, __done, __category_id>;
    }
    #[allow(non_camel_case_types)]
    impl<__title, __done, __category_id> ::ara::__private::Narrow<todo::done>
        for TodoRow<__title, ::core::option::Option<__done>, __category_id>
    {
        type Narrowed = TodoRow<__title, __done, __category_id>;
    }
    #[allow(non_camel_case_types)]
    impl<__title, __done, __category_id> ::ara::__private::Narrow<todo::category_id>
        for TodoRow<__title, __done, ::core::option::Option<__category_id>>
    {
        type Narrowed = TodoRow<__title, __done, __category_id>;
    }

    #[allow(non_camel_case_types)]
    impl<
        __title: ::ara::__private::Field,
        __done: ::ara::__private::Field,
        __category_id: ::ara::__private::Field,
    > ::ara::__private::Record for TodoRow<__title, __done, __category_id>
    {
        type Table = Todo;
        fn from_fields(fields: &::ara::__private::Fields<'_>) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self {
                id: fields.id()?,
                created_at: fields.created_at()?,
                updated_at: fields.updated_at()?,
                title: fields.column(0)?,
                done: fields.column(1)?,
                category_id: fields.column(2)?,
            })
        }
    }
    impl ::ara::__private::Record for Todo {
        type Table = Todo;
        fn from_fields(fields: &::ara::__private::Fields<'_>) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self {
                id: fields.id()?,
                title: fields.column(0)?,
                done: fields.column(1)?,
                category_id: fields.column(2)?,
            })
        }
    }

    impl ::ara::__private::Table for Todo {
        const NAME: &'static str = "todo";
        const TABLE: &'static ::ara::__private::TableDef = &::ara::__private::TableDef {
            name: "todo",
            local: false,
            columns: &[
                ::ara::__private::ColumnDef {
                    name: "title",
                    ty: <NonEmptyString<1000> as ::ara::__private::Value>::TYPE,
                    required: true,
                },
                ::ara::__private::ColumnDef {
                    name: "done",
                    ty: <bool as ::ara::__private::Value>::TYPE,
                    required: false,
                },
                ::ara::__private::ColumnDef {
                    name: "category_id",
                    ty: <Id<Category> as ::ara::__private::Value>::TYPE,
                    required: false,
                },
            ],
            indexes: &[],
        };
        const READABLE: &'static [fn() -> ::ara::__private::Readable] = &[
            <NonEmptyString<1000> as ::ara::__private::Value>::readable,
            <bool as ::ara::__private::Value>::readable,
            <Id<Category> as ::ara::__private::Value>::readable,
        ];
        type Row = TodoRow;
        type Draft = TodoDraft;
        type Patch = TodoPatch;
        fn draft() -> TodoDraft {
            TodoDraft { cells: ::ara::__private::Cells::new(), set: ::core::marker::PhantomData }
        }
        fn patch(id: ::ara::__private::Id<Self>) -> TodoPatch {
            TodoPatch { cells: ::ara::__private::Cells::of(id) }
        }
    }

    #[allow(non_camel_case_types, dead_code)]
    impl<__title> TodoDraft<__title> {
        /// Gives the row an id of its own, instead of a new one.
        pub fn id(self, id: ::ara::__private::Id<Todo>) -> Self {
            Self { cells: self.cells.id(id), ..self }
        }
        /// What to do.
        pub fn title(
            self,
            title: impl ::ara::__private::IntoValue<NonEmptyString<1000>>,
        ) -> TodoDraft<::ara::__private::Set> {
            TodoDraft { cells: self.cells.set(0, title), set: ::core::marker::PhantomData }
        }
        /// Done.
        pub fn done<__How>(self, done: impl ::ara::__private::IntoOptional<bool, __How>) -> Self {
            Self { cells: self.cells.set_optional(1, done), ..self }
        }
        /// Reference.
        pub fn category_id<__How>(
            self,
            category_id: impl ::ara::__private::IntoOptional<Id<Category>, __How>,
        ) -> Self {
            Self { cells: self.cells.set_optional(2, category_id), ..self }
        }
    }
    #[allow(non_camel_case_types)]
    impl<__title: ::ara::__private::Provided<todo::title>> ::ara::__private::Create
        for TodoDraft<__title>
    {
        type Table = Todo;
        fn into_cells(self) -> ::ara::__private::Cells {
            self.cells
        }
    }
    impl ::ara::__private::Create for Todo {
        type Table = Todo;
        fn into_cells(self) -> ::ara::__private::Cells {
            ::ara::__private::Cells::of(self.id)
                .set::<NonEmptyString<1000>>(0, self.title)
                .set_optional::<bool, _>(1, self.done)
                .set_optional::<Id<Category>, _>(2, self.category_id)
        }
    }

    #[allow(dead_code)]
    impl TodoPatch {
        /// What to do.
        pub fn title(self, title: impl ::ara::__private::IntoValue<NonEmptyString<1000>>) -> Self {
            Self { cells: self.cells.set(0, title) }
        }
        /// Done.
        pub fn done<__How>(self, done: impl ::ara::__private::IntoOptional<bool, __How>) -> Self {
            Self { cells: self.cells.set_optional(1, done) }
        }
        /// Reference.
        pub fn category_id<__How>(
            self,
            category_id: impl ::ara::__private::IntoOptional<Id<Category>, __How>,
        ) -> Self {
            Self { cells: self.cells.set_optional(2, category_id) }
        }
    }
    impl ::ara::__private::Update for TodoPatch {
        type Table = Todo;
        fn into_cells(self) -> ::ara::__private::Cells {
            self.cells
        }
    }

    #[allow(non_camel_case_types, dead_code)]
    impl<__title, __done, __category_id> TodoRow<__title, __done, __category_id> {
        /// Starts a change of this row.
        pub fn patch(&self) -> TodoPatch {
            <Todo as ::ara::__private::Table>::patch(self.id)
        }
    }
};

// ---- the same for Category, as short as this test needs it --------------------------------------

impl ara::Record for Category {
    type Table = Category;
    fn from_fields(fields: &ara::Fields<'_>) -> Option<Self> {
        Some(Self { id: fields.id()?, name: fields.column(0)? })
    }
}
impl Table for Category {
    const NAME: &'static str = "category";
    const TABLE: &'static ara::schema::TableDef =
        &ara::schema::TableDef { name: "category", local: false, columns: &[], indexes: &[] };
    const READABLE: &'static [fn() -> ara::Readable] = &[];
    type Row = Category;
    type Draft = ();
    type Patch = NoPatch;
    fn draft() {}
    fn patch(_: Id<Self>) -> NoPatch {
        NoPatch
    }
}
/// None.
pub struct NoPatch;
impl ara::Update for NoPatch {
    type Table = Category;
    fn into_cells(self) -> ara::Cells {
        ara::Cells::new()
    }
}

#[test]
fn works() -> ara::Result<()> {
    fn creates<C: ara::Create>(_: C) {}
    creates(Todo::draft().title("Buy milk").done(true));
    creates(Todo::draft().done(None).title("Buy milk"));
    let dir = tempfile::tempdir().unwrap();
    for db in [ara::Database::memory()?, ara::Database::open(dir.path().join("a.db"))?] {
        let milk = db.create(Todo::draft().title("Buy milk"))?;
        let row = db.get(milk)?.unwrap();
        assert_eq!(row.title.as_deref(), Some("Buy milk"));
        assert_eq!(row.done, None);
        assert!(db.update(row.patch().done(true).title("Buy bread"))?);
        assert!(db.update(row.patch().done(true).title("Buy bread"))?);
        assert_eq!(db.get(milk)?.unwrap().done, Some(true));
        assert!(db.delete(milk)?);
        assert!(!db.delete(milk)?);
        assert!(db.get(milk)?.is_none());
        assert!(!db.update(Todo::patch(milk).done(None))?);
        assert!(db.restore(milk)?);
        assert!(db.restore(milk)?);
        assert!(matches!(
            db.create(Todo::draft().id(milk).title("x")),
            Err(ara::Error::Exists { table: "todo" })
        ));
        db.upsert(Todo {
            id: milk,
            title: "Up".try_into().unwrap(),
            done: None,
            category_id: None,
        })?;
        assert_eq!(db.get(milk)?.unwrap().done, None);
        let error = db.create(Todo::draft().title("  ")).unwrap_err();
        assert_eq!(error.to_string(), "column `todo.title` must not be blank");
        let failed: ara::Result<()> = db.transaction(|tx| {
            let id = tx.create(Todo::draft().title("x"))?;
            assert!(tx.get(id)?.is_some());
            assert!(matches!(db.get(id), Err(ara::Error::InsideTransaction)));
            tx.create(Todo::draft().title(""))?;
            Ok(())
        });
        assert!(failed.is_err());
        let found = db.verify()?;
        assert!(found.holds(), "{found:?}");
        assert_eq!((found.changes, found.rows), (5, 1));
    }
    Ok(())
}
