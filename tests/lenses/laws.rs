//! `lens_laws!`: the property test for an app's own lenses.

use std::cell::Cell;

use ara::prelude::*;
use proptest::prelude::*;

/// Returns what the macro finds: the report of a test that passes, or why it fails.
macro_rules! found {
    ($column:path, $olds:expr $(, $news:expr)?) => {
        ara::lens_laws!(@check false, [$column] ($olds) $(($news))?)
    };
}

/// A table with a text that replaces a note.
macro_rules! table {
    ($name:ident: $old:ty => $new:ty, $($lens:tt)+) => {
        #[derive(Table)]
        pub struct $name {
            pub id: Id<Self>,
            #[table(replaces(note, $($lens)+))]
            pub text: $new,
            #[table(retired)]
            note: Option<$old>,
        }
    };
}

fn told(found: Result<String, String>) -> String {
    found.unwrap_or_else(|broken| broken)
}

mod bold {
    use super::*;

    /// A text, and whether it is bold.
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Text {
        pub plain: String,
        pub is_bold: bool,
    }

    pub fn read(note: String) -> Json<Text> {
        Json(Text { plain: note, is_bold: false })
    }

    pub fn read_with(note: String, last: Option<&Json<Text>>) -> Json<Text> {
        Json(Text { plain: note, is_bold: last.is_some_and(|last| last.is_bold) })
    }

    pub fn write(text: &Json<Text>) -> String {
        text.plain.clone()
    }

    pub fn any_text() -> impl Strategy<Value = Json<Text>> {
        ("[a-z]{0,3}", any::<bool>()).prop_map(|(plain, is_bold)| Json(Text { plain, is_bold }))
    }

    table!(Lossy: String => Json<Text>, read = read, write = write);
    table!(Kept: String => Json<Text>, read_with = read_with, write = write);
    // Takes the complement, and forgets it.
    table!(Forgetful: String => Json<Text>, read_with = |note, _| read(note), write = write);
    table!(ReadOnly: String => Json<Text>, read = read);

    #[test]
    fn a_lossy_lens_passes_and_is_told() {
        let report = found!(Lossy::text, "[a-z]{0,3}", any_text()).expect("no law is broken");
        assert!(report.starts_with(
            "column `lossy.text` keeps its laws, and is lossy: write makes \"\" of it"
        ));
        assert!(
            report.contains("smallest example: Json(Text { plain: \"\", is_bold: true })"),
            "{report}"
        );
    }

    #[test]
    fn a_lens_that_is_given_what_it_lost_keeps_the_laws() {
        let report = found!(Kept::text, "[a-z]{0,3}", any_text()).expect("no law is broken");
        assert!(report.contains("and is lossy"), "{report}");
        let report = found!(Kept::text, "[a-z]{0,3}").expect("no law is broken");
        assert!(report.contains("What is read from old values is lossless"), "{report}");
    }

    #[test]
    fn a_lens_that_forgets_what_it_is_given_is_found() {
        let broken = found!(Forgetful::text, "[a-z]{0,3}", any_text()).expect_err("it forgets");
        assert!(broken.starts_with(
            "column `forgetful.text` breaks a law: read_with(write(c), Some(c)) must be c"
        ));
        assert!(
            broken.contains("smallest example: Json(Text { plain: \"\", is_bold: true })"),
            "{broken}"
        );
        // What old values are read as is never bold.
        assert!(found!(Forgetful::text, "[a-z]{0,3}").is_ok());
    }

    #[test]
    fn without_write_reading_alone_is_tried() {
        assert!(found!(ReadOnly::text, "[a-z]{0,3}").is_ok());
        let broken = found!(ReadOnly::text, "[a-z]{0,3}", any_text()).expect_err("no `write`");
        assert!(broken.contains("there is no `write`"), "{broken}");
    }
}

mod wrong {
    use super::*;

    table!(Trimmed: String => String, read = |note| note.trim().to_owned(), write = |text: &String| text.clone());
    table!(Narrow: i64 => u8, read = u8::try_from, write = |text: &u8| i64::from(*text).min(4));

    #[test]
    fn what_only_reading_would_change_is_found() {
        let broken = found!(Trimmed::text, "[a ]{0,4}").expect_err("spaces are lost");
        let expected = "column `trimmed.text` breaks a law: write(read(t)) must be t, or the app changes what it \
                        only shows: read gives \"\", and write makes \"\" of it\n  smallest example: \" \"";
        assert_eq!(broken, expected);
    }

    #[test]
    fn what_is_read_as_nothing_is_changed_by_nothing() {
        assert!(found!(Narrow::text, 256_i64..).is_ok(), "nothing is shown, and nothing changed");
        let broken = found!(Narrow::text, -9_i64..300).expect_err("greater ones are lost");
        assert!(
            broken.ends_with("read gives 5, and write makes 4 of it\n  smallest example: 5"),
            "{broken}"
        );
    }
}

mod random {
    use super::*;

    thread_local! {
        static CALLS: Cell<i64> = const { Cell::new(0) };
    }

    fn counted(note: i64) -> i64 {
        CALLS.set(CALLS.get() + 1);
        note + CALLS.get()
    }

    table!(Random: i64 => i64, read = counted, write = |text: &i64| *text);

