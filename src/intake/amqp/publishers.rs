//! For which agencies the users of the broker publish.

use std::collections::HashMap;

use xabar_events::{Agency, Event, RejectReason, Rejection};

/// The agencies of each user. While nobody is named, everybody publishes for every agency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publishers(HashMap<Box<str>, Vec<Agency>>);

/// That an event was refused, since it is of another agency than its publisher speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Who published it, as the broker knows them.
    pub user: Option<Box<str>>,
}

impl Publishers {
    /// Pairs of a user and an agency.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, Agency)>) -> Self {
        let mut publishers = Self::default();
        for (user, agency) in pairs {
            publishers.0.entry(user.into()).or_default().push(agency);
        }
        publishers
    }

    /// The event, if `user`, whom the broker knows to have published it, may speak for its source.
    ///
    /// # Errors
    /// If not, or if nobody is named as its publisher.
    pub(super) fn admit(&self, user: Option<&str>, event: Event) -> Result<Event, Rejection> {
        if self.0.is_empty() {
            return Ok(event);
        }
        let own = user.and_then(|user| self.0.get(user));
        match own.is_some_and(|own| own.contains(&event.key().agency)) {
            true => Ok(event),
            false => Err(Rejection::new(
                RejectReason::SourceNotAllowed,
                "the property user-id should be there, and be that of a user who publishes for this source",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(agency: &str) -> Event {
        let event = serde_json::json!({
            "specversion": "1.0", "id": "1", "source": format!("/agencies/{agency}"),
            "type": xabar_events::STATUS_CHANGED, "time": "2026-11-23T09:15:00Z", "subject": "1",
            "data": { "service": "x", "status": "approved", "msisdn": "+998901234567" },
        });
        Event::from_structured(event.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_user_publishes_for_its_agencies_alone() {
        let named = |name| Agency::from_name(name).unwrap();
        let pairs = [
            ("k", named("kadastr")),
            ("p", named("kadastr")),
            ("p", named("soliq")),
        ];
        let publishers = Publishers::new(pairs);
        for (user, agency, may) in [
            (Some("k"), "kadastr", true),
            (Some("k"), "soliq", false),
            (Some("p"), "soliq", true),
            (Some("p"), "adliya", false),
            (Some("guest"), "kadastr", false),
            (None, "kadastr", false),
        ] {
            let admitted = publishers.admit(user, event(agency));
            let reason = admitted.as_ref().err().map(|it| it.reason);
            let expected = (!may).then_some(RejectReason::SourceNotAllowed);
            assert_eq!(reason, expected, "{user:?} {agency}");
        }
        assert!(Publishers::default().admit(None, event("kadastr")).is_ok());
    }
}
