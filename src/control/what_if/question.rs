//! What is asked about: values of operators' links, agencies' weights and `[subscriber]`, as orders and the configuration have them.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use xabar_events::Agency;

use crate::control::settings::document::Value;
use crate::control::settings::reading::{Cell, Table, read_json};
use crate::control::settings::subscriber::changed;
use crate::control::settings::values::whole;
use crate::control::settings::{
    MOST_AGENCY_WEIGHT, Operator, Problem, Settings, Subscriber, USUAL_WEIGHT,
};
use crate::control::standing::{Key, Standing};
use crate::delivery::{Setting, Tuning};

/// No longer past is looked at.
pub const MOST_HOURS: u32 = 24;

/// What past is looked at unless that is said.
const HOURS: u32 = 4;

/// What is to be other than it is.
#[derive(Clone, Debug)]
pub struct Question {
    pub hours: u32,
    pub operators: BTreeMap<String, LinkChange>,
    /// The weights that agencies would have, as far as that is asked.
    pub agencies: BTreeMap<String, u32>,
    /// As it would be, if anything is said of it.
    pub subscriber: Option<Subscriber>,
    /// As it was asked.
    asked: Vec<String>,
}

/// What is to be other of an operator.
pub type LinkChange = BTreeMap<Key, Setting<u32>>;

impl Question {
    /// Reads what was sent, by the settings that hold and what staff has set.
    ///
    /// # Errors
    /// All that is wrong in it.
    pub fn read(
        body: &Json,
        settings: &Settings,
        standing: &Standing,
    ) -> Result<Self, Vec<Problem>> {
        read_json(body, |cell| {
            cell.table(|table| Some(read(table, (settings, standing), body)))
        })
    }

    /// Whether anything is to be other than it is.
    pub fn is_change(&self) -> bool {
        !self.asked.is_empty()
    }

    /// What is to be other, such as `ucell.tps=600`.
    pub(super) fn told(&self) -> Vec<String> {
        self.asked.clone()
    }

    /// The settings with what is to be other of them.
    #[must_use]
    pub fn changed(&self, settings: &Settings) -> Settings {
        let mut settings = settings.clone();
        if let Some(subscriber) = &self.subscriber {
            settings.subscriber = subscriber.clone();
        }
        for operator in &mut settings.operators {
            let change = self.operators.get(&operator.name);
            let sessions = change.and_then(|change| change.get(&Key::Sessions));
            let Some(Setting::To(sessions)) = sessions else {
                continue;
            };
            let sessions = u16::try_from(*sessions).unwrap_or(u16::MAX);
            for bind in &mut operator.binds {
                bind.sessions = sessions;
            }
        }
        settings
    }

    /// What is set of an operator's link with what is to be other of it.
    #[must_use]
    pub fn tuning(&self, operator: &str, held: Tuning) -> Tuning {
        let Some(change) = self.operators.get(operator) else {
            return held;
        };
        let count = |key| match change.get(&key) {
            Some(Setting::To(to)) => Setting::To(usize::try_from(*to).unwrap_or(usize::MAX)),
            Some(Setting::Configured) => Setting::Configured,
            _ => Setting::Keep,
        };
        let asked = Tuning {
            tps: change.get(&Key::Tps).copied().unwrap_or_default(),
            window: count(Key::Window),
            sessions: count(Key::Sessions),
        };
        asked.after(held)
    }

    /// The weight that an operator would have, if one is asked for.
    #[must_use]
    pub fn weight(&self, operator: &str) -> Option<Setting<u32>> {
        self.operators.get(operator)?.get(&Key::Weight).copied()
    }
}

fn read(
    table: &mut Table<'_>,
    (settings, standing): (&Settings, &Standing),
    body: &Json,
) -> Question {
    let hours = table.or("hours", HOURS, whole(1..=MOST_HOURS));
    let operators = table.or("operators", BTreeMap::new(), |cell: &Cell<'_>| {
        let operators = cell.named(|name, cell| link(name, cell, settings))?;
        match nobodys(&operators, settings, standing) {
            None => Some(operators),
            Some(prefix) => cell.wrong(
                format!("leaves no operator that shares {prefix} a weight of 1 or more"),
                "leave one to at least one of them",
            ),
        }
    });
    let agencies = table.or("agencies", BTreeMap::new(), |cell: &Cell<'_>| {
        cell.named(|name, cell| agency(name, cell, settings))
    });
    let configured = standing.configured_limits();
    let subscriber = table.optional("subscriber", |cell| {
        changed(cell, &settings.subscriber, &configured)
    });
    Question {
        hours,
        operators,
        agencies: agencies
            .into_iter()
            .filter_map(|(name, weight)| Some((name, weight?)))
            .collect(),
        subscriber,
        asked: asked(body),
    }
}

fn link(name: &str, cell: &Cell<'_>, settings: &Settings) -> Option<LinkChange> {
    let mut operators = settings.operators.iter();
    if !operators.any(|operator| operator.name == name) {
        let known = settings.operators.iter().map(|it| it.name.as_str());
        let known = known.collect::<Vec<_>>().join(", ");
        return cell.wrong("is no operator", format!("known here: {known}"));
    }
    cell.table(|table| {
        let mut change = LinkChange::new();
        for key in Key::ALL {
            let set = table.optional(key.name(), |cell| match key {
                Key::Weight if !shares(name, settings) => cell.wrong(
                    "is asked of an operator that shares no numbers with another",
                    "leave it out: such a one has no weight",
                ),
                _ => setting(cell, key),
            });
            change.extend(set.map(|set| (key, set)));
        }
        Some(change)
    })
}

