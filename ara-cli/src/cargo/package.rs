//! The package that the arguments mean.

use std::env;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{DependencyKind, Error as CargoError, MetadataCommand, PackageId};

use crate::args::Selection;

/// A package that may declare a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The name of the package.
    pub name: String,
    /// What cargo calls it.
    pub id: PackageId,
    /// The path of its `Cargo.toml`.
    pub manifest: Utf8PathBuf,
    /// Whether it depends on `ara`.
    pub uses_ara: bool,
}

impl Package {
    /// Finds the package that the arguments mean.
    pub fn find(selection: &Selection) -> Result<Self> {
        let mut command = MetadataCommand::new();
        command.no_deps().other_options(selection.cargo_options());
        if let Some(manifest) = &selection.manifest_path {
            command.manifest_path(manifest);
        }
        let members: Vec<_> =
            command.exec().map_err(told)?.packages.into_iter().map(Self::from).collect();
        let here = match &selection.manifest_path {
            Some(manifest) => std::path::absolute(manifest)
                .with_context(|| format!("{} is no path", manifest.display()))?,
            None => {
                env::current_dir().context("the current folder cannot be read")?.join("Cargo.toml")
            }
        };
        pick(&members, selection.package.as_deref(), here.parent().unwrap_or(&here)).cloned()
    }

    /// Returns the folder of its `Cargo.toml`.
    pub fn folder(&self) -> &Utf8Path {
        self.manifest.parent().unwrap_or(&self.manifest)
    }
}

impl From<cargo_metadata::Package> for Package {
    fn from(package: cargo_metadata::Package) -> Self {
        let uses_ara = package.dependencies.iter().any(|dependency| {
            let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
            name == "ara" && dependency.kind == DependencyKind::Normal
        });
        let name = package.name.to_string();
        Self { name, id: package.id, manifest: package.manifest_path, uses_ara }
    }
}

/// Returns the error for a failure of `cargo metadata`, with what to do about it.
fn told(error: CargoError) -> anyhow::Error {
    match error {
        CargoError::CargoMetadata { stderr } => {
            let said = anstream::adapter::strip_str(stderr.trim()).to_string();
            let said = said.strip_prefix("error: ").unwrap_or(&said);
            if said.starts_with("could not find `Cargo.toml`") {
                anyhow::anyhow!(
                    "{said}\nrun `cargo ara` in the folder of your app's package, or name its \
                     Cargo.toml: `--manifest-path path/to/Cargo.toml`"
                )
            } else {
                anyhow::anyhow!("{said}")
            }
        }
        other => anyhow::Error::new(other).context("`cargo metadata` cannot be asked"),
    }
}

/// Picks the package that is called `asked`, or else the one that the folder `here` is in, or else the only
/// one that uses ara.
fn pick<'p>(members: &'p [Package], asked: Option<&str>, here: &Path) -> Result<&'p Package> {
    if let Some(asked) = asked {
        let found = members.iter().find(|member| member.name == asked || member.id.repr == asked);
        let Some(found) = found else {
            let names = listed(members.iter());
            bail!("this workspace has no package `{asked}`; it has {names}");
        };
        return using_ara(found, members);
    }
    let around = members.iter().filter(|member| here.starts_with(member.folder()));
    if let Some(nearest) = around.max_by_key(|member| member.folder().as_str().len()) {
        // The root of a workspace may be a package that does not use ara. Then another member is meant.
        let is_root = members
            .iter()
            .any(|member| member != nearest && member.manifest.starts_with(nearest.folder()));
        if nearest.uses_ara || !is_root {
            return using_ara(nearest, members);
        }
    }
    let mut using = members.iter().filter(|member| member.uses_ara);
    match (using.next(), using.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => bail!(
            "no package of this workspace depends on ara\nadd it to the one that keeps data: \
             `cargo add ara -p <NAME>`"
        ),
        (Some(_), Some(_)) => bail!(
            "several packages of this workspace depend on ara: {}\nsay which one you mean: \
             `-p <NAME>`",
            listed(members.iter().filter(|member| member.uses_ara)),
        ),
    }
}

/// Returns the package, unless it does not use ara.
fn using_ara<'p>(package: &'p Package, members: &[Package]) -> Result<&'p Package> {
    if package.uses_ara {
        return Ok(package);
    }
    let using: Vec<_> = members.iter().filter(|member| member.uses_ara).collect();
    let name = &package.name;
    if using.is_empty() {
        bail!("package `{name}` does not depend on ara\nadd it: `cargo add ara -p {name}`");
    }
    bail!(
        "package `{name}` does not depend on ara; these of the workspace do: {}\nsay which one you \
         mean: `-p <NAME>`",
        listed(using.into_iter()),
    )
}

/// Returns the names of packages.
fn listed<'p>(packages: impl Iterator<Item = &'p Package>) -> String {
    let names: Vec<_> = packages.map(|package| format!("`{}`", package.name)).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(folder: &str, uses_ara: bool) -> Package {
        let name = folder.rsplit('/').next().unwrap_or(folder).to_owned();
        let id = PackageId { repr: format!("path+file://{folder}#0.1.0") };
        Package { name, id, manifest: format!("{folder}/Cargo.toml").into(), uses_ara }
    }

    fn picked(members: &[Package], asked: Option<&str>, here: &str) -> Result<String, String> {
        let picked = pick(members, asked, Path::new(here));
        picked.map(|package| package.name.clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_package_around_the_folder_is_meant() {
        let members = [member("/w", true), member("/w/a", true), member("/w/ab", true)];
        assert_eq!(picked(&members, None, "/w/a/src").as_deref(), Ok("a"));
        assert_eq!(picked(&members, None, "/w/ab").as_deref(), Ok("ab"));
        assert_eq!(picked(&members, None, "/w").as_deref(), Ok("w"));
        assert_eq!(picked(&members, Some("ab"), "/w/a").as_deref(), Ok("ab"));
    }

    #[test]
    fn at_the_root_the_only_one_is_meant() {
        let members = [member("/w", false), member("/w/a", false), member("/w/b", true)];
        assert_eq!(picked(&members, None, "/w").as_deref(), Ok("b"));
        let told = picked(&members, None, "/w/a").expect_err("it does not use ara");
        assert!(told.starts_with("package `a` does not depend on ara; these"), "{told}");
        assert!(told.contains("`b`"), "{told}");
    }

    #[test]
    fn where_there_are_several_one_must_be_named() {
        let members = [member("/w/a", true), member("/w/b", true), member("/w/c", false)];
        let told = picked(&members, None, "/w").expect_err("there are two");
        assert!(told.contains("`a`, `b`\n"), "{told}");
        let told = picked(&members, Some("d"), "/w").expect_err("there is none");
        assert!(told.contains("no package `d`; it has `a`, `b`, `c`"), "{told}");
        let told = picked(&members[2..], None, "/w").expect_err("there is none");
        assert!(told.starts_with("no package of this workspace depends on ara"), "{told}");
    }
}
