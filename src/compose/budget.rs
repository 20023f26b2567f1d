//! What is left out of a text that would take too many segments.
//!
//! The words of a template stay, and so do dates, amounts and numbers: half of one is a wrong one. What a template says in
//! brackets without a value goes first, so that what happened is told before what anyone may guess.
//! Words that agencies send are cut then, the last ones of the text first, down to a few; then whole parts
//! in brackets go, the last one first. Where even the rest is too long, names of services and statuses are cut as
//! well, and the application's number is written in Latin letters.

use std::borrow::Cow;

use xabar_sms::latin::uzbek_latin;

use super::template::{Placeholder, Source, Template};
use super::value::{Written, beginning};

/// The fewest characters that a value is cut to; a shorter one stays whole.
pub(super) const KEPT: usize = 16;

/// Instead of it where half a value is a wrong one: words to be sent back, or a list.
pub(super) const WHOLE: usize = usize::MAX;

/// What a text may take.
pub(super) struct Budget<F> {
    /// How many segments a text takes.
    pub(super) segments: F,
    /// The most of them.
    pub(super) most: usize,
    /// To how many characters words are cut at most.
    pub(super) kept: usize,
}

impl<F: Fn(&str) -> usize> Budget<F> {
    fn fits(&self, text: &str) -> bool {
        (self.segments)(text) <= self.most
    }
}

/// The template without the last of its remarks, as many as the values need the room of.
pub(super) fn with_room_for_values<'t, 'a>(
    template: &'t Template,
    value: impl Fn(&Placeholder) -> Option<Written<'a>>,
    budget: &Budget<impl Fn(&str) -> usize>,
) -> Cow<'t, Template> {
    let fits = |template: &Template| budget.fits(&template.fill(|place| Some(value(place)?.text)));
    let remarks = template.remarks();
    if remarks == 0 || fits(template) {
        return Cow::Borrowed(template);
    }
    let mut shorter = (1..remarks).map(|left_out| template.without_last_remarks(left_out));
    let fitting = shorter.find(fits);
    Cow::Owned(fitting.unwrap_or_else(|| template.without_last_remarks(remarks)))
}

/// The most of a text that fits, and how many of the last parts with values that may be left out are not in it.
///
/// Of the ways to shorten it, the first one that fits is taken. If none does, the template's own words are too many.
/// Three dots are not worth a segment: where only those of words that are cut take one, these words are cut a bit more.
pub(super) fn shorten<'a>(
    template: &Template,
    value: impl Fn(&Placeholder) -> Option<Written<'a>>,
    budget: &Budget<impl Fn(&str) -> usize>,
) -> (String, usize) {
    let template = &*with_room_for_values(template, &value, budget);
    let named_briefly = |place: &Placeholder| {
        let value = value(place)?;
        let is_name = matches!(place.source, Source::Service | Source::Status);
        let is_long = is_name && value.text.chars().count() > KEPT;
        let brief = is_long.then(|| beginning(&value.text, KEPT)).flatten();
        Some(brief.unwrap_or(value))
    };
    let in_latin = |place: &Placeholder| match place.source {
        Source::Application => {
            let latin = uzbek_latin(&value(place)?.text).into_owned();
            Some(Cow::<str>::Owned(latin).into())
        }
        _ => named_briefly(place),
    };
    let shortest = |value: &dyn Fn(&Placeholder) -> Option<Written<'a>>| {
        let short = without_last_words(template, value, budget);
        budget.fits(&short.0).then_some(short)
    };
    shortest(&value)
        .or_else(|| shortest(&named_briefly))
        .or_else(|| shortest(&in_latin))
        .unwrap_or_else(|| without_last_words(template, &value, budget))
}

/// The first two ways: the last words are cut, and then parts go.
fn without_last_words<'a>(
    template: &Template,
    value: impl Fn(&Placeholder) -> Option<Written<'a>>,
    budget: &Budget<impl Fn(&str) -> usize>,
) -> (String, usize) {
    let parts = template.optional_parts();
    for left_out in 0..=parts {
        let template = template.without_last(left_out);
        let cuts = Cuts::of(&template, |_| budget.kept, &value);
        if let Some(least) = cuts.least(&template, &value, |text| budget.fits(text)) {
            let cut = |place: &Placeholder| cuts.cut(place, value(place)?, least);
            let text = without_costly_dots(&template, cut, &budget.segments);
            return (text, left_out);
        }
    }
    let template = template.without_last(parts);
    let cuts = Cuts::of(&template, |_| budget.kept, &value);
    (cuts.write(&template, &value, cuts.most), parts)
}

/// The text, and if it takes a segment for nothing but the dots of words that are cut, with more cut off from these.
fn without_costly_dots<'a>(
    template: &Template,
    value: impl Fn(&Placeholder) -> Option<Written<'a>>,
    segments: impl Fn(&str) -> usize,
) -> String {
    let text = template.fill(|place| Some(value(place)?.text));
    let without_dots = template.fill(|place| Some(value(place)?.without_dots()));
    let fits = |other: &str| segments(other) < segments(&text);
    if !fits(&without_dots) {
        return text;
    }
    let kept = |place: &Placeholder| match value(place) {
        Some(value) if value.is_cut => KEPT,
        _ => WHOLE,
    };
    cut(template, kept, &value, fits).unwrap_or(text)
}

