//! Reads the word for a full stop as one: `evil[dot]uz`, and `evil dot uz` where no sentence would go on so.

use super::{Skeleton, is_of_a_word, is_well_known, signs, word};

/// What it is called, in the Latin letters of [`in_latin`].
const DOTS: [&str; 4] = ["dot", "nuqta", "nukta", "tochka"];

/// A small letter of such a word, of either alphabet or put for one.
fn in_latin(letter: char) -> &'static str {
    match letter {
        'd' | 'д' => "d",
        'o' | 'о' | '0' => "o",
        't' | 'т' => "t",
        'n' | 'н' => "n",
        'u' | 'у' => "u",
        'q' | 'қ' => "q",
        'k' | 'к' => "k",
        'a' | 'а' => "a",
        'c' => "c",
        'h' => "h",
        'ч' => "ch",
        _ => "?",
    }
}

/// Whether a line may have one of these words, in either alphabet or in both, its letters with marks or without.
pub(super) fn may_spell_a_dot(line: &str) -> bool {
    let mut before = (' ', ' ');
    line.chars().any(|each| {
        let (first, second) = before;
        before = (second, each);
        // By its last letter first, which most letters are not: all of a text is looked through.
        match each {
            't' | 'T' | 'т' | 'Т' => ends_dot(first, second),
            'a' | 'A' | 'а' | 'А' => ends_nuqta_or_tochka(first, second),
            MARKED..=LAST_MARKED => ends_dot(first, second) || ends_nuqta_or_tochka(first, second),
            _ => false,
        }
    })
}

/// Letters of two octets with marks, as Karakalpak has them and names from abroad.
const MARKED: char = '\u{C0}';
const LAST_MARKED: char = '\u{17F}';

fn ends_dot(first: char, second: char) -> bool {
    matches!(second, 'o' | 'O' | '0' | 'о' | 'О' | MARKED..=LAST_MARKED)
        && matches!(first, 'd' | 'D' | 'д' | 'Д' | MARKED..=LAST_MARKED)
}

fn ends_nuqta_or_tochka(first: char, second: char) -> bool {
    let ends_nuqta = || {
        matches!(second, 't' | 'T' | 'т' | 'Т' | MARKED..=LAST_MARKED)
            && matches!(
                first,
                'q' | 'Q' | 'k' | 'K' | 'қ' | 'Қ' | 'к' | 'К' | MARKED..=LAST_MARKED
            )
    };
    let ends_tochka = || {
        matches!(second, 'k' | 'K' | 'к' | 'К' | MARKED..=LAST_MARKED)
            && matches!(first, 'h' | 'H' | 'ч' | 'Ч' | MARKED..=LAST_MARKED)
    };
    ends_nuqta() || ends_tochka()
}

impl Skeleton {
    /// The same with a full stop for each word for it; `None` if there are none.
    pub(super) fn with_spelled_dots(&self) -> Option<Self> {
        let mut read: Vec<char> = Vec::with_capacity(self.0.len());
        let mut rest = self.0.as_slice();
        let mut is_spelled = false;
        while let [first, others @ ..] = rest {
            let word = word(rest);
            if word.is_empty() {
                read.push(*first);
                rest = others;
                continue;
            }
            let after = rest.get(word.len()..).unwrap_or_default();
            rest = after;
            if is_dot(&read, word, after) {
                is_spelled = true;
                // `(dot)` is a disguise whatever follows it: as if nothing stood around it.
                read.truncate(read.len() - signs(read.iter().rev()));
                read.push('.');
                rest = after.get(signs(after.iter())..).unwrap_or_default();
            } else {
                read.extend(word);
            }
        }
        is_spelled.then_some(Self(read))
    }
}

fn is_dot(before: &[char], word: &[char], after: &[char]) -> bool {
    let lower = word.iter().flat_map(|each| each.to_lowercase());
    let lower: String = lower.map(in_latin).collect();
    if !DOTS.contains(&lower.as_str()) {
        return false;
    }
    let (left, right) = (signs(before.iter().rev()), signs(after.iter()));
    let name = self::word(after.get(right..).unwrap_or_default());
    if left == 0 || right == 0 || name.is_empty() || !before.iter().any(|it| is_of_a_word(*it)) {
        return false;
    }
    let opens = before.last().is_some_and(|each| "([{<".contains(*each));
    let closes = after.first().is_some_and(|each| ")]}>".contains(*each));
    // A sentence in Russian or Uzbek has a word behind the brackets, after a blank: "(nuqta) va".
    let is_english = lower == "dot";
    let is_joined = || right == 1;
    (opens && closes && (is_english || is_joined())) || is_name(name, is_english)
}

/// Whether what follows the word is the end of a name that citizens know, and of no sentence: "точка нет" is one.
fn is_name(name: &[char], is_english: bool) -> bool {
    let is_net = || name.iter().collect::<String>().eq_ignore_ascii_case("net");
    is_well_known(name) && (is_english || !is_net())
}
