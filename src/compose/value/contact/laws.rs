//! What is found however it is disguised, and what never is.

use proptest::prelude::*;

use super::*;

/// A mobile number as people write it, some of its digits as letters, and at least one of each group as it is.
fn disguised() -> impl Strategy<Value = String> {
    let groups = (
        prop::sample::select(vec!["90", "91", "93", "94", "95", "97", "98", "99"]),
        "[0-9]{3}",
        "[0-9]{2}",
        "[0-9]{2}",
    );
    let groups = groups.prop_map(|(code, one, two, three)| [code.to_owned(), one, two, three]);
    let sign = prop::sample::select(vec![" ", "-", " - ", "_", ") ", "/"]);
    let country = prop::sample::select(vec!["", "+998 ", "998-"]);
    let letters = prop::collection::vec(0_usize..4, 9);
    let plain = prop::collection::vec(0_usize..2, 4);
    (groups, sign, country, letters, plain).prop_map(|(groups, sign, country, letters, plain)| {
        let mut letters = letters.into_iter();
        let groups = groups.iter().zip(plain).map(|(group, plain)| {
            let digits = group.chars().enumerate().map(|(at, digit)| {
                let letter = letters.next().unwrap();
                if at == plain {
                    digit
                } else {
                    put_for(digit, letter)
                }
            });
            digits.collect::<String>()
        });
        let groups: Vec<String> = groups.collect();
        format!("{country}{}", groups.join(sign))
    })
}

fn put_for(digit: char, which: usize) -> char {
    let letters = match digit {
        '0' => "oOоО",
        '1' => "lIiІ",
        '3' => "зЗЗз",
        '5' => "sSѕЅ",
        _ => return digit,
    };
    letters.chars().nth(which).unwrap()
}

/// Where an office is, with what houses and rooms are called.
fn address() -> impl Strategy<Value = String> {
    let street = prop::sample::select(vec![
        "Navoiy ko'chasi",
        "Olmazor",
        "Osiyo",
        "Шота Руставели",
        "Islom",
    ]);
    let letter = prop::sample::select(vec!["", "O", "I", "S", "B", "l", "З", "Б", "s"]);
    (street, 1..400_u32, letter.clone(), 1..200_u32, letter, 1..10_u32).prop_map(
        |(street, house, of_house, room, of_room, floor)| {
            format!("{street} {house}{of_house}, {room}{of_room}-xona, {floor}-qavat, {of_house}-{floor}")
        },
    )
}

/// The same with letters that houses have for one or two of its digits, first and last ones included.
fn grouped() -> impl Strategy<Value = String> {
    let code = prop::sample::select(vec![
        "90", "91", "93", "94", "95", "97", "98", "99", "71", "33", "88",
    ]);
    let sign = prop::sample::select(vec![" ", "-", " - ", ".", "/"]);
    let letter = prop::sample::select(vec!["б", "З", "S", "O", "l", "B", "ч", "b"]);
    let country = prop::sample::select(vec!["", "+998 ", "998-"]);
    (
        code,
        "[0-9]{7}",
        sign,
        letter.clone(),
        letter,
        0_usize..7,
        0_usize..7,
        country,
    )
        .prop_map(|(code, rest, sign, one, two, first, second, country)| {
            let mut rest: Vec<String> = rest.chars().map(String::from).collect();
            rest[first] = one.to_owned();
            rest[second] = two.to_owned();
            let groups = [rest[..3].concat(), rest[3..5].concat(), rest[5..].concat()];
            format!("{country}{code}{sign}{}", groups.join(sign))
        })
}

