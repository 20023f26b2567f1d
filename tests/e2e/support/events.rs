//! What agencies publish in these tests.

use std::time::{SystemTime, UNIX_EPOCH};

use lapin::BasicProperties;
use xabar_events::sample::{SERVICES, Sample};
use xabar_events::{EventKey, Language, Msisdn, Notification, Priority, UnixMillis};

/// Events of different applications to different people.
pub fn samples(seed: u64, count: usize) -> Vec<Notification> {
    Sample::new(seed).starting_at(now()).take(count).collect()
}

/// The same event as news for this phone, in English: the passport of application 48120973 is approved.
pub fn approved(event: Notification, phone: &str) -> Notification {
    Notification {
        application: "48120973".parse().expect("a number"),
        service: "passport".parse().expect("a name"),
        status: "approved".parse().expect("a name"),
        msisdn: phone.parse().expect("a number of a phone"),
        language: Some(Language::En),
        not_before: None,
        expires: None,
        legal: false,
        ..event
    }
}

/// Applications that go through all statuses of their service, and not many `people`, so that
/// subscribers' limits and the order of threads matter. Everyone's first status comes first.
pub fn stories(seed: u64, applications: usize, people: usize) -> Vec<Notification> {
    let samples = samples(seed, applications);
    let numbers: Vec<Msisdn> = samples
        .iter()
        .map(|sample| sample.msisdn)
        .take(people)
        .collect();
    let mut events = Vec::new();
    for step in 0..4 {
        for (place, sample) in samples.iter().enumerate() {
            let service = SERVICES
                .iter()
                .find(|service| service.service == sample.service.as_str())
                .expect("samples are of these services");
            let Some(status) = service.statuses.get(step) else {
                continue;
            };
            let id = format!("{}-{step}", sample.key.id.as_str());
            events.push(Notification {
                key: EventKey {
                    agency: sample.key.agency.clone(),
                    id: id.parse().expect("an id with two more letters"),
                },
                time: UnixMillis(sample.time.0 + i64::try_from(step * applications).unwrap()),
                status: status.parse().expect("it stands in the table"),
                msisdn: numbers[place % people],
                priority: match sample.priority {
                    // Urgent ones go past the limits: those are held against normal ones.
                    Priority::Urgent => Priority::Normal,
                    priority => priority,
                },
                ..sample.clone()
            });
        }
    }
    events
}

pub fn body(event: &Notification) -> Vec<u8> {
    let mut body = Vec::new();
    event.write_structured(&mut body);
    body
}

pub fn routing_key(agency: &str) -> String {
    format!("application.status.{agency}")
}

pub fn structured() -> BasicProperties {
    BasicProperties::default()
        .with_content_type("application/cloudevents+json".into())
        .with_delivery_mode(2)
}

#[expect(clippy::disallowed_methods, reason = "a test is a driver too")]
fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.expect("it is later than 1970").as_millis();
    UnixMillis(millis.try_into().expect("it is not so late"))
}
