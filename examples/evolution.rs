//! Four versions of one app, on one file.
//!
//! The schema only grows: each version adds what it needs the first time it uses a table, and leaves
//! alone what it does not know. So there is no migration, no order in which to update, and no way in
//! which an old version could break the file of a new one.
//!
//! ```text
//! cargo run --example evolution
//! ```

use std::error::Error;
use std::path::Path;

/// The first release: a book is its title.
mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Book {
        pub id: Id<Book>,
        pub title: NonEmptyString<200>,
    }
}

/// The second: two optional columns more.
mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Book {
        pub id: Id<Book>,
        pub title: NonEmptyString<200>,
        pub author: Option<NonEmptyString<100>>,
        pub stars: Option<i64>,
    }
}

/// The third: other names in Rust, the old names in the file. And a column that every book must
/// have from now on.
mod v3 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    #[table(name = "book")]
    pub struct Work {
        pub id: Id<Work>,
        #[table(column = "title")]
        pub name: NonEmptyString<200>,
        pub author: Option<NonEmptyString<100>>,
        pub stars: Option<i64>,
        pub shelf: NonEmptyString<20>,
    }
}

/// The fourth: an author's name in two parts. The old column stays for the older versions, which see what is
/// written into the new ones, and whose edits count like any other.
mod v4 {
    use ara::prelude::*;

    type Name = NonEmptyString<100>;

    #[derive(Debug, Table)]
    #[table(name = "book")]
    pub struct Work {
        pub id: Id<Work>,
        #[table(column = "title")]
        pub name: NonEmptyString<200>,
        #[table(replaces(author, read = given, write = joined(given_name, family_name)))]
        pub given_name: Option<Name>,
        #[table(replaces(author, read = family))]
        pub family_name: Option<Name>,
        #[table(retired)]
        author: Option<Name>,
        pub stars: Option<i64>,
        pub shelf: NonEmptyString<20>,
    }

    fn given(author: Name) -> Option<String> {
        author.rsplit_once(' ').map(|(given, _)| given.to_owned())
    }

    fn family(author: Name) -> Option<String> {
        author.rsplit(' ').next().map(str::to_owned)
    }

