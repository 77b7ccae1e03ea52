//! Figures of several things that do the same work, beside each other.

use std::fmt;

use crate::report::Figure;

/// How wide a column of figures is.
const WIDTH: usize = 19;

/// Rows of figures, one for each column that has it.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    work: String,
    cells: Vec<Option<Cell>>,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    measured: Figure,
    target: Option<Figure>,
}

impl Table {
    pub(crate) fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: vec![] }
    }

    /// Adds a figure to the row of this name. The first one that names a row makes it.
    pub(crate) fn add(
        &mut self,
        column: &str,
        work: &str,
        measured: Figure,
        target: Option<Figure>,
    ) {
        let at = self.rows.iter().position(|row| row.work == work).unwrap_or_else(|| {
            self.rows.push(Row { work: work.to_owned(), cells: vec![None; self.columns.len()] });
            self.rows.len() - 1
        });
        let cells = self.columns.iter().zip(&mut self.rows[at].cells);
        for (_, cell) in cells.filter(|(name, _)| **name == column) {
            *cell = Some(Cell { measured, target });
        }
    }
}

impl Row {
    /// Returns the targets of the row, which may be another one for each column.
    fn targets(&self) -> String {
        let mut targets: Vec<_> =
            self.cells.iter().flatten().filter_map(|cell| Some(cell.target?.to_string())).collect();
        targets.dedup();
        if targets.is_empty() { "-".to_owned() } else { targets.join(", ") }
    }
}

impl Cell {
    fn show(self) -> String {
        let missed = self.target.is_some_and(|target| self.measured.misses(target));
        format!("{}{}", self.measured, if missed { " missed" } else { "" })
    }
}

/// As Markdown shows it, and as it can be read where nothing shows Markdown.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {:58} | {:16} |", "work", "target")?;
        self.columns.iter().try_for_each(|name| write!(f, " {name:WIDTH$} |"))?;
        write!(f, "\n|---|---|{}", "---|".repeat(self.columns.len()))?;
        for row in &self.rows {
            write!(f, "\n| {:58} | {:16} |", row.work, row.targets())?;
            for cell in &row.cells {
                let shown = cell.map_or_else(|| "-".to_owned(), Cell::show);
                write!(f, " {shown:WIDTH$} |")?;
            }
        }
        Ok(())
    }
}
