//! The values of a text's places, each written once: a text that has to be shortened is filled many times.

use std::borrow::Cow;

use crate::compose::template::{Placeholder, Template};
use crate::compose::value::Written;

pub(super) struct Given<'a>(Vec<(&'a Placeholder, Written<'a>)>);

impl<'a> Given<'a> {
    pub(super) fn to(
        template: &'a Template,
        value: impl Fn(&Placeholder) -> Option<Written<'a>>,
    ) -> Self {
        let places = template.placeholders();
        let given = places.filter_map(|place| Some((place, value(place)?)));
        Self(given.collect())
    }

    /// What stands in a place, if it is given.
    pub(super) fn written(&self, place: &Placeholder) -> Option<Written<'_>> {
        let (_, written) = self.0.iter().find(|(given, _)| *given == place)?;
        Some(Written {
            text: Cow::Borrowed(&written.text),
            is_cut: written.is_cut,
        })
    }

    pub(super) fn text(&self, place: &Placeholder) -> Option<Cow<'_, str>> {
        Some(self.written(place)?.text)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn each_value_is_written_once_however_often_the_text_is_filled() {
        let template = Template::parse("Ready.[ By {day}.][ Office: {office}.]").unwrap();
        let written = Cell::new(0);
        let given = Given::to(&template, |place| {
            written.set(written.get() + 1);
            (place.name() == "office").then(|| Cow::Borrowed("DXM").into())
        });
        for _ in 0..3 {
            let text = template.fill(|place| given.text(place));
            assert_eq!(text, "Ready. Office: DXM.");
        }
        assert_eq!(written.get(), 2);
    }
}
