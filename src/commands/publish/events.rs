//! Where published events come from: samples, or lines of JSON.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use lapin::BasicProperties;
use lapin::types::ShortString;
use serde_json::{Map, Value};
use xabar_events::sample::{SERVICES, Sample};
use xabar_events::{Agency, STRUCTURED_JSON, UnixMillis as Time};

use super::Failure;
use crate::broker::Publication;
use crate::clock::UnixMillis;

/// Where events come from.
pub(super) enum Origin {
    Samples(Samples),
    Lines {
        name: PathBuf,
        lines: Box<dyn BufRead + Send>,
    },
}

/// Invented events.
pub(super) struct Samples {
    pub(super) count: u64,
    pub(super) seed: Option<u64>,
    /// Empty: all.
    pub(super) agencies: Vec<Known>,
    pub(super) now: UnixMillis,
}

/// An agency that has samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known(String);

pub(super) fn known_agency(name: &str) -> Result<Known, String> {
    let mut known: Vec<&str> = SERVICES.iter().map(|service| service.agency).collect();
    known.dedup();
    match known.contains(&name) {
        true => Ok(Known(name.to_owned())),
        false => Err(format!("choose from {}", known.join(", "))),
    }
}

/// A line that was not published, and why.
pub(super) struct Invalid(pub(super) String);

impl Origin {
    pub(super) fn open(file: &Path) -> Result<Self, Failure> {
        if file == Path::new("-") {
            return Ok(Self::Lines {
                name: "standard input".into(),
                lines: Box::new(BufReader::new(io::stdin())),
            });
        }
        let opened = File::open(file)
            .map_err(|error| Failure::caused(format!("cannot open {}", file.display()), error))?;
        Ok(Self::Lines {
            name: file.to_owned(),
            lines: Box::new(BufReader::new(opened)),
        })
    }

    /// How many there will be, where that is known.
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Self::Samples(samples) => Some(samples.count),
            Self::Lines { .. } => None,
        }
    }

    /// One after the other, as they are published.
    pub(super) fn events(self) -> Box<dyn Iterator<Item = Result<Publication, Invalid>> + Send> {
        match self {
            Self::Samples(samples) => Box::new(samples.events().map(Ok)),
            Self::Lines { name, lines } => {
                let numbered = lines.split(b'\n').zip(1_u64..);
                let filled = numbered.filter(|(line, _)| !line.as_deref().is_ok_and(is_blank));
                Box::new(filled.map(move |(line, number)| {
                    let invalid = |why| Invalid(format!("{}:{number}: {why}", name.display()));
                    line.map_err(|error| error.to_string())
                        .and_then(from_line)
                        .map_err(invalid)
                }))
            }
        }
    }
}

impl Samples {
    /// Without a seed each run has ids of its own. With one they are those of any other run, but
    /// their times are those of today: an event of long ago would have expired.
    fn events(self) -> impl Iterator<Item = Publication> + Send {
        let ahead = i64::try_from(self.count).unwrap_or(i64::MAX);
        let start = Time(self.now.0.saturating_sub(ahead));
        let seeded = self.seed.is_some();
        let seed = self
            .seed
            .unwrap_or_else(|| RandomState::new().build_hasher().finish());
        let sample = Sample::new(seed);
        let sample = if seeded {
            sample
        } else {
            sample.starting_at(start)
        };
        let wanted = move |agency: &Agency| {
            let mut agencies = self.agencies.iter();
            self.agencies.is_empty() || agencies.any(|known| known.0 == agency.name())
        };
        let samples = sample.filter(move |event| wanted(&event.key.agency));
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        let times = (0..).map(move |after: i64| Time(start.0.saturating_add(after)));
        samples.take(count).zip(times).map(|(mut event, time)| {
            let lasts = event
                .expires
                .map(|expires| expires.0.saturating_sub(event.time.0));
            event.expires = lasts.map(|lasts| Time(time.0.saturating_add(lasts)));
            event.time = time;
            let mut body = Vec::with_capacity(640);
            event.write_structured(&mut body);
            publication(event.key.agency.name(), body)
        })
    }
}

