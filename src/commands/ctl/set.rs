//! `xabar ctl set`.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::{Which, read};
use super::orders::UNTIL_IT_STOPS;
use super::what_if::limits;
use crate::commands::Failure;
use crate::commands::print::{self, WARN, styled};
use crate::control::settings::{Limit, MOST_AGENCY_WEIGHT};
use crate::control::standing::{Key, Set as Standing, SetLimits};

/// Sets something of an operator, of an agency, or of all subscribers at once, until the gateway stops or, with --keep, for good
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar ctl set --config config/xabar.toml ucell tps=200 window=54
  xabar ctl set --config config/xabar.toml ucell tps=default
  xabar ctl set --config config/xabar.toml --agency kadastr weight=3
  xabar ctl set --config config/xabar.toml limits=3/10m,10/24h
  xabar ctl set --config config/xabar.toml limits=default")]
pub(super) struct Set {
    #[command(flatten)]
    which: Which,
    /// The operator's name and tps=300, window=54 (per session), sessions=1 (of each login, as far as configured),
    /// weight=3 (among those that share its numbers); with --agency weight=3 (beside other agencies); without either
    /// limits=3/10m,10/24h or limits=none (of every subscriber). Or =default for the configured value
    #[arg(required = true, value_name = "OPERATOR | KEY=VALUE")]
    words: Vec<String>,
    /// The agency whose weight is set
    #[arg(long, value_name = "NAME")]
    agency: Option<String>,
    /// Also after a restart, until =default, or until that key changes in the file
    #[arg(long)]
    keep: bool,
    /// Prints what was set as a JSON object
    #[arg(long)]
    json: bool,
}

/// Of whom something is set.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Whose {
    Operators(String),
    Agencies(String),
    Subscribers,
}

/// What is set, and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pair {
    key: String,
    value: Value,
}

impl Whose {
    /// What can be set of them.
    fn right(&self) -> &'static str {
        match self {
            Self::Operators(_) => {
                "should be tps=NUMBER, window=NUMBER, sessions=NUMBER or weight=NUMBER"
            }
            Self::Agencies(_) => "should be weight=NUMBER",
            Self::Subscribers => {
                "should be limits=3/10m,10/24h, say; what is set of an operator comes after its name"
            }
        }
    }
}

impl Pair {
    fn read(text: &str, whose: &Whose) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or(whose.right())?;
        let read = match whose {
            Whose::Operators(_) => {
                Key::named(key).map(|key| number(value, key.least(), key.most()))
            }
            Whose::Agencies(_) => (key == "weight").then(|| number(value, 1, MOST_AGENCY_WEIGHT)),
            Whose::Subscribers => (key == "limits").then(|| match value {
                "default" => Ok(json!(value)),
                _ => limits(value),
            }),
        };
        Ok(Self {
            key: key.to_owned(),
            value: read.ok_or(whose.right())??,
        })
    }
}

fn number(text: &str, least: u32, most: u32) -> Result<Value, String> {
    let number = text.parse().ok();
    match (text, number.filter(|it: &u32| (least..=most).contains(it))) {
        ("default", _) => Ok(json!(text)),
        (_, Some(number)) => Ok(json!(number)),
        (_, None) => Err(format!(
            "should be a whole number from {least} to {most}, or default"
        )),
    }
}

/// Of whom what is to be set, each once.
fn asked(words: &[String], agency: Option<String>) -> Result<(Whose, Map<String, Value>), Failure> {
    let (operator, pairs) = match words.split_first() {
        Some((first, pairs)) if !first.contains('=') => (Some(first.clone()), pairs),
        _ => (None, words),
    };
    let whose = match (operator, agency) {
        (Some(_), Some(_)) => {
            let why = "name an operator, or an agency by --agency, not both";
            return Err(Failure::Usage(why.to_owned()));
        }
        (Some(operator), None) => Whose::Operators(operator),
        (None, Some(agency)) => Whose::Agencies(agency),
        (None, None) => Whose::Subscribers,
    };
    if pairs.is_empty() {
        return Err(Failure::Usage("say what to set, as in tps=300".to_owned()));
    }
    let read = |text: &String| {
        Pair::read(text, &whose).map_err(|why| Failure::Usage(format!("{text} {why}")))
    };
    let pairs = pairs.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let body = body(pairs)?;
    Ok((whose, body))
}

/// What is to be set, each once.
fn body(values: Vec<Pair>) -> Result<Map<String, Value>, Failure> {
    let mut body = Map::new();
    for Pair { key, value } in values {
        if body.contains_key(&key) {
            return Err(Failure::Usage(format!("{key} is given twice")));
        }
        body.insert(key, value);
    }
    Ok(body)
}

