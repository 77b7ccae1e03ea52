//! Functions of text.

use ara_core::{IntoValue, Plain, Value};
use sea_query::{BinOper, Expr as Sql};

use crate::expr::comparand::Read;
use crate::expr::{Expr, Filter, Operand, Within};
use crate::untyped::condition::Condition;
use crate::untyped::null_rules::range;
use crate::untyped::sql::{and, binary, call, constant};
use crate::untyped::term::{Term, Untyped};

/// Types that are text. It exists for its message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text",
    label = "expected a column or expression of text",
    note = "text functions take `String`, `NonEmptyString<MAX>`, and newtypes of text that implement `AsRef<str>`"
)]
pub trait Text: Value {}

#[diagnostic::do_not_recommend]
impl<T: Value + AsRef<str>> Text for T {}

/// A text, or a column or expression of text.
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
        Untyped::bound::<String>(self)
    }
}

#[diagnostic::do_not_recommend]
impl<S, O: Operand<Value: Text> + Within<S, I>, I> TextOperand<S, Read<I>> for O {
    fn text_operand(self) -> Untyped {
        self.untyped()
    }
}

/// Functions of text, on columns and expressions. Where the text is absent, so is the result.
///
/// Upper and lower case are those of ASCII, as in SQLite: `lower`, `upper` and `like` leave `Ä` alone.
pub trait TextFunctions: Operand {
    /// Matches a pattern, without regard to the case of ASCII letters. In it `%` stands for any
    /// characters, `_` for any one, and `\` takes the special meaning from the character after it.
    fn like<S, V, H, I>(self, pattern: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Text,
        V: TextOperand<S, H>,
    {
        holds(self.untyped(), pattern.text_operand(), |text, pattern| {
            let pattern = binary(pattern, BinOper::Escape, constant("\\"));
            binary(text, BinOper::Like, pattern)
        })
    }

    /// Absent, or does not match a pattern: the opposite of [`like`](Self::like).
    fn not_like<S, V, H, I>(self, pattern: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Text,
        V: TextOperand<S, H>,
    {
        !self.like(pattern)
    }

    /// Begins with exactly this. An index on the column serves it, if it is a text of the program's.
    fn starts_with<S, V, H, I>(self, prefix: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Text,
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

    /// Ends with exactly this.
    fn ends_with<S, V, H, I>(self, suffix: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Text,
        V: TextOperand<S, H>,
    {
        holds(self.untyped(), suffix.text_operand(), |text, suffix| {
            has_at(text, suffix, |length, of_suffix| {
                let before = binary(length, BinOper::Sub, of_suffix);
                binary(before, BinOper::Add, constant(1_i64))
            })
        })
    }

    /// Has exactly this somewhere in it.
    fn contains<S, V, H, I>(self, part: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Text,
        V: TextOperand<S, H>,
    {
        holds(self.untyped(), part.text_operand(), |text, part| {
            binary(call("instr", [text, part]), BinOper::GreaterThan, constant(0_i64))
        })
    }

    /// In lower case.
    fn lower<S, I>(self) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Text,
    {
        Expr::new(self.untyped().compute(|text| call("lower", [text])))
    }

    /// In upper case.
    fn upper<S, I>(self) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Text,
    {
        Expr::new(self.untyped().compute(|text| call("upper", [text])))
    }

    /// Without the spaces at both ends.
    fn trim<S, I>(self) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Text,
    {
        Expr::new(self.untyped().compute(|text| call("trim", [text])))
    }

    /// How many characters it has, up to a NUL.
    fn length<S, I>(self) -> Expr<S, i64>
    where
        Self: Within<S, I>,
        Self::Value: Text,
    {
        Expr::new(self.untyped().compute(|text| call("length", [text])))
    }

    /// `length` characters from the one at `start` on. As in SQL the first is at 1, and a negative
    /// start counts from the end.
    fn substr<S, I>(self, start: i64, length: u32) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Text,
    {
        let (start, length) = (Sql::Value(start.into()), Sql::Value(i64::from(length).into()));
        Expr::new(self.untyped().compute(|text| call("substr", [text, start, length])))
    }

    /// Followed by another text.
    fn concat<S, V, H, I>(self, other: V) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Text,
        V: TextOperand<S, H>,
    {
        let joined = self.untyped().compute_with(other.text_operand(), |left, right| {
            binary(left, BinOper::Custom("||"), right)
        });
        Expr::new(joined)
    }

    /// The text as a `String`, so that texts of different types can be compared.
    fn text<S, I>(self) -> Expr<S, String>
    where
        Self: Within<S, I>,
        Self::Value: Text,
    {
        Expr::new(self.untyped().compute(|text| text))
    }
}

impl<O: Operand> TextFunctions for O {}

/// Whether a text has another one at a place, which follows from their lengths. They are compared as bytes:
/// SQLite's functions of text stop at a NUL.
fn has_at(text: Sql, part: Sql, place: impl FnOnce(Sql, Sql) -> Sql) -> Sql {
    let bytes = |text: Sql| Sql::from(sea_query::Func::cast_as(text, "blob"));
    let (text, part) = (bytes(text), bytes(part));
    let [length, of_part] = [&text, &part].map(|it| call("length", [it.clone()]));
    let fits = binary(length.clone(), BinOper::GreaterThanOrEqual, of_part.clone());
    let there = call("substr", [text, place(length, of_part.clone()), of_part]);
    // Of no bytes at all SQLite gives NULL.
    let there = call("ifnull", [there, Sql::Value(Vec::new().into())]);
    and(fits, binary(there, BinOper::Equal, part))
}

/// The text, if the program has given it.
fn known(text: &Untyped) -> Option<&str> {
    match &text.term {
        Term::Bound(sea_query::Value::String(Some(text))) => Some(text),
        _ => None,
    }
}

/// A condition on two texts, which does not hold where one of them is absent.
fn holds<S>(it: Untyped, other: Untyped, condition: impl FnOnce(Sql, Sql) -> Sql) -> Filter<S> {
    Expr::new(it.with(other, |it, other| match (it, other.value()) {
        (Term::Column(column), other) => {
            // First the condition, which most rows fail; then whether it was of a text.
            let condition = condition(column.sql(), other);
            Term::Condition(Condition::guarded(condition, column, Some(column.is_there())))
        }
        (it, other) => Term::Condition(Condition::One(condition(it.value(), other))),
    }))
}

/// The least text above all that begin with `prefix`, if there is one.
fn after(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        // The order of texts is that of their characters; the characters around the surrogates, which
        // are none, are neighbours.
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
