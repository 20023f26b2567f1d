//! The table and the rules of context, by example.

use super::*;
use crate::{Encoding, fold::fold};
use proptest::prelude::*;

fn assert_spellings(table: &[(&str, &str)]) {
    for (cyrillic, expected) in table {
        assert_eq!(uzbek_latin(cyrillic), *expected, "{cyrillic}");
    }
}

#[test]
fn every_letter_has_its_spelling() {
    assert_spellings(&[
        ("абвгдёжзийклмноп", "abvgdyojziyklmnop"),
        ("рстуфхчшщыэюя", "rstufxchshshieyuya"),
        ("ўқғҳ", "oʻqgʻh"),
    ]);
}

#[test]
fn ye_opens_a_syllable() {
    assert_spellings(&[
        ("ер", "yer"),
        ("келди", "keldi"),
        ("поезд", "poyezd"),
        ("объект", "obyekt"),
        ("премьера", "premyera"),
        ("фойе", "foye"),
        ("элек-елим", "elek-yelim"),
        ("об’ект", "ob’yekt"),
    ]);
}

#[test]
fn ts_follows_a_vowel() {
    assert_spellings(&[
        ("цирк", "sirk"),
        ("милиция", "militsiya"),
        ("акция", "aksiya"),
        ("концерт", "konsert"),
    ]);
}

#[test]
fn signs_are_written_where_they_are_heard() {
    assert_spellings(&[
        ("маъно", "maʼno"),
        ("маъюс", "maʼyus"),
        ("мўъжиза", "moʻjiza"),
        ("адъютант", "adyutant"),
        ("июль", "iyul"),
        ("Ильич", "Ilyich"),
        ("медальон", "medalyon"),
        ("бульён", "bulyon"),
        ("Исҳоқ", "Isʼhoq"),
    ]);
}

#[test]
fn some_words_have_spellings_of_their_own() {
    assert_spellings(&[
        ("Бюджет кодекси", "Budjet kodeksi"),
        ("БЮДЖЕТ", "BUDJET"),
        ("бюро", "byuro"),
        ("сентябрь", "sentabr"),
        ("Октябрда", "Oktabrda"),
        ("СЕНТЯБРЬ", "SENTABR"),
        ("ноябрь", "noyabr"),
        ("декабрь", "dekabr"),
    ]);
}

#[test]
fn capitals_follow_their_neighbours() {
    assert_spellings(&[
        ("Шаҳар", "Shahar"),
        ("ШАҲАР", "SHAHAR"),
        ("БОШ", "BOSH"),
        ("Ш. Юсупов", "Sh. Yusupov"),
        ("Ер", "Yer"),
        ("ЕР", "YER"),
        ("Ўзбекистон", "Oʻzbekiston"),
        ("ЎЗБЕКИСТОН", "OʻZBEKISTON"),
        ("ИСҲОҚ", "ISʼHOQ"),
        ("МИЛИЦИЯ", "MILITSIYA"),
    ]);
}

#[test]
fn abbreviations_keep_their_capitals_before_an_ending() {
    assert_spellings(&[
        ("ФҲДЁ", "FHDYO"),
        ("ФҲДЁга", "FHDYOga"),
        ("ЖШШИРингиз", "JSHSHIRingiz"),
        ("МЧЖ, ЯТТ ва СТИР", "MCHJ, YATT va STIR"),
        ("ЎзР", "OʻzR"),
    ]);
}

#[test]
fn electronic_services_are_not_ye() {
    assert_spellings(&[
        ("Е-имзо, е-ҳукумат", "E-imzo, e-hukumat"),
        ("Е-АУКЦИОН", "E-AUKSION"),
    ]);
}

#[test]
fn a_whole_notice_reads_well() {
    let cyrillic = "Ҳурматли фуқаро! «Ер участкаси» бўйича 48120973-сонли аризангиз тасдиқланди.";
    let latin = "Hurmatli fuqaro! «Yer uchastkasi» boʻyicha 48120973-sonli arizangiz tasdiqlandi.";
    assert_eq!(uzbek_latin(cyrillic), latin);
    assert_eq!(Encoding::of(&fold(latin)), Encoding::Gsm7);
}

#[test]
fn what_is_not_uzbek_cyrillic_stays() {
    assert_eq!(uzbek_latin("Xabar №5: ә 😀"), "Xabar №5: ә 😀");
}

proptest! {
    #[test]
    fn all_uzbek_cyrillic_becomes_gsm_text(text in "[а-яёўқғҳА-ЯЁЎҚҒҲ .,0-9]{0,60}") {
        prop_assert_eq!(Encoding::of(&fold(&uzbek_latin(&text))), Encoding::Gsm7);
    }

    #[test]
    fn any_text_is_spelled(text: String) {
        uzbek_latin(&text);
    }
}
