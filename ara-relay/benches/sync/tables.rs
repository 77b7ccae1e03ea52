//! What is synced.

use ara::prelude::*;
use ara::{Database, Result};
use ara_measure::Random;

/// A task, as an app would keep it: five short columns.
#[derive(Table)]
pub struct Task {
    pub id: Id<Task>,
    pub title: NonEmptyString<1000>,
    pub note: String,
    pub done: Option<bool>,
    pub stars: i64,
    pub score: Option<f64>,
}

ara::schema! { pub App: Task }

/// How many rows an app writes in one transaction.
const AT_ONCE: usize = 100;

/// Of what texts are made.
const WORDS: &str = "\
    water the plants in garden before noon and ask Maria for her ladder call dentist about \
    Tuesday buy milk bread coffee two lemons return books to library pay rent with new \
    account repair bicycle tyre send letter from insurance book train tickets Vienna clean \
    windows of kitchen plan birthday dinner eight people write report until Friday read \
    chapter seven again find keys old shed";

/// Some words.
fn text(random: &mut Random, words: usize) -> String {
    let all: Vec<_> = WORDS.split(' ').collect();
    let some: Vec<_> = (0..words).map(|_| all[random.below(all.len())]).collect();
    some.join(" ")
}

pub fn task(random: &mut Random) -> impl Create<Table = Task> + use<> {
    Task::draft()
        .title(text(random, 3))
        .note(text(random, 6))
        .done(random.below(3) == 0)
        .stars(random.below(100) as i64)
        .score(random.below(4000) as f64 / 4.0)
}

/// Creates this many tasks, many in a transaction.
pub fn create_tasks(db: &Database, count: usize) -> Result<()> {
    let mut random = Random::new(count as u64);
    for start in (0..count).step_by(AT_ONCE) {
        let some = count.min(start + AT_ONCE) - start;
        db.create_all((0..some).map(|_| task(&mut random)).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Checks that there are as many tasks as there should be.
pub fn check_count(db: &Database, count: usize) -> Result<()> {
    assert_eq!(db.query::<Task>().count()?, count as u64);
    Ok(())
}
