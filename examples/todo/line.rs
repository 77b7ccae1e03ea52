//! The todo.txt format: one task a line. <https://github.com/todotxt/todo.txt>
//!
//! ```text
//! x (A) 2026-11-21 2026-11-02 Ring the landlord +move @phone due:2026-11-30 rec:1m
//! |  |  |          |          |                              |              |
//! |  |  completed  created    what to do, with +projects     when it is     any other key:value
//! |  priority                 and @contexts                  due            stays in the text
//! done
//! ```

use std::fmt;

use ara::prelude::*;

use super::date::Date;

/// As many characters as a title can have.
pub const TITLE_MAX: usize = 1000;

/// A task, as a line says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Task {
    pub done: bool,
    pub priority: Option<Priority>,
    pub completed_on: Option<Date>,
    pub created_on: Option<Date>,
    pub due: Option<Date>,
    /// What to do: the rest of the line as it stands, `+projects`, `@contexts` and other `key:value`
    /// words included.
    pub title: String,
}

/// How urgent a task is: `A`, the most, to `Z`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Value)]
pub struct Priority(String);

impl TryFrom<String> for Priority {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        match text.as_bytes() {
            [b'A'..=b'Z'] => Ok(Self(text)),
            _ => Err("must be one letter from A to Z"),
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What keeps a line from being read as the format says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    Priority(String),
    Date(String),
    EmptyKey(String),
    NoText,
    TooLong,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Priority(word) => {
                write!(
                    f,
                    "`{word}` is not a priority: write one capital letter and a space, as in `(A) `"
                )
            }
            Self::Date(word) => write!(f, "`{word}` is not a date: write it as in `2026-11-30`"),
            Self::EmptyKey(word) => {
                write!(f, "`{word}` has no key: write it as in `due:2026-11-30`")
            }
            Self::NoText => f.write_str("it does not say what to do"),
            Self::TooLong => write!(f, "what to do takes more than {TITLE_MAX} characters"),
        }
    }
}

/// Reads a line. One with a fault is kept as a plain title, whole, so that nothing of it is lost: at
/// most its mark of completion is read, `x` and a date.
pub fn parse(line: &str) -> (Task, Option<Fault>) {
    let mut plain = Task { title: line.trim().to_owned(), ..Task::default() };
    if let ("x", rest) = split_word(&plain.title)
        && !rest.is_empty()
    {
        let (completed_on, rest) = match take_date(rest) {
            Ok((date, rest)) if !rest.is_empty() => (date, rest),
            Ok(_) => return (plain, Some(Fault::NoText)),
            Err(_) => (None, rest),
        };
        let title = rest.to_owned();
        plain = Task { done: true, completed_on, title, ..Task::default() };
    }
    match parse_rest(&plain) {
        Ok(task) => (task, None),
        Err(fault) => (plain, Some(fault)),
    }
}

/// Reads what follows the mark of completion.
fn parse_rest(plain: &Task) -> Result<Task, Fault> {
    let (priority, mut rest) = take_priority(&plain.title)?;
    let mut completed_on = plain.completed_on.clone();
    if plain.done && completed_on.is_none() {
        (completed_on, rest) = take_date(rest)?;
    }
    let (created_on, rest) = take_date(rest)?;

    let mut words: Vec<&str> = rest.split_inclusive(char::is_whitespace).collect();
    for word in &words {
        if let Some(value) = word.trim_end().strip_prefix("due:") {
            Date::try_from(value).map_err(|_| Fault::Date(word.trim_end().to_owned()))?;
        } else if has_empty_key(word.trim_end()) {
            return Err(Fault::EmptyKey(word.trim_end().to_owned()));
        }
    }
    // Of several due dates the last counts; the others stay in the text.
    let due = words.iter().rposition(|word| word.starts_with("due:")).and_then(|at| {
        let word = words.remove(at);
        Date::try_from(word.trim_end().trim_start_matches("due:")).ok()
    });
    let title = words.concat().trim().to_owned();
    if title.is_empty() {
        return Err(Fault::NoText);
    }
    if title.chars().count() > TITLE_MAX {
        return Err(Fault::TooLong);
    }
    Ok(Task { done: plain.done, priority, completed_on, created_on, due, title })
}

/// Every task of a file, with the number of its line and its fault. Blank lines are skipped.
pub fn parse_file(text: &str) -> impl Iterator<Item = (usize, Task, Option<Fault>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()).map(|(line, number)| {
        let (task, fault) = parse(line);
        (number, task, fault)
    })
}

/// The task as a line, which [`parse`] reads as the same task.
impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.to_line(false);
        // A title may begin with what would be read as more than a title, as in `due:2026-11-30 (A)`:
        // then the due date stays between.
        if self.due.is_some() && parse(&line).0 != *self {
            return f.write_str(&self.to_line(true));
        }
        f.write_str(&line)
    }
}