    #[test]
    fn a_lens_that_is_no_function_is_found() {
        let broken = found!(Random::text, 0_i64..100).expect_err("it counts its calls");
        assert!(broken.contains("read must be a function of what it is given"), "{broken}");
        assert!(broken.ends_with("smallest example: 0"), "{broken}");
    }
}

mod split_and_joined {
    use super::*;

    #[derive(Table)]
    pub struct Person {
        pub id: Id<Self>,
        #[table(replaces(name, read = first, write = join(first_name, last_name)))]
        pub first_name: String,
        #[table(replaces(name, read = last))]
        pub last_name: Option<String>,
        #[table(retired)]
        name: Option<String>,
    }

    fn first(name: String) -> String {
        name.split(' ').next().unwrap_or_default().to_owned()
    }

    fn last(name: String) -> Option<String> {
        name.split_once(' ').map(|(_, last)| last.to_owned())
    }

    fn join(first: &str, last: Option<&String>) -> String {
        last.map_or_else(|| first.to_owned(), |last| format!("{first} {last}"))
    }

    #[derive(Table)]
    pub struct Named {
        pub id: Id<Self>,
        #[table(replaces((first, last), read = whole, write = parts))]
        pub full: String,
        #[table(retired)]
        first: Option<String>,
        #[table(retired)]
        last: Option<String>,
    }

    fn whole(first: Option<String>, last: Option<String>) -> Option<String> {
        Some(match (first?, last) {
            (first, Some(last)) => format!("{first} {last}"),
            (first, None) => first,
        })
    }

    fn parts(full: &str) -> (String, Option<String>) {
        match full.split_once(' ') {
            Some((first, last)) => (first.to_owned(), Some(last.to_owned())),
            None => (full.to_owned(), None),
        }
    }

    // As an app writes it.
    mod as_a_test {
        use super::{Named, Person};

        ara::lens_laws!(
            Person::first_name,
            "[A-Z]{0,3} ?[A-Z]{0,3}",
            ("[A-Z ]{1,5}", proptest::option::of("[A-Z]{1,3}")),
        );
        ara::lens_laws!(Person::last_name, "[A-Z ]{0,7}");
        ara::lens_laws!(
            super::Named::full,
            ("[A-Z]{1,3}", proptest::option::of("[A-Z]{1,3}")),
            "[A-Z ]{0,5}"
        );

        mod of_another_module {
            use super::Named;

            ara::lens_laws!(Named::full, ("[A-Z]{1,3}", "[A-Z]{1,3}"));
        }
    }

    #[test]
    fn the_columns_of_a_split_are_tried_together() {
        for found in [
            found!(
                Person::first_name,
                "[A-Z ]{0,7}",
                ("[A-Z ]{0,3}", proptest::option::of("[A-Z]{0,3}"))
            ),
            found!(
                Person::last_name,
                "[A-Z ]{0,7}",
                ("[A-Z ]{0,3}", proptest::option::of("[A-Z]{0,3}"))
            ),
        ] {
            let report = found.expect("no law is broken");
            assert!(
                report.contains("write makes \" \" of it, and read makes \"\", \"\" of that"),
                "{report}"
            );
            assert!(report.ends_with("smallest example: (\" \", None)"), "{report}");
        }
    }

    #[test]
    fn several_old_columns_come_as_a_tuple() {
        let names = || "[A-Z]{1,3}";
        let report =
            found!(Named::full, (names(), proptest::option::of(names())), "[A-Z]{0,3} [A-Z]{0,3}");
        assert!(told(report.clone()).ends_with("is lossless"), "{report:?}");
        let broken = told(found!(Named::full, ("[A-Z ]{1,3}", proptest::option::of(names()))));
        assert!(broken.ends_with("smallest example: (\" \", None)"), "{broken}");
        let broken = told(found!(Named::full, names()));
        assert!(
            broken.contains("an old value is of 2 columns, and the strategy gives one of 1"),
            "{broken}"
        );
    }
}

#[derive(Table)]
#[table(key = name)]
pub struct Kind {
    pub id: Id<Self>,
    pub name: String,
}

#[derive(Table)]
pub struct Thing {
    pub id: Id<Self>,
    pub name: NonEmptyString<3>,
    #[table(replaces(kind, by_key))]
    pub kind_id: Option<Id<Kind>>,
    #[table(retired)]
    kind: Option<String>,
    #[table(replaces(short, read = |short| short.into_string(), write = |long: &String| NonEmptyString::new(long.as_str())))]
    pub long: String,
    #[table(retired)]
    short: Option<NonEmptyString<3>>,
}

#[test]
fn what_has_no_functions_is_refused() {
    let refused = told(found!(Thing::name, "[a-z]"));
    assert_eq!(refused, "column `thing.name` replaces no other");
    let refused = told(found!(Thing::kind_id, "[a-z]"));
    assert!(refused.starts_with("column `thing.kind_id` replaces another by key"), "{refused}");
}

#[test]
fn what_a_column_cannot_hold_is_left_out() {
    let report = told(found!(Thing::long, "[a-z]{0,4}", "[a-z]{1,4}"));
    assert!(report.contains("and is lossy: write makes nothing of it"), "{report}");
    let refused = told(found!(Thing::long, "[ ]{0,4}"));
    assert!(refused.contains("Too many global rejects"), "{refused}");
}
