//! The schema of the code, which `ara::schema!` puts into a message of the compiler.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use ara_schema::Snapshot;
use ara_schema::compile_time::EMITTED;
use cargo_metadata::camino::Utf8PathBuf;
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel};
use cargo_metadata::{CompilerMessage, Message, PackageId, Target};
use serde::Deserialize;

use crate::output::does_not_compile::DoesNotCompile;

/// A schema that the code declares.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Emitted {
    /// The name of the schema.
    #[serde(rename = "schema")]
    pub name: String,
    /// Its tables.
    pub tables: Snapshot,
    /// The files with which the targets that declare it begin.
    #[serde(skip)]
    pub roots: Vec<Utf8PathBuf>,
}

/// What the compiler has said about a package that was asked for its schema.
#[derive(Debug, Default)]
pub struct Said {
    /// The schemas, and where they are declared.
    emitted: Vec<(Emitted, Place)>,
    /// The files with which the targets begin that declare them.
    roots: Vec<Utf8PathBuf>,
    /// All other errors, as the compiler shows them.
    errors: Vec<String>,
}

/// The place where a schema is declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The option with which cargo compiles nothing else.
    target: String,
    /// The file and the line.
    line: String,
}

impl Said {
    /// Takes a message of cargo.
    pub fn hear(&mut self, message: Message, package: &PackageId) -> Result<()> {
        let Message::CompilerMessage(CompilerMessage { package_id, target, message, .. }) = message
        else {
            return Ok(());
        };
        if let Some((_, json)) = message.message.split_once(EMITTED) {
            if package_id == *package {
                let Ok(emitted) = serde_json::from_str(json.trim_end()) else {
                    bail!(
                        "the app's ara writes its schema in a way that this `cargo ara` cannot \
                         read: use the `cargo ara` of the version of ara that the app uses"
                    );
                };
                self.emitted.push((emitted, Place::of(&target, &message)));
                self.roots.push(target.src_path);
            }
        } else if is_error(&message) {
            self.errors.push(message.rendered.unwrap_or(message.message));
        }
        Ok(())
    }

    /// Returns the schema, if there is exactly one. `succeeded` says whether everything has compiled, and
    /// `cargo` is what cargo has said besides the messages.
    pub fn schema(self, package: &str, succeeded: bool, cargo: &str) -> Result<Emitted> {
        let Some((first, _)) = self.emitted.first() else {
            return Err(Self::without_schema(self.errors, package, succeeded, cargo));
        };
        if self.emitted.iter().any(|(emitted, _)| emitted != first) {
            bail!("{}", several(package, &self.emitted));
        }
        Ok(Emitted { roots: self.roots, ..first.clone() })
    }

    /// Returns the error for a package that has emitted no schema.
    fn without_schema(
        errors: Vec<String>,
        package: &str,
        succeeded: bool,
        cargo: &str,
    ) -> anyhow::Error {
        if succeeded {
            return anyhow::anyhow!(
                "`{package}` declares no schema\nname its tables in its library, or in its binary: \
                 `ara::schema! {{ pub App: Todo, Category }}`\nif it does so in a binary or behind \
                 a feature, say which: `--bin <NAME>`, `--features <FEATURES>`"
            );
        }
        let compiler = if errors.is_empty() { cargo.to_owned() } else { errors.join("\n") };
        DoesNotCompile { package: package.to_owned(), compiler }.into()
    }
}

impl Place {
    /// Returns the place that a message is about.
    fn of(target: &Target, message: &Diagnostic) -> Self {
        let span = message.spans.iter().find(|span| span.is_primary);
        let line = span.map_or_else(
            || target.src_path.to_string(),
            |span| format!("{}:{}", span.file_name, span.line_start),
        );
        let target =
            if target.is_bin() { format!("--bin {}", target.name) } else { "--lib".to_owned() };
        Self { target, line }
    }
}

/// Returns whether a message is an error, and not only the number of errors.
fn is_error(message: &Diagnostic) -> bool {
    matches!(message.level, DiagnosticLevel::Error | DiagnosticLevel::Ice)
        && !message.message.starts_with("aborting due to")
}

