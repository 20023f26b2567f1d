//! Whatever an agency's number is like, a citizen who sends what the phone shows of it is understood.

use std::sync::LazyLock;

use proptest::prelude::*;
use xabar_events::Language;
use xabar_sms::{SeptetForm, Style, candidates};

use super::*;
use crate::clock::UnixMillis;
use crate::compose::{Catalog, News, is_nothing};
use crate::dialogue::Keywords;
use crate::dialogue::reply::tests::{built_in, message, status};
use crate::dialogue::reply::{Reply, respond};
use crate::journal::{Choices, Content};
use crate::scratch::Folder;

/// Texts with a number between brackets, in letters that lead to each of the spellings: what it is beside decides.
const TEXTS: &str = r#"
[messages]
latin = "Ariza ({application}) tayyor"
signed = "Hujjat (№{application}) tayyor"
marked = "Bahtıyár, ({application}) tayar"
cyrillic = "Заявление (№{application}) готово"
shapes = "СМС (№{application}) ОТ АО"
numbered = "Decision (No. {application}) is ready"
"#;

const STATUSES: [&str; 6] = [
    "latin", "signed", "marked", "cyrillic", "shapes", "numbered",
];

/// The shapes that agencies use.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,12}",
        "(№|No|No\\.|N|Nº|n)[ ]?[0-9]{1,6}",
        "(Vx|Chiq|Исх|Вх|KAD)[. ]?(№|N|No\\. )[ ]?[0-9]{1,4}(/[0-9]{2})?",
        "[A-Z]{1,5}[-/ ]20[0-9]{2}[-/][0-9]{1,6}",
        "[A-Z]{2,4}-[A-Z]{2,4}-[0-9]{1,6}",
        "[А-ЯЁЎҚҒҲ]{1,4}[-/ ]?[0-9]{1,6}",
        "[А-Яа-яЁёЎўҚқҒғҲҳ]{1,5}[-/ ][0-9]{1,4}[-/]?[А-Яа-я]?",
        "[ӘәӨөҮүҢңЎўҒғҚқҲҳ]{1,3}-[0-9]{1,4}",
        "[A-ZÁǴŃÓÚÍÝŞÇĞÜÖÉÑß]{1,3}[-/][0-9]{1,5}",
        "[a-záǵńóúıışçğüöéñ]{1,3}-[0-9]{1,5}[a-zı]?",
        "[ЕЁЭЮЯЦЩЪЬ]{1,4}-[0-9]{1,5}",
        "[GO][ʻʼ‘’'`][A-Z]-[0-9]{1,5}",
        "[0-9]{1,4}/[0-9]{2,4}(-[0-9]{1,3})?",
        "[0-9]{1,6}-(son|сон|sonli|сонли|sanlı|raqamli|A|б)",
        "[1-6]-1[0-9]{3}-26(0[1-9]|1[0-2])/[0-9]{1,5}",
        "1[0-9](:[0-9]{2}){4}:[0-9]{4}(/[0-9]{4})?",
        "[0-9]{1,3}[A-Za-zА-Яа-я№][0-9]{1,4}",
        "20[0-9]{2}[‐‑–—_.][0-9]{1,6}",
        "[０-９]{4,8}",
        "[A-Z]{2}[0-9]{7}",
    ]
}

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let files = Language::ALL.iter().map(|it| format!("{it}.toml"));
    let files: Vec<String> = files.collect();
    let folder = Folder::with(files.iter().map(|name| (name.as_str(), TEXTS)));
    Catalog::load(folder.as_path()).unwrap()
});

static KEYWORDS: LazyLock<Keywords> = LazyLock::new(built_in);

/// The number in each way in which phones may show it to who reads this language.
fn as_phones_show(number: &str, language: Language) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    for status in STATUSES {
        let content = Content {
            service: "service".into(),
            status: status.into(),
            language: Some(language),
            params: Default::default(),
            legal: false,
            extensions: Vec::new(),
        };
        let news = News {
            agency: "kadastr",
            application: number,
            content: &content,
        };
        let text = CATALOG.write(news, language).unwrap().text;
        for spelled in candidates(&text, Catalog::allowable_rules(language)) {
            for septets in [SeptetForm::Unpacked, SeptetForm::Latin1, SeptetForm::Ascii] {
                let style = Style {
                    septets,
                    ..Style::default()
                };
                let text = style.letters_of(&spelled.text);
                let (_, rest) = text.split_once('(').unwrap();
                let (number, _) = rest.split_once(')').unwrap();
                shown.insert(number.to_owned());
            }
        }
    }
    shown
}

proptest! {
    #[test]
    fn a_number_is_found_as_any_phone_shows_it(
        number in number(),
        language in prop::sample::select(Language::ALL),
    ) {
        prop_assume!(!is_nothing(&shown(&number)));
        let messages = [message(1, &number, "ready"), message(2, "77003311", "received")];
        let known = Known {
            messages: &messages,
            choices: &Choices::default(),
            agencies: &[],
            wall: UnixMillis(1_000),
        };
        for typed in as_phones_show(&number, language) {
            let asked = of_own_applications(KEYWORDS.read(&typed), &typed, &known);
            // STOP 5 opts out, whatever else it is.
            if matches!(asked.wish, Wish::Stop(_) | Wish::Start(_)) {
                continue;
            }
            let (_, reply) = respond(asked.wish, &known);
            prop_assert_eq!(reply, Reply::Status(status(&number, "ready")), "{} {}", number, typed);
        }
    }
}
