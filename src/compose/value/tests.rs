//! What may stand in a text, and what may not.

use proptest::prelude::*;

use super::*;

fn written(value: &str) -> Result<String, Unfit> {
    shown(&Forms::default(), Form::Any, value)
}

fn shown(forms: &Forms, form: Form, value: &str) -> Result<String, Unfit> {
    let written = forms.write(form, value);
    written.map(|written| written.text.into_owned())
}

#[test]
fn what_agencies_really_send_goes_out() {
    for value in [
        "Yunusobod DXM, 9:00-18:00",
        "Toshkent sh., Amir Temur ko'ch., 5-uy",
        "Farg\u{2BB}ona v., Qo\u{2BB}qon sh. To\u{2BB}ytepa ko\u{2BB}chasi. 12-uy",
        "ЦГУ Яшнабадского района, ул. Махтумкули, д. 1, каб. 12",
        "pasport AB1234567",
        "AB 1234567",
        "2026-2027 o'quv yili uchun",
        "01.12.2026 10:30, 2-qavat",
        "09.00-18.00, shanba 09.00-14.00",
        "Toshkent 100000, Navoiy 12",
        "2026-12-01 va 2027-01-10 oralig'ida",
        "1 200 000.",
        "ariza to'liq emas; 3-bet, 12 (a)",
        "и т.д. и т.п.",
        "А.Ли, Х.Но",
        "uy. oy. yil. kun.",
        "Toshkent sh., va 12. me'yor, 12. me",
        "imzo va/yoki muhr yo'q; ID/pasport, uz/ru",
        "Hujjat yo'q...va imzo ham",
        "ул. Навои/Бобура, д. 5",
        "2 mln. so'm/oy, Toshkent vil. q/x bo'limi",
        "qaror № 12, № 345, 67-bet",
        "VMQ-123 (15.03.2024)",
        "1250000 sum",
        "10:05:07:01:02:0123",
    ] {
        assert!(written(value).is_ok(), "{value}: {:?}", written(value));
    }
}

#[test]
fn words_that_a_full_stop_joins_are_parted() {
    assert_eq!(written("A.Navoiy ko'ch.5").unwrap(), "A. Navoiy ko'ch.5");
    assert_eq!(written("М.Тўйчиев").unwrap(), "М. Тўйчиев");
    assert_eq!(
        written("N.Ne'matov, M.Mo\u{2BB}minov").unwrap(),
        "N. Ne'matov, M. Mo\u{2BB}minov"
    );
    assert_eq!(written("evil.anything").unwrap(), "evil. anything");
}

#[test]
fn a_link_is_found_in_every_disguise() {
    for value in [
        "my.gov.uz",
        "evil.uz",
        "EVIL.UZ.",
        "go to evil.com now",
        "t.me/evil",
        "bit.ly/2xYz",
        "evil.tk",
        "http://evil",
        "hxxp://evil",
        "https:\\\\evil",
        "hxxps://evil[.]uz",
        "evil[.]uz",
        "evil(.)com",
        "evil . uz",
        "evil .uz",
        "evil. uz",
        "evil. com",
        "evil.\u{200B}uz",
        "ev\u{AD}il.uz",
        "евил.уз",
        "сайт.рф",
        "gоv.ru",
        "evil.сom",
        "evil.соm",
        "my.gov.uz.evil.xyz",
        "xn--80ak6aa92e.x",
        "203.0.113.7",
        "203.0.113.7/a",
        "evil.anything/path",
        "a\u{301}bc.u\u{301}z",
        "evil.uz,",
        "evil.uz)",
        "pay:evil.uz",
        "evil.uz?x",
        "e.uz",
        "Yutuq: t. me/yutuq_bot",
        "bit. ly/3xYz",
        "goo. gl/x",
        "evil. online/pay",
        "yutuq t me/yutuq_bot",
        "evil_.uz/pay",
        "t..me/bot",
        "evil!.uz/pay",
        "evil,.uz/pay",
        "evil.№uz",
        "evil…uz",
        "t. me_/bot",
        "t. me²/bot",
        "банк.²ком",
        "evil[dot]uz",
        "evil(dot)uz",
        "evil {dot} uz",
        "evil dot uz",
    ] {
        assert_eq!(written(value), Err(Unfit::Link), "{value}");
    }
    // What looks like a full stop is none in the end.
    for value in [
        "evil\u{FF0E}uz",
        "evil\u{3002}uz",
        "evil\u{2024}uz",
        "evil\u{B7}uz",
    ] {
        assert_eq!(written(value).unwrap(), "evil uz");
    }
}

