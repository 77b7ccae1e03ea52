//! JSON Lines as people and other programs write them.

use ara::Uuid;
use ara::prelude::*;
use rusqlite::types::Value;

use support::{File, Outcome, rows, verified};

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
        assert_eq!(db.import_json::<Shop>(line.as_bytes())?, 1);
        assert_eq!(db.query::<Shop>().one()?.is_open, read);
    }
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
    db.import_json::<Shop>(line.as_bytes())?;
    let shop = db.query::<Shop>().one()?;
    assert_eq!((shop.owner, shop.parent), (Some(ID.parse()?), Some(ID.parse()?)));
    assert_eq!(shop.note.as_deref(), Some(ID));
    let blob = Value::Blob(ID.parse::<Uuid>()?.as_bytes().to_vec());
    let text = Value::Text(ID.to_owned());
    let stored = rows(&file.sqlite()?, "SELECT owner, parent, note, more FROM shop")?;
    assert_eq!(stored, [[blob.clone(), blob, text.clone(), text]]);

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
    db.import_json::<Shop>(line.as_bytes())?;
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
        other.open()?.import_json::<Shop>(&lines[..])?;
        assert_eq!(rows(&other.sqlite()?, sql)?, stored);
    }
    assert!(String::from_utf8(whole)?.contains(&format!("\"note\":\"{ID}\"")));
    Ok(())
}
