use ara::prelude::*;

#[derive(Table)]
struct Todo<T> {
    id: Id<Todo<T>>,
    title: T,
}

#[derive(Table)]
struct Note<'a> {
    id: Id<Note<'a>>,
    title: &'a str,
}

#[derive(Table)]
struct Page<const SIZE: usize> {
    id: Id<Page<SIZE>>,
    title: NonEmptyString<SIZE>,
}

fn main() {}
