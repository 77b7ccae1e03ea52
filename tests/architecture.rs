//! The order that `ARCHITECTURE.md` shows is the one that the code keeps: crates use those above them, and
//! files import from their own folder and from those above it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A file of a crate by its module path, such as `rows::plan`, and the module paths that it imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// The folder of the workspace.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What stands before the tests beside the code.
const TESTS: &str = "#[cfg(test)]";

/// The table that holds the change log.
const LOG_TABLE: &str = "ara_log";

/// The most files of a folder that may import each other in a circle.
const MOST_IN_A_CIRCLE: usize = 4;

#[test]
fn files_import_from_their_own_folder_and_from_those_above_it() -> io::Result<()> {
    let mut faults = Vec::new();
    for (krate, order) in tables("### `")? {
        let top = |name: &str| name.trim_end_matches('/').trim_end_matches(".rs").to_owned();
        let place = |module: &str| {
            let folder = module.split("::").next().unwrap_or_default();
            order.iter().position(|name| top(name) == folder)
        };
        let imports = imports(&Path::new(ROOT).join(source(&krate)))?;
        for (file, imported) in &imports {
            let Some(at) = place(file) else {
                faults.push(format!("{krate}: {file} is not in the table"));
                continue;
            };
            let below = imported.iter().filter(|module| place(module).is_none_or(|it| it > at));
            faults.extend(below.map(|module| format!("{krate}: {file} imports {module}")));
        }
        for name in &order {
            if !imports.keys().any(|file| place(file) == place(&top(name))) {
                faults.push(format!("{krate}: there is no {name}"));
            }
        }
        let circles = circles(&imports).into_iter().filter(|it| it.len() > MOST_IN_A_CIRCLE);
        faults.extend(circles.map(|circle| format!("{krate}: a circle of {circle:?}")));
    }
    assert!(faults.is_empty(), "{faults:#?}");
    Ok(())
}

#[test]
fn crates_use_those_above_them() -> io::Result<()> {
    let order: Vec<String> = tables("## The crates")?.into_iter().flat_map(|(_, it)| it).collect();
    assert!(order.len() > 5, "{order:?}");
    for (at, krate) in order.iter().enumerate() {
        let manifest = Path::new(ROOT).join(source(krate)).with_file_name("Cargo.toml");
        let manifest = fs::read_to_string(manifest)?;
        let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        let of_ours = dependencies.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        for used in of_ours.filter(|name| *name == "ara" || name.starts_with("ara-")) {
            let above = order.iter().position(|other| other == used);
            assert!(above.is_some_and(|above| above < at), "{krate} uses {used}");
        }
    }
    Ok(())
}

#[test]
fn the_table_of_the_log_has_one_owner() -> io::Result<()> {
    let mut users = BTreeSet::new();
    for (krate, _) in tables("### `")? {
        for (file, text) in files(&Path::new(ROOT).join(source(&krate)))? {
            let folder = file.split("::").next().unwrap_or_default();
            let code = code(&text);
            if code.contains(LOG_TABLE) {
                // The statement that creates it stands with those of ara's other tables.
                let is_made_there = file == "catalog::own_tables";
                users.insert(format!("{krate} {}", if is_made_there { &file } else { folder }));
            }
        }
    }
    let owners = ["ara-core catalog::own_tables", "ara-core log"].map(str::to_owned);
    assert_eq!(users, owners.into());
    Ok(())
}

/// The folder of a crate's source.
fn source(krate: &str) -> PathBuf {
    if krate == "ara" { "src".into() } else { Path::new(krate).join("src") }
}

/// Reads the tables of `ARCHITECTURE.md` below headings that begin so: the name that the heading has in
/// backticks, if any, and the names in the first column.
fn tables(heading: &str) -> io::Result<Vec<(String, Vec<String>)>> {
    let page = fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md"))?;
    let name = |line: &str| Some(line.split_once('`')?.1.split_once('`')?.0.to_owned());
    let mut tables = Vec::new();
    let mut is_within = false;
    for line in page.lines() {
        if line.starts_with('#') {
            is_within = line.starts_with(heading);
            if is_within {
                tables.push((name(line).unwrap_or_default(), Vec::new()));
            }
        } else if let (true, Some((_, names))) = (is_within, tables.last_mut()) {
            names.extend(name(line).filter(|_| line.starts_with("| `")));
        }
    }
    assert!(tables.iter().all(|(_, names)| !names.is_empty()) && !tables.is_empty());
    Ok(tables)
}

