//! How characters are spelled in the index of a search: without what makes no difference to who searches.

use std::iter;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};
use unicode_segmentation::UnicodeSegmentation;

use crate::text::case::folded;

/// The breve that makes another letter of `и`.
const BREVE: char = '\u{306}';

/// Calls `each` with the characters that a grapheme cluster is spelled with: without case, accents and points, and in
/// the one form that is compatible with all others.
pub(super) fn spell(cluster: &str, each: impl FnMut(char)) {
    let mut letter = char::default();
    let letters = cluster.nfkd().filter(|&char| {
        if is_ignored(char) {
            return false;
        }
        if !is_combining_mark(char) {
            letter = char;
            return true;
        }
        // Whatever else is the accent of a letter, `й` is another letter than `и`.
        !is_accent(char) || char == BREVE && matches!(letter, 'и' | 'И')
    });
    letters.flat_map(folded).flat_map(unstroked).nfc().for_each(each);
}

/// Returns whether the character neither begins nor goes on with a grapheme cluster of several, but for a mark that
/// follows. Most of what people write is, and can be split and spelled without looking all of it up.
pub(super) fn is_simple(char: char) -> bool {
    is_spelled_as_it_is(char)
        || matches!(char, '\0'..='~' | 'À'..='ɏ' | 'Ά'..='ώ' | 'Ѐ'..='ҁ' | 'Ҋ'..='ԯ' | 'א'..='ת' | 'ء'..='ي')
}

/// Returns whether the character is a letter or a sign of Thai, Chinese, Japanese or Korean that has one spelling.
fn is_spelled_as_it_is(char: char) -> bool {
    matches!(char, 'ก'..='ฮ' | 'เ'..='ไ' | '、'..='。' | 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー'
        | '\u{3400}'..='\u{9fff}' | '가'..='힣')
}

/// Does for a [simple](is_simple) character that is a grapheme cluster what [`spell`] does.
pub(super) fn spell_simple(char: char, mut each: impl FnMut(char)) {
    if char.is_ascii() {
        return each(char.to_ascii_lowercase());
    }
    match char {
        'й' | 'Й' => each('й'),
        char if is_spelled_as_it_is(char) => each(char),
        char => decompose_compatible(char, |char| {
            if !is_combining_mark(char) && !is_ignored(char) {
                folded(char).flat_map(unstroked).for_each(&mut each);
            }
        }),
    }
}

/// Returns whether the character is shown as nothing, and parts no words.
fn is_ignored(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{640}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}'
        | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Returns whether the mark is one that may be left out: an accent of Latin, Greek or Cyrillic, or a point of Hebrew,
/// Arabic or Syriac. In other scripts, marks are vowels. What is told here of blocks of characters, Unicode never changes.
fn is_accent(mark: char) -> bool {
    matches!(mark,
        // For letters of several scripts.
        '\u{300}'..='\u{36f}' | '\u{951}'..='\u{954}' | '\u{1ab0}'..='\u{1aff}' | '\u{1cd0}'..='\u{1cff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{302a}'..='\u{302d}' | '\u{fe20}'..='\u{fe2f}'
        // Cyrillic, Hebrew.
        | '\u{483}'..='\u{489}' | '\u{2de0}'..='\u{2dff}' | '\u{a66f}'..='\u{a69f}' | '\u{591}'..='\u{5c7}' | '\u{fb1e}'
        // Arabic, Syriac.
        | '\u{610}'..='\u{6ed}' | '\u{890}'..='\u{8ff}' | '\u{10ec0}'..='\u{10eff}' | '\u{711}'..='\u{74a}')
}

/// Returns the plain letters of one that Unicode does not decompose, but sorts as if it did.
fn unstroked(letter: char) -> impl Iterator<Item = char> {
    let (first, second) = match letter {
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'đ' => ('d', None),
        'ħ' => ('h', None),
        'ł' => ('l', None),
        'ø' => ('o', None),
        'ŧ' => ('t', None),
        letter => (letter, None),
    };
    iter::once(first).chain(second)
}