/// A prefix that would be nobody's: of all that share it none would have any weight.
fn nobodys<'a>(
    changes: &BTreeMap<String, LinkChange>,
    settings: &'a Settings,
    standing: &Standing,
) -> Option<&'a str> {
    let weight = |operator: &Operator| {
        let change = changes.get(&operator.name);
        match change.and_then(|change| change.get(&Key::Weight)) {
            Some(Setting::To(weight)) => *weight,
            Some(Setting::Configured) => operator.weight,
            _ => {
                let set = standing.set(&operator.name);
                set.get(&Key::Weight).map_or(operator.weight, |set| set.to)
            }
        }
    };
    let is_change = |operator: &&Operator| {
        let change = changes.get(&operator.name);
        change.is_some_and(|change| change.contains_key(&Key::Weight))
    };
    let changed = settings.operators.iter().filter(is_change);
    let mut prefixes = changed.flat_map(|operator| &operator.prefixes);
    let is_nobodys = |prefix: &&String| {
        let operators = settings.operators.iter();
        let mut sharing = operators.filter(|operator| operator.prefixes.contains(prefix));
        sharing.all(|operator| weight(operator) == 0)
    };
    prefixes.find(is_nobodys).map(String::as_str)
}

/// The weight that an agency would have; nothing if nothing is asked of it.
fn agency(name: &str, cell: &Cell<'_>, settings: &Settings) -> Option<Option<u32>> {
    if Agency::from_name(name).is_err() {
        return cell.wrong(
            "is no agency",
            "name one as in its events' `source`, behind /agencies/",
        );
    }
    cell.table(|table| {
        Some(table.optional("weight", |cell| match &cell.node.value {
            Value::Text(text) if text == "default" => {
                let mut agencies = settings.agencies.iter();
                let configured = agencies.find(|agency| agency.name == name);
                Some(configured.map_or(USUAL_WEIGHT, |agency| agency.weight))
            }
            Value::Integer(_) => whole(1..=MOST_AGENCY_WEIGHT)(cell),
            _ => cell.unfit(format!(
                "give a whole number from 1 to {MOST_AGENCY_WEIGHT}, or \"default\": as configured"
            )),
        }))
    })
}

/// Whether some of an operator's prefixes are another's, too.
fn shares(name: &str, settings: &Settings) -> bool {
    let (own, others): (Vec<_>, Vec<_>) = {
        let operators = settings.operators.iter();
        operators.partition(|operator| operator.name == name)
    };
    let mut own = own.iter().flat_map(|operator| &operator.prefixes);
    own.any(|prefix| others.iter().any(|other| other.prefixes.contains(prefix)))
}

fn setting(cell: &Cell<'_>, key: Key) -> Option<Setting<u32>> {
    match &cell.node.value {
        Value::Text(text) if text == "default" => Some(Setting::Configured),
        Value::Integer(_) => whole(key.least()..=key.most())(cell).map(Setting::To),
        _ => cell.unfit(format!(
            "give a whole number from {} to {}, or \"default\": as configured",
            key.least(),
            key.most()
        )),
    }
}

/// The changes in the words of the command line; what was read is well-formed. What is null is left out of it, and no change.
fn asked(body: &Json) -> Vec<String> {
    let object = |json: Option<&Json>| {
        let mut object = json.and_then(Json::as_object).cloned()?;
        object.retain(|_, value| !value.is_null());
        Some(object)
    };
    let of_each = |of: &str, before: &'static str| {
        let named = object(body.get(of)).unwrap_or_default().into_iter();
        named.flat_map(move |(name, values)| {
            let values = object(Some(&values)).unwrap_or_default().into_iter();
            values.map(move |(key, value)| format!("{before}{name}.{key}={}", plain(&value)))
        })
    };
    let links = of_each("operators", "");
    let agencies = of_each("agencies", "agency.");
    let subscriber = object(body.get("subscriber")).unwrap_or_default();
    let subscriber = subscriber
        .iter()
        .map(|(key, value)| format!("{key}={}", plain(value)));
    links.chain(agencies).chain(subscriber).collect()
}

fn plain(value: &Json) -> String {
    let text = |value: &Json, key: &str| match value.get(key) {
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    match value {
        Json::String(text) => text.clone(),
        Json::Array(limits) if limits.is_empty() => "none".to_owned(),
        Json::Array(limits) => {
            let limits = limits.iter();
            let limits = limits.map(|it| format!("{}/{}", text(it, "messages"), text(it, "per")));
            limits.collect::<Vec<_>>().join(",")
        }
        Json::Object(_) => {
            let zone = text(value, "timezone");
            let at = if zone.is_empty() { "" } else { "@" };
            format!("{}-{}{at}{zone}", text(value, "from"), text(value, "to"))
        }
        other => other.to_string(),
    }
}
