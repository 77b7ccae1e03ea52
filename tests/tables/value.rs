//! `#[derive(Value)]` and `schema!`.

use ara::Type;
use ara::prelude::{Compare, NonEmptyString, Queries};
use ara::{Id, IntoOptional, IntoValue, Readable, Rule, Schema, Stored, Table, Value, schema};

#[derive(Debug, Clone, PartialEq, Value)]
struct Stars(u8);

impl TryFrom<u8> for Stars {
    type Error = String;

    fn try_from(stars: u8) -> Result<Self, String> {
        if stars <= 5 { Ok(Self(stars)) } else { Err("must be 5 stars at most".to_owned()) }
    }
}

#[derive(Debug, Clone, PartialEq, Value)]
struct Name(String);

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self(name)
    }
}

#[derive(Debug, Clone, PartialEq, Value)]
struct Link(Id<Todo>);

impl From<Id<Todo>> for Link {
    fn from(id: Id<Todo>) -> Self {
        Self(id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Value)]
#[allow(non_camel_case_types)]
enum State {
    Open,
    #[value(name = "in work")]
    Started,
    #[deprecated]
    Old,
    r#final,
}

#[derive(Table)]
#[table(index(state, stars))]
struct Todo {
    id: Id<Todo>,
    name: Name,
    stars: Option<Stars>,
    state: Option<State>,
    next: Option<Link>,
    note: Option<String>,
    place: Option<NonEmptyString<10>>,
}

#[derive(Table)]
struct Log {
    id: Id<Log>,
}

schema! {
    /// The app.
    pub(crate) App: Todo, Log,
}

fn round_trip<V: Value + Clone + PartialEq + std::fmt::Debug>(value: V) -> Stored<'static> {
    let stored = value.clone().store().expect("keeps the rules");
    assert_eq!(V::read(stored.clone()), Some(value));
    stored
}

#[test]
fn newtypes_are_stored_as_what_they_hold() {
    assert_eq!(Stars::TYPE, Type::Integer);
    assert_eq!(Name::TYPE, Type::Text);
    assert_eq!(Link::TYPE, Type::Id("todo"));
    assert_eq!([Stars::RANGE, Name::RANGE], [u8::RANGE, String::RANGE]);
    assert_eq!(round_trip(Stars(5)), Stored::Integer(5));
    assert_eq!(round_trip(Name("Ada".to_owned())), Stored::Text("Ada".into()));
    round_trip(Link(Id::from_key("a")));
}

#[test]
fn what_breaks_the_rule_of_a_newtype_is_absent_and_refused() {
    assert_eq!(Stars::read(Stored::Integer(6)), None);
    assert_eq!(Stars::read(Stored::Integer(256)), None);
    assert_eq!(Stars::read(Stored::Text("5".into())), None);
    let refused: Result<Stars, Rule> = 6.into_value();
    assert_eq!(refused.expect_err("is too much").to_string(), "must be 5 stars at most");
    assert!(matches!(Stars::readable(), Readable::Checked { .. }));
}

#[test]
fn newtypes_take_what_they_hold() {
    fn takes<V>(value: impl IntoValue<V>) -> V {
        value.into_value().expect("keeps the rules")
    }
    fn takes_optional<V, How>(value: impl IntoOptional<V, How>) -> Option<V> {
        value.into_optional().expect("keeps the rules")
    }
    let ada = Name("Ada".to_owned());
    assert_eq!(takes::<Name>("Ada"), ada);
    assert_eq!(takes::<Name>(&String::from("Ada")), ada);
    assert_eq!(takes::<Name>(String::from("Ada")), ada);
    assert_eq!(takes::<Name>(ada.clone()), ada);
    assert_eq!(takes::<Stars>(3), Stars(3));
    assert_eq!(takes_optional::<Stars, _>(3), Some(Stars(3)));
    assert_eq!(takes_optional::<Stars, _>(Some(Stars(3))), Some(Stars(3)));
    assert_eq!(takes_optional::<Stars, _>(None), None);
    assert_eq!(takes::<State>(&State::Open), State::Open);
    assert_eq!(takes_optional::<State, _>(State::Open), Some(State::Open));
}

#[test]
fn enums_are_stored_by_name() {
    const NAMES: &[&str] = &["Open", "in work", "Old", "final"];
    assert_eq!(State::TYPE, Type::Enum(NAMES));
    assert_eq!(State::readable(), Readable::Names(NAMES));
    assert_eq!(round_trip(State::Open), Stored::Text("Open".into()));
    assert_eq!(round_trip(State::Started), Stored::Text("in work".into()));
    assert_eq!(round_trip(State::r#final), Stored::Text("final".into()));
    for unknown in ["open", "Started", "", "r#final"] {
        assert_eq!(State::read(Stored::Text(unknown.into())), None);
    }
    assert_eq!(State::read(Stored::Integer(0)), None);
}

#[test]
fn derived_values_are_columns_in_a_database() -> ara::Result<()> {
    let db = ara::Database::memory()?;
    db.ensure::<App>()?;
    let milk = db.create(Todo::draft().name("Buy milk").stars(4).state(State::Started))?;
    let row = db.get(milk)?.expect("was created");
    assert_eq!((row.stars, row.state), (Some(Stars(4)), Some(State::Started)));
    let found = db.query::<Todo>().filter(Todo::stars.between(4, 5) & Todo::name.lt("C"));
    assert_eq!(found.count()?, 1);
    let refused = db.update(Todo::patch(milk).stars(9)).expect_err("is too much");
    assert_eq!(refused.to_string(), "column `todo.stars` must be 5 stars at most");
    Ok(())
}

/// What the compiler's message advises.
#[test]
fn an_option_of_another_type_is_converted_by_map() -> ara::Result<()> {
    let db = ara::Database::memory()?;
    let (note, place) = (Some("cold"), Some("Home"));
    let draft = Todo::draft().name("Buy milk").note(note.map(Into::into));
    let milk = db.create(draft.place(place.map(TryInto::try_into).transpose()?))?;
    let is_cold = Todo::note.eq(note.map(Into::into));
    let is_home = Todo::place.eq(place.map(TryInto::try_into).transpose()?);
    assert!(db.query::<Todo>().filter(is_cold & is_home).find(milk)?.is_some());
    Ok(())
}

#[test]
fn a_broken_rule_is_an_error() {
    let place = |text| -> ara::Result<NonEmptyString<10>> { Ok(NonEmptyString::new(text)?) };
    assert_eq!(place(" ").expect_err("is blank").to_string(), "a value must not be blank");
}

#[test]
fn a_schema_has_its_tables_and_a_table_is_one() {
    let names = |tables: &[ara::__private::TableRef]| -> Vec<_> {
        tables.iter().map(|table| table.def.name).collect()
    };
    assert_eq!(names(App::TABLES), ["todo", "log"]);
    assert_eq!(names(Todo::TABLES), ["todo"]);
}
