//! Choosing the cheapest spelling of a text and cutting it into segments: one that fits as it is,
//! one that typographic signs would double, and a long one in Cyrillic.
//!
//! Beside: counting the characters of the last, and its UTF-16 as the standard library makes it.

use std::hint::black_box;

use xabar_sms::{Concatenation, CyrillicAsLatin, Encoding, LanguageRules, cheapest, segments};

use super::{Part, Room, Run};

pub(crate) const ROOM: Room = Room {
    name: "text",
    parts: &[
        Part::new("spell and cut, plain", || spelled(PLAIN)),
        Part::new("spell and cut, folded", || spelled(FOLDED)),
        Part::new("spell and cut, Cyrillic", || spelled(CYRILLIC)),
    ],
    beside: &[
        Part::new("characters of the Cyrillic", characters),
        Part::new("UTF-16 of the Cyrillic", utf_16),
    ],
};

const PLAIN: &str = "Arizangiz 48120973 ma'qullandi. Yunusobod DXM, 01.12.2026 gacha. my.gov.uz";

const FOLDED: &str =
    "Arizangiz ko‘rib chiqildi – javob my.gov.uz saytida, 5 kun ichida oling: 48120973";

/// Two segments in Latin, three as it is.
const CYRILLIC: &str = "«Ер участкасини давлат рўйхатидан ўтказиш» бўйича 48120973 рақамли \
                        аризангиз тасдиқланди. Ҳужжатни Юнусобод ДХМдан 01.12.2026 гача олиб \
                        кетинг. Маълумот: my.gov.uz";

const RULES: LanguageRules = LanguageRules {
    cyrillic_as_latin: CyrillicAsLatin::WhenCheaper,
    karakalpak_apostrophes: false,
    plain_letters: false,
};

fn spelled(text: &'static str) -> Run {
    Box::new(move || {
        let spelling = cheapest(black_box(text), RULES);
        let encoding = Encoding::of(&spelling.text);
        let segments = segments(&spelling.text, encoding, Concatenation::Udh8);
        drop(black_box(segments));
    })
}

fn characters() -> Run {
    Box::new(|| {
        black_box(black_box(CYRILLIC).chars().count());
    })
}

fn utf_16() -> Run {
    Box::new(|| {
        black_box(black_box(CYRILLIC).encode_utf16().collect::<Vec<_>>());
    })
}