/// Returns whether the character is part of a word.
pub(super) fn is_of_word(char: char) -> bool {
    // As an apostrophe it is typed in several ways, of which the others are no letters.
    char.is_alphanumeric() && char != '\u{2bc}'
}

/// Returns whether words are written without spaces between them, or with others in one, in the script of a letter.
pub(super) fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        // Thai and Lao, Burmese, Hangul, Khmer, Tai Le and New Tai Lue, Tai Tham, Balinese.
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{1950}'..='\u{19df}' | '\u{1a20}'..='\u{1aaf}' | '\u{1b00}'..='\u{1b7f}'
        // Han and what belongs to it, kana, Bopomofo, Hangul, Yi.
        | '\u{2e80}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{a4cf}'
        // Hangul, Javanese and Burmese, Burmese and Tai Viet, Hangul, Han.
        | '\u{a960}'..='\u{a9ff}' | '\u{aa60}'..='\u{aadf}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}'
        // Burmese, Ahom, kana, Han.
        | '\u{116d0}'..='\u{116ff}' | '\u{11700}'..='\u{1174f}' | '\u{1aff0}'..='\u{1b16f}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Returns whether the sign joins the letter that follows to the one before, in a script without spaces.
pub(super) fn is_linker(sign: char) -> bool {
    matches!(sign, '\u{1039}' | '\u{17d2}' | '\u{1a60}' | '\u{1b44}' | '\u{a9c0}')
}

/// Returns how an emoji is spelled, if the grapheme cluster is one: without the color of its skin, and without marks,
/// such as the one by which it is to be shown as a picture.
pub(super) fn emoji(cluster: &str) -> Option<String> {
    let first = cluster.chars().next().filter(|first| is_picture(*first))?;
    let plain: String = cluster.chars().filter(|char| !is_variant(*char)).collect();
    // A color alone.
    Some(if plain.is_empty() { first.to_string() } else { plain })
}

/// Returns whether the character is the first of an emoji.
fn is_picture(char: char) -> bool {
    if !matches!(char, '©' | '®' | '\u{2010}'..)
        || char.is_alphanumeric()
        || is_combining_mark(char)
    {
        return false;
    }
    // Of what is neither a mark nor ignored, only pictures and colors are joined by a joiner to one grapheme cluster.
    let is_joined = |text: String| text.graphemes(true).nth(1).is_none();
    is_regional(char) || !is_ignored(char) && is_joined([char, '\u{200d}', char].iter().collect())
}

/// Returns whether the character is one of the letters that two by two are flags.
fn is_regional(char: char) -> bool {
    matches!(char, '\u{1f1e6}'..='\u{1f1ff}')
}

fn is_variant(char: char) -> bool {
    is_combining_mark(char) || matches!(char, '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(cluster: &str) -> String {
        let mut spelled = String::new();
        spell(cluster, |char| spelled.push(char));
        spelled
    }

    #[test]
    fn what_is_simple_is_spelled_as_everything_is() {
        let all = || ('\0'..=char::MAX).filter(|char| is_simple(*char));
        for char in all() {
            let mut simple = String::new();
            spell_simple(char, |char| simple.push(char));
            assert_eq!(simple, spelled(&char.to_string()), "{char:?}");
            assert!(emoji(&char.to_string()).is_none(), "{char:?}");
        }
        let line_break = |text: &str| text == "\r\n";
        for char in all() {
            for text in ['a', '\n', '가', '牛', 'ก'].map(|other| format!("{char}{other}")) {
                assert!(text.graphemes(true).count() == 2 || line_break(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn a_spelling_is_spelled_as_it_is() {
        for char in ('\0'..='\u{1ffff}').filter(|char| !is_combining_mark(*char)) {
            let once = spelled(&char.to_string());
            assert_eq!(spelled(&once), once, "{char:?}");
        }
    }
}
