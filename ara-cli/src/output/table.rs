//! Tables as text.

use comfy_table::{Attribute, Cell, ContentArrangement, Table, presets};

/// Returns an empty table with these headings.
pub fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        // `anstream` removes the styles where they are not wanted.
        .enforce_styling()
        .set_header(headings.iter().map(|text| Cell::new(text).add_attribute(Attribute::Bold)));
    table
}
