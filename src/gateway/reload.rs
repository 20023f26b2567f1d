//! New settings, out of which the rooms get new rules.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tracing::warn;

use super::{doubts, fitting};
use crate::compose::Catalog;
use crate::control::reload::Apply;
use crate::control::settings::{Operator, Problem, Settings};
use crate::control::standing::Standing;
use crate::delivery::{Configured, Setting, Tuning};
use crate::intake::amqp::Publishers;
use crate::numbers::Lists;
use crate::pipeline::{NewRules, OfOperator};

/// Gives a running gateway new rules.
#[derive(Clone, Debug)]
pub struct Rules {
    pipeline: mpsc::Sender<Box<NewRules>>,
    publishers: watch::Sender<Publishers>,
    /// Those that hold: what waits for the next start is as it was at the last one.
    settings: watch::Sender<Arc<Settings>>,
    standing: Standing,
}

impl Rules {
    /// With the end that the pipeline has.
    pub(super) fn channel(
        settings: &Settings,
        standing: Standing,
    ) -> (Self, mpsc::Receiver<Box<NewRules>>) {
        let (pipeline, taken) = mpsc::channel(1);
        let publishers = watch::Sender::new(fitting::publishers(settings));
        let rules = Self {
            pipeline,
            publishers,
            settings: watch::Sender::new(Arc::new(settings.clone())),
            standing,
        };
        (rules, taken)
    }

    /// Who may publish for whom, as that is at the time.
    pub(super) fn publishers(&self) -> watch::Receiver<Publishers> {
        self.publishers.subscribe()
    }

    /// The settings that hold, as they are at the time.
    pub(super) fn settings(&self) -> watch::Receiver<Arc<Settings>> {
        self.settings.subscribe()
    }
}

impl Apply for Rules {
    async fn apply(
        &self,
        settings: &Settings,
        changed: &[String],
    ) -> Result<Vec<String>, Vec<Problem>> {
        let publishers = fitting::publishers(settings);
        let (settings, changed) = (settings.clone(), changed.to_vec());
        // Until the pipeline has it, no order comes in between.
        let _turn = self.standing.turn().await;
        let standing = self.standing.clone();
        let held = self.settings.borrow().with_live(&settings);
        let read = tokio::task::spawn_blocking(move || {
            let catalog = Catalog::of(&settings)?;
            let menus = fitting::menus(&settings, &catalog)?;
            let doubts = doubts(&settings, &catalog);
            if let Err(error) = standing.reconfigure(&held, &changed) {
                warn!(%error, file = %standing.file().display(), "what is to outlive a restart cannot be written");
            }
            let limiting = standing.limiting(&settings);
            let operators = settings.operators.iter();
            let rules = NewRules {
                settings: fitting::rules(&limiting, &standing, Lists::default(), menus),
                catalog,
                operators: operators.map(|it| of_operator(it, &changed)).collect(),
            };
            Ok::<_, Vec<Problem>>((rules, doubts, held))
        });
        // It does not panic; if it did, nothing changes.
        let Ok(read) = read.await else {
            return Ok(Vec::new());
        };
        let (rules, doubts, held) = read?;
        // A gateway that stops takes nothing any more.
        drop(self.pipeline.send(rules.into()).await);
        self.publishers.send_replace(publishers);
        self.settings.send_replace(Arc::new(held));
        Ok(doubts)
    }
}

/// What staff set stands unless that very key changed.
fn of_operator(operator: &Operator, changed: &[String]) -> OfOperator {
    let mut binds = operator.binds.iter();
    let shared = binds.find(|bind| !bind.is_own_window);
    let link = Configured {
        tps: operator.tps,
        window: shared.map(|bind| bind.window.into()),
    };
    let set = |key: &str| changed.contains(&format!("operator.{}.{key}", operator.name));
    let tuning = Tuning {
        tps: of(set("tps")),
        window: of(set("window")),
        sessions: of(set("sessions")),
    };
    OfOperator {
        name: operator.name.clone(),
        link,
        tuning,
        weight: of(set("weight")),
    }
}

