//! Functions of texts.

use ara_core::{IntoValue, Plain, Value};
use sea_query::{BinOper, Expr as Sql};

use crate::expr::comparand::Read;
use crate::expr::{Expr, Filter, Operand, Within};
use crate::untyped::condition::Condition;
use crate::untyped::null_rules::range;
use crate::untyped::sql::{and, binary, call, constant};
use crate::untyped::term::{Term, Untyped};

/// Types that are text: `String`, `NonEmptyString<MAX>`, and newtypes of them that implement `AsRef<str>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text",
    label = "expected a column or expression of text",
    note = "text functions take `String`, `NonEmptyString<MAX>`, and newtypes of text that implement `AsRef<str>`"
)]
pub trait Textual: Value {}

#[diagnostic::do_not_recommend]
impl<T: Value + AsRef<str>> Textual for T {}

/// What can stand for a text: one that the app gives, or a column or expression of text. `How` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text",
    label = "expected a text, or a column or expression of text"
)]
pub trait TextOperand<S, How> {
    #[doc(hidden)]
    fn text_operand(self) -> Untyped;
}

#[diagnostic::do_not_recommend]
impl<S, V: IntoValue<String>> TextOperand<S, Plain> for V {
    fn text_operand(self) -> Untyped {
        Untyped::bound::<String, _>(self)
    }
}

#[diagnostic::do_not_recommend]
impl<S, O: Operand<Value: Textual> + Within<S, I>, I> TextOperand<S, Read<I>> for O {
    fn text_operand(self) -> Untyped {
        self.untyped()
    }
}

