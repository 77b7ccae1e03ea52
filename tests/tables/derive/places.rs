//! Where a table may stand, and who sees it.

use ara::{Column, Id, Table};

use crate::derive::creates;

/// As a query asks for it.
fn narrow<C: Column>(_: C) -> &'static str {
    C::NAME
}

/// As a narrowed query returns it.
fn narrowed<C: Column, R: ara::Narrow<C>>(_: R, _: C) -> R::Narrowed {
    unreachable!("only types are of interest")
}

mod models {
    pub use crate::derive::todo::Todo;
}

#[test]
fn in_a_module_of_its_own_name_and_exported_again() {
    creates(models::Todo::draft().title("a"));
    assert_eq!(narrow(models::Todo::title), "title");
    let _: Option<crate::derive::todo::TodoRow> = None;
}

#[test]
fn in_a_function() {
    #[derive(Debug, Clone, PartialEq, ara::Value)]
    struct Local(i64);
    impl From<i64> for Local {
        fn from(local: i64) -> Self {
            Self(local)
        }
    }
    #[derive(Table)]
    struct Todo {
        id: Id<Todo>,
        title: String,
        local: Option<Local>,
        other: Option<Id<Other>>,
    }
    #[derive(Table)]
    #[table(columns)]
    struct Other {
        id: Id<Other>,
        title: String,
    }
    creates(Todo::draft().title("a").local(Local(1)));
    creates(Other::draft().title("a"));
    {
        use other::title;
        assert_eq!(narrow(title), "title");
    }
    assert_eq!(narrow(Todo::title), "title");
    assert_eq!(narrow(Todo::local), "local");
    assert_eq!(Todo::TABLE.columns[2].ty, ara::Type::Id("other"));
}

mod visible {
    use super::{Id, Table};

    #[derive(Debug, Clone, PartialEq, ara::Value)]
    struct Secret(i64);
    impl From<i64> for Secret {
        fn from(secret: i64) -> Self {
            Self(secret)
        }
    }

    #[derive(Debug, Clone, PartialEq, ara::Value)]
    pub(crate) enum Kind {
        Open,
    }

    /// Fields of types that are less visible than the table.
    #[derive(Table)]
    pub struct Safe {
        pub id: Id<Safe>,
        pub name: String,
        secret: Secret,
        more: Option<Secret>,
        pub(crate) kind: Option<Kind>,
        pub(super) outer: Option<Kind>,
        pub(self) itself: Option<Secret>,
        pub(in crate::derive::places) inner: Option<Kind>,
    }

    pub fn draft() -> impl ara::Create {
        Safe::draft().name("a").secret(1).more(Secret(2)).kind(Kind::Open).outer(Kind::Open)
    }

    /// A narrowed hidden column is of its own type, and one that is not is an `Option` of it.
    pub fn of_narrowed(row: SafeRow) -> (i64, Option<i64>, String) {
        assert_eq!(row.clone(), row);
        let row = super::narrowed(super::narrowed(row, Safe::secret), Safe::name);
        assert_eq!(row.clone(), row);
        (row.secret.0, row.more.map(|more| more.0), row.name)
    }

    mod narrower {
        use super::{Id, Secret, Table};

        #[derive(Table)]
        pub(super) struct Inner {
            pub(super) id: Id<Inner>,
            pub secret: Option<Secret>,
            pub(crate) more: Option<Secret>,
            pub(self) itself: Option<Secret>,
        }
    }

    #[derive(Table)]
    struct Private {
        pub id: Id<Private>,
        pub secret: Option<Secret>,
    }

    #[test]
    fn private_tables_may_have_public_fields() {
        super::creates(Private::draft().secret(None));
        super::creates(narrower::Inner::draft().secret(Secret(1)));
        assert_eq!(super::narrow(Safe::secret), "secret");
    }
}

#[test]
fn hidden_columns_do_not_hide_the_table() {
    creates(visible::draft());
    assert_eq!(narrow(visible::Safe::kind), "kind");
    assert_eq!(narrow(visible::Safe::outer), "outer");
    let _ = visible::Safe::draft().outer(None).kind(visible::Kind::Open).id(Id::from_key("a"));
    let _ = visible::of_narrowed;
}

mod columns {
    use super::{Id, Table};

    #[derive(Table)]
    #[table(columns)]
    pub struct TodoItem {
        pub id: Id<TodoItem>,
        pub title: String,
        pub(super) done: Option<bool>,
        private: Option<bool>,
    }
}

#[test]
fn columns_can_be_imported() {
    use columns::todo_item::{created_at, done, title};
    assert_eq!(narrow(title), "title");
    assert_eq!(narrow(done), "done");
    assert_eq!(narrow(created_at), "created_at");
    assert_eq!(narrow(columns::TodoItem::title), "title");
    creates(columns::TodoItem::draft().title("a"));
}

macro_rules! table {
    ($name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(Table)]
        pub struct $name {
            pub id: Id<$name>,
            $(pub $field: $ty,)*
        }
    };
}

table!(Made { title: String, done: Option<bool> });

#[test]
fn made_by_a_macro() {
    creates(Made::draft().title("a").done(true));
    assert!(!Made::TABLE.columns[1].required);
}

type AliasId = Id<Aliased>;

#[derive(Table)]
struct Aliased {
    id: AliasId,
    next: Option<AliasId>,
}

#[test]
fn an_id_may_be_an_alias() {
    creates(Aliased::draft().next(AliasId::from_key("a")));
    creates(Aliased { id: Id::from_key("a"), next: None });
}
