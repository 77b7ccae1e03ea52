//! Errors and reports carry names and reasons, never values or keys.

use ara::prelude::*;

use crate::rules::{Todo, damage, new, send};
use support::{File, Outcome};

const SECRET: &str = "xyzzy";

#[test]
fn neither_a_report_nor_a_verification_tells_a_value() -> Outcome {
    let (file, phone, other) = (File::new()?, Database::memory()?, File::new()?);
    let laptop = file.open()?;
    laptop.ensure::<new::App>()?;
    let id = Id::from_key(SECRET);
    laptop.create(Todo::draft().id(id).title(format!("title {SECRET}")).code(SECRET))?;
    let db = other.open()?;
    let mut told = String::new();
    for report in send(&laptop, &phone)?.into_iter().chain(send(&laptop, &db)?) {
        told += &format!("{report:?}");
    }
    laptop.update(Todo::patch(id).title(format!("{SECRET} again")))?;
    damage(&file, SECRET)?;
    for report in send(&laptop, &phone)? {
        assert_eq!(report.refused.len(), 1);
        told += &format!("{report:?} {}", report.refused[0]);
    }
    other.tamper("UPDATE todo SET title = title || title")?;
    told += &format!("{:?} {:?}", laptop.verify()?, db.verify()?);
    db.verify()?.differences.iter().for_each(|difference| told += &difference.to_string());
    assert!(told.contains("title"), "{told}");
    assert!(!told.contains(SECRET) && !told.contains(&id.to_string()), "{told}");
    Ok(())
}
