//! Writing through into columns that nothing replaces, as only a test can do.

use ara::__private::{Cells, Create, Update};

/// A draft or a patch of which some columns, by their positions in the struct without `id`, are written through from
/// others.
pub struct Through<W>(pub W, pub Vec<usize>);

fn marked(cells: Cells, columns: Vec<usize>) -> Cells {
    columns.into_iter().fold(cells, Cells::written_through)
}

impl<W: Create> Create for Through<W> {
    type Table = W::Table;

    fn into_cells(self) -> Cells {
        marked(self.0.into_cells(), self.1)
    }
}

impl<W: Update> Update for Through<W> {
    type Table = W::Table;

    fn into_cells(self) -> Cells {
        marked(self.0.into_cells(), self.1)
    }
}
