//! JSON Lines as people and other programs write them.

use ara::prelude::*;
use ara::{Error, LineProblem, OnProblem, Uuid};
use rusqlite::types::Value;

use support::{File, Outcome, There, rows, verified};

#[derive(Debug, Clone, PartialEq, Table)]
struct Shop {
    id: Id<Shop>,
    is_open: bool,
    owner: Option<Uuid>,
    parent: Option<Id<Shop>>,
    note: Option<String>,
}

/// The same table, to an app that knows less of it.
mod less {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Shop {
        pub id: Id<Shop>,
    }
}

const ID: &str = "0194c1c2-9f3e-7d4e-8f00-0123456789ab";

#[test]
fn true_and_false_are_one_and_zero() -> Outcome {
    let db = Database::memory()?;
    for (written, read) in [("true", Some(true)), ("false", Some(false)), ("\"yes\"", None)] {
        let line = format!("{{\"id\":\"{ID}\",\"is_open\":{written}}}");
        assert_eq!(db.import_json::<Shop>(line.as_bytes())?.rows, 1);
        assert_eq!(db.query::<Shop>().one()?.is_open, read);
    }
    let _ =
        db.import_json::<Shop>(format!("{{\"id\":\"{ID}\",\"is_deleted\":true}}").as_bytes())?;
    assert_eq!(db.query::<Shop>().count()?, 0);
    verified(&db)
}

/// Where the struct says that it is one, and nowhere else.
#[test]
fn text_that_is_a_uuid_means_it() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let line = format!(
        "{{\"id\":\"{ID}\",\"owner\":\"{ID}\",\"parent\":\"{ID}\",\"note\":\"{ID}\",\"more\":\"{ID}\"}}"
    );
    let _ = db.import_json::<Shop>(line.as_bytes())?;
    let shop = db.query::<Shop>().one()?;
    assert_eq!((shop.owner, shop.parent), (Some(ID.parse()?), Some(ID.parse()?)));
    assert_eq!(shop.note.as_deref(), Some(ID));
    let blob = Value::Blob(ID.parse::<Uuid>()?.as_bytes().to_vec());
    let text = Value::Text(ID.to_owned());
    let stored = rows(&file.sqlite()?, "SELECT owner, parent, note, more FROM shop")?;
    assert_eq!(stored, [[blob.clone(), blob, text.clone(), text]]);

    let _ =
        db.import_json::<Shop>(format!("{{\"id\":\"{ID}\",\"owner\":\"nobody\"}}").as_bytes())?;
    assert_eq!(db.query::<Shop>().one()?.owner, None);
    verified(&db)
}

/// What another program wrote there as text stays text.
#[test]
fn text_that_could_be_taken_for_a_uuid_comes_back_as_text() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let marked = format!("{{\"text\":\"{ID}\"}}");
    let line =
        format!("{{\"id\":\"{ID}\",\"owner\":{marked},\"note\":{marked},\"more\":{marked}}}");
    let _ = db.import_json::<Shop>(line.as_bytes())?;
    let sql = "SELECT owner, note, more FROM shop";
    let text = Value::Text(ID.to_owned());
    let stored = rows(&file.sqlite()?, sql)?;
    assert_eq!(stored, [[text.clone(), text.clone(), text]]);
    // By whichever version of the app it is exported.
    let (mut whole, mut less) = (Vec::new(), Vec::new());
    db.export_json::<Shop>(&mut whole)?;
    db.export_json::<less::Shop>(&mut less)?;
    for lines in [&whole, &less] {
        let other = File::new()?;
        let _ = other.open()?.import_json::<Shop>(&lines[..])?;
        assert_eq!(rows(&other.sqlite()?, sql)?, stored);
    }
    assert!(String::from_utf8(whole)?.contains(&format!("\"note\":\"{ID}\"")));
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Table)]
struct Item {
    id: Id<Item>,
    price: f64,
    weight: Option<f32>,
    count: Option<i64>,
    small: Option<u8>,
    at: Option<Timestamp>,
    stock: Option<Counter>,
    name: Option<NonEmptyString<4>>,
}

fn item(columns: &str) -> String {
    format!("{{\"id\":\"{ID}\",{columns}}}\n")
}