impl Task {
    fn to_line(&self, due_first: bool) -> String {
        let due = self.due.as_ref().map(|date| format!("due:{date}"));
        let (due_before, due_after) = if due_first { (due, None) } else { (None, due) };
        // A lone date after `x` is the day of completion. A task that only has the other one was
        // put together from edits of several devices: then both days are the same.
        let completed_on = self.completed_on.as_ref().or(self.created_on.as_ref());
        let parts = [
            self.done.then(|| "x".to_owned()),
            self.priority.as_ref().map(|priority| format!("({priority})")),
            completed_on.filter(|_| self.done).map(Date::to_string),
            self.created_on.as_ref().map(Date::to_string),
            due_before,
            Some(self.title.clone()),
            due_after,
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// The `+projects` and `@contexts` in the title.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.title.split_whitespace().filter(|word| is_tag(word))
    }

    /// The title without the tags at its end, for lists that show the tags beside it.
    pub fn headline(&self) -> &str {
        let mut rest = self.title.as_str();
        loop {
            let (before, word) = rest.rsplit_once(char::is_whitespace).unwrap_or(("", rest));
            match before.trim_end() {
                "" => return rest,
                before if is_tag(word) => rest = before,
                _ => return rest,
            }
        }
    }
}

fn is_tag(word: &str) -> bool {
    word.starts_with(['+', '@']) && word.chars().nth(1).is_some()
}

/// The first word, and what follows it. The text begins with no white space.
fn split_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

fn take_priority(text: &str) -> Result<(Option<Priority>, &str), Fault> {
    let (word, rest) = split_word(text);
    let inner = word.strip_prefix('(').and_then(|word| word.strip_suffix(')'));
    if let Some(Ok(priority)) = inner.map(|inner| Priority::try_from(inner.to_owned())) {
        return Ok((Some(priority), rest));
    }
    // `(b)`, `(AA)` and `(B)->call` are meant as priorities; `(maybe)` is not.
    let is_short = inner.is_some_and(|inner| inner.chars().count() <= 2);
    let is_glued = matches!(word.as_bytes(), [b'(', b'A'..=b'Z', b')', ..]);
    if is_short || is_glued {
        return Err(Fault::Priority(word.to_owned()));
    }
    Ok((None, text))
}

fn take_date(text: &str) -> Result<(Option<Date>, &str), Fault> {
    let (word, rest) = split_word(text);
    match Date::try_from(word) {
        Ok(date) => Ok((Some(date), rest)),
        Err(_) if is_like_a_date(word) => Err(Fault::Date(word.to_owned())),
        Err(_) => Ok((None, text)),
    }
}

/// Whether a word is meant as a date: `2026-13-01`, `2026/11/30`, `2026-1-5`.
fn is_like_a_date(word: &str) -> bool {
    let parts: Vec<&str> = word.split(['-', '/', '.']).collect();
    let are_digits = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts[0].len() == 4 && parts.iter().all(are_digits)
}

/// Whether a word is a value without its key, `:2026-11-30`. `:-)` and `:wave:` are not.
fn has_empty_key(word: &str) -> bool {
    word.strip_prefix(':')
        .is_some_and(|value| value.starts_with(char::is_alphanumeric) && !value.contains(':'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Option<Date> {
        Some(Date::try_from(text).expect("is a date"))
    }

    fn priority(letter: &str) -> Option<Priority> {
        Some(Priority::try_from(letter.to_owned()).expect("is a priority"))
    }

    #[test]
    fn a_full_line_is_read_and_written() {
        let line =
            "x (A) 2026-11-21 2026-11-02 Ring the landlord +move @phone rec:1m due:2026-11-30";
        let (task, fault) = parse(line);
        assert_eq!(fault, None);
        assert_eq!(
            task,
            Task {
                done: true,
                priority: priority("A"),
                completed_on: date("2026-11-21"),
                created_on: date("2026-11-02"),
                due: date("2026-11-30"),
                title: "Ring the landlord +move @phone rec:1m".to_owned(),
            }
        );
        assert_eq!(task.to_string(), line);
        assert_eq!(task.tags().collect::<Vec<_>>(), ["+move", "@phone"]);
    }

    #[test]
    fn what_only_looks_like_a_mark_is_text() {
        for line in [
            "x",
            "xylophone lesson",
            "X 2026-11-21 capital letters complete nothing",
            "Really must call Mum (A) @phone",
            "(maybe) learn the saxophone",
            "Say :-) and :wave: at 12:30, see https://example.org/a:b",
            "Meet Ana @ the café + bring cake",
            "2026 in review",
        ] {
            let (task, fault) = parse(line);
            assert_eq!(fault, None, "{line}");
            assert_eq!(task, Task { title: line.to_owned(), ..Task::default() });
        }
    }

    #[test]
    fn faulty_lines_are_kept_whole() {
        let long = format!("(A) {}", "ü".repeat(TITLE_MAX + 1));
        for (line, fault) in [
            ("(AA) Two letters", Fault::Priority("(AA)".into())),
            ("(b) Small letter", Fault::Priority("(b)".into())),
            ("(B)->No space", Fault::Priority("(B)->No".into())),
            ("(A) 2026-02-30 No such day", Fault::Date("2026-02-30".into())),
            ("2026/11/30 Wrong marks", Fault::Date("2026/11/30".into())),
            ("(A) Ring the bank due:soon +taxes", Fault::Date("due:soon".into())),
            ("Ring the bank due: +taxes", Fault::Date("due:".into())),
            ("Ring the bank :2026-11-30", Fault::EmptyKey(":2026-11-30".into())),
            ("(A)", Fault::NoText),
            ("2026-11-30", Fault::NoText),
            ("due:2026-11-30", Fault::NoText),
            ("x 2026-11-30", Fault::NoText),
            (&long, Fault::TooLong),
        ] {
            let task = Task { title: line.to_owned(), ..Task::default() };
            assert_eq!(parse(line), (task.clone(), Some(fault)));
            assert_eq!(task.to_string(), line);
        }
    }

    #[test]
    fn a_faulty_line_that_is_done_stays_done() {
        let (task, fault) = parse("x 2026-11-21 2026-13-01 Paint the gate");
        assert_eq!(fault, Some(Fault::Date("2026-13-01".into())));
        assert!(task.done);
        assert_eq!(task.completed_on, date("2026-11-21"));
        assert_eq!(task.title, "2026-13-01 Paint the gate");
    }

    #[test]
    fn a_due_date_stays_where_it_keeps_a_title_a_title() {
        for (line, title) in [
            ("due:2026-11-30 x marks the spot", "x marks the spot"),
            ("due:2026-11-30 (A) is the best grade", "(A) is the best grade"),
            ("x 2026-11-21 due:2026-11-30 2026-01-01 fireworks", "2026-01-01 fireworks"),
        ] {
            let (task, fault) = parse(line);
            assert_eq!(fault, None);
            assert_eq!(task.title, title);
            assert_eq!(task.to_string(), line);
        }
    }

    #[test]
    fn of_two_due_dates_the_last_counts() {
        let (task, _) = parse("Essay due:2026-01-01 moved to due:2026-02-02");
        assert_eq!(task.due, date("2026-02-02"));
        assert_eq!(task.title, "Essay due:2026-01-01 moved to");
    }

    #[test]
    fn headlines_lose_the_tags_at_their_end_only() {
        for (title, headline) in [
            ("Call @phone Mum about +move", "Call @phone Mum about"),
            ("Buy oat milk  +home @shop", "Buy oat milk"),
            ("+home @shop", "+home"),
            ("Meet @", "Meet @"),
        ] {
            assert_eq!(Task { title: title.into(), ..Task::default() }.headline(), headline);
        }
    }

    #[test]
    fn files_have_blank_lines_byte_order_marks_and_carriage_returns() {
        let lines: Vec<_> = parse_file("\u{feff}(A) one\r\n\r\n  \n(AA) two").collect();
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].0, lines[0].1.title.as_str()), (1, "one"));
        assert_eq!((lines[1].0, lines[1].2.is_some()), (4, true));
    }

