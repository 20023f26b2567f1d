//! `[spelling]` of a language's file: what may make its texts cheaper, and how it writes dates.

use xabar_events::Language;
use xabar_sms::{CyrillicAsLatin, LanguageRules};

use super::value::DateForm;
use crate::control::settings::reading::{Cell, Table};
use crate::control::settings::values::{parsed, switch};

/// All that a language's file may allow. Other rules would garble it: Russian read as Uzbek is
/// neither.
pub(super) fn allowable(language: Language) -> LanguageRules {
    LanguageRules {
        cyrillic_as_latin: match language {
            Language::UzLatn | Language::UzCyrl | Language::En => CyrillicAsLatin::WhenCheaper,
            Language::Kaa => CyrillicAsLatin::WhenUzbek,
            Language::Ru => CyrillicAsLatin::Never,
        },
        karakalpak_apostrophes: is_uzbek(language) || language == Language::Kaa,
        plain_letters: language != Language::Ru,
    }
}

fn is_uzbek(language: Language) -> bool {
    matches!(language, Language::UzLatn | Language::UzCyrl)
}

pub(super) fn spelling(
    table: &mut Table<'_>,
    language: Language,
) -> Option<(LanguageRules, DateForm)> {
    let date = parsed(
        "write it as strftime does, such as \"%d.%m.%Y\"",
        DateForm::new,
    );
    let as_latin = parsed("choose never or when-cheaper", |text| {
        let known = [
            CyrillicAsLatin::Never,
            allowable(language).cyrillic_as_latin,
        ];
        known.into_iter().find(|choice| choice.as_str() == text)
    });
    let as_latin = where_allowed(language, as_latin, |rules| {
        rules.cyrillic_as_latin != CyrillicAsLatin::Never
    });
    let usual = usual(language);
    let apostrophes = where_allowed(language, switch, |rules| rules.karakalpak_apostrophes);
    let apostrophes = table.or(
        "karakalpak_apostrophes",
        usual.karakalpak_apostrophes,
        apostrophes,
    );
    let rules = LanguageRules {
        cyrillic_as_latin: table.or("cyrillic_as_latin", usual.cyrillic_as_latin, as_latin),
        karakalpak_apostrophes: apostrophes,
        // What is to keep its own letters keeps their marks.
        plain_letters: usual.plain_letters || (language == Language::Kaa && apostrophes),
    };
    Some((rules, table.or("date", DateForm::default(), date)))
}

/// What holds where a language's file does not say. In Uzbek the letters of Karakalpak are those of names.
pub(super) fn usual(language: Language) -> LanguageRules {
    LanguageRules {
        cyrillic_as_latin: CyrillicAsLatin::Never,
        karakalpak_apostrophes: is_uzbek(language),
        plain_letters: !matches!(language, Language::Ru | Language::Kaa),
    }
}

/// Reads a rule, in the files of the languages that may have it.
fn where_allowed<T>(
    language: Language,
    read: impl Fn(&Cell<'_>) -> Option<T>,
    is_allowed: impl Fn(LanguageRules) -> bool,
) -> impl Fn(&Cell<'_>) -> Option<T> {
    move |cell| {
        if is_allowed(allowable(language)) {
            return read(cell);
        }
        let others = Language::ALL.iter().copied();
        let others = others.filter(|other| is_allowed(allowable(*other)));
        let files: Vec<String> = others.map(|other| format!("{other}.toml")).collect();
        let right = format!("leave it out; it belongs into {}", files.join(", "));
        cell.wrong(format!("is not a rule for {language}"), right)
    }
}

#[cfg(test)]
mod tests {
    use Language::{En, Kaa, Ru, UzCyrl, UzLatn};

    use super::*;
    use crate::compose::Catalog;
    use crate::scratch::Folder;

    #[test]
    fn names_are_spelled_cheaper_by_what_the_language_is_and_its_file_says() {
        let on = "[spelling]\nkarakalpak_apostrophes = true\n";
        let off = "[spelling]\nkarakalpak_apostrophes = false\n";
        let rules = |uzbek: &str, karakalpak: &str| {
            let folder = Folder::with([
                ("uz-Latn.toml", uzbek),
                ("uz-Cyrl.toml", uzbek),
                ("kaa.toml", karakalpak),
                ("en.toml", ""),
                ("ru.toml", ""),
            ]);
            let catalog = Catalog::load(folder.as_path()).unwrap();
            [UzLatn, UzCyrl, Kaa, En, Ru].map(|language| {
                let rules = catalog.rules(language);
                (rules.karakalpak_apostrophes, rules.plain_letters)
            })
        };
        let (both, plain, none) = ((true, true), (false, true), (false, false));
        assert_eq!(rules("", ""), [both, both, none, plain, none]);
        assert_eq!(rules(off, on), [plain, plain, both, plain, none]);
    }
}
