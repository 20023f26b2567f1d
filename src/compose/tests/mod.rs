//! Every text in every language, and the rules that hold for any of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use xabar_events::Language;
use xabar_events::sample::SERVICES;
use xabar_sms::{candidates, count};

use super::value::{Contact, contact_as_given};
use super::*;
use crate::control::settings::{Environment, Settings};
use crate::dialogue::TEMPLATES;
use crate::journal::Content;
use crate::scratch::Folder;
use golden::PARAMS;

mod cutting;
mod golden;
mod keywords;

/// Read once for all cases of a law.
static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::built_in);
static LISTED: LazyLock<Vec<Listed<'_>>> = LazyLock::new(|| CATALOG.templates().collect());

fn content(service: &str, status: &str, language: Language, params: &[(&str, &str)]) -> Content {
    let param = |(name, value): &(&str, &str)| ((*name).into(), (*value).into());
    Content {
        service: service.into(),
        status: status.into(),
        language: Some(language),
        params: params.iter().map(param).collect(),
        legal: false,
        extensions: Vec::new(),
    }
}

/// What an agency without texts of its own tells of application 48120973.
fn news(content: &Content) -> News<'_> {
    News {
        agency: "kadastr",
        application: "48120973",
        content,
    }
}

fn written(catalog: &Catalog, content: &Content) -> String {
    let text = catalog.compose(news(content), Language::UzLatn);
    text.unwrap().text
}

#[test]
fn every_language_has_every_text_and_every_name() {
    let catalog = Catalog::built_in();
    let keys = |language| {
        let templates = catalog
            .templates()
            .filter(move |listed| listed.language == language);
        templates
            .map(|listed| (listed.service, listed.status))
            .collect::<Vec<_>>()
    };
    let english = keys(Language::En);
    for &language in Language::ALL {
        assert_eq!(keys(language), english, "{language}");
        for service in SERVICES {
            assert!(
                language == Language::En
                    || catalog.service_name(language, service.service) != service.service
            );
            for status in service.statuses {
                let content = content(service.service, status, language, &[]);
                let text = catalog.compose(news(&content), Language::Ru).unwrap();
                assert_eq!(text.language, language, "{status}");
            }
        }
    }
}

#[test]
fn every_parameter_of_every_text_has_a_sample_that_fits() {
    let catalog = Catalog::built_in();
    for listed in catalog.templates() {
        for name in listed.params() {
            let sample = PARAMS.iter().find(|(param, _)| *param == name);
            let content = content("x", listed.status, listed.language, &[*sample.unwrap()]);
            assert_eq!(listed.unfit(news(&content)), [], "{}: {name}", listed.key());
        }
    }
}

#[test]
fn without_values_every_text_is_one_segment() {
    let catalog = Catalog::built_in();
    let longer = catalog
        .templates()
        .filter(|listed| listed.least.segments > 1);
    let longer: Vec<_> = longer.map(|listed| format!("{listed:?}")).collect();
    assert!(longer.is_empty(), "{longer:#?}");
}

#[test]
fn every_text_says_which_application_it_is_about() {
    for listed in LISTED.iter() {
        let service = listed.service.unwrap_or("x");
        let content = content(service, listed.status, listed.language, &[]);
        let text = written(&CATALOG, &content);
        assert!(text.contains("48120973"), "{}: {text}", listed.key());
    }
}