/// The text with no more cut off from the words of agencies than has to be, the last ones first, down to as many
/// characters as are `kept` in each place; `None` if it does not fit even so.
pub(super) fn cut<'a>(
    template: &Template,
    kept: impl Fn(&Placeholder) -> usize,
    value: impl Fn(&Placeholder) -> Option<Written<'a>>,
    fits: impl Fn(&str) -> bool,
) -> Option<String> {
    let cuts = Cuts::of(template, kept, &value);
    let least = cuts.least(template, &value, fits)?;
    Some(cuts.write(template, &value, least))
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
        value: impl Fn(&Placeholder) -> Option<Written<'a>>,
    ) -> Self {
        let free = template.placeholders().filter(|place| place.is_free());
        let long = free.filter_map(|place| {
            let (length, kept) = (value(place)?.text.chars().count(), kept(place));
            (length > kept).then_some((place, length, kept))
        });
        let mut values: Vec<_> = long.collect();
        values.reverse();
        let most = values.iter().map(|(_, length, kept)| length - kept).sum();
        Self { values, most }
    }

    /// How many characters have to be cut off at least; `None` if all are not enough.
    fn least<'a>(
        &self,
        template: &Template,
        value: impl Fn(&Placeholder) -> Option<Written<'a>>,
        fits: impl Fn(&str) -> bool,
    ) -> Option<usize> {
        let is_enough = |characters| fits(&self.write(template, &value, characters));
        is_enough(self.most).then(|| least_that(self.most, is_enough))
    }

    /// The text when so many characters are cut off from all values.
    fn write<'a>(
        &self,
        template: &Template,
        value: impl Fn(&Placeholder) -> Option<Written<'a>>,
        characters: usize,
    ) -> String {
        template.fill(|place| Some(self.cut(place, value(place)?, characters)?.text))
    }

    /// The value when so many characters are cut off from all of them.
    fn cut<'a>(
        &self,
        place: &Placeholder,
        value: Written<'a>,
        mut characters: usize,
    ) -> Option<Written<'a>> {
        for (other, length, kept) in &self.values {
            let cut = characters.min(length - kept);
            characters -= cut;
            if *other == place {
                return match cut {
                    0 => Some(value),
                    cut => beginning(&value.text, length - cut),
                };
            }
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "Ready.[ Office: {office}.][ By {day:date}.][ Reason: {reason}.]";
    const OFFICE: &str = "Yunusobod tumani davlat xizmatlari markazi";
    const REASON: &str = "passport copy cannot be read, please send it again";

    fn written(text: &'static str) -> Written<'static> {
        Cow::Borrowed(text).into()
    }

    fn budget(kept: usize, fits: impl Fn(&str) -> bool) -> Budget<impl Fn(&str) -> usize> {
        Budget {
            segments: move |text: &str| if fits(text) { 1 } else { 2 },
            most: 1,
            kept,
        }
    }

    /// The text in so many characters.
    fn within(most: usize) -> String {
        let template = Template::parse(TEMPLATE).unwrap();
        let value = |place: &Placeholder| {
            Some(written(match place.name() {
                "office" => OFFICE,
                "day" => "01.12.2026",
                _ => REASON,
            }))
        };
        let fits = |text: &str| text.chars().count() <= most;
        shorten(&template, value, &budget(KEPT, fits)).0
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
    fn remarks_go_before_a_word_of_any_value_does() {
        let template = "Refused.[ Reason: {reason}.][ Correct it.][ Apply again.]";
        let template = Template::parse(template).unwrap();
        let value = |_: &Placeholder| Some(written(REASON));
        let within = |most: usize| {
            let fits = |text: &str| text.chars().count() <= most;
            shorten(&template, value, &budget(KEPT, fits)).0
        };
        let refused = format!("Refused. Reason: {REASON}.");
        assert_eq!(within(93), format!("{refused} Correct it. Apply again."));
        assert_eq!(within(92), format!("{refused} Correct it."));
        assert_eq!(within(80), format!("{refused} Correct it."));
        assert_eq!(within(79), refused);
        assert_eq!(within(68), refused);
        assert_eq!(
            within(67),
            "Refused. Reason: passport copy cannot be read, please send it..."
        );
        assert_eq!(within(10), "Refused.");
    }

    #[test]
    fn what_is_to_be_sent_back_is_whole_or_not_there() {
        let template =
            Template::parse("Stopped[ by {agency}]. To start: START[ {agency}].").unwrap();
        let agency = "ministry-of-agriculture";
        let short = |most| {
            let fits = |text: &str| text.chars().count() <= most;
            shorten(&template, |_| Some(written(agency)), &budget(WHOLE, fits))
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
        let value = |place: &Placeholder| {
            Some(written(match place.name() {
                "application" => "КАД-113",
                "service" => "foreign travel passport",
                _ => "DXM",
            }))
        };
        let short = |fits: &dyn Fn(&str) -> bool| shorten(&template, value, &budget(KEPT, fits)).0;
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
