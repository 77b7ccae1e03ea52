//! Importing many rows at once, into a table with indexes and a search.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ara::prelude::*;
use ara::{Result, Uuid};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::by_hand::roomy;
use crate::report::{Report, Target, timed};

const ROWS: usize = 200_000;

#[derive(Table)]
struct Contact {
    id: Id<Contact>,
    #[table(search)]
    name: NonEmptyString<100>,
    #[table(index)]
    email: String,
    #[table(index)]
    city: Option<String>,
    #[table(search)]
    note: Option<String>,
    stars: i64,
}

const BY_HAND: &str = "
    CREATE TABLE contact (
        id BLOB PRIMARY KEY NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, name TEXT NOT NULL,
        email TEXT NOT NULL, city TEXT, note TEXT, stars INTEGER NOT NULL
    );
    CREATE INDEX contact_email ON contact (email);
    CREATE INDEX contact_city ON contact (city);
    CREATE VIRTUAL TABLE contact_words USING fts5(
        name, note, content='contact', content_rowid='rowid', tokenize='unicode61 remove_diacritics 2'
    );";

const SOURCE: &str = "SELECT no, name, email, city, note, stars FROM people";

/// Makes the file of another program, from which both sides import.
fn source(folder: &Path) -> rusqlite::Result<PathBuf> {
    let path = folder.join("source.db");
    let source = Connection::open(&path)?;
    source.execute_batch(
        "CREATE TABLE people (no INTEGER PRIMARY KEY, name TEXT, email TEXT, city TEXT, note TEXT, stars INTEGER); BEGIN",
    )?;
    let mut insert = source.prepare("INSERT INTO people VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for n in 0..ROWS {
        // Spread over all rows, so that no index is in the order of the rows.
        let other = n * 7919 % ROWS;
        let name = format!("First{} Family{}", other % 900, other % 7001);
        let email = format!("someone{other}@example{}.org", other % 50);
        let city = format!("City {}", other % 3000);
        let note =
            format!("met at conference {} about topic{} in {}", n % 40, other % 500, 1990 + n % 30);
        insert.execute(params![n as i64, name, email, city, note, other as i64 % 6])?;
    }
    source.execute_batch("COMMIT")?;
    Ok(path)
}

pub fn bulk(report: &mut Report) -> Result<()> {
    let name = "import 200,000 rows, indexes and search";
    if !report.wants(name) {
        return Ok(());
    }
    let folder = TempDir::new().expect("a folder for the files");
    let source = source(folder.path())?;
    report.compare(name, Target::Ratio(1.3), || ours(&source), || by_hand(&source))
}

fn ours(source: &Path) -> Result<Duration> {
    let folder = TempDir::new().expect("a folder for the file");
    let db = Database::open(folder.path().join("ara.db"))?;
    db.ensure::<Contact>()?;
    let (time, imported) = timed(|| {
        db.import_sqlite(source, SOURCE, |row| {
            Ok(Contact::draft()
                .id(row.id("no")?)
                .name(row.get("name")?)
                .email(row.get("email")?)
                .city(row.get("city")?)
                .note(row.get("note")?)
                .stars(row.get("stars")?))
        })
    });
    assert_eq!(imported?.created, ROWS as u64);
    assert_eq!(db.query::<Contact>().search("conference family7000").count()?, found(&db)?);
    Ok(time)
}

/// How many rows have the words that are searched for.
fn found(db: &Database) -> Result<u64> {
    db.query::<Contact>().filter(Contact::name.like("% Family7000")).count()
}

fn by_hand(source: &Path) -> Result<Duration> {
    let folder = TempDir::new().expect("a folder for the file");
    let connection = roomy(&folder.path().join("hand.db"))?;
    connection.execute_batch(BY_HAND)?;
    let (time, imported) = timed(|| import_by_hand(&connection, source));
    assert_eq!(imported?, ROWS);
    let found = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    assert_eq!(
        found(
            "SELECT count(*) FROM contact_words WHERE contact_words MATCH 'conference family7000'"
        )?,
        found("SELECT count(*) FROM contact WHERE name LIKE '% Family7000'")?
    );
    Ok(time)
}

fn import_by_hand(connection: &Connection, source: &Path) -> rusqlite::Result<usize> {
    /// As `Id::from_key` does, an app makes the same ids of the same keys.
    const NAMESPACE: Uuid = Uuid::from_u128(0x0194_c1c2_9f3e_7d4e_8f00_0123_4567_89ab);
    let source = Connection::open(source)?;
    let mut read = source.prepare(SOURCE)?;
    let mut rows = read.query([])?;
    let mut count = 0;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut insert =
        connection.prepare_cached("INSERT INTO contact VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    let mut words = connection
        .prepare_cached("INSERT INTO contact_words (rowid, name, note) VALUES (?1, ?2, ?3)")?;
    while let Some(row) = rows.next()? {
        let no: i64 = row.get(0)?;
        let (name, email): (String, String) = (row.get(1)?, row.get(2)?);
        let (city, note): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
        let stars: i64 = row.get(5)?;
        let id = Uuid::new_v5(&NAMESPACE, no.to_string().as_bytes());
        let now = Timestamp::now().millis();
        insert.execute(params![id.as_bytes(), now, name, email, city, note, stars])?;
        words.execute(params![connection.last_insert_rowid(), name, note])?;
        count += 1;
    }
    connection.execute_batch("COMMIT")?;
    Ok(count)
}
