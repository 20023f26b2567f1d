//! Composing a text from its template, dates and spelling included, and cutting it into segments.
//!
//! Beside: the same text put together by `format!` from the same values.

use std::hint::black_box;

use xabar::compose::{Catalog, News};
use xabar_events::Language;
use xabar_sms::{Concatenation, Encoding, segments};

use super::{Part, Room, Run, sample};

pub(crate) const ROOM: Room = Room {
    name: "templates",
    parts: &[
        Part::new("compose and cut, uz-Latn", || composed(Language::UzLatn)),
        Part::new("compose and cut, uz-Cyrl", || composed(Language::UzCyrl)),
    ],
    beside: &[Part::new("format!", formatted)],
};

fn composed(language: Language) -> Run {
    let catalog = Catalog::built_in();
    let content = sample::content();
    Box::new(move || {
        let news = News {
            agency: "kadastr",
            application: black_box(sample::APPLICATION),
            content: &content,
        };
        let text = catalog.compose(news, language);
        let text = text.expect("it has a template").text;
        let segments = segments(&text, Encoding::of(&text), Concatenation::Udh8);
        drop(black_box(segments));
    })
}

fn formatted() -> Run {
    let content = sample::content();
    Box::new(move || {
        let (content, application) = black_box((&content, sample::APPLICATION));
        let (service, status) = (&content.service, &content.status);
        let [(_, office), (_, deadline)] = content.params.as_slice() else {
            panic!("the sample has two");
        };
        black_box(format!(
            "{application}: {service}, {status}. {office}, {deadline}."
        ));
    })
}