/// An event as it stands in the line. What else may be wrong with it, the gateway says.
fn from_line(mut line: Vec<u8>) -> Result<Publication, String> {
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let object: Map<String, Value> =
        serde_json::from_slice(&line).map_err(|error| format!("is no JSON object: {error}"))?;
    let source = object
        .get("source")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let agency = Agency::from_source(source);
    let agency = agency.as_ref().map_or("unknown", Agency::name);
    Ok(publication(agency, line))
}

fn publication(agency: &str, body: Vec<u8>) -> Publication {
    let properties = BasicProperties::default()
        .with_content_type(STRUCTURED_JSON.into())
        .with_delivery_mode(PERSISTENT);
    Publication {
        routing_key: ShortString::from(format!("application.status.{agency}")),
        properties,
        body: body.into(),
    }
}

const PERSISTENT: u8 = 2;

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use xabar_events::Event;

    use super::*;

    fn samples(seed: Option<u64>, agencies: &[&str]) -> Vec<Publication> {
        let samples = Samples {
            count: 50,
            seed,
            agencies: agencies
                .iter()
                .map(|name| known_agency(name).unwrap())
                .collect(),
            now: UnixMillis(1_900_000_000_000),
        };
        samples.events().collect()
    }

    fn ids(events: &[Publication]) -> Vec<String> {
        let event = |event: &Publication| Event::from_structured(&event.body).unwrap();
        events
            .iter()
            .map(|published| event(published).key().id.to_string())
            .collect()
    }

    #[test]
    fn a_seed_repeats_its_events_and_no_seed_repeats_none() {
        assert_eq!(ids(&samples(Some(7), &[])), ids(&samples(Some(7), &[])));
        assert_ne!(ids(&samples(Some(7), &[])), ids(&samples(Some(8), &[])));
        assert_ne!(ids(&samples(None, &[])), ids(&samples(None, &[])));
    }

    #[test]
    fn samples_happen_now_and_are_of_the_agencies_asked_for() {
        for published in samples(Some(7), &["soliq"]) {
            assert_eq!(published.routing_key.as_str(), "application.status.soliq");
            let Event::StatusChanged(event) = Event::from_structured(&published.body).unwrap()
            else {
                panic!()
            };
            assert!((1_899_999_999_950..1_900_000_000_000).contains(&event.time.0));
            assert!(
                event
                    .expires
                    .is_none_or(|expires| expires.0 > 1_900_000_000_000)
            );
        }
        assert!(
            known_agency("nobody")
                .unwrap_err()
                .starts_with("choose from kadastr")
        );
    }

    #[test]
    fn lines_are_published_as_they_are_and_others_are_told_by_number() {
        let text = "{\"source\": \"/agencies/iiv\", \"odd\":1}\r\n\n{\"source\": 5}\n[1]\nno\n";
        let origin = Origin::Lines {
            name: "events.ndjson".into(),
            lines: Box::new(text.as_bytes()),
        };
        let events: Vec<_> = origin.events().collect();
        let published = |at: usize| events[at].as_ref().map_err(|_| ()).unwrap();
        assert_eq!(
            &published(0).body[..],
            b"{\"source\": \"/agencies/iiv\", \"odd\":1}"
        );
        assert_eq!(published(0).routing_key.as_str(), "application.status.iiv");
        assert_eq!(
            published(1).routing_key.as_str(),
            "application.status.unknown"
        );
        let told = |at: usize| &events[at].as_ref().err().unwrap().0;
        assert!(
            told(2).starts_with("events.ndjson:4: is no JSON object"),
            "{}",
            told(2)
        );
        assert!(
            told(3).starts_with("events.ndjson:5: is no JSON object"),
            "{}",
            told(3)
        );
    }
}
