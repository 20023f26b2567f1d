//! `xabar ctl set`.

use std::io::Write;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::client::Which;
use crate::commands::Failure;
use crate::commands::print;

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
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| ["tps", "window"].contains(key))
            .ok_or("should be tps=NUMBER or window=NUMBER")?;
        let value = match value {
            "default" => json!(value),
            number => {
                let number: u32 = number
                    .parse()
                    .map_err(|_| "should be a whole number, or default")?;
                json!(number)
            }
        };
        Ok(Self {
            key: key.to_owned(),
            value,
        })
    }
}

impl Set {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let values = self.values.into_iter().map(|pair| (pair.key, pair.value));
        let body = Value::Object(values.collect::<Map<_, _>>());
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
        for wrong in ["tps", "tps=", "tps=-1", "tps=fast", "speed=3", "=3"] {
            assert!(pair(wrong).is_err(), "{wrong}");
        }
    }
}
