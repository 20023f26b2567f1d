//! `[spelling]` of a language's file: what may make its texts cheaper, and how it writes dates.

use xabar_events::Language;
use xabar_sms::{CyrillicAsLatin, LanguageRules};

use super::value::DateForm;
use crate::control::settings::reading::{Cell, Table};
use crate::control::settings::values::{parsed, switch};

/// All that a language's file may allow. Other rules would garble it: Russian read as Uzbek is
/// neither.
pub(super) fn allowable(language: Language) -> LanguageRules {
    let is_uzbek = matches!(language, Language::UzLatn | Language::UzCyrl);
    LanguageRules {
        cyrillic_as_latin: if is_uzbek {
            CyrillicAsLatin::WhenCheaper
        } else {
            CyrillicAsLatin::Never
        },
        karakalpak_apostrophes: language == Language::Kaa,
    }
}

pub(super) fn spelling(
    table: &mut Table<'_>,
    language: Language,
) -> Option<(LanguageRules, DateForm)> {
    let date = parsed(
        "write it as strftime does, such as \"%d.%m.%Y\"",
        DateForm::new,
    );
    let as_latin = parsed("choose never or when-cheaper", cyrillic_as_latin);
    let as_latin = where_allowed(language, as_latin, |rules| {
        rules.cyrillic_as_latin == CyrillicAsLatin::WhenCheaper
    });
    let apostrophes = where_allowed(language, switch, |rules| rules.karakalpak_apostrophes);
    let rules = LanguageRules {
        cyrillic_as_latin: table.or("cyrillic_as_latin", CyrillicAsLatin::Never, as_latin),
        karakalpak_apostrophes: table.or("karakalpak_apostrophes", false, apostrophes),
    };
    Some((rules, table.or("date", DateForm::default(), date)))
}

fn cyrillic_as_latin(text: &str) -> Option<CyrillicAsLatin> {
    let known = [CyrillicAsLatin::Never, CyrillicAsLatin::WhenCheaper];
    known.into_iter().find(|choice| choice.as_str() == text)
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
        let right = format!("leave it out; it belongs into {}", files.join(" and "));
        cell.wrong(format!("is not a rule for {language}"), right)
    }
}