#[test]
fn what_a_citizen_is_to_do_is_told_in_every_language() {
    use Language::{En, Kaa, Ru, UzCyrl, UzLatn};
    // To bring something, to complete it, to correct it and apply again, to ask.
    let (bring, complete, correct, ask) = (
        [
            (UzLatn, &["olib keling", "bilan keling"][..]),
            (UzCyrl, &["олиб келинг", "билан келинг"]),
            (Ru, &["Возьмите", "Нужен ", "Нужны оригиналы"]),
            (Kaa, &["alıp keliń", "menen keliń", "penen keliń"]),
            (En, &["Please bring"]),
        ],
        [
            (UzLatn, &["ldirish uchun qaytarildi"][..]),
            (UzCyrl, &["тўлдиришга қайтарилди"]),
            (Ru, &["вернули на доработку"]),
            (Kaa, &["tolıqtırıw ushın qaytarıldı"]),
            (En, &["returned to you for completion"]),
        ],
        [
            (UzLatn, &["qayta topshiring"][..]),
            (UzCyrl, &["қайта топширинг"]),
            (Ru, &["подайте снова"]),
            (Kaa, &["qayta tapsırıń"]),
            (En, &["apply again"]),
        ],
        [
            (UzLatn, &["Mahallangizga"][..]),
            (UzCyrl, &["Маҳаллага"]),
            (Ru, &["в махаллю"]),
            (Kaa, &["Máhállańızǵa"]),
            (En, &["ask your mahalla"]),
        ],
    );
    for (words, least) in [(bring, 7), (complete, 1), (correct, 3), (ask, 1)] {
        let mut asked: BTreeMap<_, usize> = BTreeMap::new();
        for listed in LISTED.iter() {
            let service = listed.service.unwrap_or("x");
            let content = content(service, listed.status, listed.language, &[]);
            let text = CATALOG.write(news(&content), UzLatn).unwrap().text;
            let mut words = words.iter().filter(|(of, _)| *of == listed.language);
            if words.any(|(_, words)| words.iter().any(|it| text.contains(it))) {
                *asked.entry(listed.key()).or_default() += 1;
            }
        }
        assert!(asked.len() >= least, "{asked:?}");
        let lacks = asked
            .iter()
            .find(|(_, languages)| **languages < words.len());
        assert_eq!(lacks, None);
    }
}

#[test]
fn values_in_cyrillic_and_a_long_number_are_reckoned_apart_from_the_usual() {
    let of = |language| {
        let of_all = |it: &&Listed<'_>| it.service.is_none() && it.status == "rejected";
        let mut listed = LISTED.iter().filter(of_all);
        let listed = listed.find(|it| it.language == language).unwrap();
        let costs = [
            listed.most,
            listed.most_in_cyrillic(),
            listed.most_with_the_longest_number(),
        ];
        (listed.limit(), costs.map(|cost| cost.segments))
    };
    assert_eq!(of(Language::En), (2, [2, 3, 3]));
    assert_eq!(of(Language::Ru), (3, [3, 3, 4]));
    assert_eq!(of(Language::Kaa), (3, [3, 4, 3]));
}

/// What is wrong with the texts of a folder, without its name.
fn problems(folder: &Folder) -> Vec<String> {
    let problems = Catalog::load(folder.as_path()).unwrap_err();
    problems.iter().map(|it| folder.within(it)).collect()
}

#[test]
fn the_folder_that_comes_with_the_gateway_is_what_is_built_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/messages");
    let loaded = Catalog::load(&folder).unwrap();
    let loaded = format!("{loaded:?}").replace(&format!("{}/", folder.display()), "");
    assert_eq!(loaded, format!("{:?}", Catalog::built_in()));
}

