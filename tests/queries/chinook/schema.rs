//! The tables.

use ara::prelude::*;

#[derive(Table)]
pub struct Artist {
    pub id: Id<Artist>,
    pub name: NonEmptyString<120>,
}

#[derive(Table)]
pub struct Album {
    pub id: Id<Album>,
    pub title: NonEmptyString<160>,
    #[table(index)]
    pub artist_id: Id<Artist>,
}

#[derive(Table)]
pub struct MediaType {
    pub id: Id<MediaType>,
    pub name: NonEmptyString<120>,
}

#[derive(Table)]
pub struct Genre {
    pub id: Id<Genre>,
    pub name: NonEmptyString<120>,
}

#[derive(Table)]
pub struct Track {
    pub id: Id<Track>,
    pub name: NonEmptyString<200>,
    #[table(index)]
    pub album_id: Option<Id<Album>>,
    pub media_type_id: Id<MediaType>,
    #[table(index)]
    pub genre_id: Option<Id<Genre>>,
    pub composer: Option<String>,
    pub milliseconds: i64,
    pub bytes: Option<i64>,
    /// In cents.
    pub price: i64,
}

#[derive(Table)]
pub struct Playlist {
    pub id: Id<Playlist>,
    pub name: NonEmptyString<120>,
}

#[derive(Table)]
pub struct PlaylistTrack {
    pub id: Id<PlaylistTrack>,
    #[table(index)]
    pub playlist_id: Id<Playlist>,
    #[table(index)]
    pub track_id: Id<Track>,
}

#[derive(Table)]
pub struct Employee {
    pub id: Id<Employee>,
    pub last_name: NonEmptyString<20>,
    pub first_name: NonEmptyString<20>,
    pub title: Option<String>,
    #[table(index)]
    pub reports_to: Option<Id<Employee>>,
    pub hired: Option<Timestamp>,
    pub city: Option<String>,
}

#[derive(Table)]
pub struct Customer {
    pub id: Id<Customer>,
    pub first_name: NonEmptyString<40>,
    pub last_name: NonEmptyString<20>,
    pub company: Option<String>,
    pub country: Option<String>,
    pub email: NonEmptyString<60>,
    #[table(index)]
    pub support_rep_id: Option<Id<Employee>>,
}

#[derive(Table)]
#[table(index(customer_id, date))]
pub struct Invoice {
    pub id: Id<Invoice>,
    pub customer_id: Id<Customer>,
    pub date: Timestamp,
    #[table(index)]
    pub country: Option<String>,
    /// In cents.
    pub total: i64,
}

#[derive(Table)]
pub struct InvoiceLine {
    pub id: Id<InvoiceLine>,
    #[table(index)]
    pub invoice_id: Id<Invoice>,
    #[table(index)]
    pub track_id: Id<Track>,
    /// In cents.
    pub price: i64,
    pub quantity: i64,
}

ara::schema! {
    pub Shop: Artist, Album, MediaType, Genre, Track, Playlist, PlaylistTrack, Employee, Customer,
        Invoice, InvoiceLine
}
ara::alias! { pub Boss: Employee }
