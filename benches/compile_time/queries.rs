//! An app of ten queries a table, of each kind that there is: pages, joins, groups, rows with many,
//! selections, prepared ones and subqueries.

use std::fmt::Write as _;

use crate::TYPES;

/// What the functions of the table `$T`, which refers to `$N`, which refers to `$M`, return and do with ara.
const OURS: [(&str, &str); 10] = [
    (
        "Vec<String>",
        "let page = db.query::<$T>().narrow($T::c0).filter($T::c2.gt(5) & $T::c1.ne(true));
        let rows = page.order_by($T::created_at.desc()).limit(20).all()?;
        Ok(rows.into_iter().map(|row| row.c0.into_string()).collect())",
    ),
    (
        "Vec<(NonEmptyString<100>, NonEmptyString<100>)>",
        "let joined = db.query::<$T>().join($T::next).narrow($T::c0).narrow($N::c0);
        let rows = joined.filter($N::c2.lt(9)).order_by($N::c0).all()?;
        Ok(rows.into_iter().map(|(row, next)| (row.c0, next.c0)).collect())",
    ),
    (
        "Vec<($T, $N, $M)>",
        "db.query::<$T>().join($T::next).join($N::next).filter($M::c2.ge(1)).narrow_all().all()",
    ),
    (
        "Vec<(Id<$T>, Option<i64>, Option<NonEmptyString<100>>)>",
        "db.query::<$T>().left_join($T::next).select(($T::id, $T::c2, $N::c0)).all()",
    ),
    (
        "Vec<(NonEmptyString<100>, i64, Option<i64>, Option<f64>)>",
        "let groups = db.query::<$T>().narrow($T::c0).group_by($T::c0).filter(count().gt(1));
        groups.select(($T::c0, count(), $T::c2.sum(), $T::c3.avg())).all()",
    ),
    (
        "(i64, Option<i64>)",
        "db.query::<$T>().filter($T::c1.eq(true)).aggregate((count(), $T::c2.max())).one()",
    ),
    (
        "usize",
        "let rows = db.query::<$N>().narrow($N::c0).with_many($T::next).all()?;
        Ok(rows.iter().map(|(_, many)| many.len()).sum())",
    ),
    (
        "usize",
        "let some = db.prepare(|(least, but): (Param<i64>, Param<NonEmptyString<100>>)| {
            db.query::<$T>().narrow($T::c2).filter($T::c2.ge(least) & $T::c0.ne(but))
        });
        Ok(some.all((5, \"a\"))?.len() + some.all((6, \"b\"))?.len())",
    ),
    (
        "Vec<Option<NonEmptyString<100>>>",
        "let texts = db.query::<$T>().filter($T::c4.like(\"a%\") | $T::c6.is_null());
        texts.select($T::c4).distinct().order_by($T::c4).all()",
    ),
    ("u64", "db.query::<$N>().filter(!$T::next.exists()).count()"),
];

/// The same with rusqlite.
const BY_HAND: [(&str, &str); 10] = [
    (
        "Vec<String>",
        "let mut page = db.prepare_cached(
            \"SELECT * FROM $T WHERE c2 > ?1 AND c1 IS NOT ?2 ORDER BY created_at DESC LIMIT 20\",
        )?;
        page.query_map((5, true), |row| Ok($T::read(row, 0)?.c0))?.collect()",
    ),
    (
        "Vec<(String, String)>",
        "let mut joined = db.prepare_cached(
            \"SELECT $T.*, $N.* FROM $T JOIN $N ON $N.id = $T.next WHERE $N.c2 < ?1 ORDER BY $N.c0\",
        )?;
        let rows = joined.query_map([9], |row| Ok(($T::read(row, 0)?, $N::read(row, WIDTH)?)))?;
        rows.map(|row| row.map(|(row, next)| (row.c0, next.c0))).collect()",
    ),
    (
        "Vec<($T, $N, $M)>",
        "let mut joined = db.prepare_cached(
            \"SELECT $T.*, $N.*, $M.* FROM $T JOIN $N ON $N.id = $T.next JOIN $M ON $M.id = $N.next \\
             WHERE $M.c2 >= ?1\",
        )?;
        let rows = joined.query_map([1], |row| {
            Ok(($T::read(row, 0)?, $N::read(row, WIDTH)?, $M::read(row, 2 * WIDTH)?))
        })?;
        rows.collect()",
    ),
    (
        "Vec<([u8; 16], i64, Option<String>)>",
        "let mut joined = db.prepare_cached(
            \"SELECT $T.id, $T.c2, $N.c0 FROM $T LEFT JOIN $N ON $N.id = $T.next\",
        )?;
        joined.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()",
    ),
    (
        "Vec<(String, i64, Option<i64>, Option<f64>)>",
        "let mut groups = db.prepare_cached(
            \"SELECT c0, count(*), sum(c2), avg(c3) FROM $T GROUP BY c0 HAVING count(*) > ?1\",
        )?;
        let rows = groups.query_map([1], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        rows.collect()",
    ),
    (
        "(i64, Option<i64>)",
        "let mut all = db.prepare_cached(\"SELECT count(*), max(c2) FROM $T WHERE c1 IS ?1\")?;
        all.query_row([true], |row| Ok((row.get(0)?, row.get(1)?)))",
    ),
    (
        "usize",
        "let mut joined = db.prepare_cached(
            \"SELECT $N.*, $T.* FROM $N JOIN $T ON $T.next = $N.id ORDER BY $N.id\",
        )?;
        let mut rows = joined.query([])?;
        let mut found: Vec<($N, Vec<$T>)> = Vec::new();
        while let Some(row) = rows.next()? {
            let id: [u8; 16] = row.get(0)?;
            if found.last().is_none_or(|(known, _)| known.id != id) {
                found.push(($N::read(row, 0)?, Vec::new()));
            }
            if let Some((_, many)) = found.last_mut() {
                many.push($T::read(row, WIDTH)?);
            }
        }
        Ok(found.iter().map(|(_, many)| many.len()).sum())",
    ),
    (
        "usize",
        "let mut some = db.prepare_cached(\"SELECT * FROM $T WHERE c2 >= ?1 AND c0 IS NOT ?2\")?;
        let mut read = |least: i64, but: &str| -> rusqlite::Result<Vec<$T>> {
            some.query_map((least, but), |row| $T::read(row, 0))?.collect()
        };
        Ok(read(5, \"a\")?.len() + read(6, \"b\")?.len())",
    ),
    (
        "Vec<String>",
        "let mut texts = db.prepare_cached(
            \"SELECT DISTINCT c4 FROM $T WHERE c4 LIKE ?1 OR c6 IS NULL ORDER BY c4\",
        )?;
        texts.query_map([\"a%\"], |row| row.get(0))?.collect()",
    ),
    (
        "i64",
        "let mut none = db.prepare_cached(
            \"SELECT count(*) FROM $N WHERE NOT EXISTS (SELECT 1 FROM $T WHERE $T.next = $N.id)\",
        )?;
        none.query_row([], |row| row.get(0))",
    ),
];

pub fn our_source(tables: usize, columns: usize) -> String {
    let mut source = String::from(
        "#![allow(unused)]\nuse ara::prelude::*;\nuse ara::{Param, count};\n\nfn main() {}\n",
    );
    for table in 0..tables {
        let next = (table + 1) % tables;
        let _ = write!(source, "\n#[derive(Table)]\npub struct T{table} {{ pub id: Id<T{table}>");
        for column in 0..columns - 1 {
            let _ = write!(source, ", pub c{column}: {}", TYPES[column % TYPES.len()].0);
        }
        let _ = writeln!(source, ", pub next: Id<T{next}> }}");
        functions(&mut source, &OURS, table, tables, "Database", "ara");
    }
    source
}

pub fn source_by_hand(tables: usize, columns: usize) -> String {
    let width = columns + 3;
    let mut source =
        format!("#![allow(unused)]\n\nfn main() {{}}\nconst WIDTH: usize = {width};\n");
    for table in 0..tables {
        let fields: Vec<_> = [("id", "[u8; 16]"), ("created_at", "i64"), ("updated_at", "i64")]
            .map(|(name, ty)| (name.to_owned(), ty))
            .into_iter()
            .chain((0..columns - 1).map(|at| (format!("c{at}"), TYPES[at % TYPES.len()].1)))
            .chain([("next".to_owned(), "[u8; 16]")])
            .collect();
        let _ = write!(source, "\npub struct T{table} {{ ");
        fields.iter().for_each(|(name, ty)| source.push_str(&format!("pub {name}: {ty}, ")));
        let _ = write!(
            source,
            "}}\n\nimpl T{table} {{\n    \
             fn read(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Self> {{\n        \
             Ok(Self {{ "
        );
        for (at, (name, _)) in fields.iter().enumerate() {
            let _ = write!(source, "{name}: row.get(at + {at})?, ");
        }
        source.push_str("})\n    }\n}\n");
        functions(&mut source, &BY_HAND, table, tables, "rusqlite::Connection", "rusqlite");
    }
    source
}

/// A function for each query of a table.
fn functions(
    source: &mut String,
    queries: &[(&str, &str)],
    table: usize,
    tables: usize,
    database: &str,
    library: &str,
) {
    let of_table = |text: &str| {
        let name = |steps: usize| format!("T{}", (table + steps) % tables);
        text.replace("$T", &name(0)).replace("$N", &name(1)).replace("$M", &name(2))
    };
    for (at, (output, body)) in queries.iter().enumerate() {
        let (output, body) = (of_table(output), of_table(body));
        let _ = write!(
            source,
            "\npub fn query{table}_{at}(db: &{database}) -> {library}::Result<{output}> {{\n        \
             {body}\n}}\n"
        );
    }
}
