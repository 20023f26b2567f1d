//! Links, with whatever signs, marks and words stand at their full stops.

use super::*;

#[test]
fn a_link_is_found_behind_quotes_and_a_street_is_none() {
    for link in [
        "evil‘.’uz",
        "evil“.”uz",
        "evil«.»uz",
        "evil‹.›uz",
        "evilʻ.ʼuz",
        "evil.ch",
        "o-ko.ch",
        "ko.ch/a",
        "5.me/a",
        "5.uz",
        "x5.me",
        "a.5.me",
    ] {
        assert_eq!(contact_in(link), Some(Contact::Link), "{link}");
    }
    for words in ["ko.ch. Navoiy", "Navoiy Ko.ch. 5", "5.me", "12.me'yor"] {
        assert_eq!(contact_in(words), None, "{words}");
    }
}

#[test]
fn a_blank_after_its_full_stop_hides_no_link_with_a_path() {
    for link in [
        "evil. guru/pay",
        "evil .guru/pay",
        "evil[.]guru/pay",
        "evil. GURU/pay",
        "evil. gurú/pay",
        "evil. anything/pay?id=5",
        "evil. ńet/pay",
        "evil.uź",
    ] {
        assert_eq!(contact_in(link), Some(Contact::Link), "{link}");
    }
    for words in [
        "Toshkent sh. Yunusobod/5",
        "Ariza rad etildi. Kim/qachon? Bet/varaq",
        "Incomplete. Photo/scan needed. Date/place? School/college",
        "ул. Навои. ООО/ИП",
        "evil. guru",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
}

#[test]
fn a_blank_for_its_full_stop_hides_no_link_with_a_path() {
    for link in [
        "to'lang: evil uz/pay",
        "evil UZ/pay",
        "evil ru/pay",
        "my gov uz/ariza?id=5",
        "bank24 uz/5",
        "24 uz/pay",
        "evil - uz/pay",
        "evil «uz/pay»",
        "evil uz/ru/pay",
        "evil uz/ru-pay",
        "evil uz/",
        "evil net/pay",
        "evil нет/pay",
        "evil оrg/pay",
        "evil info/pay",
        "evil рф/pay",
        "evil рф/оплата",
        "евил уз/тўлов",
        "евил ру/оплата",
        "t me/a",
    ] {
        assert_eq!(contact_in(link), Some(Contact::Link), "{link}");
    }
    for words in [
        "va/yoki, o'z/o'zi, km/h, m/o, 25/26",
        "imzo va/yoki muhr",
        "tezligi 60 km/h, 5 ml/kun",
        "o'qituvchi o'z/o'zi haqida",
        "uyali aloqa m/o",
        "Hujjat tili uz/ru",
        "Hujjat tili (uz/ru/en).",
        "на языке уз/рус",
        "Hujjat, uz/nusxa",
        "Shakl: org/tashkilot",
        "Income net/gross",
        "гражданин РФ/СНГ",
        "паспорт РФ/Ўзбекистон",
        "печати нет/не видна",
        "№ 12: печати нет/не видна",
        "подписи нет/неразборчива",
        "да/нет/не знаю",
        "biz/siz, biz va biz/siz",
        "to'lov online/offline",
        "evil uz",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
}

#[test]
fn no_of_a_sentence_is_no_end_of_a_name() {
    for words in ["Адрес не указан. Нет подписи", "Заявка № 12. Нет подписи"]
    {
        assert_eq!(contact_in(words), None, "{words}");
    }
}

#[test]
fn marks_on_letters_hide_no_link_from_what_goes_out_without_them() {
    for link in [
        "my-bank.cöm",
        "evil.ùz/pay",
        "evil dót uz",
        "evil doť uz",
        "evil nuqtä uz",
    ] {
        assert_eq!(contact_in(link), Some(Contact::Link), "{link}");
    }
    for words in [
        "Café Müller, Åse ko'chasi 12",
        "Ájiniyaz kóshesi, 5-úy",
        "50€, 100£",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
}

#[test]
fn a_full_stop_that_is_spelled_out_is_one() {
    for link in [
        "evil[dot]uz",
        "evil(dot)uz",
        "evil {dot} uz",
        "evil <DOT> online",
        "evil dot uz",
        "evil DOT COM/pay",
        "evil-dot-ru",
        "evil_d0t_org",
        "evil dоt uz",
        "evil дот уз",
        "evil(nuqta)uz",
        "evil nuqta uz",
        "evil (точка) рф",
        "evil dоt рф",
        "евил точка уз",
        "евил нуқта уз",
        "t(dot)me/evil",
        "my dot gov dot uz",
        "evil dot co[dot]uk",
    ] {
        assert_eq!(contact_in(link), Some(Contact::Link), "{link}");
    }
    for words in [
        "dot uz",
        "evil dot",
        "dot matrix printer, A4",
        "mark each dot in the plan",
        "belgi (nuqta) va imzo",
        "Nuqta, uzun chiziq",
        "Контрольная точка нет на плане",
        "точка (нет)",
        "anecdot uz",
        "nuqta uzoq",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
}
