//! Digits enough for a number to call that stand in a text by right.

use super::*;

#[test]
fn what_the_page_on_messages_says_is_kept_calls_nobody() {
    let page = include_str!("../../../../../docs/messages.md");
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
        "5 ish kuni, N90123456",
        "N90123456, 15 ish kuni",
    ] {
        assert_eq!(contact_in(words), None, "{words}");
    }
    for number in [
        "N901234567",
        "N90123456 7",
        "N90123456, 5 ish kuni",
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
        "± 4-1001-2605/1234",
        "*4-1001-2605/1234#",
    ] {
        assert_eq!(contact_in(number), Some(Contact::Phone), "{number}");
    }
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
