//! The laws of the functions between a column and what it replaces. The macro `lens_laws!` gives them values.

use std::iter::zip;

use rusqlite::types::ValueRef;

use crate::model::lens::{Given, ReadBy, ReadLens, WriteBy, WriteLens};
use crate::model::table::{Column, Table};
use crate::value::{AsRead, Stored, Value};

/// Why a value does not show that a law holds.
#[derive(Debug, PartialEq, Eq)]
pub enum LawFault {
    /// It is none that the column can hold.
    Unfit(String),
    /// A law is broken.
    Broken(String),
}

/// The functions between columns and those that they replace, to be tried with values.
#[derive(Debug)]
pub struct LensLaws {
    /// The column that is asked about, as messages name it.
    name: String,
    as_read: &'static [AsRead],
    /// The replaced columns.
    olds: &'static [usize],
    /// The columns that replace them, in the order in which `write` takes them. If there is no `write`, the column
    /// that is asked about.
    news: Vec<(usize, Option<&'static ReadLens>)>,
    write: Option<&'static WriteLens>,
}

/// Values of columns.
type Values = Vec<Given<'static>>;

impl LensLaws {
    /// Returns the functions of a column.
    ///
    /// # Errors
    ///
    /// Returns in words why there are none.
    pub fn of<C: Column>(_: C) -> Result<Self, String> {
        let (table, lenses) = (C::Table::TABLE, C::Table::LENSES);
        let name = format!("{}.{}", table.name, C::NAME);
        let column = table.columns.iter().position(|column| column.name == C::NAME);
        let read = lenses.reads.iter().find(|read| Some(read.column) == column);
        let Some(read) = read else { return Err(format!("column `{name}` replaces no other")) };
        if matches!(read.by, ReadBy::Key(_)) {
            return Err(format!(
                "column `{name}` replaces another by key: ara's own functions read and write it"
            ));
        }
        let has_all = |write: &&WriteLens| read.from.iter().all(|old| write.to.contains(old));
        let write = lenses.writes.iter().find(has_all);
        let news = write.map_or_else(|| vec![read.column], |write| write.from.to_vec());
        let reader = |new| lenses.reads.iter().find(|read| read.column == new);
        let news = news.into_iter().map(|new| (new, reader(new))).collect();
        Ok(Self { name, as_read: C::Table::AS_READ, olds: read.from, news, write })
    }

    /// Tries old values: what is written for what they are read as must be the same again.
    ///
    /// # Errors
    ///
    /// Returns the law that is broken.
    pub fn check_old<How>(&self, old: impl LensValues<How>) -> Result<(), LawFault> {
        let old = self.fit(old, self.olds.iter().copied(), "an old value")?;
        let new = self.read(&old, None)?;
        if self.write.is_none() || new.iter().all(Option::is_none) {
            return Ok(());
        }
        let written = self.write(&new)?;
        if !self.is_seen(self.olds.iter().copied(), &old, &written) {
            let (new, written) = (show(&new), show(&written));
            return Err(LawFault::Broken(format!(
                "write(read(t)) must be t, or the app changes what it only shows: read gives {new}, and write \
                 makes {written} of it"
            )));
        }
        self.check_complement(&new, &written)
    }

    /// Tries new values: what was written for them, and the values themselves, must be read as the same again.
    ///
    /// # Errors
    ///
    /// Returns the law that is broken.
    pub fn check_new<How>(&self, new: impl LensValues<How>) -> Result<(), LawFault> {
        let new = self.fit_new(new)?;
        let written = self.write(&new)?;
        self.check_complement(&new, &written)
    }

