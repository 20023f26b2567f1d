//! The events of a run: samples, made so that each becomes one segment and nothing is put off.

use lapin::BasicProperties;
use lapin::types::ShortString;
use xabar_events::sample::Sample;
use xabar_events::{Agency, Language, Msisdn, Notification, STRUCTURED_JSON, TextMap};

use crate::broker::Publication;
use crate::clock::UnixMillis;
use crate::compose::{Catalog, News};
use crate::journal::Content;

/// What is published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) messages: u64,
    pub(super) subscribers: u64,
    pub(super) agencies: u32,
    pub(super) seed: u64,
}

impl Load {
    /// The events, with the time of `now`; the same for the same seed but for that.
    pub(super) fn events(self, now: UnixMillis) -> impl Iterator<Item = Notification> + Send {
        let agencies = agencies(self.agencies);
        let turns = agencies.into_iter().cycle();
        let samples = Sample::new(self.seed).zip(turns).zip(0..self.messages);
        samples.map(move |((mut event, agency), number)| {
            event.key.agency = agency;
            event.msisdn = subscriber(number % self.subscribers);
            event.time = now.into();
            event.expires = None;
            event.language = Some(Language::UzLatn);
            if !event.params.iter().all(|(_, value)| is_latin(value)) {
                event.params = TextMap::from_iter([("office", "Yunusobod DXM")]);
            }
            event
        })
    }

    /// The most messages that one subscriber gets.
    pub(super) fn messages_each(&self) -> u64 {
        self.messages.div_ceil(self.subscribers)
    }
}

/// One agency has the usual name, many are numbered.
pub(super) fn agencies(number: u32) -> Vec<Agency> {
    let name = |at: u32| match number {
        1 => "kadastr".to_owned(),
        _ => format!("agency-{at}"),
    };
    let named = (1..=number).map(|at| Agency::from_name(&name(at)));
    named
        .map(|agency| agency.expect("letters, digits and a hyphen"))
        .collect()
}

/// Numbers scattered over the country, each of another number below a hundred million.
pub(super) fn subscriber(number: u64) -> Msisdn {
    const HUNDRED_MILLION: u64 = 100_000_000;
    // It has no factor in common with a hundred million, so no two meet.
    let scattered = number % HUNDRED_MILLION * 61_803_399 % HUNDRED_MILLION;
    Msisdn::from_u64(998_900_000_000 + scattered).expect("twelve digits make a number")
}

pub(super) fn publication(event: &Notification) -> Publication {
    let mut body = Vec::with_capacity(640);
    event.write_structured(&mut body);
    let routing_key = format!("application.status.{}", event.key.agency.name());
    let properties = BasicProperties::default()
        .with_content_type(STRUCTURED_JSON.into())
        .with_delivery_mode(PERSISTENT);
    Publication {
        routing_key: ShortString::from(routing_key),
        properties,
        body: body.into(),
    }
}

const PERSISTENT: u8 = 2;

/// What the citizen reads.
pub(super) fn text_of(catalog: &Catalog, event: &Notification) -> Option<String> {
    let content = Content::from(event);
    let news = News {
        agency: event.key.agency.name(),
        application: event.application.as_str(),
        content: &content,
    };
    let text = catalog.compose(news, Language::UzLatn);
    text.ok().map(|text| text.text)
}

/// Letters that the gateway spells in GSM 03.38; ‘ is one that it replaces.
fn is_latin(text: &str) -> bool {
    text.chars()
        .all(|letter| letter.is_ascii() || letter == '‘')
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use xabar_sms::{Concatenation, Encoding, segments};

    use super::*;

    fn load(agencies: u32) -> Load {
        Load {
            messages: 3000,
            subscribers: 3000,
            agencies,
            seed: 7,
        }
    }

    #[test]
    fn every_text_fits_one_segment() {
        let catalog = Catalog::built_in();
        for event in load(1).events(UnixMillis(0)) {
            let text = text_of(&catalog, &event).unwrap();
            let cut = segments(&text, Encoding::of(&text), Concatenation::Udh8).unwrap();
            assert_eq!(cut.total(), 1, "{text}");
        }
    }

    #[test]
    fn agencies_take_turns_and_subscribers_differ() {
        let events: Vec<_> = load(100).events(UnixMillis(0)).collect();
        let of = |name: &str| {
            let named = events
                .iter()
                .filter(|event| event.key.agency.name() == name);
            named.count()
        };
        assert_eq!((of("agency-1"), of("agency-100")), (30, 30));
        let subscribers: HashSet<_> = events.iter().map(|event| event.msisdn.as_u64()).collect();
        assert_eq!(subscribers.len(), 3000);
    }
}