impl Set {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (whose, mut body) = asked(&self.words, self.agency)?;
        let keys: Vec<String> = body.keys().cloned().collect();
        if self.keep {
            body.insert("keep".to_owned(), json!(true));
        }
        let path = match &whose {
            Whose::Operators(name) => format!("/v1/operators/{name}"),
            Whose::Agencies(name) => format!("/v1/agencies/{name}"),
            Whose::Subscribers => "/v1/subscriber".to_owned(),
        };
        let answer = self.which.client()?.patch(&path, &body.into()).await?;
        if self.json {
            print::json(&answer)?;
            return Ok(());
        }
        let mut out = print::stdout();
        match whose {
            Whose::Operators(name) | Whose::Agencies(name) => {
                let Answer::<BTreeMap<Key, Option<Standing>>> { set, .. } = read(&answer)?;
                for key in keys.iter().filter_map(|key| Key::named(key)) {
                    let set = set.get(&key).and_then(Option::as_ref);
                    writeln!(out, "{name}: {}", told(key, set))?;
                }
            }
            Whose::Subscribers => {
                let Answer::<Limits> { set, warnings } = read(&answer)?;
                writeln!(out, "{}", told_limits(set.limits.as_ref()))?;
                for warning in warnings {
                    writeln!(out, "{} {warning}", styled(WARN, "warning:"))?;
                }
            }
        }
        Ok(())
    }
}

/// What the gateway answers.
#[derive(Deserialize)]
struct Answer<T> {
    set: T,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Limits {
    limits: Option<SetLimits>,
}

/// What is set, as people read it.
pub(super) fn told(key: Key, set: Option<&Standing>) -> String {
    let set = set.map(|set| (set.to.to_string(), set.kept.map(|kept| kept.to_string())));
    stands(key.name(), set)
}

/// Limits that are set, as people read them.
pub(super) fn told_limits(set: Option<&SetLimits>) -> String {
    let told = |limits: &Vec<Limit>| match limits.is_empty() {
        true => "none".to_owned(),
        false => {
            let limits = limits.iter().map(Limit::to_string);
            limits.collect::<Vec<_>>().join(",")
        }
    };
    let set = set.map(|set| (told(&set.to), set.kept.as_ref().map(told)));
    stands("limits", set)
}

fn stands(name: &str, set: Option<(String, Option<String>)>) -> String {
    match set {
        None => format!("{name} as configured"),
        Some((to, None)) => format!("{name} {to}, {UNTIL_IT_STOPS}"),
        Some((to, Some(kept))) if kept == to => format!("{name} {to}, kept"),
        Some((to, Some(kept))) => {
            format!("{name} {to}, {UNTIL_IT_STOPS}; then {kept}, which is kept")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &[&str], agency: Option<&str>) -> Result<(Whose, Value), Failure> {
        let words: Vec<String> = words.iter().map(|it| (*it).to_owned()).collect();
        let asked = asked(&words, agency.map(str::to_owned));
        asked.map(|(whose, body)| (whose, body.into()))
    }

    #[test]
    fn what_is_set_is_a_number_or_the_default() {
        let ucell = |pairs: &[&str]| set(&[&["ucell"], pairs].concat(), None);
        let (whose, body) =
            ucell(&["tps=300", "window=default", "sessions=2", "weight=0"]).unwrap();
        assert_eq!(whose, Whose::Operators("ucell".to_owned()));
        let all = json!({"tps": 300, "window": "default", "sessions": 2, "weight": 0});
        assert_eq!(body, all);
        for wrong in [
            "weight=1001",
            "tps",
            "tps=",
            "tps=-1",
            "tps=fast",
            "speed=3",
            "=3",
            "tps=0",
            "tps=100001",
            "window=10001",
            "limits=none",
        ] {
            assert!(ucell(&[wrong]).is_err(), "{wrong}");
        }
        assert!(ucell(&[]).is_err());
    }

    #[test]
    fn an_agency_has_a_weight_and_all_subscribers_have_limits() {
        let (whose, body) = set(&["weight=3"], Some("kadastr")).unwrap();
        assert_eq!(whose, Whose::Agencies("kadastr".to_owned()));
        assert_eq!(body, json!({"weight": 3}));
        for wrong in ["weight=0", "weight=101", "tps=3"] {
            assert!(set(&[wrong], Some("kadastr")).is_err(), "{wrong}");
        }
        assert!(set(&["ucell", "weight=3"], Some("kadastr")).is_err());
        let (whose, body) = set(&["limits=3/10m,10/24h"], None).unwrap();
        assert_eq!(whose, Whose::Subscribers);
        let limits = json!([{"messages": 3, "per": "10m"}, {"messages": 10, "per": "24h"}]);
        assert_eq!(body, json!({ "limits": limits }));
        let of = |text| set(&[text], None).map(|(_, body)| body);
        assert_eq!(of("limits=default").unwrap(), json!({"limits": "default"}));
        assert_eq!(of("limits=none").unwrap(), json!({"limits": []}));
        for wrong in ["limits=3", "tps=3", "weight=3"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_is_set_twice() {
        let Err(Failure::Usage(why)) = set(&["ucell", "tps=1", "tps=2"], None) else {
            panic!("it is");
        };
        assert_eq!(why, "tps is given twice");
    }

    #[test]
    fn people_read_what_stands_for_how_long() {
        let limit = |messages, minutes: u64| Limit {
            messages,
            per: std::time::Duration::from_secs(60 * minutes),
        };
        let mut set = SetLimits {
            to: vec![limit(3, 10), limit(10, 1440)],
            kept: None,
        };
        let told = told_limits(Some(&set));
        assert_eq!(told, "limits 3/10m,10/24h, until the gateway stops");
        set.kept = Some(Vec::new());
        let told = told_limits(Some(&set));
        assert!(told.ends_with("; then none, which is kept"), "{told}");
        assert_eq!(told_limits(None), "limits as configured");
    }
}
