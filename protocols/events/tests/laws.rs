//! What holds for every input, not only for those someone thought of.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

use proptest::prelude::*;
use xabar_events::sample::Sample;
use xabar_events::{
    Agency, ApplicationNumber, Event, EventId, EventKey, Language, Msisdn, Notification, Priority,
    Slug, TextMap, Trace, UnixMillis,
};

fn text<T: std::str::FromStr + std::fmt::Debug>(pattern: &'static str) -> impl Strategy<Value = T> {
    pattern.prop_filter_map("the pattern is a little wider than the type", |text| {
        text.parse().ok()
    })
}

fn key() -> impl Strategy<Value = EventKey> {
    let agency = "[a-z0-9-]{1,64}".prop_map(|name| Agency::from_name(&name).unwrap());
    (agency, text::<EventId>("\\PC{1,256}")).prop_map(|(agency, id)| EventKey { agency, id })
}

fn map(name: &'static str, text: &'static str, most: usize) -> impl Strategy<Value = TextMap> {
    prop::collection::btree_map(name, text, 0..=most).prop_map(|map| map.into_iter().collect())
}

fn time() -> impl Strategy<Value = UnixMillis> {
    (-62_167_219_200_000_i64..=253_402_300_799_999).prop_map(UnixMillis)
}

fn msisdn() -> impl Strategy<Value = Msisdn> {
    (10_000_000_u64..=999_999_999_999_999).prop_map(|number| Msisdn::from_u64(number).unwrap())
}

fn notification() -> impl Strategy<Value = Notification> {
    let what = (
        key(),
        text::<ApplicationNumber>("\\PC{1,64}"),
        time(),
        text::<Slug>("[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
        text::<Slug>("[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
        msisdn(),
    );
    let how = (
        prop::option::of(prop::sample::select(Language::ALL)),
        prop::sample::select(Priority::ALL),
        map("[^\0]{1,64}", "(?s)[^\0]{0,500}", 6),
        prop::option::of(time()),
        prop::option::of(time()),
        any::<bool>(),
        map("x[a-z0-9]{0,63}", "\\PC{0,200}", 4),
        trace(),
    );
    (what, how).prop_map(|(what, how)| {
        let (key, application, time, service, status, msisdn) = what;
        let (language, priority, params, not_before, expires, legal, extensions, trace) = how;
        Notification {
            key,
            application,
            time,
            service,
            status,
            msisdn,
            language,
            priority,
            params,
            not_before,
            expires: expires
                .filter(|&expires| not_before.is_none_or(|earliest| earliest < expires)),
            legal,
            trace,
            extensions,
        }
    })
}

fn trace() -> impl Strategy<Value = Trace> {
    let parent = prop::option::of("00-[1-9a-f]{32}-[1-9a-f]{16}-[0-9a-f]{2}");
    let state = prop::option::of("[a-z]{1,9}=[ -+./-<>-~]{1,9}[!-+]");
    (parent, state).prop_map(|(parent, state)| Trace::read(parent.as_deref(), state.as_deref()))
}

/// A sample's octets with some of them replaced, taken out or doubled.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let damage = (any::<prop::sample::Index>(), any::<u8>(), 0..3_u8);
    (any::<u64>(), prop::collection::vec(damage, 1..6)).prop_map(|(seed, damages)| {
        let mut body = Vec::new();
        Sample::new(seed)
            .next()
            .unwrap()
            .write_structured(&mut body);
        for (at, octet, kind) in damages {
            let at = at.index(body.len());
            match kind {
                0 => body[at] = octet,
                1 => drop(body.remove(at)),
                _ => body.insert(at, body[at]),
            }
        }
        body
    })
}

/// Reads `body` in every way there is; whatever is refused must not quote a number.
fn read_in_every_way(body: &[u8]) {
    let headers = [
        ("ce-id", body),
        ("cloudEvents:source", body),
        ("ce-traceparent", body),
    ];
    let results = [
        Event::from_structured(body),
        Event::from_binary(headers, body),
        Event::from_batch(body)
            .and_then(|mut events| events.pop().unwrap_or_else(|| Event::from_structured(b""))),
    ];
    for rejection in results.into_iter().filter_map(Result::err) {
        assert!(!rejection.detail.contains("998"), "{rejection}");
    }
    drop(xabar_events::read_outcomes(body));
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        read_in_every_way(&body);
    }

    #[test]
    fn arbitrary_json_like_text_never_panics(body in "[\\[\\]{}\",:\\\\u0-9a-f.eE+-]{0,200}") {
        read_in_every_way(body.as_bytes());
    }

    #[test]
    fn damaged_events_never_panic_nor_quote_the_number(body in damaged()) {
        read_in_every_way(&body);
    }

    #[test]
    fn what_is_written_is_read(notification in notification()) {
        let mut body = Vec::new();
        notification.write_structured(&mut body);
        prop_assert_eq!(Event::from_structured(&body), Ok(Event::StatusChanged(notification)));
    }

    #[test]
    fn every_number_is_its_digits(msisdn in msisdn()) {
        prop_assert_eq!(msisdn.digits().parse(), Ok(msisdn));
        prop_assert_eq!(format!("+{}", msisdn.digits()).parse(), Ok(msisdn));
    }

    #[test]
    fn what_is_shown_hides_the_number_and_the_texts(
        msisdn in msisdn(),
        texts in prop::collection::vec("secret [a-z]{1,20}", 1..4),
        seed in any::<u64>(),
    ) {
        let params = texts.iter().map(|text| (format!("name of {text}"), text.as_str())).collect();
        let notification = Notification { msisdn, params, ..Sample::new(seed).next().unwrap() };
        let shown = format!("{notification:?} {notification:#?} {msisdn} {msisdn:?}");
        prop_assert!(!shown.contains("secret"), "{}", shown);
        let digits = msisdn.digits();
        let masked = msisdn.to_string();
        prop_assert_eq!(masked.len(), digits.len());
        prop_assert!(!shown.contains(&digits), "{}", shown);
        prop_assert!(masked.matches('*').count() >= 5);
    }
}