    fn joined(given: Option<&Name>, family: Option<&Name>) -> Option<String> {
        match (given, family) {
            (Some(given), Some(family)) => Some(format!("{given} {family}")),
            (given, family) => given.or(family).map(Name::to_string),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("books.db");

    println!("Version 1 makes the file. A book is its title.");
    run_v1(&file, "Momo")?;

    println!("\nVersion 2 adds two columns. The old book has neither, and stays as it is.");
    run_v2(&file, "Dune", "Frank Herbert")?;

    println!("\nVersion 3 says `name` for `title`, and wants a shelf for every new book.");
    run_v3(&file, "Emma", "Jane Austen", "blue")?;

    println!("\nVersion 1 again, on a phone that was never updated. It reads, adds and edits.");
    run_v1(&file, "Heidi")?;
    retitle_in_v1(&file, "Dune", "Dune, again")?;

    println!("\nVersion 3 again: Heidi is there, and Dune has its new title and its old stars.");
    run_v3(&file, "Ulysses", "James Joyce", "attic")?;

    println!(
        "\nVersion 4 has split the author's name, and reads the old books as if it always had."
    );
    run_v4(&file, "Emma", "Miss Jane")?;

    println!(
        "\nVersion 2 again: Emma's author is as version 4 wrote it. It corrects that of Dune."
    );
    correct_in_v2(&file, "Dune, again", "Franklin Herbert")?;

    println!("\nVersion 4 again: it has heard.");
    run_v4(&file, "Ulysses", "James A.")?;
    Ok(())
}

fn run_v1(file: &Path, title: &str) -> Result<(), Box<dyn Error>> {
    use ara::prelude::*;
    use v1::Book;

    let db = Database::open(file)?;
    db.create(Book::draft().title(title))?;

    for book in db.query::<Book>().narrow(Book::title).order_by(Book::title.asc()).all()? {
        println!("  {}", book.title);
    }
    show_columns(file)
}

/// Changes a title. The other columns of the row, of which version 1 knows nothing, are not touched.
fn retitle_in_v1(file: &Path, old: &str, new: &str) -> Result<(), Box<dyn Error>> {
    use ara::prelude::*;
    use v1::Book;

    let db = Database::open(file)?;
    if let Some(book) = db.query::<Book>().filter(Book::title.eq(old)).first()? {
        db.update(book.patch().title(new))?;
        println!("  {old} is now called {new}");
    }
    Ok(())
}

fn run_v2(file: &Path, title: &str, author: &str) -> Result<(), Box<dyn Error>> {
    use ara::prelude::*;
    use v2::Book;

    let db = Database::open(file)?;
    db.create(Book::draft().title(title).author(author).stars(5))?;

    // A narrowed column is never missing. The others are `Option`, for the books of version 1.
    for book in db.query::<Book>().narrow(Book::title).order_by(Book::title.asc()).all()? {
        let author = book.author.as_deref().unwrap_or("nobody said who");
        println!("  {:12} {author}, {}", book.title, stars(book.stars));
    }
    show_columns(file)
}

fn run_v3(file: &Path, name: &str, author: &str, shelf: &str) -> Result<(), Box<dyn Error>> {
    use ara::prelude::*;
    use v3::Work;

    let db = Database::open(file)?;
    // Without `.shelf(..)` this would not compile: a new work must have one.
    db.create(Work::draft().name(name).author(author).shelf(shelf))?;

    // But works that older versions made have none. A query says what it needs, in one word: the row
    // has a shelf (`NonEmptyString`) where it is narrowed, and may have one (`Option`) elsewhere.
    let named = db.query::<Work>().narrow(Work::name).order_by(Work::name.asc());
    for work in named.all()? {
        let shelf = work.shelf.as_deref().unwrap_or("on no shelf yet");
        println!("  {:12} {shelf}, {}", work.name, stars(work.stars));
    }
    let shelved = db.query::<Work>().narrow(Work::name).narrow(Work::shelf);
    for work in shelved.order_by(Work::shelf.asc()).all()? {
        println!("  the {} shelf has {}", work.shelf, work.name);
    }
    show_columns(file)
}

/// Lists the authors by their family names, after a change of a given name.
fn run_v4(file: &Path, name: &str, given: &str) -> Result<(), Box<dyn Error>> {
    use ara::prelude::*;
    use v4::Work;

    let db = Database::open(file)?;
    if let Some(work) = db.query::<Work>().filter(Work::name.eq(name)).first()? {
        db.update(work.patch().given_name(NonEmptyString::try_from(given.to_owned())?))?;
    }
    let by_family = db.query::<Work>().narrow(Work::name).narrow(Work::family_name);
    for work in by_family.order_by(Work::family_name.asc()).all()? {
        let given = work.given_name.as_deref().unwrap_or("-");
        println!("  {}, {given}: {}", work.family_name, work.name);
    }
    Ok(())
}

/// Corrects an author, after a list of them all.
fn correct_in_v2(file: &Path, title: &str, author: &str) -> Result<(), Box<dyn Error>> {
    use ara::prelude::*;
    use v2::Book;

    let db = Database::open(file)?;
    let authors = db.query::<Book>().narrow(Book::title).narrow(Book::author);
    for book in authors.clone().order_by(Book::title.asc()).all()? {
        println!("  {} wrote {}", book.author, book.title);
    }
    if let Some(book) = authors.filter(Book::title.eq(title)).first()? {
        db.update(book.patch().author(author))?;
    }
    Ok(())
}

fn stars(stars: Option<i64>) -> String {
    stars.map_or("no stars yet".to_owned(), |stars| format!("{stars} stars"))
}

/// Prints the app's columns that are in the file, as any SQLite tool sees them.
fn show_columns(file: &Path) -> Result<(), Box<dyn Error>> {
    let connection = rusqlite::Connection::open(file)?;
    let mut columns = connection.prepare(
        "SELECT name FROM pragma_table_info('book') \
         WHERE name NOT LIKE 'ara!_%' ESCAPE '!' \
         AND name NOT IN ('id', 'created_at', 'updated_at', 'is_deleted')",
    )?;
    let names = columns.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    println!("  (the file has: {})", names.join(", "));
    Ok(())
}