/// JavaScript writes 5.0 as 5, and others write 3 as 3.0.
#[test]
fn numbers_are_what_the_column_holds() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let columns = "\"price\":5,\"weight\":-2,\"count\":3.0,\"small\":7.0,\"at\":1e3,\"stock\":{\"counter\":4.0}";
    let report = db.import_json::<Item>(item(columns).as_bytes())?;
    assert_eq!((report.rows, report.skipped, report.unreadable), (1, 0, 0));
    let read = db.query::<Item>().narrow(Item::price).one()?;
    assert_eq!(
        (read.price, read.weight, read.count, read.small),
        (5.0, Some(-2.0), Some(3), Some(7))
    );
    assert_eq!((read.at, read.stock.map(i64::from)), (Some(Timestamp::from_millis(1000)), Some(4)));
    let sql = "SELECT typeof(price), typeof(weight), typeof(count), typeof(small) FROM item";
    let of = |name: &str| Value::Text(name.to_owned());
    let types = [of("real"), of("real"), of("integer"), of("integer")];
    assert_eq!(rows(&file.sqlite()?, sql)?, [types]);
    // Beyond what an integer, and what a float without a loss, can hold.
    db.import_json::<Item>(item("\"price\":18446744073709551615").as_bytes()).map(drop)?;
    assert_eq!(db.query::<Item>().one()?.price, Some(18_446_744_073_709_551_615.0));
    let report = db.import_json::<Item>(item("\"count\":9.3e18,\"small\":1.5").as_bytes())?;
    assert_eq!((report.rows, report.unreadable), (1, 2));
    // A deleted row is one, however that is written.
    db.import_json::<Item>(item("\"is_deleted\":1.0").as_bytes()).map(drop)?;
    let sql = "SELECT typeof(is_deleted) FROM item";
    assert_eq!(rows(&file.sqlite()?, sql)?, [[of("integer")]]);
    db.import_json::<Item>(item("\"is_deleted\":false").as_bytes()).map(drop)?;
    // The same number again is no change, whoever stored it how.
    file.tamper("UPDATE item SET price = 5")?;
    let changes = db.history(db.query::<Item>().one()?.id)?.len();
    db.import_json::<Item>(item("\"price\":5").as_bytes()).map(drop)?;
    assert_eq!(db.history(db.query::<Item>().one()?.id)?.len(), changes);
    Ok(())
}

/// A file with a good line, one that is no row, one with two values that cannot be read, and a good one.
fn mixed() -> String {
    let id = |last: u8| format!("0194c1c2-9f3e-7d4e-8f00-0123456789{last:02x}");
    format!(
        "{{\"id\":\"{}\",\"price\":1}}\n\nsecret\n{{\"id\":\"{}\",\"price\":\"secret\",\"name\":\"too long\"}}\n\
         {{\"id\":\"{}\",\"price\":2}}\n",
        id(1),
        id(2),
        id(3),
    )
}

#[test]
fn an_import_goes_on_or_stops_as_it_is_asked_to() -> Outcome {
    let imported = |on_problem: &mut dyn FnMut(&LineProblem) -> OnProblem| {
        let db = Database::memory()?;
        let report = db.import_json_with::<Item>(mixed().as_bytes(), on_problem);
        Ok::<_, Error>((report, db.query::<Item>().count()?))
    };

    let mut told = Vec::new();
    let (report, rows) = imported(&mut |problem| {
        told.push((problem.to_string(), problem.can_be_kept));
        OnProblem::Skip
    })?;
    let report = report?;
    assert_eq!((report.rows, report.skipped, report.unreadable, rows), (2, 2, 0, 2));
    assert_eq!(
        told,
        [
            (
                "line 3 is no JSON object (a line is one row, without a comma after it)".to_owned(),
                false
            ),
            (
                "line 4 has a value that this version of the app cannot read, in column `price`"
                    .to_owned(),
                true
            ),
        ]
    );

    // A line that is no row cannot be kept.
    let (report, rows) = imported(&mut |_| OnProblem::Keep)?;
    let report = report?;
    assert_eq!((report.rows, report.skipped, report.unreadable, rows), (3, 1, 2, 3));

    let (report, rows) = imported(&mut |_| OnProblem::Stop)?;
    assert!(matches!(report, Err(Error::Line { line: 3, .. })));
    assert_eq!(rows, 0);
    let (report, rows) = imported(&mut |problem| {
        if problem.can_be_kept { OnProblem::Stop } else { OnProblem::Skip }
    })?;
    assert!(matches!(report, Err(Error::Line { line: 4, .. })));
    assert_eq!(rows, 0);
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Table)]
struct Recipe {
    id: Id<Recipe>,
    steps: ara::Json<Vec<String>>,
    amounts: Option<ara::Json<std::collections::HashMap<String, i64>>>,
}

