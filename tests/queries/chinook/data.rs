//! What the shop holds: made up from a seed, in the sizes of the original.

use ara::prelude::*;

use super::schema::*;

/// `SplitMix64`, always of one seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % end as u64) as usize
    }

    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        let at = self.below(among.len());
        &among[at]
    }

    /// Whether something of so many in a hundred happens.
    fn happens(&mut self, in_hundred: usize) -> bool {
        self.below(100) < in_hundred
    }

    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 16] = [
            "la", "mo", "ri", "te", "su", "na", "vo", "ke", "di", "pa", "zu", "fe", "go", "li",
            "wa", "bo",
        ];
        let length = 2 + self.below(3);
        let word: String = (0..length).map(|_| *self.pick(&SYLLABLES)).collect();
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    }

    fn words(&mut self) -> String {
        let count = 1 + self.below(3);
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }
}

pub const COUNTRIES: [&str; 24] = [
    "Argentina",
    "Australia",
    "Austria",
    "Belgium",
    "Brazil",
    "Canada",
    "Chile",
    "Czechia",
    "Denmark",
    "Finland",
    "France",
    "Germany",
    "Hungary",
    "India",
    "Ireland",
    "Italy",
    "Netherlands",
    "Norway",
    "Poland",
    "Portugal",
    "Spain",
    "Sweden",
    "United Kingdom",
    "USA",
];

/// The id of the row of this number: the same in every run.
fn id<T: Table>(number: usize) -> Id<T> {
    Id::from_key(number.to_string())
}

fn ids<T: Table>(count: usize) -> Vec<Id<T>> {
    (0..count).map(id).collect()
}

/// A shop in memory.
pub fn shop() -> ara::Result<Database> {
    let db = Database::options().seed(1).memory()?;
    fill(&db)?;
    Ok(db)
}

pub fn fill(db: &Database) -> ara::Result<()> {
    db.ensure::<Shop>()?;
    db.transaction(|tx| {
        let dice = &mut Dice(11);
        catalogue(tx, dice)?;
        people(tx, dice)?;
        sales(tx, dice)
    })
}

const ALBUMS: usize = 347;
const TRACKS: usize = 3503;
const GENRES: usize = 25;

fn catalogue(tx: &Transaction<'_>, dice: &mut Dice) -> ara::Result<()> {
    let artists: Vec<Id<Artist>> = ids(275);
    for &artist in &artists {
        tx.create(Artist::draft().id(artist).name(dice.words()))?;
    }
    for &album in &ids::<Album>(ALBUMS) {
        tx.create(Album::draft().id(album).title(dice.words()).artist_id(*dice.pick(&artists)))?;
    }
    for number in 0..5 {
        tx.create(MediaType::draft().id(id(number)).name(format!("Medium {number}")))?;
    }
    for number in 0..GENRES {
        tx.create(Genre::draft().id(id(number)).name(format!("{} {number}", dice.word())))?;
    }
    for number in 0..TRACKS {
        // The last albums have few tracks.
        let among = if dice.happens(95) { ALBUMS - 60 } else { ALBUMS };
        let album = dice.happens(98).then(|| id::<Album>(dice.below(among)));
        let genre = dice.happens(97).then(|| id::<Genre>(dice.below(GENRES)));
        let composer = dice.happens(70).then(|| dice.words());
        let bytes = dice.happens(95).then(|| 1_000_000 + dice.below(9_000_000) as i64);
        let track = Track::draft()
            .id(id(number))
            .name(dice.words())
            .album_id(album)
            .media_type_id(id(dice.below(5)))
            .genre_id(genre)
            .composer(composer)
            .milliseconds(60_000 + dice.below(400_000) as i64)
            .bytes(bytes)
            .price(if dice.happens(6) { 199 } else { 99 });
        tx.create(track)?;
    }
    for number in 0..18 {
        tx.create(Playlist::draft().id(id(number)).name(format!("{} {number}", dice.word())))?;
    }
    for number in 0..8715 {
        let entry = PlaylistTrack::draft().id(id(number));
        let entry = entry.playlist_id(id(dice.below(18))).track_id(id(dice.below(TRACKS)));
        tx.create(entry)?;
    }
    // A few albums are no longer sold, and some of their tracks are left.
    for number in [3, 77, 200] {
        tx.delete::<Album>(id(number))?;
    }
    Ok(())
}

fn people(tx: &Transaction<'_>, dice: &mut Dice) -> ara::Result<()> {
    let bosses = [None, Some(0), Some(1), Some(1), Some(1), Some(0), Some(5), Some(5)];
    for (number, boss) in bosses.into_iter().enumerate() {
        let employee = Employee::draft()
            .id(id(number))
            .last_name(dice.word())
            .first_name(dice.word())
            .title((number < 6).then(|| format!("Title {number}")))
            .reports_to(boss.map(id::<Employee>))
            .hired(Timestamp::from_millis(1_000_000_000_000 + number as i64 * 86_400_000));
        tx.create(employee)?;
    }
    for number in 0..59 {
        let country = dice.happens(97).then(|| (*dice.pick(&COUNTRIES)).to_owned());
        let rep = dice.happens(95).then(|| id::<Employee>(2 + dice.below(3)));
        let customer = Customer::draft()
            .id(id(number))
            .first_name(dice.word())
            .last_name(dice.word())
            .company(dice.happens(17).then(|| dice.words()))
            .country(country)
            .email(format!("{}@example.org", dice.word()))
            .support_rep_id(rep);
        tx.create(customer)?;
    }
    Ok(())
}

const LINES: usize = 2240;

fn sales(tx: &Transaction<'_>, dice: &mut Dice) -> ara::Result<()> {
    let mut line = 0;
    for number in 0..412 {
        let lines = match number {
            0..180 => 5,
            411 => LINES - line,
            _ => 1 + dice.below(10),
        };
        let mut total = 0;
        for _ in 0..lines.min(LINES - line) {
            let (price, quantity) = (if dice.happens(6) { 199 } else { 99 }, 1);
            total += price * quantity;
            let sold = InvoiceLine::draft().id(id(line)).invoice_id(id(number));
            tx.create(sold.track_id(id(dice.below(TRACKS))).price(price).quantity(quantity))?;
            line += 1;
        }
        let invoice = Invoice::draft()
            .id(id(number))
            .customer_id(id(dice.below(59)))
            .date(Timestamp::from_millis(1_600_000_000_000 + number as i64 * 7_200_000))
            .country(dice.happens(98).then(|| (*dice.pick(&COUNTRIES)).to_owned()))
            .total(total);
        tx.create(invoice)?;
    }
    Ok(())
}