/// Functions of columns and expressions of text. Where a text is absent, so is the result, and a filter
/// does not hold.
///
/// Upper and lower case are those of Unicode, in every script and for all languages alike. Accents are not case:
/// `a` is not like `ä`. [`search`](crate::Query::search) finds words without regard to both.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String }
///
/// let db = Database::memory()?;
/// db.create(Todo::draft().title("Buy milk"))?;
///
/// let todos = || db.query::<Todo>();
/// assert_eq!(todos().filter(Todo::title.like("buy%")).count()?, 1);
/// assert_eq!(todos().filter(Todo::title.starts_with("buy")).count()?, 0);
/// let parts = todos().select((Todo::title.upper(), Todo::title.substr(5, 4), Todo::title.length()));
/// assert_eq!(parts.one()?, (Some("BUY MILK".to_owned()), Some("milk".to_owned()), Some(8)));
/// # Ok::<(), ara::Error>(())
/// ```
pub trait TextFunctions: Operand {
    /// Holds where the text matches a pattern, without regard to case. In the pattern, `%` stands for any
    /// characters or none, and `_` for any one character. After a `\`, a character stands for itself.
    ///
    /// Characters are compared one by one: `Ä` is like `ä`, and `ß` is not like `ss`. No index serves.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String }
    /// # let db = Database::memory()?;
    /// db.create(Todo::draft().title("Äpfel"))?;
    /// assert!(db.query::<Todo>().filter(Todo::title.like("%äPF%")).exists()?);
    /// assert!(!db.query::<Todo>().filter(Todo::title.like("apfel")).exists()?);
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn like<S, V, H, I>(self, pattern: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
        V: TextOperand<S, H>,
    {
        holds(self.untyped(), pattern.text_operand(), |text, pattern| {
            call("ara_like", [text, pattern])
        })
    }

    /// Holds where the text is absent or does not match a pattern: the opposite of [`like`](Self::like).
    fn not_like<S, V, H, I>(self, pattern: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
        V: TextOperand<S, H>,
    {
        !self.like(pattern)
    }

    /// Holds where the text begins with exactly this prefix. If the app gives the prefix, an index on the
    /// column serves.
    fn starts_with<S, V, H, I>(self, prefix: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
        V: TextOperand<S, H>,
    {
        let prefix = prefix.text_operand();
        let Some(known) = known(&prefix) else {
            return holds(self.untyped(), prefix, |text, prefix| {
                has_at(text, prefix, |_, _| constant(1_i64))
            });
        };
        match (self.untyped(), after(known)) {
            (Untyped { term: Term::Column(column), .. }, Some(after)) => {
                Expr::new(range(column, known.into(), BinOper::SmallerThan, after.into()))
            }
            (it, after) => holds(it, prefix, |text, prefix| {
                let from = binary(text.clone(), BinOper::GreaterThanOrEqual, prefix);
                match after {
                    Some(after) => {
                        and(from, binary(text, BinOper::SmallerThan, Sql::Value(after.into())))
                    }
                    None => from,
                }
            }),
        }
    }

    /// Holds where the text ends with exactly this suffix.
    fn ends_with<S, V, H, I>(self, suffix: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
        V: TextOperand<S, H>,
    {
        holds(self.untyped(), suffix.text_operand(), |text, suffix| {
            has_at(text, suffix, |length, of_suffix| {
                let before = binary(length, BinOper::Sub, of_suffix);
                binary(before, BinOper::Add, constant(1_i64))
            })
        })
    }

    /// Holds where the text contains exactly this part.
    fn contains<S, V, H, I>(self, part: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
        V: TextOperand<S, H>,
    {
        holds(self.untyped(), part.text_operand(), |text, part| {
            binary(call("instr", [text, part]), BinOper::GreaterThan, constant(0_i64))
        })
    }

    /// Returns the text in lower case, as [`str::to_lowercase`] does.
    fn lower<S, I>(self) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
    {
        Expr::new(self.untyped().compute(|text| call("ara_lower", [text])))
    }

    /// Returns the text in upper case, as [`str::to_uppercase`] does.
    fn upper<S, I>(self) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
    {
        Expr::new(self.untyped().compute(|text| call("ara_upper", [text])))
    }

    /// Returns the text without the spaces at both ends.
    fn trim<S, I>(self) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
    {
        Expr::new(self.untyped().compute(|text| call("trim", [text])))
    }

    /// Returns the number of characters.
    fn length<S, I>(self) -> Expr<S, i64>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
    {
        Expr::new(self.untyped().compute(|text| call("ara_length", [text])))
    }

    /// Returns at most `length` characters, from the one at `start` on. As in SQL, the first character is
    /// at 1, and a negative `start` counts from the end.
    fn substr<S, I>(self, start: i64, length: u32) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
    {
        let (start, length) = (Sql::Value(start.into()), Sql::Value(i64::from(length).into()));
        Expr::new(self.untyped().compute(|text| call("ara_substr", [text, start, length])))
    }

    /// Returns the text followed by another one.
    fn concat<S, V, H, I>(self, other: V) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
        V: TextOperand<S, H>,
    {
        let joined = self.untyped().compute_with(other.text_operand(), |left, right| {
            binary(left, BinOper::Custom("||"), right)
        });
        Expr::new(joined)
    }

    /// Returns the text as a `String`, so that texts of different types can be compared.
    fn text<S, I>(self) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Textual,
    {
        Expr::new(self.untyped().compute(|text| text))
    }
}

impl<O: Operand> TextFunctions for O {}

/// Returns the condition that a text contains another one at a place, which is computed from both lengths.
/// They are compared as blobs, since SQLite's functions of texts stop at the first NUL.
fn has_at(text: Sql, part: Sql, place: impl FnOnce(Sql, Sql) -> Sql) -> Sql {
    let bytes = |text: Sql| Sql::from(sea_query::Func::cast_as(text, "blob"));
    let (text, part) = (bytes(text), bytes(part));
    let [length, of_part] = [&text, &part].map(|it| call("length", [it.clone()]));
    let fits = binary(length.clone(), BinOper::GreaterThanOrEqual, of_part.clone());
    let there = call("substr", [text, place(length, of_part.clone()), of_part]);
    // SQLite gives NULL for a part of an empty blob.
    let there = call("ifnull", [there, Sql::Value(Vec::<u8>::new().into())]);
    and(fits, binary(there, BinOper::Equal, part))
}

/// Returns the text, if the app gives it.
fn known(text: &Untyped) -> Option<&str> {
    match &text.term {
        Term::Bound(sea_query::Value::String(Some(text))) => Some(text),
        _ => None,
    }
}

/// Returns a condition on two texts, which does not hold where one of them is absent.
fn holds<S>(it: Untyped, other: Untyped, condition: impl FnOnce(Sql, Sql) -> Sql) -> Filter<S> {
    Expr::new(it.with(other, |it, other| match (it, other.value()) {
        (Term::Column(column), other) => {
            // Most rows fail the condition itself, so it comes before the one that the column can be read.
            let condition = condition(column.sql(), other);
            Term::Condition(Condition::guarded(condition, column, Some(column.is_there())))
        }
        (it, other) => Term::Condition(Condition::One(condition(it.value(), other))),
    }))
}

/// Returns the least text that is greater than all texts which begin with `prefix`, if there is one.
fn after(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // SQLite orders texts by the code points of their characters. No character has the code point of a
        // surrogate, so the characters before and after them are neighbors.
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn after_is_above_all_with_the_prefix_and_nothing_else() {
        assert_eq!(after("ab").as_deref(), Some("ac"));
        assert_eq!(after("a\u{7f}").as_deref(), Some("a\u{80}"));
        assert_eq!(after("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(after("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(after("\u{10ffff}"), None);
        assert_eq!(after(""), None);
    }
}
