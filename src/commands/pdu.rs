//! `xabar pdu`: what PDUs say, from hexadecimal digits.

use std::io::{self, BufRead, IsTerminal};

use serde_json::{Value, json};
use xabar_smpp::{Frame, Header};

use super::{Failure, print};

/// Decodes SMPP PDUs: one JSON object a line
///
/// Each argument, or each line of standard input, is one PDU in hexadecimal digits; blanks,
/// colons and a leading 0x do not matter. What cannot be read becomes an object with `error`,
/// `offset` (in octets) and `field`, and the exit code is 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar pdu 00000010000000150000000000000001
  xabar pdu '0x00000010 80000015 00000000 00000001' | jq .status
  tshark -r capture.pcap -T fields -e tcp.payload | xabar pdu")]
pub struct Decode {
    /// PDUs in hexadecimal digits; none: one a line from standard input
    #[arg(value_name = "HEX")]
    pdus: Vec<String>,
}

impl Decode {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut all_good = true;
        if self.pdus.is_empty() {
            let input = io::stdin();
            if input.is_terminal() {
                return Err(Failure::Usage(
                    "give a PDU in hexadecimal digits".to_owned(),
                ));
            }
            for line in input.lock().split(b'\n') {
                let line =
                    line.map_err(|error| Failure::caused("cannot read standard input", error))?;
                let line = String::from_utf8_lossy(&line);
                if !line.trim().is_empty() {
                    all_good &= tell(&line)?;
                }
            }
        }
        for pdu in &self.pdus {
            all_good &= tell(pdu)?;
        }
        if all_good { Ok(()) } else { Err(Failure::Told) }
    }
}

/// Prints what a PDU says, and returns whether it could be read.
fn tell(hex: &str) -> Result<bool, Failure> {
    let decoded = decode(hex);
    print::json(&decoded)?;
    Ok(decoded.get("error").is_none())
}

fn decode(hex: &str) -> Value {
    let octets = match octets(hex) {
        Ok(octets) => octets,
        Err(error) => return error,
    };
    if let Some(error) = wrong_length(&octets) {
        return error;
    }
    let frame = match Frame::new(octets.into()) {
        Ok(frame) => frame,
        Err(error) => return error.to_json(),
    };
    frame
        .decode()
        .map_or_else(|error| error.to_json(), |pdu| pdu.to_json())
}

/// The octets behind the digits; the error counts the octets before it.
fn octets(hex: &str) -> Result<Vec<u8>, Value> {
    let hex = hex.trim();
    let hex = hex
        .strip_prefix("0x")
        .or_else(|| hex.strip_prefix("0X"))
        .unwrap_or(hex);
    let mut octets = Vec::with_capacity(hex.len() / 2);
    let mut high = None;
    for character in hex
        .chars()
        .filter(|character| !character.is_whitespace() && *character != ':')
    {
        let digit = character
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok());
        let Some(digit) = digit else {
            return Err(no_hex(
                format!("{character:?} is no hexadecimal digit"),
                octets.len(),
            ));
        };
        match high.take() {
            None => high = Some(digit << 4),
            Some(high) => octets.push(high | digit),
        }
    }
    match high {
        None => Ok(octets),
        Some(_) => Err(no_hex(
            "an octet has two digits, the last one has one".to_owned(),
            octets.len(),
        )),
    }
}

fn no_hex(error: String, offset: usize) -> Value {
    json!({ "error": error, "offset": offset, "field": null })
}

/// Says what `command_length` says and what came: here, nothing more will come.
fn wrong_length(octets: &[u8]) -> Option<Value> {
    let came = octets.len();
    let error = match octets.first_chunk().map(Header::parse) {
        None => format!("a PDU has at least 16 octets, but only {came} came"),
        Some(header) if usize::try_from(header.command_length) == Ok(came) => return None,
        Some(header) => format!(
            "command_length is {}, but {came} octets came",
            header.command_length
        ),
    };
    Some(json!({ "error": error, "offset": 0, "field": "command_length" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENQUIRE_LINK: &str = "00000010000000150000000000000001";

    #[test]
    fn blanks_colons_and_a_prefix_do_not_matter() {
        let plain = decode(ENQUIRE_LINK);
        assert_eq!(plain["command"], "enquire_link");
        assert_eq!(plain["sequence_number"], 1);
        for spelled in [
            "0x00000010 00000015\t00000000 00000001\r",
            "00:00:00:10:00:00:00:15:00:00:00:00:00:00:00:01",
        ] {
            assert_eq!(decode(spelled), plain);
        }
    }

    #[test]
    fn what_cannot_be_read_says_where_and_why() {
        for (hex, offset, error) in [
            ("0000001g", 3, "'g' is no hexadecimal digit"),
            ("00000", 2, "an octet has two digits, the last one has one"),
            (
                "00000010",
                0,
                "a PDU has at least 16 octets, but only 4 came",
            ),
            (
                "0000001100000015000000000000000100ff",
                0,
                "command_length is 17, but 18 octets came",
            ),
        ] {
            let decoded = decode(hex);
            assert_eq!(
                (&decoded["error"], &decoded["offset"]),
                (&json!(error), &json!(offset))
            );
        }
        let no_end = decode("00000012000000040000000000000001ffff");
        assert_eq!(
            (&no_end["field"], &no_end["offset"]),
            (&json!("service_type"), &json!(16))
        );
    }
}
