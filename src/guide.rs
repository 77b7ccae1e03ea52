#![doc = include_str!("guide_links.md")]
#![doc = include_str!("../guide/README.md")]

/// Declares a page of the guide.
///
/// A page defines the labels of its links as files, for those who read it in the repository. Of two
/// definitions of a label the first counts, so that here the links lead to the modules.
macro_rules! page {
    ($name:ident: $text:expr) => {
        #[doc = include_str!("guide_links.md")]
        #[doc = $text]
        pub mod $name {}
    };
}

page! { first_program: include_str!("../guide/first_program.md") }
page! { missing: include_str!("../guide/missing.md") }
page! { types: include_str!("../guide/types.md") }
// Its programs need another crate: they are doctests of `guide/recipes`.
#[cfg(not(doctest))]
page! { times: include_str!("../guide/times.md") }
page! { writing: include_str!("../guide/writing.md") }
page! { transactions: include_str!("../guide/transactions.md") }
page! { queries: include_str!("../guide/queries.md") }
page! { joins: include_str!("../guide/joins.md") }
page! { groups: include_str!("../guide/groups.md") }
page! { subqueries: include_str!("../guide/subqueries.md") }
page! { pages: include_str!("../guide/pages.md") }
page! { prepared: include_str!("../guide/prepared.md") }
page! { sql: include_str!("../guide/sql.md") }
page! { search: include_str!("../guide/search.md") }
page! { watching: include_str!("../guide/watching.md") }
page! { schema: include_str!("../guide/schema.md") }
page! { replacing: include_str!("../guide/replacing.md") }
page! { ci: include_str!("../guide/ci.md") }
page! { ensure: include_str!("../guide/ensure.md") }
page! { devices: include_str!("../guide/devices.md") }
#[cfg(feature = "wire")]
page! { bytes: include_str!("../guide/bytes.md") }
#[cfg(not(feature = "wire"))]
page! { bytes: "This page is about the feature `wire`: build the documentation with it to read the page." }
page! { counters: include_str!("../guide/counters.md") }
#[cfg(feature = "text")]
page! { texts: include_str!("../guide/texts.md") }
#[cfg(not(feature = "text"))]
page! { texts: "This page is about the feature `text`: build the documentation with it to read the page." }
page! { history: include_str!("../guide/history.md") }
page! { forgetting: include_str!("../guide/forgetting.md") }
page! { maintenance: include_str!("../guide/maintenance.md") }
#[cfg(feature = "encryption")]
page! { encryption: include_str!("../guide/encryption.md") }
#[cfg(not(feature = "encryption"))]
page! { encryption: "This page is about the feature `encryption`: build the documentation with it to read the page." }
page! { tracing: include_str!("../guide/tracing.md") }
#[cfg(feature = "sync")]
page! { sync: include_str!("../guide/sync.md") }
#[cfg(not(feature = "sync"))]
page! { sync: "This page is about the feature `sync`: build the documentation with it to read the page." }
page! { sync_security: include_str!("../guide/sync_security.md") }
page! { relay: include_str!("../guide/relay.md") }
// The programs of these two need other crates: they are the doctests of `guide/recipes`.
#[cfg(not(doctest))]
page! { async_apps: include_str!("../guide/async_apps.md") }
#[cfg(not(doctest))]
page! { web_server: include_str!("../guide/web_server.md") }
page! { gui: include_str!("../guide/gui.md") }
page! { fake_clock: include_str!("../guide/fake_clock.md") }
page! { repository: include_str!("../guide/repository.md") }
page! { money: include_str!("../guide/money.md") }
page! { importing: include_str!("../guide/importing.md") }
#[cfg(feature = "csv")]
page! { spreadsheets: include_str!("../guide/spreadsheets.md") }
#[cfg(not(feature = "csv"))]
page! { spreadsheets: "This page is about the feature `csv`: build the documentation with it to read the page." }
page! { json_lines: include_str!("../guide/json_lines.md") }

page! { wire_format: include_str!("../guide/wire_format.md") }
page! { sync_wire: include_str!("../guide/sync_wire.md") }
page! { sync_formats: include_str!("../guide/sync_formats.md") }
page! { sync_log: include_str!("../guide/sync_log.md") }
page! { file_format: include_str!("../FORMAT.md") }

#[doc(inline)]
pub use ara_core::schema::schema_changes;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::{fs, io};

    /// The names of the pages, as they follow `before` in a text, up to `after`.
    fn pages(text: &str, before: &str, after: &str) -> BTreeSet<String> {
        let found = text.split(before).skip(1).filter_map(|rest| rest.split_once(after));
        let is_name = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        found.map(|(name, _)| name).filter(is_name).map(str::to_owned).collect()
    }

    #[test]
    fn each_page_is_listed_everywhere() -> io::Result<()> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("guide");
        let mut files = BTreeSet::new();
        for entry in fs::read_dir(&folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            files.extend(name.strip_suffix(".md").map(str::to_owned));
        }
        assert!(files.remove("README") && files.remove("SUMMARY") && !files.is_empty());
        let read = |name: &str| fs::read_to_string(folder.join(name));
        assert_eq!(files, pages(&read("SUMMARY.md")?, "](", ".md)"));
        assert_eq!(files, pages(&read("README.md")?, "][", ".md]"));
        assert_eq!(files, pages(include_str!("guide.rs"), "(\"../guide/", ".md\")"));
        assert_eq!(files, pages(include_str!("guide_links.md"), "[", ".md]: crate::guide::"));
        Ok(())
    }

    #[test]
    fn each_link_has_a_label_that_is_defined() -> io::Result<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = vec![fs::read_to_string(root.join("README.md"))?];
        for entry in fs::read_dir(root.join("guide"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "md") {
                texts.push(fs::read_to_string(path)?);
            }
        }
        let known = include_str!("guide_links.md");
        for text in texts {
            for label in text.split("][").skip(1).filter_map(|rest| rest.split(']').next()) {
                let is_label = label.chars().all(|c| c.is_ascii_lowercase() || "_.".contains(c));
                if is_label && label.len() > 2 {
                    assert!(text.contains(&format!("\n[{label}]: ")), "{label} in {text}");
                    assert!(known.contains(&format!("[{label}]: ")), "{label}");
                }
            }
        }
        Ok(())
    }
}
