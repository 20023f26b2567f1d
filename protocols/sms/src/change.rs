//! What a spelling changes, and by which rules.

use crate::fold::{self, COMPOSED, TWINS, rule};
use crate::latin::{self, karakalpak_apostrophes};
use crate::{Candidate, CyrillicAsLatin, How, LanguageRules};

/// What is written otherwise in a spelling, and why a reader takes the one for the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// A character as the text has it, with its mark if that is a character of its own; `а-я` for all Cyrillic letters.
    pub from: String,
    /// As it is spelled; empty if it shows nothing.
    pub to: String,
    /// The rule.
    pub reason: &'static str,
}

impl Candidate<'_> {
    /// What it changes of the text that it was made of, each once, in the order in which it stands there. `rules` are
    /// those that it was made by.
    pub fn changes(&self, text: &str, rules: LanguageRules) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        let mut before = ' ';
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let after = characters.clone().next().unwrap_or(' ');
            let change = self.change([before, after], character, rules);
            changes.extend(change.filter(|it| !changes.contains(it)));
            before = character;
        }
        changes
    }

    fn change(
        &self,
        [before, after]: [char; 2],
        character: char,
        rules: LanguageRules,
    ) -> Option<Change> {
        if self.how == How::AsIs {
            return None;
        }
        let change = |from: String, to: &str, reason| Change {
            from,
            to: to.to_owned(),
            reason,
        };
        let alone = character.to_string();
        if let Some(rule) = rule(character) {
            let is_power = fold::is_power(character, before, after);
            return (!is_power).then(|| change(alone, rule.to, rule.reason));
        }
        let is_latin = self.how == How::Latin;
        let composed = COMPOSED
            .iter()
            .find(|it| (it.0, it.1) == (before, character));
        if let Some((letter, mark, both)) = composed {
            let to = in_latin(*both, is_latin, rules).map_or_else(|| both.to_string(), |it| it.0);
            return Some(change(
                format!("{letter}{mark}"),
                &to,
                "a letter and its mark as one",
            ));
        }
        if let Some((to, reason)) = in_latin(character, is_latin, rules) {
            return Some(change(alone, &to, reason));
        }
        if !fold::is_cyrillic(character) || self.text.contains(fold::is_cyrillic) {
            return None;
        }
        let twin = TWINS.iter().find(|(cyrillic, _)| *cyrillic == character);
        match (
            is_latin && rules.cyrillic_as_latin != CyrillicAsLatin::Never,
            twin,
        ) {
            (true, _) => Some(change(
                "а-я".to_owned(),
                "a-z",
                "the Uzbek alphabet of 1995",
            )),
            (false, twin) => twin.map(|(_, to)| {
                change(
                    alone,
                    &to.to_string(),
                    "a Cyrillic letter of the same shape in a Latin text",
                )
            }),
        }
    }
}

/// How a letter is spelled by the rules for Latin ones, and why.
fn in_latin(letter: char, is_latin: bool, rules: LanguageRules) -> Option<(String, &'static str)> {
    if !is_latin {
        return None;
    }
    let alone = letter.to_string();
    let known = karakalpak_apostrophes(&alone);
    if rules.karakalpak_apostrophes && known != alone {
        return Some((
            known.into_owned(),
            "Karakalpak, as it was written before 2016",
        ));
    }
    let plain = latin::plain(letter).filter(|_| rules.plain_letters);
    plain.map(|rule| (rule.to.to_owned(), rule.reason))
}

#[cfg(test)]
mod tests {
    use crate::{CyrillicAsLatin, LanguageRules, candidates};

    #[test]
    fn each_change_comes_once_with_its_rule() {
        let rules = LanguageRules {
            cyrillic_as_latin: CyrillicAsLatin::WhenCheaper,
            karakalpak_apostrophes: true,
            plain_letters: true,
        };
        let text = "‘Ájiniyaz’ «Şişli» 10² m² Оқтош, g\u{301}";
        let told: Vec<Vec<String>> = candidates(text, rules)
            .iter()
            .map(|it| {
                let changes = it.changes(text, rules).into_iter();
                changes.map(|it| format!("{} {}", it.from, it.to)).collect()
            })
            .collect();
        let folded = ["‘ '", "’ '", "« \"", "» \"", "² 2", "g\u{301} ǵ"];
        let latin = [
            "‘ '",
            "Á A'",
            "’ '",
            "« \"",
            "Ş S",
            "ş s",
            "» \"",
            "² 2",
            "а-я a-z",
            "g\u{301} g'",
        ];
        assert_eq!(
            told,
            [
                &[][..],
                &folded.map(str::to_owned),
                &latin.map(str::to_owned)
            ]
        );
        let text = "Seriya АВ";
        let twins = candidates(text, LanguageRules::default());
        let twins: Vec<String> = twins[1]
            .changes(text, LanguageRules::default())
            .into_iter()
            .map(|it| it.to)
            .collect();
        assert_eq!(twins, ["A", "B"]);
    }
}