    /// Tries new values: whether they are read again from what is written for them, without what they were.
    ///
    /// # Errors
    ///
    /// Returns what is lost as [`LawFault::Broken`], though no law asks for it.
    pub fn check_lossless<How>(&self, new: impl LensValues<How>) -> Result<(), LawFault> {
        let new = self.fit_new(new)?;
        let written = self.write(&new)?;
        let read = self.read(&written, None)?;
        if self.is_seen(self.news(), &new, &read) {
            return Ok(());
        }
        let (written, read) = (show(&written), show(&read));
        Err(LawFault::Broken(format!("write makes {written} of it, and read makes {read} of that")))
    }

    /// Returns the answer for the app, given what [`check_lossless`](Self::check_lossless) found.
    #[must_use]
    pub fn report(&self, lossless: Option<Result<(), String>>) -> String {
        let name = &self.name;
        match lossless {
            None => format!(
                "column `{name}` keeps its laws. What is read from old values is lossless; give a strategy of \
                 new values, too, to hear of the others"
            ),
            Some(Ok(())) => format!("column `{name}` keeps its laws, and is lossless"),
            Some(Err(lossy)) => format!("column `{name}` keeps its laws, and is lossy: {lossy}"),
        }
    }

    /// Returns the answer for the app if a law is broken.
    #[must_use]
    pub fn broken(&self, law: &str) -> String {
        format!("column `{}` breaks a law: {law}", self.name)
    }

    fn news(&self) -> impl ExactSizeIterator<Item = usize> {
        self.news.iter().map(|(new, _)| *new)
    }

    fn fit_new<How>(&self, new: impl LensValues<How>) -> Result<Values, LawFault> {
        if self.write.is_none() {
            let what = "there is no `write`, so there is nothing to try new values with";
            return Err(LawFault::Broken(what.to_owned()));
        }
        self.fit(new, self.news(), "a new value")
    }

    /// Returns values as they are stored, if they are values of these columns.
    fn fit<How>(
        &self,
        values: impl LensValues<How>,
        columns: impl ExactSizeIterator<Item = usize>,
        what: &str,
    ) -> Result<Values, LawFault> {
        let values = values.stored().map_err(LawFault::Unfit)?;
        if values.len() != columns.len() {
            return Err(LawFault::Broken(format!(
                "{what} is of {} columns, and the strategy gives one of {}",
                columns.len(),
                values.len()
            )));
        }
        for (column, value) in zip(columns, &values) {
            let as_read = self.as_read.get(column);
            let can_read =
                |value: &Stored<'_>| as_read.is_some_and(|it| it.can_read(value.to_sql()));
            if !value.as_ref().is_none_or(can_read) {
                return Err(LawFault::Unfit(format!("{what} is none that the column can hold")));
            }
        }
        Ok(values)
    }

    /// Checks that new values are read as themselves from what was written for them, if `read_with` is given them, too.
    fn check_complement(&self, new: &Values, written: &Values) -> Result<(), LawFault> {
        // What the old columns cannot say was cleared there, and nothing reads it.
        if written.iter().all(Option::is_none) {
            return Ok(());
        }
        let read = self.read(written, Some(new))?;
        let is_with = |lens: Option<&ReadLens>| lens.is_some_and(|lens| lens.is_with);
        let with = zip(&self.news, zip(new, &read)).filter(|((_, lens), _)| is_with(*lens));
        for ((column, _), (new, read)) in with {
            if !self.is_seen_in(*column, new.as_ref(), read.as_ref()) {
                let (written, read) = (show(written), one(read));
                return Err(LawFault::Broken(format!(
                    "read_with(write(c), Some(c)) must be c, or the app loses what it wrote itself: write makes \
                     {written} of it, and read_with makes {read} of that"
                )));
            }
        }
        Ok(())
    }

    /// Reads the new columns twice, which must give the same.
    fn read(&self, old: &Values, last: Option<&Values>) -> Result<Values, LawFault> {
        twice("read", || {
            let each = self.news.iter().enumerate().map(|(at, (_, lens))| {
                let lens = lens.filter(|lens| lens.from.iter().all(|it| self.olds.contains(it)))?;
                let given =
                    |from| zip(self.olds, old).find(|(column, _)| *column == from)?.1.clone();
                let given: Vec<_> = lens.from.iter().map(given).collect();
                let last = last.and_then(|last| last.get(at)?.clone());
                match lens.by {
                    ReadBy::Function(read) if given.iter().any(Option::is_some) => {
                        read(&given, &last)
                    }
                    _ => None,
                }
            });
            each.collect()
        })
    }

