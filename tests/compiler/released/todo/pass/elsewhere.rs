// The tables are in modules of their own, and private to the crate.
mod model {
    pub(crate) mod todo {
        use ara::prelude::*;

        #[derive(Table)]
        pub(crate) struct Todo {
            id: Id<Todo>,
            title: String,
            stars: Option<i64>,
            state: super::state::State,
            category_id: Option<Id<super::Category>>,
        }
    }

    mod state {
        #[derive(Debug, Clone, PartialEq, ara::Value)]
        pub(crate) enum State {
            Open,
            Done,
        }
    }

    #[derive(ara::Table)]
    pub(crate) struct Category {
        id: ara::Id<Category>,
    }
}

ara::schema! { pub App: model::todo::Todo }
