//! Numbers to call among dates, hours, years, sums and houses.

use super::*;

#[test]
fn a_number_is_found_behind_any_signs() {
    for number in [
        "+48 601 234 567",
        "+7 495 123 456",
        "+ ... 48 601 234 567",
        "±48 601 234 567",
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
        "1 500 ± 50 kv. m",
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