#[test]
fn what_shows_nothing_smuggles_nothing_and_costs_nothing() {
    for sign in [
        "\u{200B}", "\u{200D}", "\u{200F}", "\u{202E}", "\u{2067}", "\u{34F}", "\u{FE0F}",
        "\u{301}", "\n", "😀",
    ] {
        for link in [
            format!("evil{sign}.guru/pay"),
            format!("evil.{sign}guru/pay"),
            format!("ev{sign}il.uz"),
        ] {
            assert_eq!(written(&link), Err(Unfit::Link), "{link:?}");
        }
        let value = written(&format!("{sign}Yunusobod{sign} DXM{sign}")).unwrap();
        assert_eq!(value.replace('\u{301}', ""), "Yunusobod DXM", "{sign:?}");
    }
    for (value, shown) in [
        ("", Err(Unfit::Empty)),
        (" \t\u{A0}\n", Err(Unfit::Empty)),
        ("5", Ok("5")),
        ("true", Ok("true")),
    ] {
        assert_eq!(
            written(value).as_deref(),
            shown.as_ref().copied(),
            "{value:?}"
        );
    }
    let endless = "\u{200B}".repeat(5000) + &"so'z ".repeat(2000);
    assert!(written(&endless).unwrap().chars().count() <= MAX_CHARACTERS);
}

#[test]
fn an_address_or_a_number_is_found_in_every_disguise() {
    for value in ["a@b", "@evil_bot", "me @ evil", "evil\u{40}x"] {
        assert_eq!(written(value), Err(Unfit::Address), "{value}");
    }
    for value in [
        "+998901234567",
        "998 90 123-45-67",
        "(90) 123 45 67",
        "90.123.456.7.",
        "tel901234567",
        "71 200 00 55",
        "2000055",
        "9o1234567",
        "90l 234 56 7O1",
        "90 - 12 - 34 - 567",
        "90/123/45/67",
        "90_123_45_67",
        "90,123,45,67",
        "90: 123: 45: 67",
        "*880#",
        "*100*1",
        "1093#",
        "call 8 800 555 35 35 now",
        "XAB1234567",
        "AB12345678",
        "9\u{301}0 123 45 67",
        "90№123№45№67",
        "+998№90№123№45№67",
        "90№ь123№45№67",
        "90×123×45×67",
        "90ʺ123ʺ45ʺ67",
        "90ª123º45µ67",
        "90ǃ123ǃ45ǃ67",
    ] {
        assert_eq!(written(value), Err(Unfit::Phone), "{value}");
    }
    let value = "\u{FF19}\u{FF10} \u{661}23 \u{1D7DA}\u{1D7DB}";
    assert!(!written(value).unwrap_or_default().contains('9'));
}