/// Returns the message for a package with several schemas.
fn several(package: &str, emitted: &[(Emitted, Place)]) -> String {
    let mut places: BTreeMap<&Place, Vec<&str>> = BTreeMap::new();
    for (emitted, place) in emitted {
        places.entry(place).or_default().push(&emitted.name);
    }
    let mut told = format!("`{package}` declares several schemas that differ:");
    for (place, names) in &places {
        told.push_str(&format!("\n  {:<16} {} in {}", place.target, names.join(", "), place.line));
    }
    let mut targets: Vec<_> = places.keys().map(|place| &place.target).collect();
    targets.dedup();
    told.push_str(if targets.len() == places.len() {
        "\na package has one `ara.lock`, and so one schema: say which, by `--lib` or `--bin <NAME>`"
    } else {
        "\na package has one `ara.lock`, and so one schema: name all tables in one `ara::schema!`"
    });
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODO: &str = r#"{"schema":"App","tables":[{"name":"todo","columns":[{"name":"title","type":"text","required":true}]}]}"#;

    /// A message as cargo writes it.
    fn message(package: &str, target: (&str, &str), level: &str, text: &str) -> Message {
        let (kind, name) = target;
        let message = serde_json::json!({
            "reason": "compiler-message",
            "package_id": package,
            "manifest_path": "/app/Cargo.toml",
            "target": {
                "kind": [kind], "crate_types": [kind], "name": name, "src_path": "/app/src/main.rs",
                "edition": "2024", "doc": true, "doctest": true, "test": true
            },
            "message": {
                "rendered": format!("{level}: {text}\n"),
                "$message_type": "diagnostic",
                "children": [],
                "level": level,
                "message": text,
                "spans": [{
                    "byte_end": 9, "byte_start": 1, "column_end": 9, "column_start": 1,
                    "expansion": null, "file_name": "src/main.rs", "is_primary": true,
                    "label": null, "line_end": 7, "line_start": 7,
                    "suggested_replacement": null, "suggestion_applicability": null, "text": []
                }],
                "code": {"code": "E0080", "explanation": null}
            }
        });
        serde_json::from_value(message).expect("as cargo writes it")
    }

    fn emission(json: &str) -> String {
        format!("evaluation panicked: {EMITTED}{json}")
    }

    fn said(messages: &[(&str, (&str, &str), &str, &str)]) -> Said {
        let mut said = Said::default();
        let asked = PackageId { repr: "app".to_owned() };
        for (package, target, level, text) in messages {
            said.hear(message(package, *target, level, text), &asked).expect("it is readable");
        }
        said
    }

    #[test]
    fn the_schema_is_found_among_the_errors() -> Result<()> {
        let said = said(&[
            ("dependency", ("lib", "dependency"), "warning", "unused"),
            ("app", ("lib", "app"), "error", &emission(TODO)),
            ("app", ("lib", "app"), "error", "table `todo` was released, and is gone"),
            ("app", ("lib", "app"), "error", "aborting due to 2 previous errors"),
        ]);
        assert_eq!(said.errors.len(), 1);
        let schema = said.schema("app", false, "")?;
        assert_eq!(schema.name, "App");
        assert_eq!(schema.tables.tables.len(), 1);
        assert_eq!(schema.roots, ["/app/src/main.rs"]);
        Ok(())
    }

    #[test]
    fn targets_may_share_a_schema_and_not_differ() -> Result<()> {
        let one = emission(TODO);
        let same =
            said(&[("app", ("bin", "a"), "error", &one), ("app", ("bin", "b"), "error", &one)]);
        assert_eq!(same.schema("app", false, "")?.name, "App");

        let other = emission(r#"{"schema":"Other","tables":[]}"#);
        let differ =
            said(&[("app", ("bin", "a"), "error", &one), ("app", ("lib", "app"), "error", &other)]);
        let told = differ.schema("app", false, "").expect_err("they differ").to_string();
        assert!(told.contains("--bin a          App in src/main.rs:7"), "{told}");
        assert!(told.contains("--lib            Other in src/main.rs:7"), "{told}");
        assert!(told.ends_with("by `--lib` or `--bin <NAME>`"), "{told}");

        let twice = said(&[
            ("app", ("lib", "app"), "error", &one),
            ("app", ("lib", "app"), "error", &other),
        ]);
        let told = twice.schema("app", false, "").expect_err("they differ").to_string();
        assert!(told.contains("App, Other"), "{told}");
        Ok(())
    }

    #[test]
    fn another_package_is_not_meant() {
        let said = said(&[("other", ("lib", "other"), "error", &emission(TODO))]);
        let told = said.schema("app", true, "").expect_err("it has none").to_string();
        assert!(told.starts_with("`app` declares no schema\n"), "{told}");
    }

    #[test]
    fn what_else_is_wrong_is_shown() -> Result<()> {
        let broken = said(&[("app", ("lib", "app"), "error", "mismatched types")]);
        let error = broken.schema("app", false, "noise").expect_err("it does not compile");
        let error: DoesNotCompile = error.downcast()?;
        assert_eq!(error.compiler, "error: mismatched types\n");

        let nothing = said(&[]).schema("app", false, "error: no such target");
        let error: DoesNotCompile = nothing.expect_err("cargo failed").downcast()?;
        assert_eq!(error.compiler, "error: no such target");
        Ok(())
    }

    #[test]
    fn a_newer_form_is_told() {
        let asked = PackageId { repr: "app".to_owned() };
        let newer = emission(
            r#"{"schema":"App","tables":[{"name":"a","columns":[{"name":"b","type":"new"}]}]}"#,
        );
        let told = Said::default().hear(message("app", ("lib", "app"), "error", &newer), &asked);
        assert!(told.expect_err("it is unknown").to_string().contains("cannot read"));
    }
}