/// The files below a folder by their module paths. `lib.rs` and `main.rs` stand above all others, and tests
/// may do what they like.
fn files(source: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.strip_prefix(source).map_err(io::Error::other)?.with_extension("");
            let parts: Vec<_> = name.iter().filter_map(|part| part.to_str()).collect();
            let is_left_out = parts.contains(&"tests") || ["lib", "main"].contains(&parts[0]);
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") && !is_left_out {
                files.insert(parts.join("::"), fs::read_to_string(path)?);
            }
        }
    }
    Ok(files)
}

/// What each file below a folder imports from its crate.
fn imports(source: &Path) -> io::Result<Imports> {
    let files = files(source)?;
    let module = |path: &str| {
        let parts: Vec<_> = path.split("::").collect();
        let mut found = (1..=parts.len()).rev().map(|count| parts[..count].join("::"));
        found.find(|module| files.contains_key(module)).unwrap_or_else(|| parts[0].to_owned())
    };
    let imported = |(file, text): (&String, &String)| {
        let mut modules: BTreeSet<_> = paths(file, text).iter().map(|path| module(path)).collect();
        modules.remove(file);
        (file.clone(), modules)
    };
    Ok(files.iter().map(imported).collect())
}

/// A file without its tests and its comments.
fn code(text: &str) -> String {
    let is_of_tests = |(_, after): &(usize, &str)| after.trim_start().starts_with("mod ");
    let marks = text.match_indices(TESTS).map(|(at, mark)| (at, &text[at + mark.len()..]));
    let end = marks.into_iter().find(is_of_tests).map_or(text.len(), |(at, _)| at);
    let text = &text[..end];
    let code: Vec<_> =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    code.join(" ")
}

/// The paths within the crate that a file names, but for its tests, its comments and its own submodules.
fn paths(file: &str, text: &str) -> Vec<String> {
    let code = code(text);
    let mut paths = Vec::new();
    for (start, root) in [("crate::", ""), ("super::", file)] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            // What `super` is: a `super::super` is met at its first word.
            let mut rest = &code[at..];
            let mut base: Vec<_> = root.split("::").filter(|part| !part.is_empty()).collect();
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            rest = rest.strip_prefix("crate::").unwrap_or(rest);
            spread(&base.join("::"), rest, &mut paths);
        }
    }
    paths.retain(|path| !path.is_empty() && !path.starts_with(&format!("{file}::")));
    paths
}

/// Adds the paths of a tree such as `a::{b, c::d}` that begins a text.
fn spread(base: &str, tree: &str, paths: &mut Vec<String>) {
    let is_of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let head = tree.split(|c| !is_of_path(c)).next().unwrap_or_default();
    let path = [base, head].join("::").trim_matches(':').to_owned();
    let Some(group) =
        tree[head.len()..].strip_prefix('{').filter(|_| head.ends_with("::") || head.is_empty())
    else {
        return paths.push(path);
    };
    let mut depth = 0;
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let branch = group[start..at].trim();
                if !branch.is_empty() {
                    spread(&path, branch, paths);
                }
                start = at + 1;
                if c == '}' {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// The files that import each other in a circle, by what each can reach.
fn circles(imports: &Imports) -> BTreeSet<BTreeSet<&String>> {
    let reached = |from: &String| {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&String> = imports.get(from).into_iter().flatten().collect();
        while let Some(module) = next.pop() {
            if reached.insert(module) {
                next.extend(imports.get(module).into_iter().flatten());
            }
        }
        reached
    };
    let all: BTreeMap<_, _> = imports.keys().map(|file| (file, reached(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, reached) in &all {
        let leads_back = |other: &&&String| all.get(**other).is_some_and(|it| it.contains(*file));
        let circle: BTreeSet<&String> = reached.iter().filter(leads_back).copied().collect();
        circles.extend(Some(circle).filter(|circle| !circle.is_empty()));
    }
    circles
}

#[test]
fn imports_are_read_from_code_alone() {
    let text = "//! [link](crate::past)\n\
                use crate::rows::{plan::Plan, writing};\n\
                use super::{codec, node};\n\
                fn f() { crate::log::meta::get(); } // crate::sync\n\
                #[cfg(test)]\nmod tests { use crate::care; }\n";
    let mut found = paths("log::change", text);
    found.sort();
    let expected =
        ["log::codec", "log::meta::get", "log::node", "rows::plan::Plan", "rows::writing"];
    assert_eq!(found, expected);
    let circle =
        |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let imports: Imports = [("a", ["b"]), ("b", ["a"]), ("c", ["a"])]
        .map(|(file, to)| (file.to_owned(), circle(&to)))
        .into();
    let circles = circles(&imports);
    assert_eq!(circles.len(), 1);
    assert!(circles.iter().all(|circle| circle.len() == 2));
}
