//! Values that this app cannot read: another version wrote them, or another program. They are absent,
//! to every method alike; they are no error, and they stay as they are until they are overwritten.

mod dates;
mod kinds;
mod together;
mod whole_floats;
mod written_back;

/// A table with a column of this type; values that it reads, and SQL of values that it does not.
macro_rules! unreadable {
    ($name:ident: $ty:ty, reads [$($good:expr),* $(,)?], not [$($bad:literal),* $(,)?]) => {
        mod $name {
            #[allow(unused_imports, reason = "some types are written in full")]
            use super::*;
            use ara::prelude::*;
            use support::{File, Outcome, There, verified};

            #[derive(Debug, Clone, PartialEq, Table)]
            pub struct Item {
                pub id: Id<Item>,
                pub rank: i64,
                pub value: $ty,
                pub note: Option<String>,
            }

            fn good() -> Vec<$ty> {
                vec![$($good),*]
            }

            fn ids(rows: impl IntoIterator<Item = Id<Item>>) -> Vec<Id<Item>> {
                rows.into_iter().collect()
            }

            /// Rows by rank, those that can be read among those that cannot, and one that holds nothing.
            fn filled(file: &File) -> Outcome<(Database, Vec<(Id<Item>, bool)>)> {
                let db = file.open()?;
                let bad = ["NULL", $($bad),*];
                let mut rows = Vec::new();
                for rank in 0..bad.len().max(good().len()) {
                    let create = |value: $ty| {
                        db.create(Item::draft().rank(rank as i64).value(value))
                    };
                    if let Some(bad) = bad.get(rank) {
                        let id = create(good().swap_remove(0))?;
                        file.tamper(&format!("UPDATE item SET value = {bad} WHERE hex(id) = '{}'",
                            id.uuid().simple().to_string().to_uppercase()))?;
                        rows.push((id, false));
                    }
                    if let Some(value) = good().get(rank) {
                        rows.push((create(value.clone())?, true));
                    }
                }
                Ok((db, rows))
            }

            fn unread(on: &impl Queries) -> Outcome<Vec<(&'static str, &'static str, u64)>> {
                let told = on.unreadable::<Item>()?;
                Ok(told.iter().map(|told| (told.table, told.column, told.rows)).collect())
            }

            fn all_agree(on: &impl Queries, rows: &[(Id<Item>, bool)]) -> Outcome {
                let of = |there: bool| -> Vec<_> {
                    rows.iter().filter(|row| row.1 == there).map(|row| row.0).collect()
                };
                let query = || on.query::<Item>().order_by(Item::id.asc());
                let narrowed = || query().narrow(Item::value);
                let expected = of(true);

                for (row, (id, there)) in query().all()?.iter().zip(rows) {
                    assert_eq!((row.id, row.value.is_some()), (*id, *there));
                    assert_eq!(narrowed().find(*id)?.is_some(), *there);
                }
                let read: Vec<_> = narrowed().all()?.into_iter().map(|row| row.value).collect();
                assert_eq!(read, good());
                assert_eq!(ids(query().narrow_all().all()?.iter().map(|row| row.id)), expected);
                let there = query().filter(Item::value.is_not_null());
                assert_eq!(ids(there.all()?.iter().map(|row| row.id)), expected);
                let absent = query().filter(Item::value.is_null());
                assert_eq!(ids(absent.all()?.iter().map(|row| row.id)), of(false));
                assert_eq!(query().filter(!Item::value.is_not_null()).count()?, of(false).len() as u64);
                // One of them holds nothing.
                assert_eq!(unread(on)?, [("item", "value", of(false).len() as u64 - 1)]);
                for value in good() {
                    let equal = query().filter(Item::value.eq(value.clone()));
                    let mut same = Vec::new();
                    equal.clone().for_each(|row| {
                        same.push((row.id, row.value));
                        Ok(())
                    })?;
                    assert!(!same.is_empty());
                    assert!(same.iter().all(|(_, read)| read.as_ref() == Some(&value)), "{same:?}");
                    let others = query().filter(Item::value.ne(value.clone())).count()?;
                    assert_eq!(same.len() as u64 + others, rows.len() as u64);
                    assert_eq!(query().filter(Item::value.is_in([value])).count()?, same.len() as u64);
                }

                for limit in 0..=expected.len() + 1 {
                    for offset in 0..=expected.len() + 1 {
                        let page: Vec<_> =
                            expected.iter().copied().skip(offset).take(limit).collect();
                        let cut = || narrowed().limit(limit as u64).offset(offset as u64);
                        assert_eq!(ids(cut().all()?.iter().map(|row| row.id)), page);
                        assert_eq!(cut().count()?, page.len() as u64);
                        assert_eq!(cut().exists()?, !page.is_empty());
                        assert_eq!(cut().first()?.map(|row| row.id), page.first().copied());
                        assert_eq!(cut().one().is_ok(), page.len() == 1);
                        let mut each = Vec::new();
                        cut().for_each(|row| {
                            each.push(row.id);
                            Ok(())
                        })?;
                        assert_eq!(each, page);
                    }
                }
                Ok(())
            }

            #[test]
            fn is_absent_to_all_alike() -> Outcome {
                let file = File::new()?;
                let (db, rows) = filled(&file)?;
                all_agree(&db, &rows)?;
                db.transaction(|tx| Ok(all_agree(tx, &rows)))??;
                for (id, there) in &rows {
                    assert_eq!(db.get(*id)?.there()?.value.is_some(), *there);
                }
                // And by an index.
                file.sqlite()?.execute_batch("CREATE INDEX by_value ON item (value); ANALYZE")?;
                all_agree(&db, &rows)
            }

            #[test]
            fn stays_until_it_is_overwritten() -> Outcome {
                let file = File::new()?;
                let (db, rows) = filled(&file)?;
                let values = || {
                    let sql = "SELECT id, typeof(value), CAST(value AS BLOB) FROM item";
                    support::rows(&file.sqlite()?, sql)
                };
                let before = values()?;
                for (id, _) in &rows {
                    assert!(db.update(Item::patch(*id).note("seen").rank(7))?);
                    assert!(db.delete(*id)? && db.restore(*id)?);
                    assert_eq!(db.get(*id)?.there()?.note.as_deref(), Some("seen"));
                }
                assert_eq!(before, values()?);
                assert!(!db.verify()?.holds());
                let value = || good().swap_remove(0);
                for (id, there) in &rows {
                    if !there {
                        assert!(db.update(Item::patch(*id).value(value()))?);
                        assert_eq!(db.get(*id)?.there()?.value, Some(value()));
                    }
                }
                assert_eq!(db.query::<Item>().narrow_all().count()?, rows.len() as u64);
                assert_eq!(unread(&db)?, []);
                verified(&db)
            }
        }
    };
}
use unreadable;
