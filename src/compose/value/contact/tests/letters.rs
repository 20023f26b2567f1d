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
