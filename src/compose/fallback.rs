//! Which language is read instead of one that lacks a text.

use xabar_events::Language;

/// The languages to look for a text in, the best first: the one asked for, the one that its
/// readers read most easily, the gateway's default, English, and then any other. A citizen who
/// gets the news in a language they did not choose is better off than one who gets none.
pub(super) fn chain(asked: Language, default: Language) -> impl Iterator<Item = Language> {
    let preferred = [
        Some(asked),
        nearest(asked),
        Some(default),
        Some(Language::En),
    ];
    let others = Language::ALL.iter().copied();
    let mut seen = 0_u32;
    preferred
        .into_iter()
        .flatten()
        .chain(others)
        .filter(move |language| {
            let bit = 1 << language.code();
            let new = seen & bit == 0;
            seen |= bit;
            new
        })
}

/// The language that readers of another read as well.
fn nearest(language: Language) -> Option<Language> {
    match language {
        Language::Kaa | Language::UzCyrl => Some(Language::UzLatn),
        Language::UzLatn => Some(Language::UzCyrl),
        Language::Ru | Language::En => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{En, Kaa, Ru, UzCyrl, UzLatn};

    #[test]
    fn the_language_asked_for_comes_first_and_each_comes_once() {
        let order = |asked, default| chain(asked, default).collect::<Vec<_>>();
        assert_eq!(order(Kaa, Ru), [Kaa, UzLatn, Ru, En, UzCyrl]);
        assert_eq!(order(UzCyrl, UzLatn), [UzCyrl, UzLatn, En, Ru, Kaa]);
        assert_eq!(order(Ru, UzLatn), [Ru, UzLatn, En, UzCyrl, Kaa]);
        assert_eq!(order(UzLatn, UzLatn), [UzLatn, UzCyrl, En, Ru, Kaa]);
    }
}