    /// Writes the old columns twice, which must give the same.
    fn write(&self, new: &Values) -> Result<Values, LawFault> {
        twice("write", || {
            let written = self.write.and_then(|write| match write.by {
                WriteBy::Function(function) => Some((write.to, function(new)?)),
                WriteBy::Key(_) => None,
            });
            let of = |old| {
                let (to, values) = written.as_ref()?;
                zip(*to, values).find(|(column, _)| *column == old)?.1.clone()
            };
            self.olds.iter().map(of).collect()
        })
    }

    /// Returns whether the app sees the same in values of these columns.
    fn is_seen(&self, columns: impl Iterator<Item = usize>, held: &Values, seen: &Values) -> bool {
        zip(columns, zip(held, seen))
            .all(|(column, (held, seen))| self.is_seen_in(column, held.as_ref(), seen.as_ref()))
    }

    fn is_seen_in(
        &self,
        column: usize,
        held: Option<&Stored<'_>>,
        seen: Option<&Stored<'_>>,
    ) -> bool {
        let held = held.map_or(ValueRef::Null, |held| held.to_sql());
        self.as_read.get(column).is_some_and(|it| it.is_seen(held, seen))
    }
}

/// Calls a function twice, which must give the same.
fn twice(name: &str, run: impl Fn() -> Values) -> Result<Values, LawFault> {
    let (first, again) = (run(), run());
    if first == again {
        return Ok(first);
    }
    let (first, again) = (show(&first), show(&again));
    Err(LawFault::Broken(format!(
        "{name} must be a function of what it is given, or devices show different values: called twice, it gives \
         {first}, and then {again}"
    )))
}

fn show(values: &Values) -> String {
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn one(value: &Given<'_>) -> String {
    match value {
        Some(Stored::Text(text)) => format!("{text:?}"),
        Some(value) => value.to_string(),
        None => "nothing".to_owned(),
    }
}

/// A value of a column, or a tuple of one for each of several.
pub trait LensValues<How> {
    /// Returns the values as they are stored, or the rule that one of them breaks.
    fn stored(self) -> Result<Values, String>;
}

/// The marker of a single value.
#[derive(Debug)]
pub struct One;

/// The marker of a single value that may be missing.
#[derive(Debug)]
pub struct Optional;

impl<V: Value> LensValues<One> for V {
    fn stored(self) -> Result<Values, String> {
        self.store().map(|value| vec![Some(value)]).map_err(|rule| rule.to_string())
    }
}

impl<V: Value> LensValues<Optional> for Option<V> {
    fn stored(self) -> Result<Values, String> {
        self.map_or_else(|| Ok(vec![None]), LensValues::stored)
    }
}

macro_rules! tuples {
    ($($(($ty:ident $how:ident $at:tt))+;)+) => {$(
        impl<$($ty: LensValues<$how>, $how),+> LensValues<($($how,)+)> for ($($ty,)+) {
            fn stored(self) -> Result<Values, String> {
                let mut values = Values::new();
                $(values.extend(self.$at.stored()?);)+
                Ok(values)
            }
        }
    )+};
}

tuples! {
    (A Aa 0) (B Bb 1);
    (A Aa 0) (B Bb 1) (C Cc 2);
    (A Aa 0) (B Bb 1) (C Cc 2) (D Dd 3);
    (A Aa 0) (B Bb 1) (C Cc 2) (D Dd 3) (E Ee 4);
    (A Aa 0) (B Bb 1) (C Cc 2) (D Dd 3) (E Ee 4) (F Ff 5);
}
