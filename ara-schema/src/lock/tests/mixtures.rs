//! Locks that are put together from the lines of others.

use super::*;

/// Returns a lock with a few releases, and everything that was released up to each of them.
fn history(base: &[BTreeSet<Fact>], own: &[BTreeSet<Fact>]) -> (Lock, Vec<BTreeSet<Fact>>) {
    let mut lock = Lock::default();
    let mut up_to = Vec::new();
    for facts in base.iter().chain(own) {
        if lock.record(facts, "", "2028-02-29").is_some() {
            up_to.push(lock.facts());
        }
    }
    (lock, up_to)
}

/// Returns the text of a lock with these lines.
fn text_of(releases: &[String], schema: &[String]) -> String {
    let lines = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    format!(
        "{{\"format\": 1, \"about\": \"\", \"releases\": [\n{}\"end\"], \"schema\": [\n{}\"end\"]}}",
        lines(releases),
        lines(schema)
    )
}

/// Returns the lines of a lock's releases, and those of its schema.
fn lines_of(lock: &Lock) -> [Vec<String>; 2] {
    let text = lock.to_string();
    let entries = text.lines().filter(|line| line.starts_with("    {")).map(str::to_owned);
    let (schema, releases) = entries.partition(|line| line.contains("\"table\""));
    [releases, schema]
}

fn releases() -> impl Strategy<Value = Vec<BTreeSet<Fact>>> {
    prop::collection::vec(some_facts(), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Checks that a lock that can be read has everything that was released up to each of its releases,
    /// whatever has happened to the lines of two branches.
    #[test]
    fn what_is_read_lacks_nothing(
        (base, ours, theirs) in (releases(), releases(), releases()),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        twice in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        (a, b) in any::<(prop::sample::Index, prop::sample::Index)>(),
    ) {
        let (ours, theirs) = (history(&base, &ours), history(&base, &theirs));
        let [mut lines, schema] = lines_of(&ours.0);
        let count = lines.len();
        lines.extend(schema);
        let [releases, schema] = lines_of(&theirs.0);
        lines.splice(count..count, releases);
        lines.extend(schema);
        for at in twice {
            if !lines.is_empty() {
                lines.push(at.get(&lines).clone());
            }
        }
        for at in gone {
            if !lines.is_empty() {
                lines.remove(at.index(lines.len()));
            }
        }
        if !lines.is_empty() {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
        }
        let (schema, releases): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|line| line.contains("\"table\""));

        if let Ok(read) = Lock::parse(&text_of(&releases, &schema)) {
            let known = read.facts();
            for (lock, up_to) in [&ours, &theirs] {
                for (release, facts) in lock.releases.iter().zip(up_to) {
                    if read.releases.contains(release) {
                        prop_assert!(known.is_superset(facts), "{release:?}\n{read}");
                    }
                }
            }
        }
    }
}

#[test]
fn two_files_in_one_are_no_lock() {
    for (first, second) in
        [(linear(), linear()), (linear(), branched()), (Lock::default(), linear())]
    {
        for between in ["", "\n"] {
            let text = format!("{first}{between}{second}");
            let error = Lock::parse(&text).expect_err(&text);
            assert_eq!(error.line, Some(first.to_string().lines().count() + between.len() + 1));
        }
    }
}
