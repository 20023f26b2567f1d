//! What is left out of a text that would take too many segments.
//!
//! The words of a template stay, and so do dates, amounts and numbers: half of one is a wrong one.
//! Words that agencies send are cut, the last ones of the text first, down to a few; then whole parts
//! in brackets go, the last one first. Where even the rest is too long, names of services and statuses are cut as
//! well, and the application's number is written in Latin letters.

use std::borrow::Cow;

use xabar_sms::latin::uzbek_latin;

use super::template::{Placeholder, Source, Template};
use super::value::shortened;

/// The fewest characters that a value is cut to; a shorter one stays whole.
pub(super) const KEPT: usize = 16;

/// Instead of it where half a value is a wrong one: words to be sent back, or a list.
pub(super) const WHOLE: usize = usize::MAX;

/// The most of a text that fits, and how many of the last parts that may be left out are not in it.
///
/// `fits` says whether a text does, and to how many characters words are cut at most is `kept`. Of the ways to shorten
/// it, the first one that fits is taken. If none does, the template's own words are too many.
pub(super) fn shorten<'a>(
    template: &Template,
    kept: usize,
    value: impl Fn(&Placeholder) -> Option<Cow<'a, str>>,
    fits: impl Fn(&str) -> bool,
) -> (String, usize) {
    let named_briefly = |place: &Placeholder| {
        let value = value(place)?;
        let is_name = matches!(place.source, Source::Service | Source::Status);
        let is_long = is_name && value.chars().count() > KEPT;
        Some(if is_long {
            shortened(&value, KEPT).into()
        } else {
            value
        })
    };
    let in_latin = |place: &Placeholder| match place.source {
        Source::Application => Some(uzbek_latin(&value(place)?).into_owned().into()),
        _ => named_briefly(place),
    };
    let shortest = |value: &dyn Fn(&Placeholder) -> Option<Cow<'a, str>>| {
        let short = without_last_words(template, kept, value, &fits);
        fits(&short.0).then_some(short)
    };
    shortest(&value)
        .or_else(|| shortest(&named_briefly))
        .or_else(|| shortest(&in_latin))
        .unwrap_or_else(|| without_last_words(template, kept, &value, &fits))
}

/// The first two ways: the last words are cut, and then parts go.
fn without_last_words<'a>(
    template: &Template,
    kept: usize,
    value: impl Fn(&Placeholder) -> Option<Cow<'a, str>>,
    fits: impl Fn(&str) -> bool,
) -> (String, usize) {
    let parts = template.optional_parts();
    for left_out in 0..=parts {
        let template = template.without_last(left_out);
        if let Some(text) = cut(&template, |_| kept, &value, &fits) {
            return (text, left_out);
        }
    }
    let template = template.without_last(parts);
    let cuts = Cuts::of(&template, |_| kept, &value);
    (cuts.write(&template, &value, cuts.most), parts)
}

/// The text with no more cut off from the words of agencies than has to be, the last ones first, down to as many
/// characters as are `kept` in each place; `None` if it does not fit even so.
pub(super) fn cut<'a>(
    template: &Template,
    kept: impl Fn(&Placeholder) -> usize,
    value: impl Fn(&Placeholder) -> Option<Cow<'a, str>>,
    fits: impl Fn(&str) -> bool,
) -> Option<String> {
    let cuts = Cuts::of(template, kept, &value);
    let write = |characters| cuts.write(template, &value, characters);
    if !fits(&write(cuts.most)) {
        return None;
    }
    Some(write(least_that(cuts.most, |characters| {
        fits(&write(characters))
    })))
}

/// The least number up to `most` that is enough, where `most` is and more is never worse.
fn least_that(most: usize, is_enough: impl Fn(usize) -> bool) -> usize {
    let (mut below, mut enough) = (0, most);
    while below < enough {
        let middle = usize::midpoint(below, enough);
        if is_enough(middle) {
            enough = middle;
        } else {
            below = middle + 1;
        }
    }
    enough
}

/// What may be cut off from values.
struct Cuts<'t> {
    /// The values in the order in which they are cut, each with its length in characters and how many of these are left.
    values: Vec<(&'t Placeholder, usize, usize)>,
    /// How many characters in all.
    most: usize,
}

