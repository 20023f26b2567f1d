//! Which language is read instead of one that lacks a text.

use xabar_events::Language;

/// The languages to look for a text in, the best first: the one asked for, what its readers read
/// `instead`, the gateway's default, English, and then any other. A citizen who gets the news in a
/// language they did not choose is better off than one who gets none.
pub(super) fn chain(
    asked: Language,
    instead: &[Language],
    default: Language,
) -> impl Iterator<Item = Language> {
    let others = [default, Language::En];
    let mut seen = 0_u32;
    std::iter::once(asked)
        .chain(instead.iter().copied())
        .chain(others)
        .chain(Language::ALL.iter().copied())
        .filter(move |language| {
            let bit = 1 << language.code();
            let new = seen & bit == 0;
            seen |= bit;
            new
        })
}

/// What readers of a language read as well, unless its file says otherwise.
pub(super) fn usual(language: Language) -> &'static [Language] {
    match language {
        Language::Kaa | Language::UzCyrl => &[Language::UzLatn],
        Language::UzLatn => &[Language::UzCyrl],
        Language::Ru | Language::En => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{En, Kaa, Ru, UzCyrl, UzLatn};

    #[test]
    fn the_language_asked_for_comes_first_and_each_comes_once() {
        let order = |asked, default| chain(asked, usual(asked), default).collect::<Vec<_>>();
        assert_eq!(order(Kaa, Ru), [Kaa, UzLatn, Ru, En, UzCyrl]);
        assert_eq!(order(UzCyrl, UzLatn), [UzCyrl, UzLatn, En, Ru, Kaa]);
        assert_eq!(order(Ru, UzLatn), [Ru, UzLatn, En, UzCyrl, Kaa]);
        assert_eq!(order(UzLatn, UzLatn), [UzLatn, UzCyrl, En, Ru, Kaa]);
    }

    #[test]
    fn what_readers_read_instead_goes_before_the_default() {
        let order: Vec<_> = chain(Kaa, &[Ru, UzCyrl], UzLatn).collect();
        assert_eq!(order, [Kaa, Ru, UzCyrl, UzLatn, En]);
    }
}
