//! Which spelling of a text to send: the one that takes the fewest segments.

use std::borrow::Cow;
use std::fmt;

use crate::fold::fold;
use crate::latin::{is_karakalpak_cyrillic, karakalpak_apostrophes, plain_letters, uzbek_latin};
use crate::{Cost, Encoding, count};

/// How a spelling was made, from the closest to the original to the furthest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// The text as given.
    AsIs,
    /// With look-alikes that read the same.
    Folded,
    /// In Latin letters of GSM 03.38, by the rules of the language.
    Latin,
}

impl How {
    /// Its name in JSON and logs: `as-is`, `folded` or `latin`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AsIs => "as-is",
            Self::Folded => "folded",
            Self::Latin => "latin",
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Whether Cyrillic letters, read as Uzbek, may be sent in Latin ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CyrillicAsLatin {
    /// Never: people get the letters that they chose.
    #[default]
    Never,
    /// When that takes fewer segments.
    WhenCheaper,
    /// When that takes fewer segments, and none of them has to be read as Karakalpak.
    WhenUzbek,
}

impl CyrillicAsLatin {
    /// Its name in configuration: `never` or `when-cheaper`, by what the language is.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::WhenCheaper | Self::WhenUzbek => "when-cheaper",
        }
    }

    fn allows(self, text: &str) -> bool {
        match self {
            Self::Never => false,
            Self::WhenCheaper => true,
            Self::WhenUzbek => !is_karakalpak_cyrillic(text),
        }
    }
}

/// What a language allows beyond look-alikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LanguageRules {
    /// Whether Cyrillic letters may be sent in Latin ones.
    pub cyrillic_as_latin: CyrillicAsLatin,
    /// Whether á ǵ ń ó ú ı may be sent as a' g' n' o' u' i', as Karakalpak was written before
    /// 2016.
    pub karakalpak_apostrophes: bool,
    /// Whether letters with marks that GSM 03.38 lacks, as names from abroad have them, may be sent without these.
    pub plain_letters: bool,
}

/// One spelling of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// How it was made.
    pub how: How,
    /// The spelling.
    pub text: Cow<'a, str>,
    /// What it costs.
    pub cost: Cost,
}

impl<'a> Candidate<'a> {
    fn new(how: How, text: Cow<'a, str>) -> Self {
        let cost = count(&text);
        Self { how, text, cost }
    }
}

/// The spellings of a text that differ, from the closest to the furthest; the first is the text
/// as given.
pub fn candidates(text: &str, rules: LanguageRules) -> Vec<Candidate<'_>> {
    let mut candidates = vec![Candidate::new(How::AsIs, Cow::Borrowed(text))];
    candidates.extend(respelled(text, rules));
    candidates
}

/// The spelling with the fewest segments; of equals the one closest to the text as given.
///
/// Allocates nothing for a text in GSM 03.38 or of one segment, which is most: no other spelling
/// is cheaper.
pub fn cheapest(text: &str, rules: LanguageRules) -> Candidate<'_> {
    let as_is = Candidate::new(How::AsIs, Cow::Borrowed(text));
    if as_is.cost.segments == 1 || as_is.cost.encoding == Encoding::Gsm7 {
        return as_is;
    }
    respelled(text, rules).fold(as_is, |cheapest, other| {
        if other.cost.segments < cheapest.cost.segments {
            other
        } else {
            cheapest
        }
    })
}

/// The spellings other than the text as given, from the closest to the furthest.
fn respelled(text: &str, rules: LanguageRules) -> impl Iterator<Item = Candidate<'_>> {
    let folded = fold(text);
    let latin = in_latin(&folded, rules);
    let latin = (latin != folded).then(|| Cow::Owned(latin.into_owned()));
    let folded = (folded != text).then_some(folded);
    let spellings = [(How::Folded, folded), (How::Latin, latin)];
    let spellings = spellings.into_iter();
    spellings.filter_map(|(how, text)| Some(Candidate::new(how, text?)))
}

