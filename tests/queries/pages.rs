//! Pages: what belongs to the first one, and which cursors and queries are refused.

use std::fmt::Debug;

use ara::prelude::*;
use ara::{Cursor, Error, Rows, Scope, StartsWith};

use support::{File, Outcome};

#[derive(Debug, Table)]
struct Todo {
    id: Id<Todo>,
    #[table(search)]
    title: String,
    stars: Option<i64>,
}

#[derive(Debug, Table)]
struct Remark {
    id: Id<Remark>,
    todo_id: Option<Id<Todo>>,
    answers: Option<Id<Remark>>,
    text: String,
}

ara::alias! { Answer: Remark }

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

/// Rows that are equal in the columns of an index are in it by their ids, so that no page sorts them.
#[test]
fn an_index_serves_pages() -> Outcome {
    #[derive(Table)]
    #[table(index(done, kind))]
    struct Entry {
        id: Id<Entry>,
        #[table(index)]
        kind: i64,
        done: bool,
    }
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<Entry>()?;
    let entries = || db.query::<Entry>().limit(20);
    assert_eq!(
        entries().order_by(Entry::kind).order_by(Entry::id).explain()?,
        ["SCAN entry USING INDEX ara_index entry(kind)"]
    );
    assert_eq!(
        entries()
            .filter(Entry::done.eq(true))
            .order_by(Entry::kind)
            .order_by(Entry::id)
            .explain()?,
        ["SEARCH entry USING INDEX ara_index entry(done,kind) (done=?)"]
    );
    assert_eq!(db.schema_drift()?, []);
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

/// Whether the pages of a query have its rows, whatever their size.
fn are_whole<'s, S, R>(query: impl Fn() -> Query<'s, S, R>) -> Outcome
where
    S: Scope + StartsWith<(S::First,)>,
    R: Rows<Output: Debug + PartialEq>,
{
    let all = query().all()?;
    for limit in 1..=4 {
        let mut rows = Vec::new();
        let mut after = None;
        while rows.len() <= all.len() {
            let page = query().limit(limit).page(after.as_ref())?;
            rows.extend(page.rows);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(rows.len(), all.len(), "{limit} a page");
        assert!(all.iter().all(|row| rows.contains(row)), "{limit} a page");
    }
    Ok(())
}

#[test]
fn rows_that_come_once_for_each_that_refers_are_all_on_pages() -> Outcome {
    let db = filled()?;
    for (at, todo) in db.query::<Todo>().order_by(Todo::stars).all()?.into_iter().enumerate() {
        for number in 0..at {
            let text = format!("Remark {}", number / 2);
            let remark = db.create(Remark::draft().todo_id(todo.id).text(text))?;
            for answer in ["Yes", "No"].iter().take(number) {
                db.create(Remark::draft().answers(remark).text(*answer))?;
            }
        }
    }
    let todos = || db.query::<Todo>();
    are_whole(|| todos().join_many(Remark::todo_id))?;
    are_whole(|| todos().left_join_many(Remark::todo_id))?;
    are_whole(|| todos().left_join_many(Remark::todo_id).order_by(Remark::text.desc()))?;
    are_whole(|| todos().join_many(Remark::todo_id).order_by(Todo::stars).select(Remark::text))?;
    are_whole(|| {
        let remarks = todos().join_many(Remark::todo_id);
        remarks.left_join_many(Remark::answers.of(Answer)).order_by(Remark::text.of(Answer))
    })
}

#[test]
fn rows_that_refer_to_nothing_are_on_pages_too() -> Outcome {
    let db = filled()?;
    let todos = db.query::<Todo>().select(Todo::id).all()?;
    for number in 0..6 {
        let todo = todos.get(number).filter(|_| number % 2 == 0).copied();
        db.create(Remark::draft().todo_id(todo).text("Oat?"))?;
    }
    let remarks = || db.query::<Remark>().left_join(Remark::todo_id);
    are_whole(|| remarks().order_by(Todo::id))?;
    are_whole(|| remarks().order_by(Todo::id.desc()))?;
    are_whole(|| remarks().order_by(Todo::created_at.asc().nulls_last()))?;
    are_whole(|| remarks().order_by(Todo::created_at.desc().nulls_first()))
}
