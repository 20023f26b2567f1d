//! Answers what would be if something were set otherwise, from the settings that hold and what was measured, on a thread of its
//! own that works at most half of the time.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::error;
use tracing::subscriber::{NoSubscriber, with_default};

use super::fitting;
use crate::clock::{Clock, Now, instant};
use crate::compose::Catalog;
use crate::control::settings::{Operator, Problem, Settings};
use crate::control::standing::{Key, Standing};
use crate::control::status::{Observed, OperatorStatus, Status};
use crate::control::what_if::{
    Answer, Asked, LinkSide, MOST_MESSAGES, Question, Refused, Side, Sources, Stopped, answer,
};
use crate::delivery::model::Smsc;
use crate::delivery::{LinkState, Setting, Tuning};
use crate::journal::{AgencyKey, Reader};
use crate::numbers::{Lists, Numbers};

/// What questions are answered from.
pub(super) struct Known {
    pub(super) settings: watch::Receiver<Arc<Settings>>,
    pub(super) standing: Standing,
    pub(super) ported: watch::Receiver<Arc<Numbers>>,
    pub(super) links: Vec<Observed>,
    pub(super) status: watch::Receiver<Option<Arc<Status>>>,
    pub(super) reader: Box<dyn Reader>,
}

/// How long it works at a stretch, and then rests for.
const STRETCH: Duration = Duration::from_millis(5);

/// So many steps are taken between two looks at the clock.
const STEPS: u32 = 32;

/// How long an SMSC takes that has not answered anything yet.
const UNKNOWN_RESPONSE: Duration = Duration::from_millis(100);

/// Answers questions until it is time to stop.
pub(super) fn start(known: Known, clock: Clock, stop: CancellationToken) -> mpsc::Sender<Asked> {
    let (questions, mut asked) = mpsc::channel::<Asked>(1);
    tokio::spawn(async move {
        let mut known = known;
        loop {
            let question = tokio::select! {
                Some(question) = asked.recv() => question,
                () = stop.cancelled() => return,
                else => return,
            };
            let (now, stop) = (clock.now(), stop.clone());
            let answered = tokio::task::spawn_blocking(move || {
                let Asked { body, reply } = question;
                let mut pace = Pace::new();
                let mut go_on = || pace.go_on() && !reply.is_closed() && !stop.is_cancelled();
                let answer = known.answer(now, &body, &mut go_on);
                // Whoever asked may have gone.
                drop(reply.send(answer));
                known
            });
            match answered.await {
                Ok(same) => known = same,
                Err(_) => return,
            }
        }
    });
    questions
}

