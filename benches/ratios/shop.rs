//! A shop of music, as both sides keep it: labels, their artists, and ten albums of each artist.

use ara::Result;
use ara::prelude::*;
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::by_hand;

const LABELS: usize = 100;
const ARTISTS: usize = 10_000;
pub const ALBUMS: usize = 100_000;
const COUNTRIES: usize = 10;
pub const ARTISTS_OF_A_COUNTRY: usize = ARTISTS / COUNTRIES;
pub const ALBUMS_OF_AN_ARTIST: usize = ALBUMS / ARTISTS;
pub const GENRES: usize = 25;

#[derive(Table)]
pub struct Label {
    pub id: Id<Label>,
    pub name: NonEmptyString<100>,
    pub city: Option<String>,
}

#[derive(Table)]
pub struct Artist {
    pub id: Id<Artist>,
    pub name: NonEmptyString<100>,
    #[table(index)]
    pub country: String,
    #[table(index)]
    pub label_id: Id<Label>,
}

#[derive(Table)]
pub struct Album {
    pub id: Id<Album>,
    pub title: NonEmptyString<100>,
    #[table(index)]
    pub artist_id: Id<Artist>,
    pub genre: String,
    pub seconds: i64,
    pub price: Option<f64>,
}

/// The same tables by hand. What is deleted stays there, as it does in ara's: an app whose users may
/// undo, or have another device, would have it so.
const SCHEMA: &str = "
    CREATE TABLE label (
        id BLOB PRIMARY KEY NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        is_deleted INTEGER NOT NULL DEFAULT 0, name TEXT NOT NULL, city TEXT
    );
    CREATE TABLE artist (
        id BLOB PRIMARY KEY NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        is_deleted INTEGER NOT NULL DEFAULT 0, name TEXT NOT NULL, country TEXT NOT NULL,
        label_id BLOB NOT NULL
    );
    CREATE INDEX artist_country ON artist (country);
    CREATE INDEX artist_label ON artist (label_id);
    CREATE TABLE album (
        id BLOB PRIMARY KEY NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        is_deleted INTEGER NOT NULL DEFAULT 0, title TEXT NOT NULL, artist_id BLOB NOT NULL,
        genre TEXT NOT NULL, seconds INTEGER NOT NULL, price REAL
    );
    CREATE INDEX album_artist ON album (artist_id);";

/// The rows by hand.
pub mod hand {
    use rusqlite::Row;

    type RowId = [u8; 16];

    macro_rules! rows {
        ($($name:ident $table:literal { $($field:ident: $ty:ty),* $(,)? })*) => {$(
            #[derive(Debug)]
            #[allow(dead_code, reason = "what is read is what is measured")]
            pub struct $name { $(pub $field: $ty),* }

            #[allow(dead_code, reason = "the last of a tuple needs no width")]
            impl $name {
                const FIELDS: &[&str] = &[$(concat!($table, ".", stringify!($field))),*];
                pub const WIDTH: usize = Self::FIELDS.len();

                /// What it is read from.
                pub fn columns() -> String {
                    Self::FIELDS.join(", ")
                }

                /// Reads it from the columns that begin at `first`.
                pub fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
                    let mut columns = first..;
                    let mut next = || columns.next().unwrap_or_default();
                    Ok(Self { $($field: row.get(next())?),* })
                }
            }
        )*};
    }

    rows! {
        Label "label" {
            id: RowId, created_at: i64, updated_at: i64, name: String, city: Option<String>,
        }
        Artist "artist" {
            id: RowId, created_at: i64, updated_at: i64, name: String, country: String,
            label_id: RowId,
        }
        Album "album" {
            id: RowId, created_at: i64, updated_at: i64, title: String, artist_id: RowId,
            genre: String, seconds: i64, price: Option<f64>,
        }
    }
}

/// A file of each side, with the same rows.
pub struct Shop {
    pub db: Database,
    pub by_hand: Connection,
    _dir: TempDir,
}

impl Shop {
    pub fn filled() -> Result<Self> {
        let dir = TempDir::new().expect("a folder for the files");
        let db = Database::open(dir.path().join("ara.db"))?;
        let by_hand = by_hand::bare(&dir.path().join("hand.db"))?;
        by_hand.execute_batch(SCHEMA)?;
        let shop = Self { db, by_hand, _dir: dir };
        shop.by_hand.execute_batch("BEGIN")?;
        shop.fill()?;
        shop.by_hand.execute_batch("COMMIT")?;
        Ok(shop)
    }

    fn fill(&self) -> Result<()> {
        let now = Timestamp::now().millis();
        let labels = (0..LABELS).map(|n| Label::draft().name(format!("Label {n}")).city("Riga"));
        let labels = self.db.create_all(labels)?;
        let sql = "INSERT INTO label VALUES (?1, ?2, ?2, 0, ?3, 'Riga')";
        for (n, id) in labels.iter().enumerate() {
            let id = id.uuid();
            let values = params![id.as_bytes(), now, format!("Label {n}")];
            self.by_hand.prepare_cached(sql)?.execute(values)?;
        }

        let country = |n: usize| format!("Country {}", n % COUNTRIES);
        let label_of = |n: usize| labels[n * 7 % LABELS];
        let artists = (0..ARTISTS).map(|n| {
            let name = format!("Artist number {n}");
            Artist::draft().name(name).country(country(n)).label_id(label_of(n))
        });
        let artists = self.db.create_all(artists)?;
        let sql = "INSERT INTO artist VALUES (?1, ?2, ?2, 0, ?3, ?4, ?5)";
        for (n, id) in artists.iter().enumerate() {
            let (name, label) = (format!("Artist number {n}"), label_of(n));
            let (id, label) = (id.uuid(), label.uuid());
            let values = params![id.as_bytes(), now, name, country(n), label.as_bytes()];
            self.by_hand.prepare_cached(sql)?.execute(values)?;
        }

        let title = |n: usize| format!("The album with the number {n}");
        // The albums of an artist are not beside each other.
        let artist_of = |n: usize| artists[n % ARTISTS];
        let genre = |n: usize| format!("Genre {}", n * 31 % GENRES);
        let seconds = |n: usize| n as i64 % 4000;
        let price = |n: usize| (!n.is_multiple_of(8)).then_some(n as f64 / 16.0);
        let albums = (0..ALBUMS).map(|n| {
            let album = Album::draft().title(title(n)).artist_id(artist_of(n));
            album.genre(genre(n)).seconds(seconds(n)).price(price(n))
        });
        let albums = self.db.create_all(albums)?;
        let sql = "INSERT INTO album VALUES (?1, ?2, ?2, 0, ?3, ?4, ?5, ?6, ?7)";
        for (n, id) in albums.iter().enumerate() {
            let (id, artist) = (id.uuid(), artist_of(n).uuid());
            let (id, artist) = (id.as_bytes(), artist.as_bytes());
            let values = params![id, now, title(n), artist, genre(n), seconds(n), price(n)];
            self.by_hand.prepare_cached(sql)?.execute(values)?;
        }
        Ok(())
    }
}
