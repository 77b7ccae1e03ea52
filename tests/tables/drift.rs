//! What other programs do to a file behind ara's back: it is told, and mended where it is only missing.

mod mended;
mod told;

mod app {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(index(stars, title))]
    pub struct Todo {
        pub id: Id<Todo>,
        pub title: Option<String>,
        pub stars: Option<i64>,
        pub score: Option<f64>,
        pub bytes: Option<Vec<u8>>,
        #[table(index)]
        pub done: Option<bool>,
    }

    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(local)]
    pub struct Window {
        pub id: Id<Window>,
        pub width: Option<i64>,
    }

    ara::schema! { pub App: Todo, Window }
}

/// The app as it was before, which knows less.
mod older {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        pub title: Option<String>,
    }

    ara::schema! { pub App: Todo }
}

use app::{App, Todo, Window};
use ara::prelude::*;
use support::{File, Outcome, Wall};

/// A file of rows whose columns were written at several times, with values of all kinds.
fn filled(file: &File) -> Outcome<Database> {
    let wall = Wall::new();
    let db = file.open_at(&wall)?;
    db.ensure::<App>()?;
    let full = db.create(
        Todo::draft()
            .title("it's \"0012\"")
            .stars(i64::MIN)
            .score(-0.0)
            .bytes(vec![0, 255])
            .done(true),
    )?;
    let empty = db.create(Todo::draft())?;
    let cleared = db.create(Todo::draft().title("").stars(0).score(f64::INFINITY).bytes(vec![]))?;
    let deleted = db.create(Todo::draft().title("gone").score(5e-324))?;
    for (id, stars) in [(full, 1), (empty, 2), (cleared, 3), (full, 4)] {
        wall.advance(1000);
        db.update(Todo::patch(id).stars(stars))?;
    }
    wall.advance(1000);
    db.update(Todo::patch(cleared).title(None).score(None).done(None))?;
    db.update(Todo::patch(empty).done(false))?;
    db.delete(deleted)?;
    db.delete(full)?;
    db.restore(full)?;
    for n in 0..50 {
        db.create(Todo::draft().title(format!("todo {n}")).score(f64::from(n) / 3.0))?;
    }
    db.create(Window::draft().width(800))?;
    Ok(db)
}
