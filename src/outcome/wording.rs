//! Outcomes as agencies read them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use xabar_events::Outcome;

use crate::journal::{OperatorId, Outgoing};
use crate::traces::Sampling;

/// Words outcomes; it knows what operators are called, and which messages are traced.
#[derive(Clone, Debug, Default)]
pub struct Wording {
    operators: BTreeMap<OperatorId, Box<str>>,
    /// Which messages are traced; `None`: none.
    sampling: Option<Sampling>,
}

impl Wording {
    pub fn new<'a>(
        operators: impl IntoIterator<Item = (OperatorId, &'a str)>,
        sampling: Option<Sampling>,
    ) -> Self {
        let operators = operators.into_iter();
        Self {
            operators: operators.map(|(id, name)| (id, name.into())).collect(),
            sampling,
        }
    }

    /// The CloudEvent of an outcome.
    pub fn outcome<'a>(&'a self, outgoing: &'a Outgoing) -> Outcome<'a> {
        let (identity, told) = (&*outgoing.identity, &outgoing.told);
        let trace = identity.trace.as_deref();
        let attempted = told.attempted.unwrap_or_default();
        let operator = told
            .attempted
            .and_then(|attempted| self.operators.get(&attempted.operator));
        Outcome {
            message: Cow::Owned(identity.id.to_string()),
            sequence: outgoing.sequence,
            agency: Cow::Borrowed(identity.key.agency.name()),
            event: Cow::Borrowed(identity.key.id.as_str()),
            application: Cow::Borrowed(&identity.application),
            state: told.state,
            reason: told.reason,
            until: told.until.map(Into::into),
            code: told.code.as_deref().map(Cow::Borrowed),
            by: told.by.as_deref().map(Cow::Borrowed),
            operator: operator.map(|name| Cow::Borrowed(&**name)),
            segments: told.attempted.map(|attempted| attempted.segments.into()),
            attempts: attempted.attempts.into(),
            repeats: attempted.repeats.into(),
            at: told.at.into(),
            traceparent: match &self.sampling {
                None => trace.map(|it| it.parent),
                Some(sampling) => sampling.handed_on(identity),
            },
            tracestate: trace.and_then(|it| it.state.as_deref()).map(Cow::Borrowed),
        }
    }

    /// The same as JSON, appended.
    pub(super) fn write(&self, outgoing: &Outgoing, out: &mut Vec<u8>) {
        self.outcome(outgoing).write(out);
    }
}
