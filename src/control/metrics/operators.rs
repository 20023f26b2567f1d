//! Metrics of operators and their links.

use super::family::Family;
use super::{number, yes};
use crate::control::status::{Limit, LinkStanding, Observed, Status};
use crate::delivery::LinkState;
use crate::journal::OperatorId;
use crate::pipeline::Load;

/// The operators' links as they are now.
pub(super) struct Links<'a>(Vec<Link<'a>>);

struct Link<'a> {
    id: OperatorId,
    name: &'a str,
    state: LinkState,
}

/// The name of operators that have messages in the journal, and are not configured any more.
const GONE: &str = "gone";

impl<'a> Links<'a> {
    pub(super) fn of(observed: &'a [Observed]) -> Self {
        let link = |it: &'a Observed| Link {
            id: it.operator.id,
            name: &it.operator.name,
            state: *it.link.borrow(),
        };
        Self(observed.iter().map(link).collect())
    }

    fn name(&self, id: OperatorId) -> &'a str {
        let found = self.0.iter().find(|link| link.id == id);
        found.map_or(GONE, |link| link.name)
    }

    /// What was counted since the start.
    pub(super) fn counted(&self, load: &Load) -> Vec<Family> {
        let mut all = self.traffic();
        all.extend(self.time(load));
        all.extend(self.carried(load));
        all
    }

    fn traffic(&self) -> Vec<Family> {
        let family = |name: &str, help: &str, count: fn(&LinkState) -> u64| {
            let mut family = Family::counter(name, help);
            for link in &self.0 {
                family.add(&[("operator", link.name)], number(count(&link.state)));
            }
            family
        };
        vec![
            family(
                "xabar_operator_submissions_total",
                "submit_sm that were written: a message has as many as segments.",
                |state| state.written,
            ),
            family(
                "xabar_operator_requests_total",
                "Requests of any kind that were written: submissions, screens, questions.",
                |state| state.pdus,
            ),
            family(
                "xabar_operator_throttled_total",
                "Submissions that the operator refused because they came too fast.",
                |state| state.throttled,
            ),
        ]
    }

    fn time(&self, load: &Load) -> Vec<Family> {
        let mut responses = Family::histogram(
            "xabar_response_seconds",
            "How long the operator took to answer a submission; one at a time is measured.",
        );
        let mut held = Family::counter(
            "xabar_operator_link_seconds_total",
            "What stood in the way of the link's next submission: no session, a full window, the rate, or nothing.",
        );
        let mut pressed = Family::counter(
            "xabar_operator_pressed_seconds_total",
            "For how long messages that were due waited for the link.",
        );
        for link in &self.0 {
            let operator = ("operator", link.name);
            responses.add_times(&[operator], &link.state.response_times);
            let spent = link.state.occupancy;
            for (by, time) in [
                ("unbound", spent.unbound),
                ("window", spent.window),
                ("rate", spent.rate),
                ("nothing", spent.free),
            ] {
                held.add(&[operator, ("held_by", by)], time.as_secs_f64());
            }
            let waited = load.pressed.get(&link.id).copied().unwrap_or_default();
            pressed.add(&[operator], waited.as_secs_f64());
        }
        vec![responses, held, pressed]
    }

    fn carried(&self, load: &Load) -> Vec<Family> {
        let mut states = Family::counter(
            "xabar_operator_messages_total",
            "Messages that entered this state, for this reason, by the operator whose they were then.",
        );
        let mut repeats = Family::counter(
            "xabar_operator_repeats_total",
            "Segments that were submitted although an earlier submission may have reached the subscriber.",
        );
        let mut texts = Family::counter(
            "xabar_operator_texts_put_off_total",
            "Texts of citizens that could not be read in time, and that the operator was told to bring again.",
        );
        let mut receipts = Family::histogram(
            "xabar_submit_to_receipt_seconds",
            "From when the operator took the whole message to the receipt that told its fate.",
        );
        for (id, carried) in load.tally.operators() {
            let operator = ("operator", self.name(id));
            for ((state, reason), count) in &carried.states {
                let reason = reason.map_or("", |reason| reason.as_str());
                let labels = [operator, ("state", state.as_str()), ("reason", reason)];
                states.add(&labels, number(*count));
            }
            repeats.add(&[operator], number(carried.repeats));
            texts.add(&[operator], number(carried.texts_put_off));
            receipts.add_times(&[operator], &carried.to_receipt);
        }
        vec![states, repeats, texts, receipts]
    }

    fn resting(&self) -> Family {
        let mut resting = Family::gauge(
            "xabar_operator_logins_resting",
            "Logins that do not do their work while another does: they are tried by single messages only.",
        );
        for Link { name, state, .. } in &self.0 {
            let logins = state.resting.each().count();
            resting.add(&[("operator", *name)], number(logins as u64));
        }
        resting
    }

    /// Sessions that an operator drops one after the other count for nothing.
    fn directions(&self, status: &Status) -> Family {
        let mut directions = Family::gauge(
            "xabar_operator_bound",
            "Whether a session is bound on which messages go out, and one on which receipts and texts come in: 1, or 0.",
        );
        for Link { name, state, .. } in &self.0 {
            let of_it = status.operators.iter().find(|it| it.name == *name);
            let is_down = of_it.is_some_and(|it| it.state == LinkStanding::Connecting);
            let out = state.submitting > 0 && !is_down;
            for (direction, is_bound) in [("out", out), ("in", state.receiving > 0)] {
                let labels = [("operator", *name), ("direction", direction)];
                directions.add(&labels, yes(is_bound));
            }
        }
        directions
    }

    /// How links do at the moment.
    pub(super) fn standing(&self, status: &Status) -> Vec<Family> {
        let gauge = |name: &str, help: &str| Family::gauge(name, help);
        let mut bound = gauge("xabar_operator_sessions", "Sessions that are bound.");
        let mut sessions = gauge(
            "xabar_operator_sessions_configured",
            "Sessions that should be bound, as configured or set.",
        );
        let mut in_flight = gauge(
            "xabar_operator_in_flight",
            "Requests that await a response, all sessions together.",
        );
        let mut window = gauge(
            "xabar_operator_window",
            "Requests that may await a response, per session: less than configured where the operator takes less.",
        );
        let mut widest = gauge(
            "xabar_operator_window_configured",
            "The same as configured or set.",
        );
        let mut allowed = gauge(
            "xabar_operator_tps",
            "PDUs a second that the link is held to now: less than configured after the operator throttled.",
        );
        let mut tps = gauge(
            "xabar_operator_tps_configured",
            "The same as configured or set.",
        );
        let mut paused = gauge(
            "xabar_operator_paused",
            "Whether staff paused the operator: 1, or 0.",
        );
        let mut failing = gauge(
            "xabar_operator_failing",
            "Whether half of its answers are bad, or it throttles all, so that it is left alone for a while: 1, or 0.",
        );
        let mut limits = gauge(
            "xabar_operator_limit",
            "What limits the link at the moment: 1 for the limit, 0 for the others.",
        );
        for it in &status.operators {
            let operator = ("operator", &*it.name);
            let count = |family: &mut Family, count: usize| {
                family.add(&[operator], number(count as u64));
            };
            count(&mut bound, it.sessions);
            count(
                &mut sessions,
                it.sessions_wanted.unwrap_or(it.sessions_configured),
            );
            count(&mut in_flight, it.in_flight);
            count(&mut window, it.window_now);
            count(&mut widest, it.window);
            if let Some(rate) = it.allowed {
                allowed.add(&[operator], rate);
            }
            if let Some(most) = it.tps {
                tps.add(&[operator], most.into());
            }
            paused.add(&[operator], yes(it.state == LinkStanding::Paused));
            failing.add(&[operator], yes(it.failing));
            for limit in Limit::ALL {
                let is_it = yes(limit == it.limit);
                limits.add(&[operator, ("limit", limit.name())], is_it);
            }
        }
        vec![
            bound,
            sessions,
            self.directions(status),
            self.resting(),
            in_flight,
            window,
            widest,
            allowed,
            tps,
            paused,
            failing,
            limits,
        ]
    }
}
