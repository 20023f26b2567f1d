//! What agencies do in a small world, and what they are told.

use xabar_events::{
    Agency, Event as Incoming, EventKey, Language, Msisdn, Notification, Outcome, Priority, State,
    TextMap, Trace,
};

use super::{START, World};
use crate::control::known::{Known, known};
use crate::intake::Verdict;
use crate::journal::{Books, Message, MessageId};
use crate::pipeline::Right;

impl World {
    /// Hands in events for the next beat, as one batch.
    pub(crate) fn bring(&mut self, events: Vec<Incoming>) {
        self.arrivals.push(events);
    }

    pub(crate) fn publish(&mut self, event: Notification) -> Verdict {
        self.bring(vec![Incoming::StatusChanged(event)]);
        self.beat()[0]
    }

    pub(crate) fn publish_all(&mut self, events: impl IntoIterator<Item = Notification>) {
        self.bring(events.into_iter().map(Incoming::StatusChanged).collect());
        self.beat();
    }

    pub(crate) fn cancel(&mut self, id: &str) {
        self.bring(vec![cancel("kadastr", id)]);
        self.beat();
    }

    /// What was told of an event, in order: `state` or `state reason`.
    pub(crate) fn story(&self, event: &str) -> Vec<String> {
        let told = self
            .outcomes
            .iter()
            .filter(|outcome| outcome.event == event);
        told.map(|outcome| match outcome.reason {
            Some(reason) => format!("{} {reason}", outcome.state),
            None => outcome.state.to_string(),
        })
        .collect()
    }

    /// The last that was told of an event.
    pub(crate) fn last(&self, event: &str) -> &Outcome<'static> {
        let mut told = self.outcomes.iter().rev();
        told.find(|outcome| outcome.event == event)
            .expect("something was told")
    }

    /// The last deferral that was told of a message.
    pub(crate) fn last_deferral(&self, message: u64) -> &Outcome<'static> {
        let mut told = self.outcomes.iter().rev();
        let of =
            |it: &&Outcome<'_>| it.message == message.to_string() && it.state == State::Deferred;
        told.find(of).expect("it was put off")
    }

    /// How many messages of which agencies were called something without a right to it.
    pub(crate) fn not_entitled(&mut self) -> Vec<(Right, String, u64)> {
        let steady = self.steady;
        let counted = self.core.as_mut().unwrap().not_entitled(steady);
        counted
            .into_iter()
            .map(|((right, agency), (), count)| (right, agency.into(), count))
            .collect()
    }

    /// How many messages of which agencies were of a time to come, and the first one.
    pub(crate) fn clocks_ahead(&mut self) -> Vec<(String, u64, u64)> {
        let steady = self.steady;
        let counted = self.core.as_mut().unwrap().clocks_ahead(steady);
        counted
            .into_iter()
            .map(|(agency, first, count)| (agency.into(), first.0, count))
            .collect()
    }

    /// The values that were left out: whose, of which text, and how often; not why.
    pub(crate) fn left_out(&mut self) -> Vec<String> {
        let steady = self.steady;
        let left_out = self.core.as_mut().unwrap().left_out(steady);
        let shown = left_out.into_iter().map(|(place, _, count)| {
            let (agency, service, status) = (place.agency, place.service, place.status);
            format!("{agency} {service} {status} {} {count}", place.parameter)
        });
        shown.collect()
    }

    /// The news without a text: whose, which, the first message of them, and how often.
    pub(crate) fn without_text(&mut self) -> Vec<(String, u64, u64)> {
        let steady = self.steady;
        let told = self.core.as_mut().unwrap().without_text(steady);
        let shown = told.into_iter().map(|(news, first, count)| {
            let of = format!("{} {} {}", news.agency, news.service, news.status);
            (of, first.0, count)
        });
        shown.collect()
    }

    /// A message as the journal has it.
    pub(crate) fn journalled(&mut self, id: MessageId) -> Message {
        let reader = self.reader.as_mut().unwrap();
        reader.message(id).unwrap().unwrap()
    }

    /// All that is known of a subscriber, for who asks.
    pub(crate) fn known(&mut self, msisdn: Msisdn) -> Known {
        known(&mut **self.reader.as_mut().unwrap(), msisdn).unwrap()
    }

    pub(crate) fn books(&mut self) -> Vec<Books> {
        self.reader.as_mut().unwrap().books().unwrap()
    }

    /// Messages that wait, are in flight or submitted. The books balance and say what agencies were told.
    pub(crate) fn unsettled(&mut self) -> usize {
        let mut books = self.books();
        for books in &books {
            let settled: u64 = books.settled.iter().map(|(_, count)| count).sum();
            assert_eq!(books.accepted, books.waiting + settled, "{books:?}");
        }
        books.retain(|books| books.agency != "xabar");
        let sum = |count: fn(&Books) -> u64| books.iter().map(count).sum::<u64>();
        let waiting = usize::try_from(sum(|books| books.waiting)).unwrap();
        assert_eq!(sum(|books| books.accepted), self.laws.accepted() as u64);
        assert_eq!(waiting, self.laws.unsettled());
        waiting
    }
}

/// A status of the first application, for the first subscriber.
pub(crate) fn status(id: &str) -> Notification {
    Notification {
        key: key("kadastr", id),
        application: "48120973".parse().unwrap(),
        time: START.into(),
        service: "land-registration".parse().unwrap(),
        status: "approved".parse().unwrap(),
        msisdn: phone(0),
        language: Some(Language::UzLatn),
        priority: Priority::Normal,
        params: TextMap::default(),
        not_before: None,
        expires: None,
        legal: false,
        trace: Trace::None,
        extensions: TextMap::default(),
    }
}

/// The same with a text of several segments.
pub(crate) fn long_status(id: &str) -> Notification {
    let params = [
        (
            "documents",
            "паспорт, свидетельство о браке, справка с места жительства",
        ),
        (
            "office",
            "Центр государственных услуг Яшнабадского района города Ташкента",
        ),
    ];
    Notification {
        language: Some(Language::Ru),
        status: "documents-needed".parse().unwrap(),
        params: params.into_iter().collect(),
        ..status(id)
    }
}

/// Of another application of another subscriber, for each number.
pub(crate) fn apart(number: u32) -> Notification {
    Notification {
        application: format!("{}", 10_000_000 + number).parse().unwrap(),
        msisdn: phone(number),
        ..status(&format!("apart-{number}"))
    }
}

pub(crate) fn key(agency: &str, id: &str) -> EventKey {
    EventKey {
        agency: Agency::from_name(agency).unwrap(),
        id: id.parse().unwrap(),
    }
}

pub(crate) fn cancel(agency: &str, id: &str) -> Incoming {
    Incoming::Cancel(xabar_events::Cancel {
        key: key(agency, &format!("cancel-{id}")),
        event: id.parse().unwrap(),
    })
}

/// A subscriber of the first operator.
pub(crate) fn phone(number: u32) -> Msisdn {
    Msisdn::from_u64(998_930_000_000 + u64::from(number)).unwrap()
}

/// A subscriber of the second.
pub(crate) fn other_phone(number: u32) -> Msisdn {
    Msisdn::from_u64(998_900_000_000 + u64::from(number)).unwrap()
}

pub(crate) fn id(verdict: Verdict) -> MessageId {
    match verdict {
        Verdict::Accepted { id, .. } => id,
        Verdict::Cancelled => panic!("not an event"),
    }
}
