//! Branches that each recorded a release, merged by git.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use ara_schema::{Fact, LOCK_FILE, Lock};
use proptest::prelude::*;
use support::schema;
use tempfile::TempDir;

const UNION: &str = "ara.lock merge=union\n";

/// A repository, on its branch `main`.
struct Repository(TempDir);

impl Repository {
    fn new(attributes: &str) -> Self {
        let repository = Self(TempDir::new().expect("a directory"));
        repository.git(&["init", "-q", "-b", "main"]);
        repository.write(".gitattributes", attributes);
        repository.commit();
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn try_git(&self, args: &[&str]) -> Output {
        Command::new("git")
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
            .args(args)
            .output()
            .expect("`git` runs: these tests need it installed")
    }

    fn git(&self, args: &[&str]) {
        let output = self.try_git(args);
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&said));
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "a change"]);
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path().join(file), text).expect("the file is written");
    }

    fn read(&self) -> String {
        fs::read_to_string(self.path().join(LOCK_FILE)).expect("a lock")
    }

    /// Records a release of each of these schemas, the first of which may be of the base.
    fn release(&self, schemas: &[&str]) -> BTreeSet<Fact> {
        for released in schemas {
            let mut lock = match fs::read_to_string(self.path().join(LOCK_FILE)) {
                Ok(text) => Lock::parse(&text).expect("a lock"),
                Err(_) => Lock::default(),
            };
            let facts = schema(released).facts();
            // Branches have their own words.
            lock.record(&facts, &format!("add {released}"), "2026-11-22").expect("a release");
            self.write(LOCK_FILE, &lock.to_string());
            self.commit();
        }
        schemas.iter().flat_map(|released| schema(released).facts()).collect()
    }

    /// Records a release that joins the branches that were merged. Says whether there was one to record.
    fn join(&self, message: &str) -> bool {
        let mut lock = check(&self.read());
        let is_recorded = lock.record(&BTreeSet::new(), message, "2026-12-01").is_some();
        self.write(LOCK_FILE, &lock.to_string());
        self.commit();
        is_recorded
    }

    /// Makes a branch of `main` for each, with these releases.
    fn branches(base: &[&str], branches: &[&[&str]], attributes: &str) -> (Self, BTreeSet<Fact>) {
        let repository = Self::new(attributes);
        let mut facts = repository.release(base);
        for (at, schemas) in branches.iter().enumerate() {
            repository.git(&["checkout", "-q", "-b", &format!("b{at}"), "main"]);
            facts.extend(repository.release(schemas));
        }
        (repository, facts)
    }
}

/// Merges the branches in every order, and holds what comes out against what each of them released.
#[track_caller]
fn merges(base: &[&str], branches: &[&[&str]]) {
    let (repository, facts) = Repository::branches(base, branches, UNION);
    for (attempt, order) in orders(branches.len()).into_iter().enumerate() {
        let name = format!("merged{attempt}");
        repository.git(&["checkout", "-q", "-b", &name, &format!("b{}", order[0])]);
        for branch in &order[1..] {
            repository.git(&["merge", "-q", "--no-edit", &format!("b{branch}")]);
            check(&repository.read());
        }
        let text = repository.read();
        let mut lock = check(&text);
        assert_eq!(lock.facts(), facts, "{text}");
        assert_eq!(Lock::parse(&lock.to_string()).expect("it is written").to_string(), {
            lock.to_string()
        });

        let (version, before) = (lock.version(), lock.clone());
        let more: BTreeSet<_> = &facts | &schema("zebra: stripes integer").facts();
        let next = lock.record(&more, "zebras", "2026-12-01").expect("a release").clone();
        assert_eq!(next.version, version + 1);
        assert_eq!(lock.additions(&next).len(), 2);
        let passed: BTreeSet<_> = lock.releases().iter().flat_map(|old| &old.after).collect();
        for old in before.releases() {
            assert!(passed.contains(&old.id().to_owned()), "{} is no head now", old.version);
        }
        check(&lock.to_string());
        assert_eq!(lock.check_superset_of(&before), Ok(()));
    }
}

fn check(text: &str) -> Lock {
    let lock = Lock::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(lock.verify_all(), Ok(()), "{text}");
    lock
}

fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let longer = shorter.iter().flat_map(|order| {
        (0..=order.len()).map(|at| {
            let mut order = order.clone();
            order.insert(at, count - 1);
            order
        })
    });
    longer.collect()
}

const TODO: &[&str] = &["todo: title text, done bool?, state enum(Open Done)"];

#[test]
fn each_adds_a_column() {
    merges(TODO, &[&["todo: due date"], &["todo: duration integer"]]);
    merges(TODO, &[&["todo: a text"], &["todo: zone text"]]);
    merges(TODO, &[&["todo: title_a text"], &["todo: title_b text"]]);
}

#[test]
fn both_add_the_very_same_column() {
    merges(TODO, &[&["todo: due date"], &["todo: due date"]]);
    merges(TODO, &[&["todo: due date"], &["todo: due date, owner text"]]);
    merges(TODO, &[&["todo: due date", "todo: owner text"], &["todo: due date, owner text"]]);
    merges(
        TODO,
        &[&["todo: due date", "todo: owner text"], &["todo: owner text", "todo: due date"]],
    );
}