/// What JavaScript writes for a document, and what an export writes.
#[test]
fn a_document_is_one_as_itself_and_as_text() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let line = "\"steps\":[\"stir\"],\"amounts\":{\"milk\":2,\"flour\":1}";
    let report = db.import_json::<Recipe>(item(line).as_bytes())?;
    assert_eq!((report.rows, report.unreadable), (1, 0));
    let recipe = db.query::<Recipe>().narrow_all().one()?;
    assert_eq!(recipe.steps.0, ["stir"]);
    assert_eq!(
        db.query::<Recipe>().filter(Recipe::amounts.eq(recipe.amounts.clone().there()?)).count()?,
        1
    );
    let mut lines = Vec::new();
    db.export_json::<Recipe>(&mut lines)?;
    let other = Database::memory()?;
    assert_eq!(other.import_json::<Recipe>(&lines[..])?.rows, 1);
    assert_eq!(other.query::<Recipe>().narrow_all().one()?, recipe);
    // Text that is not JSON is no document.
    let report = db.import_json::<Recipe>(item("\"steps\":\"stir\"").as_bytes())?;
    assert_eq!(report.unreadable, 1);
    // What names the type of a value does so here, too.
    let report = db.import_json::<Recipe>(item("\"amounts\":{\"blob\":\"cafe\"}").as_bytes())?;
    assert_eq!(report.unreadable, 1);
    Ok(())
}

#[test]
fn columns_that_were_added_are_told() -> Outcome {
    let db = Database::memory()?;
    let lines = item("\"price\":1,\"prise\":2") + &item("\"price\":1,\"prise\":3,\"other\":null");
    assert_eq!(db.import_json::<Item>(lines.as_bytes())?.columns, ["prise", "other"]);
    assert!(db.import_json::<Item>(lines.as_bytes())?.columns.is_empty());
    Ok(())
}

/// Of what marks a row as deleted, nothing is guessed.
#[test]
fn whether_a_row_is_deleted_is_zero_or_one() -> Outcome {
    let import = |written: &str| {
        let db = Database::memory()?;
        let line = format!("{{\"id\":\"{ID}\",\"is_deleted\":{written}}}");
        let report = db.import_json::<Shop>(line.as_bytes());
        let shops = |query: ara::Query<'_, (Shop,)>| query.count();
        let (there, deleted) = (shops(db.query())?, shops(db.query().only_deleted())?);
        verified(&db).map_err(|_| Error::Corrupt)?;
        Ok::<_, Error>((report, there, deleted))
    };
    for (written, is_deleted) in
        [("0", 0), ("1", 1), ("true", 1), ("false", 0), ("0.0", 0), ("1.0", 1), ("1e0", 1)]
    {
        let (report, there, deleted) = import(written)?;
        assert_eq!((report?.rows, there, deleted), (1, 1 - is_deleted, is_deleted), "{written}");
    }
    for written in [
        "2",
        "-1",
        "0.5",
        "\"x\"",
        "\"1\"",
        "null",
        "{\"blob\":\"01\"}",
        "{\"counter\":1}",
        "{\"real\":\"inf\"}",
        "[1]",
        "18446744073709551615",
    ] {
        let (report, there, deleted) = import(written)?;
        let Err(Error::Line { line: 1, reason }) = report else {
            return Err(format!("{written}: {report:?}").into());
        };
        assert_eq!(reason, "has an `is_deleted` that is neither 0 nor 1");
        assert_eq!((there, deleted), (0, 0));
    }
    let db = Database::memory()?;
    let line = format!("{{\"id\":\"{ID}\",\"is_deleted\":null}}");
    let report = db.import_json_with::<Shop>(line.as_bytes(), |problem| {
        assert!(!problem.can_be_kept);
        OnProblem::Keep
    })?;
    assert_eq!((report.rows, report.skipped), (0, 1));
    Ok(())
}