/// What stands in a text by right.
fn innocent() -> impl Strategy<Value = String> {
    let day = (1..=28_u32, 1..=12_u32, 2020..=2030_u32);
    let day = day.prop_map(|(day, month, year)| format!("{day:02}.{month:02}.{year}"));
    let series = prop::sample::select(vec!["VMQ-", "PF-", "ЎРҚ-", "№ ", "qaror "]);
    prop_oneof![
        address(),
        day.clone(),
        (series, 1..=999_u32, day.clone())
            .prop_map(|(series, number, day)| format!("{series}{number} ({day})")),
        (day, 1..=999_u32).prop_map(|(day, number)| format!("{day} № {number}")),
        (
            1_000..=99_999_999_u32,
            prop::sample::select(vec!["sum", "so'm", "сўм", "сум", "UZS"])
        )
            .prop_map(|(sum, currency)| format!("{sum} {currency}")),
        "[12][0-9]:[0-9]{2}:[0-9]{2}:[0-9]{2}:[0-9]{2}:[0-9]{4}(/[0-9]{4})?",
        (1..100_u32, 0..1000_u32, 0..10_u32).prop_map(|(millions, thousands, hundreds)| {
            format!("{millions} {thousands:03} {hundreds}00 so'm")
        }),
        (10_000_000..=99_999_999_u32).prop_map(|number| format!("N{number}")),
        (
            prop::sample::select(vec![
                "Shartnoma ",
                "қарор № ",
                "Договор номер ",
                "Contract No. "
            ]),
            "20[23][0-9]/[0-9]{2}-[0-9]{2}"
        )
            .prop_map(|(word, number)| format!("{word}{number}")),
        (
            prop::sample::select(vec!["", "№ ", "sud ishi ", "дело № "]),
            "[1-6]-1[0-9]{3}-2[5-9]0[1-9]/[1-9][0-9]{0,4}",
            prop::sample::select(vec!["", "-son", "-сонли қарор"])
        )
            .prop_map(|(word, number, ending)| format!("{word}{number}{ending}")),
        "(ШНҚ|SHNQ|ҚМҚ|KMK|СНиП) [14]\\.[0-9]{2}\\.[0-9]{2}-[0-9]{2}",
        "(ГОСТ|GOST|ГОСТ Р) 12\\.[1-4]\\.[0-9]{3}-[0-9]{2}",
        "(O'z DSt|ЎзДСт|ISO) 1[0-9]{2,3}:20[012][0-9]",
        "(STIR|СТИР raqami|ИНН:|INN) 3[0124-9][0-9]{7}",
        "(JSHSHIR|ПИНФЛ) [3-6][0-2][1-9]0[1-9][0-9]{9}",
        "(h/r|ҳисоб рақами|р/с) [24]0[0-9]{18}",
        "karta 8600 (12|\\*\\*)\\*\\* \\*{4} [0-9]{4}",
        "koordinata (39|4[0-4])\\.[0-9]{4,6}, (5[6-9]|6[0-9])\\.[0-9]{4,6}",
        (1..=999_u32).prop_map(|number| format!("ЎРҚ-{number}")),
        (1..=999_u32, 1..=99_u32).prop_map(|(house, flat)| format!("кв. {house}/{flat}")),
        (
            prop::sample::select(vec![
                "Toshkent sh.",
                "Nukus t.",
                "ул.",
                "Farg'ona v.",
                "Qarshi sh., MFY."
            ]),
            prop::sample::select(vec![
                "Yunusobod",
                "Guliston",
                "Навои",
                "Bog'ishamol",
                "Do'stlik"
            ]),
            1..=99_u32
        )
            .prop_map(|(town, place, house)| format!("{town} {place}/{house}")),
        "(til|Hujjat tili) \\(?(uz|UZ|ru|kz)/(ru|en|kaa)(/eng?)?\\)?",
        "(язык|на языке|тили) \\(?(уз|узб|ру)/(рус|англ|ру)(/англ)?\\)?",
        "(imzo|muhr|oy|kuni|сўм|печать) (va|yoki|o'z|km|ml|m|не|и|кг|biz|to'g'ri)/(yoki|o'zi|h|s|kun|или|siz|noto'g'ri)",
    ]
}

/// A link whose full stop is a word, as it may be written.
fn spelled() -> impl Strategy<Value = String> {
    let host = prop::sample::select(vec!["evil", "my-bank", "банк", "Yutuq5"]);
    let dot = prop::sample::select(vec![
        "dot",
        "DOT",
        "Dot",
        "d0t",
        "dоt",
        "dót",
        "doť",
        "дот",
        "nuqta",
        "нуқта",
        "нуқТА",
        "точка",
        "tochka",
    ]);
    let around = prop::sample::select(vec![
        [" ", " "],
        ["[", "]"],
        [" (", ") "],
        ["{", "} "],
        ["-", "-"],
        ["_", "_"],
        [" - ", " - "],
        [" \"", "\" "],
    ]);
    let end = prop::sample::select(vec!["uz", "UZ/pay", "com", "ru", "рф", "уз, Ali"]);
    (host, around, dot, end)
        .prop_map(|(host, [before, after], dot, end)| format!("{host}{before}{dot}{after}{end}"))
}

/// A link with a path, a blank among the signs that stand for its full stop.
fn parted_by_a_blank() -> impl Strategy<Value = String> {
    let host = prop::sample::select(vec!["evil", "my-bank", "банк", "Yutuq5", "to'lang: evil"]);
    let signs = prop::sample::select(vec![" ", "  ", " - ", " (", " \"", "_ ", "' "]);
    let end = prop::sample::select(vec![
        "uz", "UZ", "ru", "org", "net", "kz", "info", "su", "xyz", "рф", "уз", "ру", "орг", "инфо",
    ]);
    // With seven digits it would be a number to call first, where the end of the name is read in Latin letters only.
    let path = "(pay|a/b|оплата|[a-z][0-9][a-z0-9]{0,5}|p\\?id=5|ru/x)(, 5-uy| bo'yicha|\\.)?";
    (host, signs, end, path)
        .prop_map(|(host, signs, end, path)| format!("{host}{signs}{end}/{path}"))
}