impl Known {
    fn answer(
        &mut self,
        now: Now,
        body: &serde_json::Value,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Box<Answer>, Refused> {
        let settings = self.standing.limiting(&self.settings.borrow());
        let question = Question::read(body, &settings, &self.standing).map_err(Refused::Wrong)?;
        let held = self.side(&settings, None).map_err(Refused::Wrong)?;
        let changed = question.is_change().then(|| {
            let settings = question.changed(&settings);
            self.side(&settings, Some(&question))
        });
        let changed = changed.transpose().map_err(Refused::Wrong)?;
        let sources = Sources {
            assumed: self.assumed(&settings, &question),
            reader: self.reader.as_mut(),
            now,
            go_on,
            most: MOST_MESSAGES,
        };
        // Nothing of what the replayed rooms would log has happened.
        let answer = with_default(NoSubscriber::new(), || {
            answer(&question, (&held, changed.as_ref()), sources)
        });
        answer.map(Box::new).map_err(|stopped| {
            if let Stopped::Journal(error) = stopped {
                let error = &error as &dyn std::error::Error;
                error!(error, "what would be cannot be found out");
            }
            Refused::Failed
        })
    }

    fn side(&self, settings: &Settings, question: Option<&Question>) -> Result<Side, Vec<Problem>> {
        let catalog = Catalog::of(settings)?;
        let menus = fitting::menus(settings, &catalog)?;
        let lists = Lists {
            ported: Arc::clone(&self.ported.borrow()),
            ..Lists::default()
        };
        let mut rules = fitting::rules(settings, &self.standing, lists, menus);
        for (agency, weight) in question.iter().flat_map(|question| &question.agencies) {
            let weights = &mut rules.rules.sharing.weights;
            weights.insert(AgencyKey::of(agency), *weight);
        }
        // Those that the configuration has since the start are not known yet.
        let observed = |name: &str| self.links.iter().find(|it| it.operator.name == name);
        rules
            .operators
            .retain(|rules| observed(&rules.name).is_some());
        for rules in &mut rules.operators {
            let set = self.standing.set(&rules.name);
            let set = set.get(&Key::Weight).map(|set| Setting::To(set.to));
            let asked = question.and_then(|question| question.weight(&rules.name));
            if let Some(Setting::To(weight)) = asked.or(set) {
                rules.weight = weight;
            }
        }
        let link = |operator: &Operator| {
            let link = observed(&operator.name)?;
            let state = *link.link.borrow();
            let (smsc, _) = self.smsc(&operator.name, &state);
            let held = self.standing.tuning(&operator.name);
            let tuning = question.map_or(held, |question| question.tuning(&operator.name, held));
            let id = link.operator.id;
            Some(LinkSide {
                configured: fitting::configured(id, operator, settings.lanes),
                settings: fitting::operator_settings(operator, settings),
                tuning: within(tuning, &state),
                smsc,
            })
        };
        Ok(Side {
            rules,
            catalog,
            links: settings.operators.iter().filter_map(link).collect(),
        })
    }

    fn of_late(&self, operator: &str) -> Option<OperatorStatus> {
        let status = self.status.borrow().clone()?;
        let mut operators = status.operators.iter();
        operators.find(|it| it.name == operator).cloned()
    }

    /// How an operator answers, and where that is from.
    fn smsc(&self, operator: &str, state: &LinkState) -> (Smsc, &'static str) {
        let of_late = self.of_late(operator).and_then(|it| it.response_ms);
        let of_late = of_late.map(|it| Duration::from_secs_f64(it.mean / 1000.0));
        let (response, since) = match (of_late, state.response_times.mean()) {
            (Some(of_late), _) => (of_late, "as in the last seconds"),
            (None, Some(mean)) => (mean, "as since the start"),
            (None, None) => (UNKNOWN_RESPONSE, "though it has answered nothing yet"),
        };
        let takes = throttled_to(state);
        (Smsc { response, takes }, since)
    }

    /// What is taken for granted.
    fn assumed(&self, settings: &Settings, question: &Question) -> Vec<String> {
        let mut assumed = Vec::new();
        for operator in &settings.operators {
            let name = &operator.name;
            let Some(link) = self.links.iter().find(|it| it.operator.name == *name) else {
                continue;
            };
            let state = *link.link.borrow();
            let (smsc, since) = self.smsc(name, &state);
            let millis = smsc.response.as_secs_f64() * 1000.0;
            assumed.push(format!("{name} answers in {millis:.0} ms, {since}"));
            if let Some(takes) = smsc.takes {
                assumed.push(format!(
                    "{name} takes {takes:.0}/s and throttles the rest, as it does now"
                ));
            } else if question.operators.contains_key(name) {
                assumed.push(format!("{name} takes as much as it is given"));
            }
            if state.window < state.most_window {
                let window = state.window;
                assumed.push(format!("{name} takes a window of {window}, as it does now"));
            }
            if state.submitting == 0 {
                assumed.push(format!("{name} is bound, which it is not now"));
            }
        }
        if !self.standing.paused().is_empty() {
            assumed.push("what is paused goes".to_owned());
        }
        assumed
    }
}

/// The PDUs a second that a link is held to since the operator throttled, if it is.
fn throttled_to(state: &LinkState) -> Option<f64> {
    /// Below this part of what it may, it is.
    const LESS: f64 = 0.9;
    let rate = state.rate?;
    let is_less = state.tps.is_none_or(|tps| rate < LESS * f64::from(tps));
    (is_less && state.throttled > 0).then_some(rate)
}

/// No wider than the operator takes now, where that is less than it is given.
fn within(tuning: Tuning, state: &LinkState) -> Tuning {
    if state.window >= state.most_window || state.window == 0 {
        return tuning;
    }
    let window = match tuning.window {
        Setting::To(window) => window.min(state.window),
        Setting::Keep | Setting::Configured => state.window,
    };
    Tuning {
        window: Setting::To(window),
        ..tuning
    }
}

/// Works and rests in turn.
struct Pace {
    steps: u32,
    since: Instant,
}

impl Pace {
    fn new() -> Self {
        Self {
            steps: 0,
            since: instant(),
        }
    }

    /// Rests if it is time to.
    fn go_on(&mut self) -> bool {
        self.steps = (self.steps + 1) % STEPS;
        if self.steps == 0 {
            let worked = instant().saturating_duration_since(self.since);
            if worked >= STRETCH {
                std::thread::sleep(worked);
                self.since = instant();
            }
        }
        true
    }
}