fn of<T>(changed: bool) -> Setting<T> {
    match changed {
        true => Setting::Configured,
        false => Setting::Keep,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use xabar_events::Agency;

    use super::*;
    use crate::control::settings::{Environment, Limit};
    use crate::control::standing::Key;
    use crate::journal::AgencyKey;
    use crate::scratch::Folder;

    #[tokio::test]
    async fn who_publishes_for_whom_is_taken_over() {
        let read =
            |text| Settings::read(text, Path::new("xabar.toml"), &Environment::default()).unwrap();
        let folder = Folder::new();
        let standing = Standing::nothing(&folder.path("kept.json"));
        let (rules, _taken) = Rules::channel(&read(""), standing);
        let publishers = rules.publishers();
        assert_eq!(*publishers.borrow(), Publishers::default());
        let named = read("[[agency]]\nname = \"kadastr\"\nbroker_users = [\"k\"]");
        rules.apply(&named, &[]).await.unwrap();
        let kadastr = Agency::from_name("kadastr").unwrap();
        assert_eq!(*publishers.borrow(), Publishers::new([("k", kadastr)]));
    }

    #[tokio::test]
    async fn limits_and_weights_that_staff_set_hold_over_a_reload_until_they_are_configured_otherwise()
     {
        let read =
            |text| Settings::read(text, Path::new("xabar.toml"), &Environment::default()).unwrap();
        let folder = Folder::new();
        let standing = Standing::nothing(&folder.path("kept.json"));
        let limit = Limit {
            messages: 3,
            per: Duration::from_secs(60),
        };
        standing.note_limits(Some(vec![limit]), false).unwrap();
        standing.note_weight("kadastr", Some(7), false).unwrap();
        let (rules, mut taken) = Rules::channel(&read(""), standing);
        let mut pace = async |text| {
            rules.apply(&read(text), &[]).await.unwrap();
            let rules = taken.recv().await.unwrap().settings.rules;
            let limits: Vec<u32> = rules.limits.iter().map(|it| it.messages).collect();
            let weight = rules.sharing.weights.get(&AgencyKey::of("kadastr"));
            (limits, weight.copied())
        };
        let other = "[retry]\nfirst = \"1m\"\n[[agency]]\nname = \"kadastr\"\nlegal = true";
        assert_eq!(pace(other).await, (vec![3], Some(7)));
        let configured = "[subscriber]\nlimits = [{ messages = 9, per = \"1h\" }]\n\
                          [[agency]]\nname = \"kadastr\"\nweight = 2";
        assert_eq!(pace(configured).await, (vec![9], Some(2)));
    }

    #[tokio::test]
    async fn the_settings_that_hold_are_without_what_waits_for_a_restart() {
        let read = |of_operator: &str, rest: &str| {
            let text = format!(
                "[[operator]]\nname = \"ucell\"\nprefixes = [\"99890\"]\naddress = \"127.0.0.1:1\"\n\
                 system_id = \"x\"\npassword = \"p\"\nsender = \"MyGov\"\n{of_operator}\n{rest}"
            );
            Settings::read(&text, Path::new("xabar.toml"), &Environment::default()).unwrap()
        };
        let folder = Folder::new();
        let start = read("tps = 10\nwindow = 5\nsessions = 1", "[lanes]\nurgent = 10");
        let standing = Standing::beside(&folder.path("xabar.db"), &start).unwrap();
        let (rules, _taken) = Rules::channel(&start, standing.clone());
        let new = read(
            "tps = 20\nwindow = 6\nsessions = 4",
            "[lanes]\nurgent = 20\n[timing]\nexpires = \"1h\"\nuncertain = \"7s\"",
        );
        rules.apply(&new, &[]).await.unwrap();
        let held = Arc::clone(&rules.settings().borrow());
        let (operator, bind) = (&held.operators[0], &held.operators[0].binds[0]);
        assert_eq!((operator.tps, bind.window, bind.sessions), (Some(20), 6, 1));
        let by_order = |key| (standing.now("ucell", key), standing.most("ucell", key));
        assert_eq!(by_order(Key::Tps).0, Some(20));
        assert_eq!(by_order(Key::Sessions), (Some(1), 1), "those there are");
        assert_eq!(held.lanes, start.lanes);
        assert_eq!(held.timing.expires, new.timing.expires);
        assert_eq!(held.timing.uncertain, start.timing.uncertain);
    }
}
