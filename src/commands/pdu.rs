//! `xabar pdu`: what PDUs say, from hexadecimal digits.

use std::io::{self, BufRead, IsTerminal};

use bytes::Bytes;
use serde_json::{Value, json};
use xabar_smpp::{DecodeError, Frame, Header};

use super::{Failure, print};

/// Decodes SMPP PDUs: one JSON object a line
///
/// Each argument, or each line of standard input, holds one PDU or several back to back, in
/// hexadecimal digits; blanks, colons and a leading 0x do not matter. What cannot be read becomes
/// an object with `error`, `offset` (in octets of the line) and `field`, and the exit code is 1.
/// A PDU that goes on in the next line is not put together.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar pdu 00000010000000150000000000000001
  xabar pdu '0x00000010 80000015 00000000 00000001' | jq .status
  tshark -r capture.pcap -T fields -e tcp.payload | xabar pdu")]
pub struct Decode {
    /// PDUs in hexadecimal digits; none: lines of them from standard input
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

/// Prints what the PDUs of a line say, and returns whether all could be read.
fn tell(hex: &str) -> Result<bool, Failure> {
    let decoded = decode(hex);
    for pdu in &decoded {
        print::json(pdu)?;
    }
    Ok(decoded.iter().all(|pdu| pdu.get("error").is_none()))
}

/// What each PDU of a line says, in turn. After a length that cannot be, nothing can be told.
fn decode(hex: &str) -> Vec<Value> {
    let mut rest = match octets(hex) {
        Ok(octets) => Bytes::from(octets),
        Err(error) => return vec![error],
    };
    let len = rest.len();
    let mut told = Vec::new();
    loop {
        let offset = len - rest.len();
        match frame(&mut rest) {
            Ok(frame) => told.push(frame.decode().map_or_else(
                |error| from_line_start(error, offset).to_json(),
                |pdu| pdu.to_json(),
            )),
            Err(error) => {
                told.push(json!({ "error": error, "offset": offset, "field": "command_length" }));
                return told;
            }
        }
        if rest.is_empty() {
            return told;
        }
    }
}

/// Takes the next PDU off the octets of a line, which is all that will come.
fn frame(rest: &mut Bytes) -> Result<Frame, String> {
    let came = rest.len();
    let Some(header) = rest.first_chunk().map(Header::parse) else {
        return Err(format!(
            "a PDU has at least 16 octets, but only {came} came"
        ));
    };
    let command_length = header.command_length;
    match usize::try_from(command_length) {
        Ok(length) if length <= came => Frame::new(rest.split_to(length)).map_err(|_| {
            format!("command_length is {command_length}, but a PDU has at least 16 octets")
        }),
        _ => Err(format!(
            "command_length is {command_length}, but {came} octets came"
        )),
    }
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

/// The error of a PDU that begins at this octet of its line, counted from the line's start.
fn from_line_start(error: DecodeError, begin: usize) -> DecodeError {
    match error {
        DecodeError::Field {
            field,
            offset,
            problem,
        } => DecodeError::Field {
            field,
            offset: begin + offset,
            problem,
        },
        DecodeError::Frame { .. } => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENQUIRE_LINK: &str = "00000010000000150000000000000001";

    fn only(hex: &str) -> Value {
        let decoded = decode(hex);
        let [pdu] = decoded.as_slice() else {
            panic!("{} objects: {hex}", decoded.len());
        };
        pdu.clone()
    }

    #[test]
    fn blanks_colons_and_a_prefix_do_not_matter() {
        let plain = only(ENQUIRE_LINK);
        assert_eq!(plain["command"], "enquire_link");
        assert_eq!(plain["sequence_number"], 1);
        for spelled in [
            "0x00000010 00000015\t00000000 00000001\r",
            "00:00:00:10:00:00:00:15:00:00:00:00:00:00:00:01",
        ] {
            assert_eq!(only(spelled), plain);
        }
    }

    #[test]
    fn pdus_back_to_back_are_told_one_by_one() {
        let decoded = decode(&format!("{ENQUIRE_LINK} 00000010800000150000000000000002"));
        let commands: Vec<_> = decoded.iter().map(|pdu| &pdu["command"]).collect();
        assert_eq!(commands, ["enquire_link", "enquire_link_resp"]);
    }

    #[test]
    fn after_a_pdu_offsets_still_count_from_the_start_of_the_line() {
        for (next, offset, field, error) in [
            (
                "000000",
                16,
                "command_length",
                "a PDU has at least 16 octets, but only 3 came",
            ),
            (
                "0000002100000004000000000000000100",
                16,
                "command_length",
                "command_length is 33, but 17 octets came",
            ),
            (
                "0000000f000000150000000000000001",
                16,
                "command_length",
                "command_length is 15, but a PDU has at least 16 octets",
            ),
            (
                "00000012000000040000000000000001ffff",
                32,
                "service_type",
                "service_type at octet 32: the PDU ends before the field does",
            ),
        ] {
            let decoded = decode(&format!("{ENQUIRE_LINK}{next}"));
            assert_eq!(decoded.len(), 2, "{next}");
            assert_eq!(decoded[0], only(ENQUIRE_LINK));
            assert_eq!(
                decoded[1],
                json!({ "error": error, "offset": offset, "field": field })
            );
        }
    }

    #[test]
    fn a_wrong_field_does_not_hide_the_next_pdu() {
        let decoded = decode(&format!(
            "00000012000000040000000000000001ffff{ENQUIRE_LINK}"
        ));
        assert_eq!(decoded[0]["field"], "service_type");
        assert_eq!(decoded[1..], [only(ENQUIRE_LINK)]);
    }

    #[test]
    fn what_cannot_be_read_says_where_and_why() {
        for (hex, offset, error) in [
            ("", 0, "a PDU has at least 16 octets, but only 0 came"),
            ("0000001g", 3, "'g' is no hexadecimal digit"),
            ("00000", 2, "an octet has two digits, the last one has one"),
            (
                "00000010",
                0,
                "a PDU has at least 16 octets, but only 4 came",
            ),
        ] {
            let decoded = only(hex);
            assert_eq!(
                (&decoded["error"], &decoded["offset"]),
                (&json!(error), &json!(offset))
            );
        }
    }
}
