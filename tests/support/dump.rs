//! All that is in a file: its schema and every row of every table, but for what `ensure` notes of
//! itself.

use std::fmt::Write;
use std::path::Path;

use rusqlite::Connection;

use crate::disk;

pub fn dump(path: &Path) -> rusqlite::Result<String> {
    let file = disk::sqlite(path)?;
    let mut dump = String::new();
    let mut objects = file
        .prepare("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")?;
    let objects: Vec<(String, String, String)> = objects
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (kind, name, sql) in objects {
        let _ = writeln!(dump, "{kind} {name}: {sql}");
        if kind == "table" {
            dump_rows(&file, &name, &mut dump)?;
        }
    }
    Ok(dump)
}

fn dump_rows(file: &Connection, table: &str, dump: &mut String) -> rusqlite::Result<()> {
    let table = table.replace('"', "\"\"");
    let noted = match &*table {
        "ara_failure" => " WHERE false",
        "ara_meta" => " WHERE key NOT GLOB 'ensured *' AND key <> 'wal'",
        _ => "",
    };
    let mut rows = file.prepare(&format!("SELECT * FROM \"{table}\"{noted}"))?;
    let columns = rows.column_count();
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            let _ = write!(dump, " {:?}", row.get_ref(column)?);
        }
        dump.push('\n');
    }
    Ok(())
}
