//! The log in the file, to the byte. What is written today must be read for ever.

use ara::prelude::*;
use expect_test::{Expect, expect};
use rusqlite::types::Value;

use support::{File, Outcome, Wall, log, rows, verified};

#[derive(Debug, Clone, PartialEq, Table)]
struct Article {
    id: Id<Article>,
    title: String,
    views: Counter,
}

/// What SQL gives, a row a line, with bytes in hexadecimal digits.
fn is(file: &File, sql: &str, expected: &Expect) -> Outcome {
    let shown = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) => real.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let lines = rows(&file.sqlite()?, sql)?;
    let lines = lines.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join(" "));
    expected.assert_eq(&lines.map(|line| line + "\n").collect::<String>());
    Ok(())
}

#[test]
fn the_log_is_these_bytes() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = wall.options().seed(1).open(file.path())?;
    let [counting, adding] = ["counting", "adding"].map(Id::<Article>::from_key);
    db.transaction(|tx| {
        tx.create(Article::draft().id(counting).title("Counting").views(3))?;
        tx.create(Article::draft().id(adding).title("Adding").views(0))?;
        tx.update(Article::patch(counting).views(Counter::add(-1)))
    })?;
    wall.advance(2000);
    db.update(Article::patch(adding).title("Adding up"))?;
    // A transaction that is dated, as its stamp is ahead of the clock.
    wall.advance(-4000);
    db.delete(adding)?;
    is(
        &file,
        "SELECT pos, first, tail, filter, data FROM ara_log ORDER BY pos",
        &expect![[r#"
            1099511627777 1 9306113 NULL 019e3585166708200230adf281018bcfe5680000020380d095ffbc31002c0080c0d6fcf3c501017491fb009de2545793f1cfc06bb4a652052308436f756e74696e6747060606f893a2ee230401b1fa57c6abb957618f33f680c69de9e1052306416464696e6747060000f893a2ee1f15017491fb009de2545793f1cfc06bb4a65202c6b319db47060104f893a2ee
            1099511627778 4 13631490 NULL 01f4d4e17ff0a3ab1cca419c5b018bcfe56fd0000004d0df95ffbc31002401c0fed6fcf3c50101b1fa57c6abb957618f33f680c69de9e12309416464696e67207570
            1099511627779 5 17825795 NULL 012d2cd6c6eb1b961e661634a6018bcfe56fd0000105d0df95ffbc31002211c1fed6fcf3c5010101b1fa57c6abb957618f33f680c69de9e101b0c095ffbc3106
        "#]],
    )?;
    is(
        &file,
        "SELECT id, ara_clock, created_at, updated_at FROM article ORDER BY id",
        &expect![[r#"
            7491fb009de2545793f1cfc06bb4a652 018bcfe568000000010202010400020103 1700000000000 1700000000000
            b1fa57c6abb957618f33f680c69de9e1 818bcfe568000001b0c095ffbc31a01f020101a11fffff0302010200020104 1700000000000 1700000000000
        "#]],
    )?;
    is(
        &file,
        "SELECT * FROM ara_counter",
        &expect![[r#"
        1 7491fb009de2545793f1cfc06bb4a652 2 0 2 111411200000000002 1 1 2
        1 b1fa57c6abb957618f33f680c69de9e1 2 0 0 111411200000000001 1 1 0
    "#]],
    )?;
    is(
        &file,
        "SELECT * FROM ara_node",
        &expect![[r#"
        1 910a2dec89025cc1beeb8da1658eec67 0 0 0 0 NULL 0 0
    "#]],
    )?;
    is(
        &file,
        "SELECT * FROM ara_column ORDER BY tbl, ordinal",
        &expect![[r#"
        1 1 title 0
        1 2 views 0
    "#]],
    )?;
    assert_eq!(log::read(&file.sqlite()?)?.len(), 5);
    verified(&db)
}

#[test]
fn a_forgotten_row_is_these_bytes() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = wall.options().seed(1).open(file.path())?;
    let id = Id::<Article>::from_key("forgotten");
    db.create(Article::draft().id(id).title("Forgotten").views(3))?;
    wall.advance(2000);
    db.update(Article::patch(id).title("Edited").views(Counter::add(-1)))?;
    db.delete(id)?;
    wall.advance(2000);
    assert!(db.forget(id)?);
    is(
        &file,
        "SELECT pos, first, tail, filter, data FROM ara_log ORDER BY pos",
        &expect![[r#"
            1099511627777 1 4915201 NULL 0161f30bc34eaada07f85bb78b018bcfe5680000000180d095ffbc3100242180c0d6fcf3c50101484c0057ebe859f6a00d67e27776b54a4eaada07f85bb78b080101
            1099511627778 2 9568258 NULL 011f4a26f8eb1177f12465a711018bcfe56fd0000002d0df95ffbc31002421c0fed6fcf3c50101484c0057ebe859f6a00d67e27776b54aa5bbadf6dc3e109a080101
            1099511627779 3 13303811 NULL 01bb75a1d8ef9b11a19dc4f48e018bcfe56fd0000103d0df95ffbc31002521c1fed6fcf3c5010101484c0057ebe859f6a00d67e27776b54a048a6650b9a1539f080101
            1099511627780 4 17039364 NULL 01baa3e5b9fe14eededb3e2405018bcfe577a0000004a0ef95ffbc31001b0180bdd7fcf3c50101484c0057ebe859f6a00d67e27776b54a0800
        "#]],
    )?;
    is(
        &file,
        "SELECT * FROM article",
        &expect![[r#"
        1 484c0057ebe859f6a00d67e27776b54a 018bcfe577a0000000020101 1700000004000 1700000004000 1 NULL NULL
    "#]],
    )?;
    is(
        &file,
        "SELECT * FROM ara_forgotten",
        &expect![[r#"
        1 484c0057ebe859f6a00d67e27776b54a 1 111411200262144000 1 1700000004000
    "#]],
    )?;
    is(&file, "SELECT * FROM ara_counter", &expect![[r#""#]])?;
    let log = log::read(&file.sqlite()?)?;
    let told = |change: &log::Logged| change.cells.iter().all(|cell| cell.tag == 8);
    assert_eq!((log.len(), log.iter().all(told)), (4, true));
    verified(&db)
}

/// The filter of a chunk.
#[test]
fn a_filter_is_these_bytes() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = wall.options().seed(1).open(file.path())?;
    for n in 0..255 {
        let id = Id::<Article>::from_key((n % 2).to_string());
        db.upsert(Article::draft().id(id).title(n.to_string()).views(0))?;
    }
    is(
        &file,
        "SELECT pos, first, tail, filter, length(data) FROM ara_log",
        &expect![[r#"
            1099511627777 1 NULL 2493493aee67af 6065
        "#]],
    )?;
    file.forge(|pieces| {
        let before = pieces.clone();
        pieces.iter_mut().for_each(log::piece::Piece::set_filter);
        assert_eq!(*pieces, before);
    })
}
