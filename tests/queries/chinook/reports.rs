//! The reports.

use std::fmt::Display;

use ara::prelude::*;
use ara::{Rows, Scope, count};
use expect_test::{ExpectFile, expect_file};

use super::by_hand::ask;
use super::data::{fill, shop};
use super::schema::*;
use support::{File, Outcome};

/// `-` where there is nothing.
fn or_dash<T: Display>(value: &Option<T>) -> String {
    value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
}

/// What ara gives: the rows, a line each, and the steps by which SQLite reads them.
struct Report {
    rows: Vec<String>,
    plan: Vec<String>,
}

/// A report over a shop in a file. Its rows are those of the SQL, and both they and the plan are those of
/// the last time: `UPDATE_EXPECT=1` writes them anew.
fn same(
    report: impl FnOnce(&Database) -> ara::Result<Report>,
    sql: &str,
    before: &ExpectFile,
) -> Outcome<Vec<String>> {
    let file = File::new()?;
    let db = file.open()?;
    fill(&db)?;
    let Report { rows, plan } = report(&db)?;
    assert_eq!(rows, ask(&file.sqlite()?, sql)?);
    assert!(!rows.is_empty());
    before.assert_eq(&format!("{}\n\n{}\n", plan.join("\n"), rows.join("\n")));
    Ok(rows)
}

fn report<S: Scope, R: Rows>(
    query: ara::Query<'_, S, R>,
    line: impl Fn(&R::Output) -> String,
) -> ara::Result<Report> {
    let plan = query.clone().explain()?;
    Ok(Report { rows: query.all()?.iter().map(line).collect(), plan })
}

/// How SQLite reads a query, a line a step.
fn plan<S: Scope, R: Rows>(query: ara::Query<'_, S, R>) -> ara::Result<String> {
    Ok(query.explain()?.join("\n"))
}

#[test]
fn the_sizes_are_those_of_the_original() -> Outcome {
    let db = shop()?;
    let counts = [
        db.query::<Artist>().count()?,
        db.query::<Album>().with_deleted().count()?,
        db.query::<Track>().count()?,
        db.query::<Genre>().count()?,
        db.query::<MediaType>().count()?,
        db.query::<Playlist>().count()?,
        db.query::<PlaylistTrack>().count()?,
        db.query::<Employee>().count()?,
        db.query::<Customer>().count()?,
        db.query::<Invoice>().count()?,
        db.query::<InvoiceLine>().count()?,
    ];
    assert_eq!(counts[..10], [275, 347, 3503, 25, 5, 18, 8715, 8, 59, 412]);
    assert_eq!(counts[10], 2240);
    Ok(())
}

#[test]
fn sales_by_country() -> Outcome {
    let rows = same(
        |db| {
            let sales = db.query::<Invoice>().group_by(Invoice::country);
            let sales = sales.order_by(Invoice::total.sum().desc()).order_by(Invoice::country);
            let sales = sales.select((Invoice::country, count(), Invoice::total.sum()));
            let line = |(country, count, total): &(Option<String>, i64, Option<i64>)| {
                format!("{}|{count}|{}", or_dash(country), or_dash(total))
            };
            report(sales, line)
        },
        "SELECT country, count(*), sum(total) FROM invoice WHERE is_deleted = 0 \
         GROUP BY country ORDER BY sum(total) DESC, country",
        &expect_file!["reports/sales_by_country.txt"],
    )?;
    assert_eq!(rows.len(), 25, "24 countries, and none");
    Ok(())
}

#[test]
fn what_sells_best_of_each_genre() -> Outcome {
    same(
        |db| {
            let sold = db.query::<InvoiceLine>().join(InvoiceLine::track_id).join(Track::genre_id);
            let sold = sold.narrow(Track::name).narrow(Genre::name);
            let sold = sold.group_by((Genre::name, Track::id, Track::name));
            let sold = sold.filter(InvoiceLine::quantity.sum().gt(1)).order_by(Genre::name);
            let sold = sold.order_by(InvoiceLine::quantity.sum().desc()).order_by(Track::id);
            let sold = sold.select((Genre::name, Track::name, InvoiceLine::quantity.sum()));
            let line =
                |(genre, track, sold): &(NonEmptyString<120>, NonEmptyString<200>, Option<i64>)| {
                    format!("{genre}|{track}|{}", or_dash(sold))
                };
            report(sold, line)
        },
        "SELECT g.name, t.name, sum(l.quantity) FROM invoice_line l \
         JOIN track t ON t.id = l.track_id AND t.is_deleted = 0 \
         JOIN genre g ON g.id = t.genre_id AND g.is_deleted = 0 WHERE l.is_deleted = 0 \
         GROUP BY g.name, t.id, t.name HAVING sum(l.quantity) > 1 ORDER BY g.name, 3 DESC, t.id",
        &expect_file!["reports/best_sellers.txt"],
    )?;
    Ok(())
}