#[test]
fn each_adds_a_table() {
    merges(TODO, &[&["category: name text"], &["person: name text"]]);
    merges(TODO, &[&["a: name text"], &["b: name text"]]);
    merges(TODO, &[&["x local: name text"], &["y: name text, todo_id id(todo)"]]);
}

#[test]
fn both_add_the_same_table() {
    merges(TODO, &[&["category: name text"], &["category: name text, color integer"]]);
    merges(TODO, &[&["a: name text"], &["a: size integer"]]);
}

#[test]
fn each_adds_a_variant() {
    merges(TODO, &[&["todo: state enum(Later)"], &["todo: state enum(Never)"]]);
    merges(TODO, &[&["todo: kind enum(A B)"], &["todo: kind enum(A C)"]]);
}

#[test]
fn each_makes_a_column_wider() {
    const SIZE: &[&str] = &["todo: size integer 0..=9"];
    merges(SIZE, &[&["todo: size integer -9..=9"], &["todo: size integer 0..=99"]]);
    merges(SIZE, &[&["todo: size integer .."], &["todo: size integer .."]]);
    merges(SIZE, &[&["todo: size integer -9..=9", "todo: size integer .."], &["todo: due date"]]);
    merges(
        SIZE,
        &[
            &["todo: size integer -9..=9"],
            &["todo: size integer 0..=99"],
            &["todo: size integer .."],
        ],
    );
}

#[test]
fn each_replaces_columns() {
    const NOTE: &[&str] = &["todo: note text, body json"];
    merges(NOTE, &[&["todo: body json replaces(note)"], &["todo: due date"]]);
    merges(
        NOTE,
        &[&["todo: body json replaces(note)"], &["todo: body json replaces(note), due date"]],
    );
    merges(
        NOTE,
        &[
            &["todo: body json replaces(note)", "todo: body json replaces(note) 2"],
            &["todo: body json replaces(note)", "todo: body json replaces(note) 3"],
        ],
    );
    merges(
        NOTE,
        &[
            &["category key(name): name text", "todo: a id(category) replaces(note) by key"],
            &["category key(name): name text", "todo: memo text? replaces(note)"],
        ],
    );
}

/// One branch has an ara that records ranges, and the other one of before.
#[test]
fn one_takes_a_lock_to_the_next_format() {
    let formats = ["\"format\": 1,", "\"format\": 2,"];
    let repository = Repository::new(UNION);
    let write_older = |repository: &Repository| {
        repository.write(LOCK_FILE, &repository.read().replace(formats[1], formats[0]));
        repository.commit();
    };
    repository.release(&["todo: size integer"]);
    write_older(&repository);
    repository.git(&["checkout", "-q", "-b", "newer"]);
    repository.release(&["todo: size integer 0..=9"]);
    assert!(repository.read().contains(formats[1]));
    repository.git(&["checkout", "-q", "-b", "older", "main"]);
    repository.release(&["todo: due date"]);
    write_older(&repository);

    repository.git(&["merge", "-q", "--no-edit", "newer"]);
    let text = repository.read();
    assert!(text.contains(formats[1]) && !text.contains(formats[0]), "{text}");
    let expected = schema("todo: due date, size integer 0..=9").facts();
    assert_eq!(check(&text).schema().facts(), expected);
}

#[test]
fn one_records_more_than_the_other() {
    merges(TODO, &[&["todo: due date", "todo: owner text"], &["todo: duration integer"]]);
    merges(
        TODO,
        &[&["todo: b date", "todo: a text", "a: b text"], &["todo: c integer", "b: c text"]],
    );
}

#[test]
fn three_branches() {
    merges(TODO, &[&["todo: due date"], &["todo: duration integer"], &["todo: dust text"]]);
    merges(
        TODO,
        &[&["a: due date"], &["a: due date, b text"], &["todo: dust text", "a: due date"]],
    );
}

#[test]
fn each_records_the_first_release() {
    merges(&[], &[&["todo: title text"], &["category: name text"]]);
    merges(&[], &[&["todo: title text"], &["todo: title text"]]);
    merges(&[], &[&["todo: title text, a text"], &["todo: title text, b text", "a: b text"]]);
}

#[test]
fn a_merge_of_merges() {
    let (repository, _) = Repository::branches(
        TODO,
        &[&["todo: due date"], &["todo: duration integer"], &["a: b text"], &["z: b text"]],
        UNION,
    );
    let mut facts = schema(TODO[0]).facts();
    for (ours, theirs, more) in
        [("b0", "b1", "todo: e text"), ("b2", "b3", "todo: due date, f text")]
    {
        repository.git(&["checkout", "-q", ours]);
        repository.git(&["merge", "-q", "--no-edit", theirs]);
        facts.extend(check(&repository.read()).facts());
        facts.extend(repository.release(&[more]));
    }
    repository.git(&["merge", "-q", "--no-edit", "b0"]);
    let mut lock = check(&repository.read());
    assert_eq!(lock.facts(), facts);
    assert_eq!(lock.version(), 3);
    facts.extend(schema("a: c text").facts());
    let next = lock.record(&facts, "", "2026-11-22").expect("a release");
    assert_eq!((next.version, next.after.len()), (4, 2));
    check(&lock.to_string());
}