proptest! {
    #[test]
    fn no_blank_for_a_full_stop_hides_a_link_with_a_path(link in parted_by_a_blank()) {
        prop_assert_eq!(contact_in(&link), Some(Contact::Link), "{}", link);
    }

    #[test]
    fn no_word_for_a_full_stop_hides_a_link(link in spelled()) {
        prop_assert_eq!(contact_in(&link), Some(Contact::Link), "{}", link);
    }

    #[test]
    fn letters_at_the_edge_of_a_group_hide_no_number(number in grouped()) {
        // Full stops between four groups are those of a host.
        prop_assert!(contact_in(&number).is_some(), "{}", number);
    }

    #[test]
    fn what_stands_in_a_text_by_right_leads_nowhere(
        one in innocent(),
        other in innocent(),
        sign in prop::sample::select(vec![", ", "; ", " (a), "]),
    ) {
        for value in [one.clone(), format!("{one}{sign}{other}")] {
            // Flat 99/80, and a day: with the country's code, however parted, it may be a number to call.
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            prop_assume!(!digits.contains("998"));
            prop_assert_eq!(contact_in(&value), None, "{}", value);
        }
    }

    #[test]
    fn the_number_of_a_courts_case_leads_nowhere(
        case in "(№ |ish |дело №)?[124]-[1-46-9][0-9]{2,3}/20[23][0-9](-son|-сонли қарор|, 12-xona)?",
    ) {
        prop_assert_eq!(contact_in(&case), None, "{}", case);
    }

    #[test]
    fn no_word_of_a_document_hides_a_whole_number(
        word in prop::sample::select(vec![
            "Shartnoma ", "қарор: ", "№ ", "N", "ID ", "sud ishi ", "дело № ", "", "Contract No. ", "Шартнома рақами ",
            "Ariza raqami: ", "STIR ", "JSHSHIR ", "h/r ", "IMEI ", "AB № ", "ШНҚ ", "ГОСТ ", "O'z DSt ", "VMQ-",
        ]),
        number in "9[01345789](-|/)?[0-9]((-|/)?[0-9]){6}(/2026)?",
        ending in prop::sample::select(vec!["", "-son", "-sonli qaror", " ish", ", 5-uy"]),
    ) {
        let value = format!("{word}{number}{ending}");
        // 90000-2000/2026 is a span of years, to any reader.
        prop_assume!(contact_in(&number).is_some());
        prop_assert_eq!(contact_in(&value), Some(Contact::Phone), "{}", value);
    }

    /// Wherever in it a word stands behind which digits may stand by right, or with its last digit behind a comma.
    #[test]
    fn no_word_or_comma_cuts_a_whole_number_in_two(
        // 2012 N 34567 is of a year, to any reader.
        number in "(33|50|55|71|88|9[01345789])[0-9]{7}",
        at in 1..9_usize,
        country in prop::sample::select(vec!["", "+998", "+998 ", "+ (998) ", "998", "998 ", "00 998 ", "+998-"]),
        before in prop::sample::select(vec!["", "Bank: ", "Tel. ", "Murojaat uchun "]),
        parting in prop::sample::select(vec![" ", "", " (", "-", ": "]),
        word in prop::sample::select(vec![
            "N", "№ ", "No. ", "номер ", "raqami: ", "Ariza raqami ", "ID ", "TT ", "AA", "AAF ", "AB № ", "INN ", "PQ-",
            "Shartnoma № ", "ГОСТ ", "ish ", "дело № ", "VMQ-", "ЎРҚ ", "ШНҚ ", "id ",
        ]),
    ) {
        let (first, last) = number.split_at(at);
        let value = format!("{before}{country}{first}{parting}{word}{last}");
        prop_assert_eq!(contact_in(&value), Some(Contact::Phone), "{}", value);
        let value = format!("{before}{country} {word}{number}");
        prop_assert_eq!(contact_in(&value), Some(Contact::Phone), "{}", value);
    }

    #[test]
    fn no_comma_hides_the_end_of_a_whole_number(
        word in prop::sample::select(vec!["N", "№ ", "Tel raqami: ", "Ariza ", "Номер: ", "Заявка № "]),
        number in "(33|50|71|88|9[01345789])[0-9]{6}",
        sign in prop::sample::select(vec![",", ", ", "; ", ") ", ",("]),
        last in "[0-9]",
    ) {
        let value = format!("{word}{number}{sign}{last}");
        prop_assert_eq!(contact_in(&value), Some(Contact::Phone), "{}", value);
    }

    #[test]
    fn any_disguise_of_a_number_is_found(number in disguised()) {
        prop_assert_eq!(contact_in(&number), Some(Contact::Phone), "{}", number);
    }

    /// Whatever is made of letters, digits and the signs that links, numbers and codes are made of.
    #[test]
    fn what_is_harmless_at_first_sight_leads_nowhere(
        line in "[a-dxnXNоОіІзЗқҚöÓńьЪхнʻʼA-C0-9 .:/*#@²³…«»×\u{301}–-]{0,16}",
        words in "[а-яА-ЯёқғҳўxnXNоОіІ\u{2BB} 0-9:,()+-]{0,24}",
        spelled in spelled(),
    ) {
        for line in [line, words, spelled] {
            if is_harmless(&line) {
                prop_assert_eq!(as_given(&line).or(in_latin(&line)), None, "{}", line);
            }
        }
    }

    #[test]
    fn no_address_is_taken_for_a_number(address in address()) {
        prop_assert_eq!(contact_in(&address), None, "{}", address);
    }
}
