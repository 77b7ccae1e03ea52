//! Reading from several tables, and from groups of rows.

use std::time::Duration;

use ara::prelude::*;
use ara::{Result, count};

use crate::report::{Report, Target, timed};
use crate::shop::{
    ALBUMS, ALBUMS_OF_AN_ARTIST, ARTISTS_OF_A_COUNTRY, Album, Artist, GENRES, Shop, hand,
};

const JOIN: &str = "join of three tables into tuples";
const GROUP: &str = "group by, with count, sum and mean";
const WITH_MANY: &str = "with_many: 1,000 rows with 10 each";

pub fn queries(report: &mut Report) -> Result<()> {
    if ![JOIN, GROUP, WITH_MANY].into_iter().any(|name| report.wants(name)) {
        return Ok(());
    }
    let shop = Shop::filled()?;
    join(report, &shop)?;
    group(report, &shop)?;
    with_many(report, &shop)
}

fn join(report: &mut Report, shop: &Shop) -> Result<()> {
    let sql = format!(
        "SELECT {}, {}, {} FROM album \
         JOIN artist ON artist.id = album.artist_id AND artist.is_deleted IS NOT 1 \
         JOIN label ON label.id = artist.label_id AND label.is_deleted IS NOT 1 \
         WHERE album.is_deleted IS NOT 1",
        hand::Album::columns(),
        hand::Artist::columns(),
        hand::Label::columns()
    );
    let by_hand = || -> rusqlite::Result<Vec<(hand::Album, hand::Artist, hand::Label)>> {
        let artist_at = hand::Album::WIDTH;
        let label_at = artist_at + hand::Artist::WIDTH;
        let mut joined = shop.by_hand.prepare_cached(&sql)?;
        let rows = joined.query_map([], |row| {
            let album = hand::Album::read(row, 0)?;
            Ok((album, hand::Artist::read(row, artist_at)?, hand::Label::read(row, label_at)?))
        })?;
        rows.collect()
    };
    let ours = || {
        let albums = shop.db.query::<Album>().join(Album::artist_id).join(Artist::label_id);
        albums.narrow_all().all()
    };
    let mut names: Vec<[String; 3]> = ours()?
        .into_iter()
        .map(|(album, artist, label)| {
            [album.title, artist.name, label.name].map(NonEmptyString::into_string)
        })
        .collect();
    let hand_names = by_hand()?.into_iter();
    let mut hand_names: Vec<[String; 3]> =
        hand_names.map(|(album, artist, label)| [album.title, artist.name, label.name]).collect();
    names.sort();
    hand_names.sort();
    assert_eq!(names, hand_names);
    report.compare(
        JOIN,
        Target::Ratio(1.2),
        || timed_rows(ALBUMS, ours),
        || timed_rows(ALBUMS, by_hand),
    )
}

fn group(report: &mut Report, shop: &Shop) -> Result<()> {
    let sql = "SELECT genre, count(*), sum(seconds), avg(price) FROM album \
         WHERE is_deleted IS NOT 1 GROUP BY genre";
    type Group = (String, i64, Option<i64>, Option<f64>);
    let by_hand = || -> rusqlite::Result<Vec<Group>> {
        let mut groups = shop.by_hand.prepare_cached(sql)?;
        let rows =
            groups.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        rows.collect()
    };
    let ours = || {
        let genres = shop.db.query::<Album>().narrow(Album::genre).group_by(Album::genre);
        genres.select((Album::genre, count(), Album::seconds.sum(), Album::price.avg())).all()
    };
    assert_eq!(ours()?, by_hand()?);
    report.compare(
        GROUP,
        Target::Ratio(1.2),
        || timed_rows(GENRES, ours),
        || timed_rows(GENRES, by_hand),
    )
}

/// By hand the second query joins the artists again, so that both give them in one order. One query that
/// joins the albums, and a second one that is given the ids, were measured to take a little longer.
fn with_many(report: &mut Report, shop: &Shop) -> Result<()> {
    let country = "Country 3";
    let artists = format!(
        "SELECT {} FROM artist WHERE country = ?1 AND is_deleted IS NOT 1 ORDER BY id",
        hand::Artist::columns(),
    );
    let albums = format!(
        "SELECT {} FROM artist CROSS JOIN album ON album.artist_id = artist.id \
         WHERE artist.country = ?1 AND artist.is_deleted IS NOT 1 AND album.is_deleted IS NOT 1 \
         ORDER BY artist.id",
        hand::Album::columns(),
    );
    let by_hand = || -> rusqlite::Result<Vec<(hand::Artist, Vec<hand::Album>)>> {
        let snapshot = shop.by_hand.unchecked_transaction()?;
        let mut artists = snapshot.prepare_cached(&artists)?;
        let artists = artists.query_map([country], |row| hand::Artist::read(row, 0))?;
        let mut albums = snapshot.prepare_cached(&albums)?;
        let mut albums = albums.query_map([country], |row| hand::Album::read(row, 0))?;
        let mut album = albums.next().transpose()?;
        let with_albums = |artist: rusqlite::Result<hand::Artist>| {
            let artist = artist?;
            let mut many = Vec::with_capacity(ALBUMS_OF_AN_ARTIST);
            while let Some(next) = album.take_if(|album| album.artist_id == artist.id) {
                many.push(next);
                album = albums.next().transpose()?;
            }
            Ok((artist, many))
        };
        artists.map(with_albums).collect()
    };
    let ours = || {
        let artists = shop.db.query::<Artist>().filter(Artist::country.eq(country)).narrow_all();
        let with_albums = artists.with_many_of(Album::artist_id, |albums| {
            albums.narrow(Album::title).narrow(Album::genre).narrow(Album::seconds)
        });
        with_albums.all()
    };
    let mut titles: Vec<_> = ours()?
        .into_iter()
        .map(|(artist, albums)| {
            let titles = albums.into_iter().map(|album| album.title.into_string());
            (artist.name.into_string(), titles.collect::<Vec<_>>())
        })
        .collect();
    let mut hand_titles: Vec<_> = by_hand()?
        .into_iter()
        .map(|(artist, albums)| {
            (artist.name, albums.into_iter().map(|album| album.title).collect::<Vec<_>>())
        })
        .collect();
    titles.sort();
    hand_titles.sort();
    assert_eq!(titles, hand_titles);
    assert!(titles.iter().all(|(_, titles)| titles.len() == ALBUMS_OF_AN_ARTIST));
    report.compare(
        WITH_MANY,
        Target::Ratio(1.2),
        || timed_rows(ARTISTS_OF_A_COUNTRY, ours),
        || timed_rows(ARTISTS_OF_A_COUNTRY, by_hand),
    )
}

/// Runs a query once, and counts its rows.
fn timed_rows<R, E>(count: usize, query: impl Fn() -> Result<Vec<R>, E>) -> Result<Duration>
where
    ara::Error: From<E>,
{
    let (time, rows) = timed(query);
    assert_eq!(rows?.len(), count);
    Ok(time)
}