/// Whatever another program has put there, an export can be imported.
#[test]
fn an_export_says_of_deleted_rows_alone_that_they_are() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let ids: Vec<_> =
        (0..6).map(|_| db.create(Shop::draft().is_open(true))).collect::<Result<_, _>>()?;
    for (id, stored) in ids.iter().zip(["0", "1", "1.0", "2", "NULL", "'x'"]) {
        let id: String = id.uuid().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        file.tamper(&format!("UPDATE shop SET is_deleted = {stored} WHERE id = x'{id}'"))?;
    }
    let mut lines = Vec::new();
    assert_eq!(db.export_json::<Shop>(&mut lines)?, 6);
    let other = Database::memory()?;
    assert_eq!(other.import_json::<Shop>(&lines[..])?.rows, 6);
    for db in [&db, &other] {
        let deleted =
            db.query::<Shop>().only_deleted().order_by(Shop::id).select(Shop::id).all()?;
        assert_eq!(deleted, ids[1..3]);
    }
    Ok(())
}

/// A key may be a value, where lines were written wrongly, so an error quotes none that is not a name.
#[test]
fn what_is_wrong_with_a_line_is_said_without_what_is_in_it() -> Outcome {
    let db = Database::memory()?;
    for (columns, reason) in [
        (
            "\"T\":1",
            "has a key that cannot be a column, number 2 in the line: a stored name begins with",
        ),
        ("\"price\":1,\"s ecret\":1", "number 3 in the line: a stored name has lower-case letters"),
        ("\"sécret\":1", "number 2 in the line: a stored name has lower-case letters"),
        ("\"\":1", "number 2 in the line: a stored name cannot be empty"),
        ("\"ara_secret\":1", "number 2 in the line: names that begin with `ara_` are kept"),
        (
            "\"created_at\":1",
            "has `created_at`, which is no column that an app can write: every table has a system column",
        ),
        (
            "\"rowid\":1",
            "has `rowid`, which is no column that an app can write: SQLite calls the row id so",
        ),
        ("\"price\":1,\"price\":2", "has `price` twice"),
        ("\"is_deleted\":0,\"is_deleted\":1", "has `is_deleted` twice"),
        ("\"se cret\":1,\"se cret\":1", "has a key twice, the second time as number 3 in the line"),
        ("\"price\":1e400", "has a number that is too large for a float of 64 bits, at byte 58"),
        ("\"name\":\"secret \\ud800\"", "has text with a `\\u` escape that is no character"),
        ("\"name\":\"\\udc00 secret\"", "has text with a `\\u` escape that is no character"),
        ("\"name\":\"\\ud800\\n secret\"", "has text with a `\\u` escape that is no character"),
        ("\"name\":secret", "is no JSON object"),
    ] {
        let error = db.import_json::<Item>(item(columns).as_bytes()).err().there()?.to_string();
        assert!(error.contains(reason) && !error.contains("cret"), "{columns}: {error}");
    }
    let deep = format!("\"name\":{}{}", "[".repeat(200), "]".repeat(200));
    let error = db.import_json::<Item>(item(&deep).as_bytes()).err().there()?.to_string();
    assert!(error.contains("has JSON of too many levels"), "{error}");
    assert!(db.import_json::<Item>(item("\"name\":\"\\ud83e\\udd80\"").as_bytes()).is_ok());
    Ok(())
}

/// The writer is held meanwhile.
#[test]
fn what_is_asked_or_told_must_not_use_the_database() -> Outcome {
    let db = Database::memory()?;
    let mut met = None;
    let report = db.import_json_with::<Shop>(&b"[]"[..], |_| {
        met = db.query::<Shop>().count().err();
        OnProblem::Skip
    })?;
    assert_eq!(report.skipped, 1);
    assert!(matches!(met, Some(Error::InsideTransaction)), "{met:?}");
    for file in [None, Some(File::new()?)] {
        let db = file.as_ref().map_or_else(Database::memory, File::open)?;
        db.create(Shop::draft().is_open(true))?;
        let mut met = Vec::new();
        db.vacuum_with(|_| met.push(db.query::<Shop>().count().err()))?;
        db.rebuild_with(|_| met.push(db.last_transaction().err()))?;
        assert!(met.len() > 1);
        assert!(met.iter().all(|met| matches!(met, Some(Error::InsideTransaction))), "{met:?}");
    }
    Ok(())
}
