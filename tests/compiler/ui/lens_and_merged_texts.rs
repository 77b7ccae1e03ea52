use ara::prelude::*;
use ara::{Rule, Stored, Type};

/// Stored as `ara::Text` is, which needs a feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Words(String);

impl Value for Words {
    const TYPE: Type = Type::Merged;

    fn store(self) -> Result<Stored<'static>, Rule> {
        self.0.store()
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        String::read(stored).map(Self)
    }
}

#[derive(Table)]
pub struct Note {
    pub id: Id<Note>,
    #[table(replaces(content, read = Words, write = content_of))]
    pub body: Words,
    #[table(retired)]
    content: Option<String>,
    #[table(replaces(words, read = content_of_words, write = words_of))]
    pub title: String,
    #[table(retired)]
    words: Option<Words>,
}

#[derive(Table)]
pub struct Remark {
    pub id: Id<Remark>,
    #[table(missing = Words(String::new()))]
    pub body: Words,
}

fn content_of(words: &Words) -> String {
    words.0.clone()
}

fn content_of_words(words: Words) -> String {
    words.0
}

fn words_of(content: &String) -> Words {
    Words(content.clone())
}

fn main() {}