/// A folded text in the Latin letters that its language allows, folded again.
pub fn in_latin(folded: &str, rules: LanguageRules) -> Cow<'_, str> {
    let mut latin = Cow::Borrowed(folded);
    // Without letters of its own that GSM 03.38 lacks the text may be plain but for Cyrillic twins of Latin ones: a series
    // typed as АВ is AB then, and AV only in a text that has other Cyrillic letters.
    if rules.karakalpak_apostrophes
        && let Cow::Owned(spelled) = karakalpak_apostrophes(&latin)
    {
        latin = Cow::Owned(fold(&spelled).into_owned());
    }
    latin = without_marks(latin, rules);
    if rules.cyrillic_as_latin.allows(&latin)
        && let Cow::Owned(spelled) = uzbek_latin(&latin)
    {
        // A stress that stood on a Cyrillic letter is a mark on a Latin one.
        latin = without_marks(Cow::Owned(fold(&spelled).into_owned()), rules);
    }
    latin
}

fn without_marks(latin: Cow<'_, str>, rules: LanguageRules) -> Cow<'_, str> {
    if rules.plain_letters
        && let Cow::Owned(spelled) = plain_letters(&latin)
    {
        return Cow::Owned(fold(&spelled).into_owned());
    }
    latin
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CYRILLIC: LanguageRules = LanguageRules {
        cyrillic_as_latin: CyrillicAsLatin::WhenCheaper,
        karakalpak_apostrophes: false,
        plain_letters: false,
    };

    fn hows(candidates: &[Candidate<'_>]) -> Vec<How> {
        candidates.iter().map(|candidate| candidate.how).collect()
    }

    #[test]
    fn plain_text_has_one_spelling() {
        let rules = LanguageRules {
            karakalpak_apostrophes: true,
            ..CYRILLIC
        };
        assert_eq!(
            hows(&candidates("Arizangiz tasdiqlandi.", rules)),
            [How::AsIs]
        );
    }

    #[test]
    fn folding_saves_a_segment() {
        let text = "Arizangiz ko‘rib chiqildi – javob my.gov.uz saytida, 5 kun ichida oling.";
        let sent = cheapest(text, LanguageRules::default());
        assert_eq!(count(text).segments, 2);
        assert_eq!(
            (sent.how, sent.cost.encoding, sent.cost.segments),
            (How::Folded, Encoding::Gsm7, 1)
        );
        assert_eq!(sent.text, text.replace('‘', "'").replace('–', "-"));
    }

    #[test]
    fn what_saves_nothing_is_left_as_given() {
        let short = "Ko‘rildi";
        let considered = candidates(short, LanguageRules::default());
        assert_eq!(hows(&considered), [How::AsIs, How::Folded]);
        assert_eq!(cheapest(short, LanguageRules::default()).how, How::AsIs);
        let cyrillic = "«Кадастр» ".repeat(10);
        assert_eq!(cheapest(&cyrillic, LanguageRules::default()).how, How::AsIs);
    }

    #[test]
    fn cyrillic_becomes_latin_only_where_allowed_and_cheaper() {
        let text = "Ўзбекистон: «ер участкаси» бўйича аризангиз тасдиқланди, маълумот: my.gov.uz";
        let sent = cheapest(text, LanguageRules::default());
        assert_eq!((sent.how, sent.cost.segments), (How::AsIs, 2));
        let sent = cheapest(text, CYRILLIC);
        assert_eq!((sent.how, sent.cost.segments), (How::Latin, 1));
        assert_eq!(
            sent.text,
            "O'zbekiston: \"yer uchastkasi\" bo'yicha arizangiz tasdiqlandi, ma'lumot: my.gov.uz"
        );
        assert_eq!(cheapest("Қабул қилинди", CYRILLIC).how, How::AsIs);
    }

    #[test]
    fn karakalpak_gets_apostrophes_only_where_allowed() {
        let text =
            "Siziń arzańız kórip shıǵıldı hám tastıyıqlandı, juwap úsh kún ishinde jiberiledi.";
        assert_eq!(cheapest(text, LanguageRules::default()).how, How::AsIs);
        let rules = LanguageRules {
            karakalpak_apostrophes: true,
            ..LanguageRules::default()
        };
        let sent = cheapest(text, rules);
        assert_eq!((sent.how, sent.cost.segments), (How::Latin, 1));
    }

    #[test]
    fn what_is_karakalpak_in_cyrillic_is_not_read_as_uzbek() {
        let rules = LanguageRules {
            cyrillic_as_latin: CyrillicAsLatin::WhenUzbek,
            karakalpak_apostrophes: true,
            ..LanguageRules::default()
        };
        let sent = |value: &str| {
            let text = format!(
                "Siziń arzańız tastıyıqlandı, juwap úsh kún ishinde jiberiledi, mánzil: {value}."
            );
            let sent = cheapest(&text, rules);
            (sent.how, sent.cost.segments)
        };
        for uzbek in [
            "КАД-113",
            "Тўрткўл ДХМ",
            "Ўзбекистон",
            "Қўнғирот, Елликқалъа",
        ] {
            assert_eq!(sent(uzbek), (How::Latin, 1), "{uzbek}");
        }
        for karakalpak in [
            "Аўыл",
            "бояў",
            "аўдан",
            "Ўатан",
            "ТӘЎИР",
            "Нөкис",
            "Таңбаслы",
            "ҮЙ",
            "қыз",
        ] {
            assert_eq!(sent(karakalpak), (How::AsIs, 2), "{karakalpak}");
        }
    }

    #[test]
    fn a_name_from_abroad_loses_its_marks_only_where_allowed_and_cheaper() {
        let rules = LanguageRules {
            plain_letters: true,
            ..LanguageRules::default()
        };
        let text = "Your residence permit is ready. Please come to the office of Łukasz Čapek by 01.12.2026.";
        assert_eq!(cheapest(text, LanguageRules::default()).cost.segments, 2);
        let sent = cheapest(text, rules);
        assert_eq!((sent.how, sent.cost.segments), (How::Latin, 1));
        assert_eq!(sent.text, text.replace("Łukasz Č", "Lukasz C"));
        assert_eq!(cheapest("Łukasz Čapek", rules).how, How::AsIs);
    }

    #[test]
    fn cyrillic_twins_do_not_keep_karakalpak_dear() {
        let text = "Siziń biometriyalıq pasportıńız АВ1234567 tayar, onı orayda alıń, hújjetińizdi umıtpań.";
        for cyrillic_as_latin in [CyrillicAsLatin::Never, CyrillicAsLatin::WhenUzbek] {
            let rules = LanguageRules {
                cyrillic_as_latin,
                karakalpak_apostrophes: true,
                plain_letters: true,
            };
            let sent = cheapest(text, rules);
            assert_eq!((sent.how, sent.cost.segments), (How::Latin, 1));
            assert!(sent.text.contains(" AB1234567 "), "{}", sent.text);
        }
    }

    #[test]
    fn cyrillic_twins_stay_so_beside_a_name_from_abroad() {
        let rules = LanguageRules {
            plain_letters: true,
            ..CYRILLIC
        };
        let text = "The passport АВ1234567 of Łukasz Čapek is ready. Please come to the office by 01.12.2026.";
        let sent = cheapest(text, rules);
        assert!(
            sent.text.contains(" AB1234567 of Lukasz Capek"),
            "{}",
            sent.text
        );
        let stressed = "за\u{301}мок ".repeat(12);
        assert_eq!(cheapest(&stressed, rules).text, "zamok ".repeat(12));
    }

    proptest! {
        #[test]
        fn the_cheapest_is_never_dearer(text in "(?s)[а-яўa-z’“– áńşč]{0,200}|.{0,200}") {
            let rules = LanguageRules { karakalpak_apostrophes: true, plain_letters: true, ..CYRILLIC };
            let sent = cheapest(&text, rules);
            let considered = candidates(&text, rules);
            prop_assert_eq!(&considered[0].text, &text);
            prop_assert!(considered.iter().all(|one| one.cost.segments >= sent.cost.segments));
            prop_assert!(considered.contains(&sent));
        }
    }
}