    /// Lines made of what the format knows, in any order.
    fn lines() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec![
            "x",
            "X",
            "(A)",
            "(Z)",
            "(b)",
            "(AA)",
            "(A)b",
            "2026-01-01",
            "2024-02-29",
            "2026-13-01",
            "due:2026-02-03",
            "due:2026-03-04",
            "due:soon",
            "due:",
            ":v",
            "k:v",
            "+p",
            "@c",
            "+",
            "tea",
            "čaj",
        ]);
        let space = prop::sample::select(vec![" ", " ", " ", "  ", "\t"]);
        let usual = prop::collection::vec((word, space), 0..8).prop_map(|words| {
            words.into_iter().map(|(word, space)| format!("{word}{space}")).collect()
        });
        prop_oneof![4 => usual, 1 => "[^\\n\\r]{0,40}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_written_task_is_read_as_the_same(line in lines()) {
            let (task, fault) = parse(&line);
            let written = task.to_string();
            prop_assert_eq!(parse(&written), (task, fault), "by way of {:?}", written);
        }

        #[test]
        fn and_so_is_one_that_was_done_since(line in lines()) {
            let (mut task, _) = parse(&line);
            if !task.done && !task.title.is_empty() {
                task.done = true;
                task.completed_on = date("2026-11-21");
                let written = task.to_string();
                prop_assert_eq!(parse(&written).0, task, "by way of {:?}", written);
            }
        }

        #[test]
        fn nothing_of_a_line_is_lost(line in lines()) {
            let sorted = |text: &str| {
                let mut words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
                words.sort();
                words
            };
            prop_assert_eq!(sorted(&parse(&line).0.to_string()), sorted(&line));
        }
    }
}