#[test]
fn the_text_of_the_service_goes_before_that_of_all() {
    let folder = Folder::with([(
        "en.toml",
        "[messages]\nready = \"ready\"\n[messages.passport]\nready = \"passport\"",
    )]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let of = |service| written(&catalog, &content(service, "ready", Language::En, &[]));
    assert_eq!(
        (of("passport").as_str(), of("other").as_str()),
        ("passport", "ready")
    );
}

#[test]
fn the_most_special_text_wins() {
    let folder = Folder::with([(
        "en.toml",
        "[messages]\nready = \"all\"\ndone = \"all\"\n[messages.passport]\nready = \"service\"\n\
             [agencies.iiv]\nready = \"agency\"\ndone = \"agency\"\n\
             [agencies.consulate.passport]\nready = \"both\"",
    )]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let of = |agency, service, status| {
        let content = content(service, status, Language::En, &[]);
        let news = News {
            agency,
            ..news(&content)
        };
        catalog.compose(news, Language::En).unwrap().text
    };
    assert_eq!(of("consulate", "passport", "ready"), "both");
    assert_eq!(of("iiv", "passport", "ready"), "service");
    assert_eq!(of("iiv", "passport", "done"), "agency");
    assert_eq!(of("iiv", "visa", "ready"), "agency");
    assert_eq!(of("consulate", "visa", "ready"), "all");
    let listed: Vec<_> = catalog.templates().map(|listed| listed.key()).collect();
    assert_eq!(
        listed,
        [
            "messages.done",
            "messages.ready",
            "messages.passport.ready",
            "agencies.consulate.passport.ready",
            "agencies.iiv.done",
            "agencies.iiv.ready",
        ]
    );
}

#[test]
fn the_file_of_a_language_says_what_its_readers_read_instead() {
    let folder = Folder::with([
        ("kaa.toml", "fallback = [\"ru\"]"),
        ("ru.toml", "[messages]\nready = \"готово\""),
        ("uz-Latn.toml", "[messages]\nready = \"tayyor\""),
    ]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let content = content("passport", "ready", Language::Kaa, &[]);
    assert_eq!(written(&catalog, &content), "готово");
}

#[test]
fn another_language_is_better_than_none_and_no_text_is_an_error() {
    let folder = Folder::with([
        (
            "ru.toml",
            "[messages]\nready = \"готово\"\ndone = \"сделано\"",
        ),
        ("uz-Latn.toml", "[messages]\nready = \"tayyor\""),
    ]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let language = |status, language, default| {
        let content = content("passport", status, language, &[]);
        let text = catalog.compose(news(&content), default);
        text.map(|text| text.language)
    };
    assert_eq!(
        language("ready", Language::Kaa, Language::Ru),
        Ok(Language::UzLatn)
    );
    assert_eq!(
        language("done", Language::Kaa, Language::UzLatn),
        Ok(Language::Ru)
    );
    assert_eq!(
        language("ready", Language::En, Language::Ru),
        Ok(Language::Ru)
    );
    assert_eq!(
        language("lost", Language::Kaa, Language::Ru),
        Err(NoTemplate)
    );
    let mut unsaid = content("passport", "ready", Language::Ru, &[]);
    unsaid.language = None;
    let text = catalog.compose(news(&unsaid), Language::UzLatn).unwrap();
    assert_eq!(
        (text.text.as_str(), text.language),
        ("tayyor", Language::UzLatn)
    );
}

#[test]
fn names_that_are_missing_are_those_of_the_event() {
    let catalog = Catalog::built_in();
    let text = written(
        &catalog,
        &content("new-service", "completed", Language::En, &[]),
    );
    assert!(text.contains("(new-service)"), "{text}");
}

#[test]
fn a_file_names_the_zone_into_which_hours_in_utc_are_reckoned() {
    let text = "[messages]\nbooked = \"Come[ {at:date}][, {at:time}][ ({at})].\"";
    let at = |zone: &str| {
        let text = format!("{zone}\n{text}");
        let folder = Folder::with([("en.toml", text.as_str())]);
        let catalog = Catalog::load(folder.as_path()).unwrap();
        let params = [("at", "2026-12-01T22:30:00Z")];
        written(&catalog, &content("x", "booked", Language::En, &params))
    };
    let tashkent = "Come 02.12.2026, 03:30 (02.12.2026 03:30).";
    assert_eq!(at(""), tashkent);
    assert_eq!(at("[values]\ntimezone = \"Asia/Tashkent\""), tashkent);
    assert_eq!(
        at("[values]\ntimezone = \"Europe/Berlin\""),
        "Come 01.12.2026, 23:30 (01.12.2026 23:30)."
    );
}

#[test]
fn where_no_file_names_a_zone_hours_are_those_of_the_subscribers_quiet_hours() {
    let at = |quiet: &str| {
        let operator = "[[operator]]\nname = \"ucell\"\nprefixes = [\"99893\"]\naddress = \"127.0.0.1:2775\"\n\
                        system_id = \"xabar\"\npassword = \"secret\"\nsender = \"MyGov\"\n";
        let text = format!("{operator}[subscriber]\n{quiet}");
        let settings = Settings::read(&text, Path::new("xabar.toml"), &Environment::default());
        let catalog = Catalog::of(&settings.unwrap()).unwrap();
        let at = "2026-12-01T22:30:00Z";
        let params = [("date", at), ("time", at)];
        let content = content("notary", "appointment-scheduled", Language::En, &params);
        written(&catalog, &content)
    };
    let berlin = "quiet_hours = { from = \"22:00\", to = \"08:00\", timezone = \"Europe/Berlin\" }";
    let (usual, berlin) = (at(""), at(berlin));
    assert!(usual.contains("2 Dec 2026, 03:30"), "{usual}");
    assert!(berlin.contains("1 Dec 2026, 23:30"), "{berlin}");
}

#[test]
fn a_long_text_goes_out_in_its_cheapest_spelling() {
    let catalog = Catalog::built_in();
    let params = [("office", "Mirzo Ulug‘bek DXM — 2-qavat")];
    let text = written(
        &catalog,
        &content("passport", "ready", Language::UzLatn, &params),
    );
    assert!(text.contains("Mirzo Ulug'bek DXM - 2-qavat"), "{text}");
    assert_eq!(count(&text).segments, 1);
}

#[test]
fn a_text_takes_no_more_segments_than_it_may() {
    let folder = Folder::with([(
        "en.toml",
        "[budget]\nsegments = 1\n[messages]\nready = \"Ready.[ {a}.][ {b}.]\"\n\
             done = { text = \"Done.[ {a}.][ {b}.]\", segments = 2 }",
    )]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let words = "office of the district ".repeat(5);
    for (status, segments) in [("ready", 1), ("done", 2)] {
        let params = [("a", words.as_str()), ("b", words.as_str())];
        let text = written(&catalog, &content("x", status, Language::En, &params));
        assert_eq!(count(&text).segments, segments, "{text}");
        assert!(
            text.contains(words.trim()) && !text.contains("...."),
            "{text}"
        );
    }
}

#[test]
fn a_value_is_cut_to_its_place_only_where_more_would_take_another_segment() {
    let folder = Folder::with([(
        "en.toml",
        "[messages]\nready = \"Ready.[ At: {office:20}.][ Reason: {reason:20}.]\"",
    )]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let of = |office: &str, reason: &str| {
        let params = [("office", office), ("reason", reason)];
        written(&catalog, &content("x", "ready", Language::En, &params))
    };
    let (office, reason) = ("o".repeat(50), "r".repeat(50));
    let whole = format!("Ready. At: {office}. Reason: {reason}.");
    assert_eq!(of(&office, &reason), whole);
    // The last one is cut first, and no more than a segment asks for.
    let (office, reason) = ("o".repeat(90), "r".repeat(90));
    let room = 160 - "Ready. At: . Reason: ...".len() - office.len();
    let filled = format!("Ready. At: {office}. Reason: {}...", "r".repeat(room));
    assert_eq!(of(&office, &reason), filled);
    // Beyond its place stands what is not to go out.
    let link = format!("{} evil.uz", "o".repeat(20));
    let cut = format!("Ready. At: {}... Reason: r.", "o".repeat(17));
    assert_eq!(of(&link, "r"), cut);
}

#[test]
fn no_segment_is_spent_on_three_dots() {
    for (segments, before) in [(1, 141), (2, 287)] {
        let text = format!(
            "[messages]\nready = {{ text = \"{}[ {{a:20}}]\", segments = 3 }}",
            "o".repeat(before)
        );
        let folder = Folder::with([("en.toml", &*text)]);
        let catalog = Catalog::load(folder.as_path()).unwrap();
        let params = [("a", &*"x".repeat(40))];
        let text = written(&catalog, &content("x", "ready", Language::En, &params));
        // Its place takes 20 characters, of which only the last dots would be in another segment.
        assert_eq!(count(&text).segments, segments, "{text}");
        assert_eq!(
            text,
            format!("{} {}...", "o".repeat(before), "x".repeat(15))
        );
    }
}

#[test]
fn numbers_that_make_one_to_call_together_do_not_stand_side_by_side() {
    let folder = Folder::with([(
        "en.toml",
        "[messages]\nready = \"Ready.[ {a:number}][ {b:number}.]\"\n\
         done = \"Done.[ {words}][ {b:number}.]\"\nplace = \"Place[ {a:number}][ of {b:number}.]\"",
    )]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let params = [("a", "90"), ("b", "1234567"), ("words", "Room 90")];
    for (status, text) in [
        ("ready", "Ready. 90"),
        ("done", "Done. Room 90"),
        ("place", "Place 90 of 1 234 567."),
    ] {
        let content = content("x", status, Language::En, &params);
        assert_eq!(written(&catalog, &content), text);
    }
}

#[test]
fn what_has_no_room_in_a_text_is_named_and_what_is_not_given_is_not() {
    let folder = Folder::with([(
        "en.toml",
        "[budget]\nsegments = 1\n[messages]\nrooms = \"Rooms[ {a}][ {b}]\"\n\
             ready = \"Ready.[ {a:code} {b:code}.][ {c:code} {day:date}.][ {e:code} {f:code}.][ {g}, {h}.]\"",
    )]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let left_out = |status, params: &[(&str, &str)]| {
        let content = content("x", status, Language::En, params);
        let text = catalog.compose(news(&content), Language::En).unwrap();
        let left_out = catalog.left_out(&text, news(&content)).into_iter();
        let named = left_out.map(|(name, why)| (name.to_owned(), why));
        named.collect::<Vec<_>>()
    };
    let name = |name: &str, why| (name.to_owned(), why);
    let code = "AB12-".repeat(7) + "AB123";
    let first = [
        ("a", &*code),
        ("b", &code),
        ("c", &code),
        ("day", "2026-12-01"),
    ];
    assert_eq!(left_out("ready", &first), []);
    let all = [&first[..], &[("e", &code), ("f", &code), ("g", "x")]].concat();
    let no_room = ["e", "f"].map(|it| name(it, Unfit::NoRoom));
    assert_eq!(
        left_out("ready", &all),
        no_room,
        "its last part is not there anyway"
    );
    let together = [("a", "90 123"), ("b", "45 67")];
    assert_eq!(left_out("rooms", &together), [name("b", Unfit::Joined)]);
}

#[test]
fn an_answer_has_the_whole_of_a_command_or_nothing_of_it() {
    let agency = "X".repeat(64);
    let value = |name: &str| (name == "agency").then(|| agency.as_str().into());
    let answer = CATALOG
        .answer(Language::Ru, "stopped-agency", value)
        .unwrap();
    let expected = format!("Сообщений от {agency} больше не будет. Вернуть их: START.");
    assert_eq!((answer.text, answer.crowded_out), (expected, 1));
}

#[test]
fn a_text_with_a_budget_has_no_other_keys() {
    let text = "[messages]\nready = { text = \"Ready\", segment = 2 }\n[messages.x]\ndone = { segments = 9 }";
    let folder = Folder::with([("en.toml", text)]);
    let problems = problems(&folder);
    for (problem, words) in problems.iter().zip([
        "`messages.ready.segment` is not a key; did you mean `segments`?",
        "`messages.x.done.text` is missing",
        "`messages.x.done.segments` is 9; give a whole number from 1 to 6",
    ]) {
        assert!(problem.contains(words), "{problems:#?}");
    }
}

#[test]
fn a_budget_without_a_text_is_told_to_lack_it() {
    let folder = Folder::with([("en.toml", "[messages]\nready = { segments = 2 }")]);
    let problems = problems(&folder);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].contains("`messages.ready.text` is missing"),
        "{problems:#?}"
    );
}

#[test]
fn a_text_that_would_say_nothing_does_not_go() {
    let text = "[messages]\nready = \"[ {a:link}][ {b:phone}]\"";
    let folder = Folder::with([("en.toml", text)]);
    let told = problems(&folder).concat();
    assert!(
        told.contains("en.toml:2:") && told.contains("`messages.ready` says nothing"),
        "{told}"
    );
    let folder = Folder::with([("en.toml", "[messages]\nready = \"{application}\"")]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let content = content("x", "ready", Language::En, &[]);
    let nameless = News {
        application: "—",
        ..news(&content)
    };
    assert_eq!(catalog.compose(nameless, Language::En), Err(NoTemplate));
    assert_eq!(written(&catalog, &content), "48120973");
}

#[test]
fn look_alikes_of_a_template_are_spelled_when_it_is_read() {
    let folder = Folder::with([
        (
            "uz-Latn.toml",
            "[messages]\nready = \"To\u{2BB}lov, ma\u{2BC}lumot\"",
        ),
        ("ru.toml", "[messages]\nready = \"Документ №{application}\""),
    ]);
    let catalog = Catalog::load(folder.as_path()).unwrap();
    let of = |language| written(&catalog, &content("x", "ready", language, &[]));
    assert_eq!(of(Language::UzLatn), "To'lov, ma'lumot");
    assert_eq!(of(Language::Ru), "Документ №48120973");
}

#[test]
fn a_value_in_cyrillic_does_not_make_a_latin_text_dearer() {
    let catalog = Catalog::built_in();
    let params = [("office", "Юнусобод тумани ДХМ")];
    for language in [Language::UzLatn, Language::Kaa, Language::En] {
        let content = content("passport", "ready", language, &params);
        let news = News {
            application: "КАД-113",
            ..news(&content)
        };
        let text = catalog.compose(news, Language::Ru).unwrap().text;
        assert!(text.contains("Yunusobod tumani DXM"), "{text}");
        assert!(text.contains("KAD-113"), "{text}");
        assert_eq!(count(&text).segments, 1, "{text}");
    }
}

#[test]
fn a_series_typed_in_cyrillic_letters_of_latin_shape_is_the_same_in_every_latin_language() {
    let catalog = Catalog::built_in();
    let params = [("office", "Yunusobod tumani DXM")];
    for (typed, sent) in [("АВ1234567", "AB1234567"), ("01 Р 123 АС", "01 P 123 AC")] {
        for language in [Language::UzLatn, Language::En, Language::Kaa] {
            let content = content("passport", "ready", language, &params);
            let news = News {
                application: typed,
                ..news(&content)
            };
            let text = catalog.compose(news, Language::Ru).unwrap().text;
            assert!(text.contains(sent), "{text}");
        }
    }
}

#[test]
fn what_karakalpak_reads_otherwise_stays_in_cyrillic() {
    let params = [("office", "Төрткүл ауданы орайы")];
    let content = content("passport", "ready", Language::Kaa, &params);
    let text = written(&Catalog::built_in(), &content);
    assert!(text.contains("Төрткүл ауданы орайы"), "{text}");
}

#[test]
fn every_problem_of_every_file_is_told_at_once() {
    let folder = Folder::with([
        ("uz.toml", ""),
        ("README.md", "not read"),
        (
            "en.toml",
            "[values]\ntimezone = \"Tashkent\"\n[spelling]\ndate = \"%Q\"\n[service]\n[services]\n\"a b\" = \"x\"\npassport = \"\"\n\
                 [messages]\nready = \"{office}\"\ndone = 5\n[messages.passport]\nready = \"[\"\n",
        ),
        ("ru.toml", "[messages]\nready = \"\nready = 1\n"),
        (
            "kaa.toml",
            "[spelling]\ncyrillic_as_latin = \"when-dearer\"\n",
        ),
    ]);
    let problems = problems(&folder);
    for (at, start) in [
        "en.toml:2:12: `values.timezone` is \"Tashkent\"; name a zone of the IANA database",
        "en.toml:4:8: `spelling.date` is \"%Q\"; write it as strftime does",
        "en.toml:5:2: `service` is not a key; did you mean `services`?",
        "en.toml:7:9: `services.a b` has a name that no event gives",
        "en.toml:8:12: `services.passport` is \"\"; write a name",
        "en.toml:10:9: `messages.ready` needs {office}, which not every event has; put it into [ ]",
        "en.toml:11:8: `messages.done` is 5; write the text in quotes",
        "en.toml:13:9: `messages.passport.ready` has a [ without its ]; close it",
        "kaa.toml:2:21: `spelling.cyrillic_as_latin` is \"when-dearer\"; choose never or when-cheaper",
        "ru.toml:2:",
    ]
    .into_iter()
    .enumerate()
    {
        assert!(problems[at].starts_with(start), "{problems:#?}");
    }
    let last = problems.last().unwrap();
    assert!(
        last.starts_with("uz.toml: has a name that is no language; name it as one of uz-Latn"),
        "{last}"
    );
}

#[test]
fn a_rule_of_other_languages_is_told_to_belong_into_their_files() {
    let rules = "[spelling]\ncyrillic_as_latin = \"when-cheaper\"\nkarakalpak_apostrophes = true\n";
    let expected = [
        "ru.toml:2:21: `spelling.cyrillic_as_latin` is not a rule for ru; \
         leave it out; it belongs into uz-Latn.toml, uz-Cyrl.toml, kaa.toml, en.toml",
        "ru.toml:3:26: `spelling.karakalpak_apostrophes` is not a rule for ru; \
         leave it out; it belongs into uz-Latn.toml, uz-Cyrl.toml, kaa.toml",
    ];
    let found = problems(&Folder::with([("ru.toml", rules)]));
    assert_eq!(found, expected);
}

#[test]
fn an_answer_has_the_values_that_it_is_told_and_no_others() {
    let folder = Folder::with([(
        "uz-Latn.toml",
        "[answers]\nstopped = \"Ariza {application}.\"\nstopped-agency = \"SMS yuborilmaydi[ {agancy}].\"\n",
    )]);
    let expected = [
        "uz-Latn.toml:2:11: `answers.stopped` has {application}, of which it is told nothing; leave it out: this answer has no values",
        "uz-Latn.toml:3:18: `answers.stopped-agency` has {agancy}, of which it is told nothing; known here: {agency}",
    ];
    assert_eq!(problems(&folder), expected);
}

#[test]
fn a_folder_without_texts_is_a_problem() {
    let folder = Folder::new();
    assert!(problems(&folder)[0].contains("has no texts"));
    assert!(
        Catalog::load(Path::new("nowhere")).unwrap_err()[0]
            .what
            .starts_with("cannot be read")
    );
}

#[test]
fn a_service_without_a_name_brings_no_link_and_no_number() {
    let catalog = Catalog::built_in();
    for (service, shown) in [
        ("fishing-license", "fishing-license"),
        ("evil.uz", "evil uz"),
        ("998901234567", "?"),
    ] {
        let text = written(&catalog, &content(service, "approved", Language::En, &[]));
        assert!(text.contains(&format!("({shown})")), "{text}");
    }
}

#[test]
fn a_text_is_not_shown_by_accident() {
    let text = Text {
        text: "secret".to_owned(),
        language: Language::En,
        left_out: false,
        crowded_out: 0,
    };
    assert_eq!(format!("{text:?}"), "Text(en, 6 characters)");
}

/// Texts that ask for no link and no number to call; the last two values stand beside each other.
static FREE: LazyLock<Catalog> = LazyLock::new(|| {
    let text = "Rad etildi.[ Sababi: {a:80}.][ Joyi: {b}][, {c:60}].";
    let messages = format!("[messages]\nfree = \"{text}\"\nof = \"{{application}} tayyor.\"\n");
    let with = |rule: &str| format!("[spelling]\n{rule}\n{messages}");
    let uzbek = with("cyrillic_as_latin = \"when-cheaper\"");
    let karakalpak = with("karakalpak_apostrophes = true\ncyrillic_as_latin = \"when-cheaper\"");
    let folder = Folder::with([
        ("uz-Latn.toml", uzbek.as_str()),
        ("uz-Cyrl.toml", &uzbek),
        ("kaa.toml", &karakalpak),
        ("en.toml", &uzbek),
        ("ru.toml", &messages),
    ]);
    Catalog::load(folder.as_path()).unwrap()
});

/// Pieces of links and numbers, and letters that are left out or become others in Latin.
fn disguised() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "evil", "евил", "uz", "уз", "ли", "неть", "сом", ".", ". ", " .", ":", "/", "хн", "-", "ь",
        "ъ", "Ь", "Ъ", "203", "0", "113", "7", "+998", "90", "123", "45", "67", "и", "с", "ц", "о",
        "ó", "ı", " ", "*", "#", "@", "№", "²", "±", "«", "»", "\u{301}", "ў", "АВ",
    ]);
    prop::collection::vec(piece, 1..14).prop_map(|pieces| pieces.concat())
}

/// Links and numbers that need no second look, found in another way than the gateway does.
fn tempts(text: &str) -> bool {
    let of_a_host = |each: char| !(each.is_ascii_digit() || each == '.');
    let octets = |host: &str| {
        host.trim_matches('.')
            .split('.')
            .filter(|it| !it.is_empty())
            .count()
    };
    let digits = text.split(|each: char| !each.is_ascii_digit());
    let longest = digits.map(str::len).max().unwrap_or_default();
    let host = text
        .split(of_a_host)
        .any(|host| !host.contains("..") && octets(host) == 4);
    text.contains("://") || text.contains("xn--") || host || longest >= 8
}

/// Eight digits that № begins stand in a text by right.
fn numbers_an_application(value: &str) -> bool {
    // Latin letters lack these.
    let value = value.replace(['ь', 'ъ', 'Ь', 'Ъ', '\u{301}'], "");
    let mut numbered = value.split('№').skip(1);
    numbered.any(|it| {
        let digits = it.trim_start().chars();
        digits.take_while(char::is_ascii_digit).count() == 8
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever agencies send, and however it is spelled, on a screen of another language as well.
    #[test]
    fn no_spelling_of_a_text_leads_elsewhere(
        values in prop::collection::vec(disguised(), 3),
        // Without a full stop xn-- leads nowhere.
        application in disguised().prop_map(|it| it.replace("хн", "")),
        language in prop::sample::select(Language::ALL),
    ) {
        prop_assume!(!values.iter().any(|value| numbers_an_application(value)));
        let params: Vec<_> = ["a", "b", "c"].into_iter().zip(values.iter().map(String::as_str)).collect();
        let content = |status| content("x", status, language, &params);
        let (free, of) = (content("free"), content("of"));
        let of = News { application: &application, ..news(&of) };
        for (news, is_free) in [(news(&free), true), (of, false)] {
            let texts = [FREE.compose(news, language), FREE.write(news, language)];
            for text in texts.map(|text| text.unwrap().text) {
                let spelled = Language::ALL.iter().flat_map(|it| candidates(&text, Catalog::allowable_rules(*it)));
                for spelled in spelled {
                    // Words of the template between values part them.
                    for part in spelled.text.split("Joyi:") {
                        let found = contact_as_given(part);
                        let is_well = found.is_none() || (!is_free && found == Some(Contact::Phone));
                        prop_assert!(is_well, "{:?} in {}", found, spelled.text);
                    }
                    prop_assert!(!is_free || !tempts(&spelled.text), "{}", spelled.text);
                }
            }
        }
    }
}

proptest! {
    /// Whatever agencies send, a text is one printable line of a bounded length.
    #[test]
    fn any_values_make_a_text_that_can_be_sent(
        application in "\\PC{1,64}",
        service in "[a-z][a-z0-9-]{0,63}",
        which in 0_usize..1000,
        values in prop::collection::vec(any::<String>(), PARAMS.len()),
        long in 0_usize..3,
    ) {
        let listed = &LISTED[which % LISTED.len()];
        let values: Vec<_> = values.iter().map(|value| value.repeat(1 + 40 * long)).collect();
        let params: Vec<_> = PARAMS.iter().zip(&values).map(|((name, _), value)| (*name, value.as_str())).collect();
        let service = listed.service.unwrap_or(&service);
        let content = content(service, listed.status, listed.language, &params);
        let news = News { application: &application, ..news(&content) };
        let text = CATALOG.compose(news, Language::Ru).unwrap();
        prop_assert!(!text.text.contains(char::is_control));
        prop_assert!(!text.text.is_empty());
        let cost = count(&text.text);
        prop_assert!(xabar_sms::segments(&text.text, cost.encoding, xabar_sms::Concatenation::Udh8).is_ok());
    }

    /// Whatever the number, the service and the values, no text and no answer takes more segments than it may.
    #[test]
    fn every_text_and_every_answer_keeps_to_its_segments(
        application in "[А-ЯA-Z0-9/-]{1,64}",
        service in "[a-z][a-z0-9-]{0,63}",
        agency in "[A-Z0-9-]{1,64}",
        values in prop::collection::vec("[А-Яа-яA-Za-z ]{0,130}", PARAMS.len()),
        which in any::<prop::sample::Index>(),
        (template, _) in prop::sample::select(TEMPLATES.to_vec()),
    ) {
        let listed = which.get(&LISTED);
        let params: Vec<_> = PARAMS.iter().zip(&values).map(|((name, _), value)| (*name, value.as_str())).collect();
        let content = content(listed.service.unwrap_or(&service), listed.status, listed.language, &params);
        let news = News { application: &application, ..news(&content) };
        let text = CATALOG.compose(news, Language::Ru).unwrap().text;
        prop_assert!(count(&text).segments <= listed.limit(), "{}: {}", listed.key(), text);
        let answer = CATALOG.answer(listed.language, template, |name| Some(match name {
            "application" => application.as_str().into(),
            "service" | "status" => service.as_str().into(),
            "agency" => agency.as_str().into(),
            "list" => format!("{application} {service}").into(),
            _ => "199".into(),
        }));
        let text = answer.unwrap().text;
        prop_assert!(count(&text).segments <= 2, "{template}: {text}");
    }
}
