//! The functions between the columns of the versions.

use ara::prelude::*;

pub type Short = NonEmptyString<4>;
pub type Long = NonEmptyString<1000>;

/// A plain text becomes a formatted one: the format that it had stays.
pub fn format(plain: String, last: Option<&String>) -> String {
    let format = last.and_then(|last| last.split_once('#')).map_or("-", |(_, format)| format);
    format!("{plain}#{format}")
}

pub fn plain(formatted: &str) -> String {
    formatted.split('#').next().unwrap_or_default().to_owned()
}

/// A formatted text becomes one with remarks: those that it had stay.
pub fn remark(formatted: String, last: Option<&String>) -> String {
    let remarks = last.and_then(|last| last.split_once('$')).map_or("-", |(_, remarks)| remarks);
    format!("{formatted}${remarks}")
}

pub fn without_remarks(text: &str) -> String {
    text.split('$').next().unwrap_or_default().to_owned()
}

pub fn first(name: String) -> String {
    name.split(' ').next().unwrap_or_default().to_owned()
}

pub fn last(name: String) -> Option<String> {
    name.split_once(' ').map(|(_, last)| last.to_owned())
}

pub fn join(first: &String, last: Option<&String>) -> String {
    last.map_or_else(|| first.clone(), |last| format!("{first} {last}"))
}

/// Without a first name there is no name.
pub fn join_some(first: Option<&String>, last: Option<&String>) -> Option<String> {
    first.map(|first| join(first, last))
}

/// The whole name of what may be there of it.
pub fn whole(first: Option<String>, last: Option<String>) -> Option<String> {
    match (first, last) {
        (Some(first), last) => Some(join(&first, last.as_ref())),
        (None, last) => last.map(|last| format!("? {last}")),
    }
}

pub fn parts(whole: &str) -> (String, Option<String>) {
    (first(whole.to_owned()), last(whole.to_owned()))
}

/// Some notes have no text.
pub fn shout<const MAX: usize>(note: String) -> Option<NonEmptyString<MAX>> {
    let is_quiet = note.starts_with('q');
    (!is_quiet).then(|| note.to_uppercase().try_into().ok()).flatten()
}

/// And with some of these it panics.
pub fn loud<const MAX: usize>(note: String) -> Option<NonEmptyString<MAX>> {
    assert!(!note.starts_with('q') || note.len().is_multiple_of(2), "a note that no text can say");
    shout(note)
}

/// Some texts have no note.
pub fn whisper<const MAX: usize>(text: &NonEmptyString<MAX>) -> Result<String, &'static str> {
    say(text.as_ref())
}

pub fn say(text: &str) -> Result<String, &'static str> {
    if text.starts_with('Z') { Err("a text that no note can say") } else { Ok(text.to_lowercase()) }
}
