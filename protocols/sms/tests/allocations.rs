//! Most texts have nothing to gain from another spelling, and looking for one is free for them.

use std::hint::black_box;

use xabar_sms::{CyrillicAsLatin, LanguageRules, cheapest};

const RULES: LanguageRules = LanguageRules {
    cyrillic_as_latin: CyrillicAsLatin::WhenCheaper,
    karakalpak_apostrophes: true,
    plain_letters: true,
};

#[test]
fn a_text_in_gsm_03_38_is_spelled_without_allocations() {
    let short = "48120973-sonli arizangiz ma'qullandi. Manzil: Yunusobod DXM.";
    let long = short.repeat(5);
    for text in [short, &long] {
        assert_eq!(allocations(text), 0, "{text}");
    }
}

#[test]
fn a_text_of_one_segment_is_spelled_without_allocations() {
    assert_eq!(allocations("Аризангиз «тасдиқланди» – my.gov.uz"), 0);
}

/// Shows that others are counted.
#[test]
fn another_spelling_is_a_new_text() {
    assert!(allocations(&"Arizangiz ko‘rib chiqildi. ".repeat(3)) > 0);
}

fn allocations(text: &str) -> u64 {
    let spelled = || drop(black_box(cheapest(black_box(text), RULES)));
    allocation_counter::measure(spelled).count_total
}
