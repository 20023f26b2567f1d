//! `xabar ctl set`.

use std::io::Write;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::{Which, read};
use super::orders::UNTIL_IT_STOPS;
use crate::commands::Failure;
use crate::commands::print;
use crate::control::standing::{Key, Set as Standing, Values};

/// Sets tps, window, sessions or weight of an operator at once, until the gateway stops or, with --keep, for good
#[derive(Debug, clap::Args)]
pub(super) struct Set {
    #[command(flatten)]
    which: Which,
    /// The operator's name
    operator: String,
    /// tps=300, window=54 (per session), sessions=1 (of each login, as far as configured),
    /// weight=3 (among those that share its numbers), or =default for the configured one
    #[arg(required = true, value_name = "KEY=VALUE")]
    values: Vec<Pair>,
    /// Also after a restart, until =default, or until that key changes in the file
    #[arg(long)]
    keep: bool,
    /// Prints what was set as a JSON object
    #[arg(long)]
    json: bool,
}

/// What is set, and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pair {
    key: String,
    value: Value,
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, value) = text
            .split_once('=')
            .and_then(|(key, value)| Some((Key::named(key)?, value)))
            .ok_or("should be tps=NUMBER, window=NUMBER, sessions=NUMBER or weight=NUMBER")?;
        let (least, most) = (key.least(), key.most());
        let number = value.parse().ok();
        let number = number.filter(|number: &u32| (least..=most).contains(number));
        let value = match (value, number) {
            ("default", _) => json!(value),
            (_, Some(number)) => json!(number),
            (_, None) => {
                return Err(format!(
                    "should be a whole number from {least} to {most}, or default"
                ));
            }
        };
        Ok(Self {
            key: key.name().to_owned(),
            value,
        })
    }
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
        let keys: Vec<String> = self.values.iter().map(|pair| pair.key.clone()).collect();
        let mut body = body(self.values)?;
        if self.keep {
            body.insert("keep".to_owned(), json!(true));
        }
        let path = format!("/v1/operators/{}", self.operator);
        let answer = self.which.client()?.patch(&path, &body.into()).await?;
        if self.json {
            print::json(&answer)?;
            return Ok(());
        }
        let Answer { set } = read(&answer)?;
        let mut out = print::stdout();
        for key in keys.iter().filter_map(|key| Key::named(key)) {
            writeln!(out, "{}: {}", self.operator, told(key, set.get(&key)))?;
        }
        Ok(())
    }
}

/// What the gateway answers.
#[derive(Deserialize)]
struct Answer {
    set: Values,
}

/// What is set, as people read it.
pub(super) fn told(key: Key, set: Option<&Standing>) -> String {
    let name = key.name();
    match set {
        None => format!("{name} as configured"),
        Some(Standing { to, kept: None }) => format!("{name} {to}, {UNTIL_IT_STOPS}"),
        Some(Standing { to, kept }) if *kept == Some(*to) => format!("{name} {to}, kept"),
        Some(Standing { to, kept }) => {
            let kept = kept.unwrap_or_default();
            format!("{name} {to}, {UNTIL_IT_STOPS}; then {kept}, which is kept")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_a_number_or_the_default() {
        let pair = |text: &str| text.parse::<Pair>().map(|pair| (pair.key, pair.value));
        assert_eq!(pair("tps=300"), Ok(("tps".to_owned(), json!(300))));
        assert_eq!(
            pair("window=default"),
            Ok(("window".to_owned(), json!("default")))
        );
        assert_eq!(
            pair("window=10000"),
            Ok(("window".to_owned(), json!(10_000)))
        );
        assert_eq!(pair("weight=0"), Ok(("weight".to_owned(), json!(0))));
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
        ] {
            assert!(pair(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_is_set_twice() {
        let body = |pairs: &[&str]| body(pairs.iter().map(|pair| pair.parse().unwrap()).collect());
        assert_eq!(
            Value::Object(body(&["tps=1", "window=2"]).unwrap()),
            json!({"tps": 1, "window": 2})
        );
        let Err(Failure::Usage(why)) = body(&["tps=1", "tps=2"]) else {
            panic!("it is");
        };
        assert_eq!(why, "tps is given twice");
    }
}
