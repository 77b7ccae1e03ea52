//! Searching for words.

use ara_core::{SearchColumn, Searchable, Table, search_table};

use crate::expr::column::ColumnRef;
use crate::expr::scope::Scope;
use crate::expr::text::TextOperand;
use crate::expr::{Expr, Within};
use crate::query::Query;
use crate::query::select::{Computed, Selectable};
use crate::untyped::search::{Search, SnippetTerm};
use crate::untyped::term::{Term, Untyped};

/// # Search
impl<S: Scope, R> Query<'_, S, R> {
    /// Keeps the rows of the query's first table that contain the words of a text, in any of the columns
    /// that have `#[table(search)]`. The rows that fit best come first, unless the query has an order of its
    /// own. Deleted rows are not found.
    ///
    /// Case makes no difference, and neither do accents of Latin, Greek and Cyrillic, or points of Hebrew and
    /// Arabic. In scripts in which words have no spaces between them, such as Chinese, Japanese, Korean and
    /// Thai, everything that stands in a text is found. An emoji is a word, in any color of skin.
    ///
    /// The text can be what a user has written. It is never an error:
    ///
    /// | text | finds |
    /// |---|---|
    /// | `buy milk` | rows with both words |
    /// | `mil*` | rows with a word that begins so |
    /// | `"oat milk"` | rows with these words one after the other |
    /// | `milk -soy`, `milk -"soy milk"` | rows with the first word, and without the word or words after `-` |
    ///
    /// All other characters but emoji separate words. A text without a word that must be there finds nothing. Only
    /// the first 1,000 characters of the text count, and only the last search of a query.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo {
    ///     id: Id<Todo>,
    ///     #[table(search)]
    ///     title: NonEmptyString<1000>,
    ///     #[table(search)]
    ///     notes: Option<String>,
    /// }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk"))?;
    /// db.create(Todo::draft().title("Café").notes("milk: oat"))?;
    ///
    /// assert_eq!(db.query::<Todo>().search("buy mil*").count()?, 1);
    /// assert_eq!(db.query::<Todo>().search("cafe -soy").count()?, 1);
    /// assert_eq!(db.query::<Todo>().search("\"milk oat\"").count()?, 1);
    ///
    /// let snippet = ara::snippet(Todo::notes, "<b>", "</b>", 8);
    /// let found = db.query::<Todo>().search("oat").select((ara::rank(), snippet)).one()?;
    /// assert!(found.0.is_some_and(|rank| rank < 0.0));
    /// assert_eq!(found.1.as_deref(), Some("milk: <b>oat</b>"));
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn search<V, How>(mut self, text: V) -> Self
    where
        S::First: Searchable,
        V: TextOperand<(), How>,
    {
        let Untyped { term, notes } = text.text_operand();
        let index = search_table(S::First::TABLE);
        let search = index.map(|index| Search { index, text: term.value() });
        self.clauses.search(search, notes);
        self
    }
}

/// Returns how well a row fits what the query [searches](Query::search) for: a number that is never above
/// zero, and the lower the better it fits. Words that are in few rows weigh most (BM25).
///
/// A query that does not search fails with [`Error::NotSearched`](ara_core::Error::NotSearched) when it is
/// run.
#[must_use]
pub fn rank<S>() -> Expr<S, f64> {
    Expr::new(Untyped::of_search(Term::Computed(Search::rank())))
}

/// Returns the part of a column's text with most of the words that the query [searches](Query::search) for,
/// to be selected. If the column contains none of them, it is the beginning of the text.
///
/// The snippet has at most `words` words, and at most 64; a letter of a script in which words have no spaces
/// between them counts as a word. Each word that was searched for stands between `before` and `after`, and `…`
/// stands where text was left out. Grapheme clusters are never cut.
///
/// The text is not escaped. If it is to become HTML, mark the words by characters that are in no text,
/// escape the snippet, and then replace these characters by tags.
///
/// A query that does not search fails with [`Error::NotSearched`](ara_core::Error::NotSearched) when it is
/// run.
#[must_use]
pub fn snippet<C>(
    column: C,
    before: impl Into<String>,
    after: impl Into<String>,
    words: u32,
) -> Snippet<C>
where
    C: ColumnRef<Column: SearchColumn>,
{
    Snippet { column, before: before.into(), after: after.into(), words }
}

/// A part of the text of the column `C`, to be selected: see [`snippet`].
#[derive(Debug, Clone)]
pub struct Snippet<C> {
    column: C,
    before: String,
    after: String,
    words: u32,
}

#[diagnostic::do_not_recommend]
impl<S, R, C: ColumnRef + Within<S, I>, I> Selectable<S, R, I> for Snippet<C> {
    type Item = Computed<String>;

    fn into_untyped(self) -> Untyped {
        let Self { column, before, after, words } = self;
        let _ = column;
        let snippet = SnippetTerm { column: C::term(), before, after, words };
        Untyped::of_search(Term::Snippet(Box::new(snippet)))
    }
}
