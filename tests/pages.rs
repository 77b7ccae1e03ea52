//! Pages: what belongs to the first one, and which cursors and queries are refused.

mod support;

use ara::prelude::*;
use ara::{Cursor, Error};

use support::Outcome;

#[derive(Debug, Table)]
struct Todo {
    id: Id<Todo>,
    #[table(search)]
    title: String,
    stars: Option<i64>,
}

fn filled() -> Outcome<Database> {
    let db = Database::memory()?;
    db.create_all(
        (0..7_i64).map(|number| Todo::draft().title(format!("Todo {number}")).stars(number)),
    )?;
    Ok(db)
}

/// The titles of every page.
fn pages<'s>(
    query: impl Fn() -> ara::Query<'s, (Todo,), (TodoRow<String>,)>,
) -> ara::Result<Vec<Vec<String>>> {
    let mut pages = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = query().page(after.as_ref())?;
        pages.push(page.rows.into_iter().map(|todo| todo.title).collect());
        match page.next {
            // As an app keeps it.
            Some(next) => after = Some(next.to_string().parse()?),
            None => return Ok(pages),
        }
    }
}

#[test]
fn an_offset_is_of_the_first_page() -> Outcome {
    let db = filled()?;
    let todos = || db.query::<Todo>().narrow(Todo::title).order_by(Todo::stars).offset(2).limit(2);
    assert_eq!(pages(todos)?, [vec!["Todo 2", "Todo 3"], vec!["Todo 4", "Todo 5"], vec!["Todo 6"]]);
    Ok(())
}

#[test]
fn the_pages_of_a_search_have_every_row_once() -> Outcome {
    let db = filled()?;
    let found = pages(|| db.query::<Todo>().search("todo").narrow(Todo::title).limit(3))?;
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
    let mut found = found.concat();
    found.sort();
    assert_eq!(found, (0..7).map(|number| format!("Todo {number}")).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn a_full_last_page_is_the_last() -> Outcome {
    let db = filled()?;
    let todos = || db.query::<Todo>().narrow(Todo::title).filter(Todo::stars.lt(4)).limit(2);
    assert_eq!(pages(todos)?.len(), 2);
    let none = || db.query::<Todo>().narrow(Todo::title).filter(Todo::stars.gt(100)).limit(2);
    assert_eq!(pages(none)?, [Vec::<String>::new()]);
    Ok(())
}

#[test]
fn what_has_no_place_is_refused() -> Outcome {
    let db = filled()?;
    let first = db.query::<Todo>().order_by(Todo::stars).limit(2).page(None)?;
    let other = db.query::<Todo>().limit(2).page(first.next.as_ref());
    assert!(matches!(other, Err(Error::Parameter { .. })));
    let distinct = db.query::<Todo>().select(Todo::title).distinct().page(None);
    assert!(matches!(distinct, Err(Error::Parameter { .. })));
    assert!("nonsense".parse::<Cursor>().is_err());
    Ok(())
}
