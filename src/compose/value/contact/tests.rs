//! Letters that stand for digits, and those that stand for themselves.

use super::*;

#[test]
fn a_number_is_found_with_letters_for_its_digits() {
    for number in [
        "+998 9O I23 45 67",
        "90-I23-45-67",
        "90-l23-45-67",
        "90-i23-45-67",
        "90-123-4S-67",
        "90 12З 45 67",
        "90 12з 45 67",
        "9O-I23-4S-67",
        "9O-l2З-4S-67",
        "9О I2З 4Ѕ 67",
        "90 І23 45 67",
        "90 ı23 45 67",
        "90-123-OO-67",
        "90-1B3-4S-67",
        "99B 9O I23 45 67",
        "(9O) I23 - 45 - 67",
        "90,I23,45,67",
        "90_I23_45_67",
        "tel. 9O.I23.45.67",
        "Qo'ng'iroq qiling: 90 I23 45 67, Ali",
        "I23-45-67",
        "12З-45-67",
        "200-OO-55",
        "8 800 SS5 З5 З5",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
}

#[test]
fn a_whole_number_in_groups_is_found_with_letters_that_houses_have() {
    for number in [
        "90 12З 4S б7",
        "90-12З-45-б7",
        "90 б23 45 67",
        "90 1ч3 45 67",
        "+998 9O б23 4S б7",
        "99890 б23 45 67",
        "98 бб7 45 21",
        "(90) З4S-б7-б7",
        "90.б23.45.67",
        "90 б234567",
        "9O1234Sбб",
        "tel: 71 2З1 4б-бб, Ali",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
    for words in [
        "1б 2б 3б 4б 5б 6б 7б",
        "90, 12B, 34, 56",
        "90-maktab 12б sinf 34",
        "Chilonzor 9, 12 B, 34-xona, 100170",
        "Amir Temur 107B, 5-uy",
        "12 123 4б 67",
        "01O777SS",
    ] {
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
fn the_number_of_an_application_calls_nobody() {
    for words in [
        "N48120973",
        "№48120973",
        "№ 48120973",
        "ariza N48120973, 12.05.2026",
        "No. 48120973",
        "Ariza 48120973",
        "Ariza raqami: 48120973",
        "Заявка 48120973",
        "Arza nomeri 48120973",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
    for number in [
        "N901234567",
        "N90123456 7",
        "AN48120973",
        "48120973",
        "Ariza 901234567",
        "Ariza 48120973 5",
        "Telefon raqami 901234567",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
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
fn letters_of_houses_classes_and_words_are_no_digits() {
    for words in [
        "S-67 uy",
        "S67, 12-uy",
        "Sergeli-8, 12S-uy, 34-xonadon",
        "Toshkent 100170, 12S",
        "Навои 12З, кв. 34, 100170",
        "д. 12Б, кв. 34, 100170",
        "12B, 34, 100170",
        "11S 2026-2027 o'quv yili",
        "11B 2026-2027",
        "11S 2026",
        "9-S sinf, 2026-yil",
        "9:00-18:00, 5S",
        "5S 9:00-18:00, 01.12.2026",
        "01 S 123 SS",
        "01S123SS",
        "01O777SS",
        "I-SI 0123456",
        "AB № 1234567",
        "I-TN №0123456",
        "SI1234567",
        "IO 1234567",
        "15 000 000so'm",
        "15 000 000 so'm",
        "250000so'm, 12 oy",
        "12 oy, 36 oy, 48 oy, 60 oy",
        "ИП 1234 ООО 56",
        "2026-2027 II chorak, 12 soat",
        "5 ol, 12 sol, 2026",
        "3 II 2026, 12-xona",
        "550e8400-dead-beef",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
}

#[test]
fn what_a_plus_or_the_countrys_code_begins_has_no_dates_hours_or_years() {
    for number in [
        "+9989 2019-2020",
        "+9989 1987-2034",
        "+ (9989) 2019–2020",
        "tel. +9989 2019/2020",
        "5, +9989 2019-2020",
        "998 9 2019-2020",
        "5, 998 9 2019-2020",
        "00998 9 2019-2020",
        "8 10 998 9 2019-2020",
        "+99890 1.12.2020",
        "99890 1.12.2020",
        "+99890 12:34 5 67",
        "+48 601 123 456",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
    for words in [
        "998 2019-2020",
        "2019-2020, 998",
        "99/8 2019-2020",
        "+2019-2020",
        "+01.12.2026",
        "+1 200 000 so'm",
        "9 980 000 000 000 so'm",
        "998-xona, 9:00-18:00",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
}

#[test]
fn a_number_is_found_around_what_looks_like_a_date_or_an_hour() {
    for number in [
        "90 12:34 567",
        "call 90 12:34 567",
        "call 90 12:34 56",
        "1 12:34 56",
        "9 01.12.2034",
        "90 12.12.2012",
        "1990-2000-2010-20",
        "12, 90 12:34 567",
        "90x123x45x67",
        "90х123х45х67",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
    for words in [
        "01.12.2026 10:30",
        "10:30 12.05.2026",
        "25.11 10:00",
        "10:00, 25.11",
        "01.12.2026, 10:30-11:30",
        "12.12.2026 dan 15.12.2026 gacha",
        "01.12.2026 gacha 1 200 000 so'm",
        "Amir Temur 107, 9:00-18:00",
        "12-xona, 01.12.2026 10:30",
        "2026-2027, 150",
        "5 10:30",
        "120x60x45 sm",
        "2x3 rasm",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
}

#[test]
fn a_number_is_found_behind_any_signs() {
    for number in [
        "+48 601 234 567",
        "+7 495 123 456",
        "+ ... 48 601 234 567",
        "90ʻ123ʻ45ʻ67",
        "998ʻ901ʻ234ʻ567",
        "90ʼ123ʼ45ʼ67",
        "90ʹ123ʹ45ʹ67",
        "90ʿ123ʿ45ʿ67",
        "90 ... 123 ... 45 ... 67",
        "90 -------- I23 -------- 45 -------- 67",
        "* 111 #",
        "*_111_#",
        "*-111-#",
        "* 100 * 1 #",
        "23.15-17.45-67",
        "90.15-17.45",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
    for words in [
        "Ish vaqti 08.15-17.45",
        "8.30 – 17.45, shanba 09.10—14.05",
        "* 3 nusxa, * 4 rasm",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
}

#[test]
fn a_span_of_amounts_or_years_is_no_number_and_a_number_in_threes_is_one() {
    for words in [
        "1 000 000 – 2 000 000 so\u{2BB}m",
        "1 000 000-2 000 000 so'm",
        "500 000 — 1 000 000 сўм",
        "от 1 250 500 – 2 300 000 сум",
        "9 000 – 20 000",
        "12 500 000",
        "12 500 000 so'm",
        "2026-2027",
        "2026–2027 o'quv yili, 12 500 000 so'm",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
    for number in [
        "9 012 – 34 567",
        "8 912 – 3 456 789",
        "901 234 – 567",
        "90 123 – 45 67",
        "9 989 – 01 234 500",
        "99 890 – 1 234 500",
        "998 901 – 999 500",
        "1 000 000 – 2 000 000 – 3 000 000",
        "2 000 000 – 1 000 000",
        "+998 000 – 1 000 000",
        "71 200-00-00",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
}

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
fn what_latin_letters_make_of_a_value_is_found() {
    for (value, contact) in [
        ("http:ь//203ь.0.113.7/login", Contact::Link),
        ("203.ъ0.ь113.7", Contact::Phone),
        ("ń2031l113", Contact::Phone),
        ("хн-ь-80ак6аа92е", Contact::Link),
        ("хн-Ь-80ак6аа92е", Contact::Link),
        ("евил .ли", Contact::Link),
        ("евил. неть", Contact::Link),
        ("cайт. cом", Contact::Link),
        ("сайтс.ъиó-.", Contact::Link),
        ("сайтс. ъиó-.", Contact::Link),
        ("90ь123ь45ь67", Contact::Phone),
        ("90ъ123ъ45ъ67", Contact::Phone),
        ("90Ь1Ь2Ь3Ь4Ь5Ь67", Contact::Phone),
        ("қўнғироқ: 9ь0 и23 45 67", Contact::Phone),
        ("90 ы23 4с 67", Contact::Phone),
        ("*ь880ь#", Contact::Phone),
    ] {
        assert_eq!(contact_in(value), Some(contact), "{value}");
    }
    for words in [
        "Юнусобод тумани, 5-уй, 12-хона, 9:00-18:00",
        "Не указан адрес. Нет подписи, 2 листа",
        "Ариза тўлиқ эмас (2-илова). Ва 3-бет",
        "«Кадастр». На 2026 год",
        "паспорт АВ 1234567",
        "АВ1234567",
        "серия АВ1234567",
        "маълумот 120×60×75 см",
        "объект № 12, № 345, 67-уй",
        "12 000 000 сўм, 1-июль",
        "кв. 412/15, 12 000 000 сўм",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
}

#[test]
fn words_in_any_alphabet_are_harmless_at_first_sight() {
    for words in [
        "Юнусобод тумани Давлат хизматлари маркази",
        "Mirzo Ulug\u{2BB}bek tumani, 3-uy",
        "Nókis qalası DXM",
    ] {
        assert!(is_harmless(words), "{words}");
    }
    assert_eq!(contact_in("0і0і0"), None, "five digits");
    for others in [
        "ЦГУ. Навои",
        "5²5²5",
        "XN--80ak",
        "хн-ь-80ак",
        "Навои…",
        "90 123 45 67",
    ] {
        assert!(!is_harmless(others), "{others}");
    }
}

#[test]
fn a_house_and_a_postal_code_are_no_number_if_none_begins_like_them() {
    for address in [
        "125, 100170",
        "12S, 100170",
        "Navoiy 1ЗЗ, 100170",
        "100170, 125",
    ] {
        assert_eq!(contact_in(address), None, "{address}");
    }
    for number in [
        "90S, 123456",
        "905, 123456",
        "123-45-67, 12",
        "1234567, 12",
        "90, 125, 100170",
        "90, 1 234 567",
        "5, 901 234 500",
        "+998 125, 100170",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
}

#[test]
fn the_number_of_a_decision_with_its_date_calls_nobody() {
    for words in [
        "VMQ-123 (15.03.2024)",
        "VMQ-123 (15.03.2024), 5-uy, 12-xona",
        "VMQ-123 (15.03.2024 y.)",
        "VMQ-123 (15.03.2024-yil)",
        "ВМҚ-123 (15.03.2024)",
        "ЎРҚ-637 (23.09.2020 й.)",
        "№ 1234 (15.03.2024)",
        "AB1234567 (15.03.2024)",
        "qaror 12345 (2024-03-15); 12 (16/03/2024)",
        "Решение от 15.03.2024 № 123",
        "15.03.2024 №12345, 2-илова",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
    for number in [
        "123-45-67 (15.03.2024)",
        "901234567 (15.03.2024)",
        "+9989 (15.03.2024)",
        "998 9 (15.03.2024) 5",
        "123 (15.03.2024) 4567",
        "123 (15.03.2024",
        "123 (45.67.2024)",
        "90 (12.12.2012) - 34",
        "9 01.12.2034 № 5",
        "90 15.03.2024 № 123",
        "15.03.2024 № 1234567",
        "(15.03.2024), 901234567",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
}

#[test]
fn the_number_of_a_document_and_a_place_on_a_map_call_nobody() {
    for words in [
        "Shartnoma 2026/11-45",
        "shartnomangiz: 2026/11-45, 5-uy",
        "12-345/2026-sonli qaror",
        "12-345/2026 сонли қарор",
        "12-345/2026-сонли қарор",
        "Договор № 123/2026",
        "Решение 2026/11-45",
        "№ 2026/11-45",
        "Sha'rtnama 2026/11-45",
        "Shártnama 2026/11-45",
        "Contract 2026/11-45, 15.03.2026",
        "Shartnoma 2026/11-45, 500000 so'm",
        "71-23/2026-sonli qaror, MFY",
        "ID 4021-887",
        "ID: 4021-887.",
        "41.311081, 69.240562",
        "Joy: 41.3110,69.2405; 5-uy.",
        "Joy: 41.3110, 69.2405.",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
    for number in [
        "2026/11-45",
        "Tel 2026/11-45",
        "Shartnoma 90-123/2026",
        "90-123/2026-sonli qaror",
        "Shartnoma +2026/11-45 6",
        "Shartnoma 2026/11-45 67",
        "Shartnoma 2026/11-45-67",
        "Qaror 90-12/2034, 5",
        "Qaror 9-0123/2026",
        "Shartnoma 2026/90-12, 34567",
        "ID 1290-123, 4567",
        "Shartnoma 901234567",
        "Shartnoma 2026/11-45, 901234567",
        "Qaror 123-45-67",
        "ID 402-18-87",
        "ID 901234567",
        "ID 4021-887 90",
        "4021-887",
        "90.123456, 69.240562",
        "41.311081, 69.2405621",
        "41.311081, 69.240562 34",
        "+41.311081, 69.240562",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
}

#[test]
fn what_the_page_on_messages_says_is_kept_calls_nobody() {
    let page = include_str!("../../../../docs/messages.md");
    let table = page.split_once("<!-- kept -->").unwrap().1;
    let table = table.split_once("<!-- end -->").unwrap().0;
    let rows = table.lines().filter_map(|row| row.split('|').nth(2));
    let examples: Vec<&str> = rows
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .collect();
    assert!(examples.len() >= 40, "{examples:?}");
    for words in examples {
        assert_eq!(contact_in(words), None, "{words}");
    }
}

#[test]
fn the_number_of_a_courts_case_calls_nobody() {
    for words in [
        "2-1234/2026",
        "4-1001-2605/1234",
        "№ 4-1001-2605/1234",
        "1-1005-2604/45-son",
        "1-1005-2604/45-sonli ish, 12-xona",
        "Sud 15.03.2026 № 4-1001-2605/1234",
        "sud ishi 2-12/2026",
        "дело № 3-3456/2026",
        "дело № 2-3456/2026, 25.11.2026 10:30",
        "4-1001-2605/1234, 1-1005-2604/45; 50000 so'm",
        "25.11.2026, 4-1001-2605/1234",
        "2-12/2026-sonli ish",
        "дело 5-1/2026",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
    for number in [
        "2-12/2026",
        "3-3456/2026",
        "9-0123/2026",
        "№ 9-0123/2026",
        "Sud ishi 901-23/4567",
        "9-9890-1234/567",
        "4-9012-3405/67",
        "4-1001-2615/1234",
        "4-1001-2605/9012, 34567",
        "2-1234/2026 56",
        "2-1234/2026, 901234567",
        "90 123 № 4-567/2026",
        "+4-1001-2605/1234",
        "*4-1001-2605/1234#",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
}

#[test]
fn a_number_in_threes_behind_what_calls_elsewhere_begin_with_is_no_sum() {
    for number in [
        "00 998 901 234 567",
        "8 998 901 234 567",
        "0 901 234 567",
        "8 712 000 055",
        "5, 00 998 901 234 567",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
    for sum in ["1 250 000 000", "80 712 000", "8 712 000", "12 000 500"] {
        assert_eq!(contact_in(sum), None, "{sum}");
    }
    assert_eq!(contact_in("8 712 000 055 so'm"), None);
}

#[test]
fn a_sum_with_its_currency_calls_nobody() {
    for words in [
        "1250000 sum",
        "1250000 so'm",
        "1250000 so\u{2BB}m",
        "1250000so'mdan",
        "1250000 сўм",
        "1250000 сум",
        "1250000 UZS",
        "1250000,50 so'm",
        "1250000.50 so'm",
        "125 000 000 so'm",
        "125000000 so'm",
        "1.250.000 сум",
        "1,250,000 UZS",
        "2 ta, 1250000 sum",
        "12, 15, 1250000 sum",
        "12500000 сўм, 1250000 сўм",
        "12, 1 250 000,50 so'm",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
    for number in [
        "1250000",
        "1250000 dona",
        "901234567 so'm",
        "998901234000 so'm",
        "+998901234000 so'm",
        "90 123 45 67 so'm",
        "123-45-67 so'm",
        "0901234 so'm",
        "5550000, 1250000 so'm",
        "1250000 - so'm",
        "712345000 summer sale",
        "712345000 summani tasdiqlang",
        "712345000 uzsoliq",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
}

#[test]
fn the_number_of_a_land_parcel_calls_nobody() {
    for words in [
        "10:05:07:01:02:0123",
        "10:05:07:01:02:0123/0001",
        "10:05:07:01:02:0123:0001:012",
        "Kadastr raqami 10:05:07:01:02:0123, Navoiy 5, 12-xona",
        "(23:09:03:01:01:0234). 1-qavat",
        "Navoiy 5, 10:05:07:01:02:0123",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
    for number in [
        "90:12:34:56:70:1234",
        "+10:05:07:01:02:0123",
        "10:05:07:01:02:01234",
        "10:05:07:01:2:0123",
        "10-05-07-01-02-0123",
        "10:05:07:01:02:0123 901 23 45",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
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