impl<'t> Cuts<'t> {
    fn of<'a>(
        template: &'t Template,
        kept: impl Fn(&Placeholder) -> usize,
        value: impl Fn(&Placeholder) -> Option<Cow<'a, str>>,
    ) -> Self {
        let free = template.placeholders().filter(|place| place.is_free());
        let long = free.filter_map(|place| {
            let (length, kept) = (value(place)?.chars().count(), kept(place));
            (length > kept).then_some((place, length, kept))
        });
        let mut values: Vec<_> = long.collect();
        values.reverse();
        let most = values.iter().map(|(_, length, kept)| length - kept).sum();
        Self { values, most }
    }

    /// The text when so many characters are cut off from all values.
    fn write<'a>(
        &self,
        template: &Template,
        value: impl Fn(&Placeholder) -> Option<Cow<'a, str>>,
        characters: usize,
    ) -> String {
        template.fill(|place| Some(self.cut(place, value(place)?, characters)))
    }

    /// The value when so many characters are cut off from all of them.
    fn cut<'a>(
        &self,
        place: &Placeholder,
        value: Cow<'a, str>,
        mut characters: usize,
    ) -> Cow<'a, str> {
        for (other, length, kept) in &self.values {
            let cut = characters.min(length - kept);
            characters -= cut;
            if *other == place {
                return match cut {
                    0 => value,
                    cut => shortened(&value, length - cut).into(),
                };
            }
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "Ready.[ Office: {office}.][ By {day:date}.][ Reason: {reason}.]";
    const OFFICE: &str = "Yunusobod tumani davlat xizmatlari markazi";
    const REASON: &str = "passport copy cannot be read, please send it again";

    /// The text in so many characters.
    fn within(most: usize) -> String {
        let template = Template::parse(TEMPLATE).unwrap();
        let value = |place: &Placeholder| -> Option<Cow<'static, str>> {
            Some(match place.name() {
                "office" => OFFICE.into(),
                "day" => "01.12.2026".into(),
                _ => REASON.into(),
            })
        };
        shorten(&template, KEPT, value, |text| text.chars().count() <= most).0
    }

    #[test]
    fn the_last_words_are_cut_first_and_no_more_than_needed() {
        let whole = format!("Ready. Office: {OFFICE}. By 01.12.2026. Reason: {REASON}.");
        assert_eq!(within(500), whole);
        for (most, text) in [
            (
                120,
                "Ready. Office: Yunusobod tumani davlat xizmatlari markazi. By 01.12.2026. Reason: passport copy cannot be read...",
            ),
            (
                100,
                "Ready. Office: Yunusobod tumani davlat xizmatlari markazi. By 01.12.2026. Reason: passport copy...",
            ),
            (
                80,
                "Ready. Office: Yunusobod tumani... By 01.12.2026. Reason: passport copy...",
            ),
        ] {
            assert_eq!(within(most), text);
        }
    }

    #[test]
    fn then_parts_go_and_a_date_is_never_cut() {
        assert_eq!(
            within(50),
            "Ready. Office: Yunusobod tumani... By 01.12.2026."
        );
        assert_eq!(within(30), "Ready. Office: Yunusobod...");
        assert_eq!(within(10), "Ready.");
        assert_eq!(within(3), "Ready.");
    }

    #[test]
    fn what_is_to_be_sent_back_is_whole_or_not_there() {
        let template =
            Template::parse("Stopped[ by {agency}]. To start: START[ {agency}].").unwrap();
        let agency = "ministry-of-agriculture";
        let short = |most| {
            let fits = |text: &str| text.chars().count() <= most;
            shorten(&template, WHOLE, |_| Some(agency.into()), fits)
        };
        let whole = format!("Stopped by {agency}. To start: START {agency}.");
        assert_eq!(short(80), (whole, 0));
        assert_eq!(
            short(60),
            (format!("Stopped by {agency}. To start: START."), 1)
        );
        assert_eq!(short(30), ("Stopped. To start: START.".to_owned(), 2));
    }

    #[test]
    fn names_are_cut_and_the_number_is_written_in_latin_where_nothing_else_helps() {
        let template =
            Template::parse("{application} ({service}): ready.[ Office: {office}.]").unwrap();
        let value = |place: &Placeholder| -> Option<Cow<'static, str>> {
            Some(match place.name() {
                "application" => "КАД-113".into(),
                "service" => "foreign travel passport".into(),
                _ => "DXM".into(),
            })
        };
        let short = |fits: &dyn Fn(&str) -> bool| shorten(&template, KEPT, value, fits).0;
        let within = |most: usize| short(&|text| text.chars().count() <= most);
        assert_eq!(within(41), "КАД-113 (foreign travel passport): ready.");
        assert_eq!(within(40), "КАД-113 (foreign...): ready.");
        assert_eq!(
            within(9),
            "КАД-113 (foreign travel passport): ready.",
            "nothing helps"
        );
        assert_eq!(
            short(&|text| text.is_ascii()),
            "KAD-113 (foreign...): ready. Office: DXM."
        );
    }
}
