//! Gives the SMSC's own requests other sequence numbers than the session below does.
//!
//! In: octets of the wire, cut anywhere. Out: the same with numbers changed, those of requests on
//! their way out, and back in the responses to them.

use std::collections::{HashMap, VecDeque};

use bytes::{Buf, BytesMut};
use xabar_smpp::CommandId;

use super::behaviour::Numbering;

/// Both directions of one connection.
#[derive(Debug)]
pub(super) struct Renumbering {
    numbering: Numbering,
    outward: BytesMut,
    inward: BytesMut,
    /// Numbers of requests that await a response, by the response's command: with one number for
    /// all, responses are taken to come in the order of their requests.
    awaited: HashMap<CommandId, VecDeque<u32>>,
}

/// Which way a PDU goes.
#[derive(Clone, Copy)]
enum Way {
    Out,
    In,
}

/// The number of all requests, if they have one.
const SAME: u32 = 7;
/// Names no request.
const NONE: u32 = 0;
/// Lifts a number above all that are allowed.
const HIGH: u32 = 0x8000_0000;

impl Renumbering {
    /// `None` for numbers as they are.
    pub(super) fn of(numbering: Numbering) -> Option<Self> {
        (numbering != Numbering::Usual).then(|| Self {
            numbering,
            outward: BytesMut::new(),
            inward: BytesMut::new(),
            awaited: HashMap::new(),
        })
    }

    /// Adds to `changed` what the SMSC says; half a PDU stays until the other half comes.
    pub(super) fn say(&mut self, octets: &[u8], changed: &mut BytesMut) {
        let mut waiting = std::mem::take(&mut self.outward);
        waiting.extend_from_slice(octets);
        self.change(&mut waiting, changed, Way::Out);
        self.outward = waiting;
    }

    /// Adds to `changed` what the ESME says.
    pub(super) fn hear(&mut self, octets: &[u8], changed: &mut BytesMut) {
        let mut waiting = std::mem::take(&mut self.inward);
        waiting.extend_from_slice(octets);
        self.change(&mut waiting, changed, Way::In);
        self.inward = waiting;
    }

    fn change(&mut self, waiting: &mut BytesMut, changed: &mut BytesMut, way: Way) {
        while let Some((length, command, sequence)) = header(waiting) {
            if waiting.len() < length {
                return;
            }
            let number = match way {
                Way::Out if !command.is_response() => self.out_number(command, sequence),
                Way::In if command.is_response() => self.in_number(command, sequence),
                Way::Out | Way::In => sequence,
            };
            let start = changed.len();
            changed.extend_from_slice(waiting.get(..length).unwrap_or_default());
            waiting.advance(length);
            if let Some(place) = changed.get_mut(start + 12..start + 16) {
                place.copy_from_slice(&number.to_be_bytes());
            }
        }
    }

    fn out_number(&mut self, command: CommandId, sequence: u32) -> u32 {
        match self.numbering {
            Numbering::Usual => sequence,
            Numbering::FromZero => sequence.wrapping_sub(1),
            Numbering::High => sequence | HIGH,
            Numbering::Same => {
                if let Some(response) = response_to(command) {
                    let awaited = self.awaited.entry(response).or_default();
                    awaited.push_back(sequence);
                }
                SAME
            }
        }
    }

    fn in_number(&mut self, command: CommandId, sequence: u32) -> u32 {
        match self.numbering {
            Numbering::Usual => sequence,
            Numbering::FromZero => sequence.wrapping_add(1),
            // Whoever changes it names another request.
            Numbering::High => sequence.checked_sub(HIGH).unwrap_or(NONE),
            Numbering::Same => {
                let awaited = self.awaited.get_mut(&command);
                let first = awaited.and_then(VecDeque::pop_front);
                first.unwrap_or(NONE)
            }
        }
    }
}

/// Length, command and number of the PDU that begins here.
fn header(octets: &[u8]) -> Option<(usize, CommandId, u32)> {
    let header = xabar_smpp::Header::parse(octets.first_chunk()?);
    // A length that cannot be is passed on as it is; it ends the session.
    let length = usize::try_from(header.command_length).ok()?.max(16);
    Some((length, header.command_id, header.sequence_number))
}

/// What a request is answered with, if with anything.
fn response_to(command: CommandId) -> Option<CommandId> {
    match command {
        CommandId::ALERT_NOTIFICATION | CommandId::OUTBIND => None,
        _ if command.has_response() => Some(command.response()),
        _ => Some(CommandId::GENERIC_NACK),
    }
}

#[cfg(test)]
mod tests {
    use xabar_smpp::codec::{MAX_PDU, take_frames};
    use xabar_smpp::pdu::HeaderOnly;
    use xabar_smpp::{Body, Pdu};

    use super::*;

    fn octets(pdus: &[(u32, Body<'_>)]) -> BytesMut {
        let mut octets = BytesMut::new();
        for (sequence, body) in pdus {
            Pdu::new(*sequence, *body).encode(&mut octets).unwrap();
        }
        octets
    }

    fn numbers(mut octets: BytesMut) -> Vec<u32> {
        let frames = take_frames(&mut octets, MAX_PDU).unwrap();
        frames.map(|frame| frame.header().sequence_number).collect()
    }

    #[test]
    fn requests_get_other_numbers_and_their_responses_the_first_ones_back() {
        let enquire = Body::EnquireLink(HeaderOnly::default());
        let unknown = Body::Unknown {
            command_id: CommandId(0x0100_0002),
            octets: "".into(),
        };
        let said = [
            (1, enquire),
            (2, unknown),
            (9, Body::SubmitSmResp(Default::default())),
            (3, enquire),
        ];
        for (numbering, wire) in [
            (Numbering::FromZero, [0, 1, 9, 2]),
            (Numbering::High, [HIGH | 1, HIGH | 2, 9, HIGH | 3]),
            (Numbering::Same, [SAME, SAME, 9, SAME]),
        ] {
            let mut renumbering = Renumbering::of(numbering).unwrap();
            let mut out = BytesMut::new();
            // However the octets are cut.
            for octet in octets(&said) {
                renumbering.say(&[octet], &mut out);
            }
            assert_eq!(numbers(out), wire, "{numbering:?}");

            let answered = Body::EnquireLinkResp(HeaderOnly::default());
            let nack = Body::GenericNack(HeaderOnly::default());
            let submit = Body::SubmitSm(Default::default());
            let heard = [
                (wire[0], answered),
                (9, submit),
                (wire[3], answered),
                (wire[1], nack),
            ];
            let mut back = BytesMut::new();
            renumbering.hear(&octets(&heard), &mut back);
            assert_eq!(numbers(back), [1, 9, 3, 2], "{numbering:?}");
        }
        let mut renumbering = Renumbering::of(Numbering::Same).unwrap();
        let mut back = BytesMut::new();
        let stray = Body::GenericNack(HeaderOnly::default());
        renumbering.hear(&octets(&[(SAME, stray)]), &mut back);
        assert_eq!(numbers(back), [NONE], "it answers nothing else");
        assert!(Renumbering::of(Numbering::Usual).is_none());
    }
}
