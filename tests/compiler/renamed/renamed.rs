//! Every macro, in an app to which `::ara` means nothing.
#![deny(warnings, missing_docs)]

/// Declares the same app with a path of ara.
macro_rules! app {
    ($app:ident, $path:literal, $($ara:tt)+) => {
        mod $app {
            use $($ara)+::prelude::*;

            /// A task.
            #[derive(Table)]
            #[table(name = "todos", crate = $path)]
            pub struct Todo {
                /// Its id.
                pub id: Id<Todo>,
                /// What to do.
                #[table(search)]
                pub title: NonEmptyString<100>,
                /// How it stands.
                pub state: Option<State>,
                /// What it costs.
                pub cost: Option<Cents>,
                /// What was decided.
                pub plan: Option<Plan>,
                /// Its settings.
                pub settings: Option<Settings>,
            }

            /// A note.
            #[$($ara)+::table(crate = $path, name = "notes")]
            pub struct Note {
                /// Its id.
                pub id: Id<Note>,
                /// Its text.
                pub text: Option<String>,
                /// Its address.
                pub link: Option<String>,
            }

            /// How a task stands.
            #[derive(Debug, Clone, Copy, PartialEq, Value)]
            #[value(crate = $path)]
            pub enum State {
                /// It is to be done.
                Open,
            }

            /// A plan.
            #[derive(Debug, Clone, PartialEq, Value)]
            #[value(crate = $path)]
            pub enum Plan {
                /// None.
                Later,
                /// A day.
                On {
                    /// Its number.
                    day: u16,
                },
            }

            /// Money.
            #[derive(Debug, Clone, Copy, PartialEq, Value)]
            #[value(crate = $path)]
            pub struct Cents(i64);

            impl From<i64> for Cents {
                fn from(cents: i64) -> Self {
                    Self(cents)
                }
            }

            /// Settings.
            #[derive(Debug, Clone, PartialEq, Versioned)]
            #[value(crate = $path)]
            pub enum Settings {
                /// The first ones.
                V1(bool),
            }

            /// A line of a list.
            #[derive(Debug, PartialEq, View)]
            #[view(Todo)]
            #[view(crate = $path)]
            pub struct Line {
                /// What to do.
                pub title: NonEmptyString<100>,
            }

            /// What a note is.
            #[derive(Debug, PartialEq, OneOf)]
            #[one_of(Note)]
            #[one_of(crate = $path)]
            pub enum Body {
                /// A text.
                Text(String),
                /// An address.
                Link(String),
            }

            $($ara)+::schema! {
                /// The app.
                #[schema(crate = $path)]
                pub App: Todo, Note
            }

            #[test]
            fn it_works() -> $($ara)+::Result<()> {
                let db = Database::memory()?;
                db.ensure::<App>()?;
                let draft = Todo::draft().title("Buy milk").state(State::Open).cost(250).settings(true);
                db.create(draft.plan(Plan::On { day: 7 }))?;
                let lines: Vec<Line> = db.query::<Todo>().search("milk").view().all()?;
                assert_eq!(lines, [Line { title: "Buy milk".parse()? }]);
                assert_eq!(db.query::<Todo>().aggregate(Todo::cost.sum()).one()?, Some(250));
                let todo = db.query::<Todo>().one()?;
                assert_eq!((todo.plan, todo.settings), (Some(Plan::On { day: 7 }), Some(Settings::V1(true))));
                db.create(Note::draft().text("a"))?;
                let bodies = db.query::<Note>().one_of::<Body>().all()?;
                assert_eq!(bodies.len(), 1);
                Ok(())
            }
        }
    };
}

app!(renamed, "db", db);
app!(with_two_colons, "::db", ::db);
app!(within_a_library, "ara_renamed_tests::ara", ara_renamed_tests::ara);