#[test]
fn albums_without_a_sale() -> Outcome {
    same(
        |db| {
            let sold = db.query::<InvoiceLine>().select(InvoiceLine::track_id);
            let has_sold = Track::album_id.exists_where(Track::id.in_query(sold));
            let unsold = db.query::<Album>().filter(!has_sold).order_by(Album::title);
            let unsold = unsold.order_by(Album::id).narrow_all();
            report(unsold, |album| album.title.to_string())
        },
        "SELECT title FROM album a WHERE is_deleted = 0 AND NOT EXISTS (SELECT 1 FROM track t \
         WHERE t.album_id = a.id AND t.is_deleted = 0 AND t.id IN \
         (SELECT track_id FROM invoice_line WHERE is_deleted = 0)) ORDER BY title, id",
        &expect_file!["reports/albums_without_a_sale.txt"],
    )?;
    Ok(())
}

#[test]
fn who_reports_to_whom() -> Outcome {
    let rows = same(
        |db| {
            let all = db.query::<Employee>().left_join_as(Boss, Employee::reports_to);
            let all = all.narrow(Employee::last_name).order_by(Employee::hired);
            let line = |(employee, boss): &(_, Option<EmployeeRow>)| -> String {
                let employee: &EmployeeRow<NonEmptyString<20>> = employee;
                let boss = boss.as_ref().and_then(|boss| boss.last_name.clone());
                format!("{}|{}", employee.last_name, or_dash(&boss))
            };
            report(all, line)
        },
        "SELECT e.last_name, b.last_name FROM employee e LEFT JOIN employee b \
         ON b.id = e.reports_to AND b.is_deleted = 0 WHERE e.is_deleted = 0 ORDER BY e.hired",
        &expect_file!["reports/who_reports_to_whom.txt"],
    )?;
    assert_eq!(rows.len(), 8);
    Ok(())
}

#[test]
fn who_is_the_boss_of_someone_with_a_title() -> Outcome {
    let rows = same(
        |db| {
            let titled = Employee::reports_to.exists_where(Employee::title.is_not_null());
            let bosses = db.query::<Employee>().filter(titled).narrow_all();
            report(bosses.order_by(Employee::hired), |boss| boss.last_name.to_string())
        },
        "SELECT last_name FROM employee e WHERE is_deleted = 0 AND EXISTS (SELECT 1 FROM employee r \
         WHERE r.reports_to = e.id AND r.is_deleted = 0 AND r.title IS NOT NULL) ORDER BY hired",
        &expect_file!["reports/bosses.txt"],
    )?;
    assert_eq!(rows.len(), 2);
    Ok(())
}

#[test]
fn a_customer_s_invoices_with_their_lines() -> Outcome {
    same(
        |db| {
            let customer: Id<Customer> = Id::from_key("7");
            let invoices = db.query::<Invoice>().filter(Invoice::customer_id.eq(customer));
            let invoices = invoices.order_by(Invoice::date).narrow_all();
            let invoices = invoices.with_many_of(InvoiceLine::invoice_id, |lines| {
                lines.narrow_all().order_by(InvoiceLine::id)
            });
            let mut rows = Vec::new();
            let plan = invoices.clone().explain()?;
            for (invoice, lines) in invoices.all()? {
                assert_eq!(
                    invoice.total,
                    lines.iter().map(|line| line.price * line.quantity).sum::<i64>()
                );
                rows.extend(
                    lines.iter().map(|line| format!("{}|{}", invoice.date.millis(), line.price)),
                );
            }
            Ok(Report { rows, plan })
        },
        &format!(
            "SELECT i.date, l.price FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id \
             WHERE i.customer_id = x'{}' AND i.is_deleted = 0 AND l.is_deleted = 0 ORDER BY i.date, l.id",
            Id::<Customer>::from_key("7").uuid().simple()
        ),
        &expect_file!["reports/invoices_with_lines.txt"],
    )?;
    Ok(())
}

#[test]
fn what_each_employee_s_customers_bought() -> Outcome {
    same(
        |db| {
            let sales =
                db.query::<Invoice>().join(Invoice::customer_id).join(Customer::support_rep_id);
            let sales = sales.group_by(Employee::last_name).order_by(Employee::last_name);
            let sold = (Employee::last_name, Customer::id.count_distinct(), Invoice::total.avg());
            let line =
                |(name, customers, mean): &(Option<NonEmptyString<20>>, i64, Option<f64>)| {
                    format!("{}|{customers}|{}", or_dash(name), or_dash(mean))
                };
            report(sales.select(sold), line)
        },
        "SELECT e.last_name, count(DISTINCT c.id), avg(i.total) FROM invoice i \
         JOIN customer c ON c.id = i.customer_id AND c.is_deleted = 0 \
         JOIN employee e ON e.id = c.support_rep_id AND e.is_deleted = 0 WHERE i.is_deleted = 0 \
         GROUP BY e.last_name ORDER BY e.last_name",
        &expect_file!["reports/sales_by_employee.txt"],
    )?;
    Ok(())
}