#[test]
fn a_template_may_ask_for_a_link_a_number_or_a_code() {
    let forms = Forms {
        links: vec!["gov.uz".to_owned()],
        ..Forms::default()
    };
    for link in ["my.gov.uz", "https://my.gov.uz/a?b=1", "gov.uz/x#y"] {
        assert_eq!(shown(&forms, Form::Link, link).as_deref(), Ok(link));
    }
    for link in [
        "evil.uz",
        "https://gov.uz@evil.uz/",
        "http://my.gov.uz",
        "evilgov.uz",
        "gov.uz.evil.uz",
        "https://evil.uz/gov.uz",
        "my.gov.uz/\u{202E}",
        "my.gov.uz/ evil.uz",
        "му.gov.uz",
        "evil.uz#.gov.uz",
        "evil.uz?.gov.uz",
        "",
    ] {
        assert_eq!(
            shown(&forms, Form::Link, link),
            Err(Unfit::NoLink),
            "{link}"
        );
        assert!(Forms::default().write(Form::Link, link).is_err());
    }
    for (form, value) in [
        (Form::Phone, "+998 71 200-00-55"),
        (Form::Phone, "1093"),
        (Form::Code, "10:09:03:01:01:0234/0001"),
        (Form::Code, "AA 1234567"),
        (Form::Code, "301234567"),
        (Form::Code, "1-1005-2604/45-son"),
    ] {
        assert_eq!(shown(&forms, form, value).as_deref(), Ok(value));
    }
    let signed = shown(&forms, Form::Code, "№ 4-1001-2605/1234");
    assert_eq!(signed.as_deref(), Ok("4-1001-2605/1234"));
    for (form, value, unfit) in [
        (Form::Phone, "12", Unfit::NoPhone),
        (Form::Phone, "call 1093", Unfit::NoPhone),
        (Form::Code, "evil.uz", Unfit::NoCode),
        (Form::Code, "http://x1", Unfit::NoCode),
        (Form::Code, "Call 998901234567 now", Unfit::NoCode),
        (Form::Number, "many", Unfit::NoNumber),
        (Form::Number, "901234567", Unfit::NoNumber),
        (Form::Money, "-5", Unfit::NoAmount),
        (Form::Money, "much", Unfit::NoAmount),
        (Form::Date, "soon", Unfit::NoDate),
        (Form::Time, "noon", Unfit::NoTime),
        (Form::Text(10), " \u{200B} ", Unfit::Empty),
    ] {
        assert_eq!(shown(&forms, form, value), Err(unfit), "{value}");
    }
}

#[test]
fn no_value_of_a_form_is_longer_than_the_longest_that_a_check_takes() {
    let in_words = Forms {
        dates: DateForm::new("%A, %-d %B %Y").unwrap(),
        ..Forms::default()
    };
    let in_digits = Forms {
        dates: DateForm::new("%-d.%-m.%Y").unwrap(),
        ..Forms::default()
    };
    for (forms, form, value) in [
        (&in_words, Form::Date, "2026-09-30"),
        (&in_digits, Form::Date, "2026-12-31"),
        (&in_words, Form::Time, "2026-12-01T10:30:00Z"),
        (&in_words, Form::Number, "-87654321.75"),
        (&in_words, Form::Money, "999999999999999.99"),
        (&in_words, Form::Phone, "+(998)-(71)-(200)-(0055)"),
    ] {
        let written = shown(forms, form, value).unwrap().chars().count();
        let longest = forms.longest(form, "o").chars().count();
        assert_eq!(written, longest, "{value}");
    }
}

#[test]
fn the_number_of_an_application_brings_no_link() {
    for (number, shown) in [
        ("48120973", "48120973"),
        ("REG-2026/17.3", "REG-2026/17.3"),
        ("№ 12", "№ 12"),
        ("evil.uz/x", "evil uz x"),
        ("203.0.113.7/login", "203 0 113 7 login"),
        ("t me/evil1", "t me evil1"),
        ("t.me/evil1", "t me evil1"),
        ("http://x", "http x"),
        ("a@b <c>", "a b c"),
        ("1\u{FF0E}uz", "1 uz"),
        ("КАД-113", "КАД-113"),
        ("http:ь//203ь.0.113.7/login", "203ь 0 113 7"),
        ("т мэ/евил1", "т мэ евил1"),
        ("CALL-BANK-90ь1234567", "90ь1234567"),
    ] {
        assert_eq!(application(number), shown);
    }
}

#[test]
fn a_value_without_a_letter_or_a_digit_has_nothing_to_show() {
    for value in [
        ".",
        "-",
        "...",
        "№",
        "( )",
        "\u{4F60}.\u{597D}",
        "\u{24D4}\u{24E5}\u{24D8}\u{24DB}.\u{24E4}\u{24E9}",
    ] {
        assert_eq!(written(value), Err(Unfit::Empty), "{value}");
    }
    for value in ["5", "№ 5", "я", "G\u{2BB}", "(a)"] {
        assert_eq!(written(value).as_deref(), Ok(value));
    }
}

/// What phones make links and calls of, found in another way than the gateway does.
fn tempts(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let host = characters.windows(4).any(|four| {
        four[0].is_alphanumeric()
            && four[1] == '.'
            && four[2].is_alphabetic()
            && four[3].is_alphanumeric()
    });
    let mut digits = 0;
    let mut longest = 0;
    for character in characters {
        match character {
            '0'..='9' => digits += 1,
            ' ' | '-' | '(' | ')' | '.' | '/' | '+' => {}
            _ => digits = 0,
        }
        longest = longest.max(digits);
    }
    host || text.contains("://") || text.contains('@') || longest > 16
}