#[test]
fn a_release_joins_two_branches() {
    let (repository, facts) =
        Repository::branches(TODO, &[&["todo: due date"], &["todo: duration integer"]], UNION);
    // What one branch joins, another merges with more: in either order it is one lock.
    repository.git(&["checkout", "-q", "b0"]);
    repository.git(&["merge", "-q", "--no-edit", "b1"]);
    repository.git(&["checkout", "-q", "-b", "other"]);
    repository.release(&["todo: owner text"]);
    repository.git(&["checkout", "-q", "b0"]);
    assert!(repository.join("merge"));
    assert!(!repository.join("merge again"));
    let lock = check(&repository.read());
    assert_eq!((lock.version(), lock.facts()), (3, facts));
    let join = lock.releases().last().expect("a release");
    assert_eq!(lock.before(join).map(|release| release.version).collect::<Vec<_>>(), [2, 2]);

    repository.git(&["merge", "-q", "--no-edit", "other"]);
    let lock = check(&repository.read());
    assert_eq!((lock.version(), lock.releases().len()), (3, 5));
    // The other branch had all that was joined.
    assert!(!repository.join("merge other"));
}

#[test]
fn what_is_released_in_two_ways_is_refused() {
    for (ours, theirs, parts) in [
        ("todo: due text", "todo: due integer", ["todo.due text", "todo.due integer"]),
        ("todo: due text", "todo: due enum(A B)", ["todo.due text", "todo.due enum"]),
        ("a: b id(todo)", "a: b id(a)", ["a.b id todo", "a.b id a"]),
        ("a: b text", "a local: b text", ["table a`", "table a local`"]),
        ("a: b text", "a key(b): b text", ["table a`", "table a key b`"]),
        (
            "todo: a text, b text replaces(a)",
            "todo: a text, b text replaces(title)",
            ["lens todo.b 1 a", "lens todo.b 1 title"],
        ),
    ] {
        let (repository, _) = Repository::branches(TODO, &[&[ours], &[theirs]], UNION);
        repository.git(&["merge", "-q", "--no-edit", "b0"]);
        let text = repository.read();
        let error = Lock::parse(&text).expect_err("a conflict");
        assert!(error.reason.contains("two branches released it differently"), "{error}");
        for part in parts {
            assert!(error.reason.contains(part), "{error}");
        }
        let named = |line: usize| error.reason.contains(&format!("line {line} "));
        let lines: Vec<_> = (1..=text.lines().count()).filter(|line| named(*line)).collect();
        assert_eq!(lines.len(), 2, "{error}");
        assert_eq!(error.line, lines.last().copied());
        for line in lines {
            let line = text.lines().nth(line - 1).unwrap_or_default();
            assert!(line.contains("\"table\": "), "{line}");
        }
    }
}

#[test]
fn without_the_attribute_the_markers_are_told() {
    let (repository, _) =
        Repository::branches(TODO, &[&["todo: due date"], &["todo: duration integer"]], "");
    assert!(!repository.try_git(&["merge", "-q", "--no-edit", "b0"]).status.success());
    let text = repository.read();
    let error = Lock::parse(&text).expect_err("a conflict");
    let marker = text.lines().position(|line| line.starts_with("<<<<<<<")).expect("a marker");
    assert_eq!(error.line, Some(marker + 1));
    assert!(error.reason.contains("ara.lock merge=union"), "{error}");

    // What it says to do helps.
    let markers = ["<<<<<<<", "=======", ">>>>>>>"];
    let lines = text.lines().filter(|line| !markers.iter().any(|marker| line.starts_with(marker)));
    check(&lines.collect::<Vec<_>>().join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 6,
        max_shrink_iters: 20,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// However branches release and merge each other, the files stay valid and lose nothing. Releases
    /// are made right after merges too, so what was merged out of order is sorted again on one side.
    #[test]
    fn whatever_branches_do(
        steps in prop::collection::vec((0..3_usize, 0..3_usize, "[a-d]", "[a-f]{1,2}"), 4..18),
    ) {
        let (repository, base) = Repository::branches(TODO, &[&[], &[], &[]], UNION);
        let mut facts = [base.clone(), base.clone(), base];
        for (branch, other, table, column) in steps {
            repository.git(&["checkout", "-q", &format!("b{branch}")]);
            if branch == other {
                let more = format!("{table}: {column} text");
                let before = facts[branch].len();
                facts[branch].extend(schema(&more).facts());
                if facts[branch].len() > before {
                    repository.release(&[&more]);
                } else {
                    repository.join("join");
                }
            } else {
                repository.git(&["merge", "-q", "--no-edit", &format!("b{other}")]);
                let theirs = facts[other].clone();
                facts[branch].extend(theirs);
            }
            prop_assert_eq!(&check(&repository.read()).facts(), &facts[branch]);
        }
    }
}
