//! `xabar ctl set`.

use std::io::Write;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::client::Which;
use crate::commands::Failure;
use crate::commands::print;
use crate::control::settings::{MOST_TPS, MOST_WINDOW};

/// Sets tps or window of an operator's link, at once and until the gateway stops
#[derive(Debug, clap::Args)]
pub(super) struct Set {
    #[command(flatten)]
    which: Which,
    /// The operator's name
    operator: String,
    /// tps=300, window=54 (per session), or =default for the configured one
    #[arg(required = true, value_name = "KEY=VALUE")]
    values: Vec<Pair>,
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
        let most = |key| match key {
            "tps" => Some(MOST_TPS),
            "window" => Some(MOST_WINDOW.into()),
            _ => None,
        };
        let (key, value, most) = text
            .split_once('=')
            .and_then(|(key, value)| Some((key, value, most(key)?)))
            .ok_or("should be tps=NUMBER or window=NUMBER")?;
        let number = value.parse().ok();
        let number = number.filter(|number: &u32| (1..=most).contains(number));
        let value = match (value, number) {
            ("default", _) => json!(value),
            (_, Some(number)) => json!(number),
            (_, None) => {
                return Err(format!(
                    "should be a whole number from 1 to {most}, or default"
                ));
            }
        };
        Ok(Self {
            key: key.to_owned(),
            value,
        })
    }
}

/// What is to be set, each once.
fn body(values: Vec<Pair>) -> Result<Value, Failure> {
    let mut body = Map::new();
    for Pair { key, value } in values {
        if body.contains_key(&key) {
            return Err(Failure::Usage(format!("{key} is given twice")));
        }
        body.insert(key, value);
    }
    Ok(Value::Object(body))
}

impl Set {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let body = body(self.values)?;
        let path = format!("/v1/operators/{}", self.operator);
        let answer = self.which.client()?.patch(&path, &body).await?;
        if self.json {
            print::json(&answer)?;
            return Ok(());
        }
        let values = body.as_object().into_iter().flatten();
        let set: Vec<String> = values
            .map(|(key, value)| format!("{key} {}", value.to_string().trim_matches('"')))
            .collect();
        let mut out = print::stdout();
        writeln!(
            out,
            "{}: {}, until the gateway stops",
            self.operator,
            set.join(", ")
        )?;
        Ok(())
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
        for wrong in [
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
            body(&["tps=1", "window=2"]).unwrap(),
            json!({"tps": 1, "window": 2})
        );
        let Err(Failure::Usage(why)) = body(&["tps=1", "tps=2"]) else {
            panic!("it is");
        };
        assert_eq!(why, "tps is given twice");
    }
}