/// Pieces of links and numbers, and what they are hidden with.
fn disguised() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "evil", "gov", "uz", "com", "t", "me", ".", "\u{FF0E}", "[.]", " . ", "://", "http",
            "/", "@", " ", "\u{200B}", "\u{301}", "а", "е", "+998", "90", "123", "45", "67", "-",
            "(", ")", "*", "#", "\u{663}", "\u{2024}", "о", ":", "'",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_value_becomes_a_link_or_a_long_number(value in disguised()) {
        if let Ok(text) = written(&value) {
            prop_assert!(!tempts(&text), "{value:?} as {text:?}");
            prop_assert!(!text.contains(char::is_control));
            prop_assert_eq!(contact_in(&text), None);
        }
        prop_assert!(!tempts(&application(&value.chars().filter(|each| !each.is_ascii_digit()).collect::<String>())));
    }

    #[test]
    fn what_goes_out_is_never_longer_than_asked(value in any::<String>(), most in 1_usize..120) {
        if let Ok(text) = Forms::default().write(Form::Text(most), &value) {
            let line = clean(&value, most);
            prop_assert!(line.text.chars().count() <= most.max(3));
            prop_assert_eq!(text.text, parted(&line.text));
        }
    }

    #[test]
    fn no_sign_hides_a_link_with_a_path(
        host in prop::sample::select(vec!["evil", "t", "bit", "банк"]),
        signs in [signs(), signs(), signs()],
        end in prop::sample::select(vec!["uz", "me", "ly", "online", "рф"]),
    ) {
        let [before, after, behind] = signs;
        let value = format!("{host}{before}.{after}{end}{behind}/pay");
        prop_assert!(written(&value).is_err(), "{value}");
    }

    #[test]
    fn no_sign_hides_a_number(sign in signs(), country in prop::sample::select(vec!["", "+998", "998"])) {
        let value = [country, "90", "123", "45", "67"].join(&sign);
        prop_assert!(written(&value).is_err(), "{value}");
    }

    #[test]
    fn sentences_and_shortened_words_lead_nowhere(
        words in prop::collection::vec((word(), prop::sample::select(vec![" ", ". ", ", ", "., ", "... ", "...", ": ", " - ", ".) ", "/"])), 1..8),
    ) {
        let words = words.iter().map(|(word, sign)| match *sign {
            // Behind a full stop it may be a path.
            "/" => format!("yozma/{word}, "),
            sign => format!("{word}{sign}"),
        });
        let text = format!("Ariza {}", words.collect::<String>());
        prop_assert!(written(&text).is_ok(), "{text}: {:?}", written(&text));
    }

    #[test]
    fn codes_that_hyphens_join_stay_and_words_with_a_number_to_call_go(
        code in "[A-Z]{2,4}(-[A-Z]{2,4}){0,2}-[0-9]{1,6}",
        sentence in "[a-z]{3,8} [a-z]{3,8} [0-9]{4,9}",
    ) {
        prop_assert_eq!(application(&code), code.as_str());
        let digits = sentence.rsplit(' ').next().unwrap_or_default();
        prop_assert_eq!(application(&sentence), digits);
    }
}

/// Up to three signs that a text may have.
fn signs() -> impl Strategy<Value = String> {
    let is_sign = |each: &char| {
        let is_written = clean(&each.to_string(), 1).text.contains(*each);
        is_written && (!each.is_alphanumeric() || "ʹʺʻʼ²³".contains(*each))
    };
    let signs: Vec<char> = ('!'..='\u{2BF}')
        .chain("‐‑–—‘’“”„…№€•".chars())
        .filter(is_sign)
        .collect();
    prop::collection::vec(prop::sample::select(signs), 1..4).prop_map(String::from_iter)
}

/// Some of these are also the end of a page's name.
fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "va",
        "so'm",
        "in",
        "to",
        "me'yor",
        "id",
        "na",
        "tel",
        "at",
        "emas",
        "yo'q",
        "hujjat",
        "на",
        "не",
        "до",
        "илова",
        "5-uy",
        "info",
        "bank",
        "12",
    ])
}