#[test]
fn how_long_the_playlists_are() -> Outcome {
    same(
        |db| {
            let lists = db.query::<Playlist>().join_many(PlaylistTrack::playlist_id);
            let lists = lists.join(PlaylistTrack::track_id).group_by(Playlist::name);
            let lists = lists.order_by(Playlist::name);
            let length =
                (Playlist::name, count(), Track::milliseconds.sum(), Track::milliseconds.max());
            let line = |(name, count, sum, most): &(
                Option<NonEmptyString<120>>,
                i64,
                Option<i64>,
                Option<i64>,
            )| {
                format!("{}|{count}|{}|{}", or_dash(name), or_dash(sum), or_dash(most))
            };
            report(lists.select(length), line)
        },
        "SELECT p.name, count(*), sum(t.milliseconds), max(t.milliseconds) FROM playlist p \
         JOIN playlist_track pt ON pt.playlist_id = p.id AND pt.is_deleted = 0 \
         JOIN track t ON t.id = pt.track_id AND t.is_deleted = 0 WHERE p.is_deleted = 0 \
         GROUP BY p.name ORDER BY p.name",
        &expect_file!["reports/playlists.txt"],
    )?;
    Ok(())
}

#[test]
fn countries_of_customers_and_of_invoices() -> Outcome {
    same(
        |db| {
            let customers = db.query::<Customer>().narrow(Customer::country);
            let invoices = db.query::<Invoice>().narrow(Invoice::country);
            let both = customers.select(Customer::country).union(invoices.select(Invoice::country));
            let plan = both.clone().explain()?;
            let mut rows: Vec<String> = both.all()?;
            rows.sort();
            Ok(Report { rows, plan })
        },
        "SELECT country FROM customer WHERE country IS NOT NULL AND is_deleted = 0 \
         UNION SELECT country FROM invoice WHERE country IS NOT NULL AND is_deleted = 0 ORDER BY 1",
        &expect_file!["reports/countries.txt"],
    )?;
    Ok(())
}

/// A limit leaves out rows before those of both queries are merged.
#[test]
fn the_limit_of_each_part_of_a_union_is_its_own() -> Outcome {
    let db = shop()?;
    let prices = || {
        let tracks = db.query::<Track>().narrow(Track::price).order_by(Track::price);
        tracks.limit(3).select(Track::price)
    };
    assert_eq!(prices().all()?, [99, 99, 99]);
    assert_eq!(prices().union(prices()).all()?, [99]);
    Ok(())
}

/// What is the same is one row, to an offset too.
#[test]
fn after_the_last_of_distinct_rows_there_is_none() -> Outcome {
    let db = shop()?;
    let prices = || db.query::<Track>().select(Track::price).distinct();
    assert_eq!(prices().count()?, 2);
    assert!(prices().offset(1).exists()?);
    assert!(!prices().offset(2).exists()?);
    Ok(())
}

/// Nothing reads all of a table where an index serves.
#[test]
fn indexes_serve() -> Outcome {
    let db = shop()?;
    let customer: Id<Customer> = Id::from_key("7");
    let invoices =
        db.query::<Invoice>().filter(Invoice::customer_id.eq(customer)).order_by(Invoice::date);
    assert_eq!(
        plan(invoices)?,
        "SEARCH invoice USING INDEX ara_index invoice(customer_id,date) (customer_id=?)"
    );
    let album: Id<Album> = Id::from_key("5");
    let tracks = db.query::<Album>().filter(Album::id.eq(album)).join_many(Track::album_id);
    let tracks = plan(tracks)?;
    assert!(!tracks.contains("SCAN"), "{tracks}");
    let tracks = db.query::<Track>().filter(Track::album_id.eq(album)).join(Track::genre_id);
    let tracks = plan(tracks)?;
    assert!(!tracks.contains("SCAN"), "{tracks}");
    let reports = db.query::<Employee>().join_as(Boss, Employee::reports_to);
    let reports = plan(reports.filter(Employee::id.of(Boss).eq(Id::<Employee>::from_key("1"))))?;
    assert!(!reports.contains("SCAN"), "{reports}");
    let bosses = plan(db.query::<Employee>().filter(Employee::reports_to.exists()))?;
    assert!(bosses.contains("(reports_to=?)"), "{bosses}");
    let unsold = db.query::<Album>().filter(!Track::album_id.exists());
    let unsold = plan(unsold)?;
    assert!(unsold.contains("SEARCH track USING") && !unsold.contains("SCAN track"), "{unsold}");
    Ok(())
}
