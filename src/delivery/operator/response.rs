//! What the answer to a `submit_sm` or `query_sm` says.

use xabar_smpp::pdu::{Body, Pdu};
use xabar_smpp::values::MessageState;
use xabar_smpp::{CommandId, Frame, Status};

/// How a submission was answered, by its own response or by a nack. A nack accepts nothing, whatever its status.
pub(super) fn status(frame: &Frame) -> Status {
    let header = frame.header();
    match header.command_id {
        CommandId::GENERIC_NACK if header.status.is_ok() => Status::RUNKNOWNERR,
        _ => header.status,
    }
}

/// Where a segment stands, with the network's reason, if that is what an answer says.
pub(super) fn fate(frame: &Frame) -> Option<(MessageState, u8)> {
    match frame.decode().map(|pdu: Pdu<'_>| (pdu.status, pdu.body)) {
        Ok((Status::ROK, Body::QuerySmResp(told))) => Some((told.message_state, told.error_code)),
        _ => None,
    }
}

/// The highest `congestion_state`; what is above is reserved, and says nothing (SMPP 5.0, 4.8.4.18).
const CONGESTED: u8 = 100;

/// The id under which the operator accepted a segment, empty if it gave none, and how congested it is, if it says.
pub(super) fn told(frame: &Frame) -> (Box<str>, Option<u8>) {
    let Ok(pdu) = frame.decode() else {
        return (misspelled_id(frame), None);
    };
    let pdu: Pdu<'_> = pdu;
    let congestion = pdu.tlvs().congestion_state().ok().flatten();
    let congestion = congestion.filter(|state| *state <= CONGESTED);
    let smsc_id = match pdu.body {
        Body::SubmitSmResp(response) => {
            let id = response.message_id.unwrap_or_default();
            text(id.0)
        }
        _ => Box::default(),
    };
    (smsc_id, congestion)
}

/// An id has 64 octets at most, and a NUL at its end. Otherwise the response is unreadable, but receipts will give the same.
const LONGEST_ID: usize = 255;

/// What stands where the id should be, up to the first octet that is none of a text.
fn misspelled_id(frame: &Frame) -> Box<str> {
    let is_response = frame.header().command_id == CommandId::SUBMIT_SM_RESP;
    let id = frame.body().split(u8::is_ascii_control).next();
    let id = id.filter(|id| is_response && id.len() <= LONGEST_ID);
    id.map(text).unwrap_or_default()
}

fn text(id: &[u8]) -> Box<str> {
    String::from_utf8_lossy(id).trim().into()
}

#[cfg(test)]
mod tests {
    use xabar_smpp::pdu::SubmitSmResp;
    use xabar_smpp::{Octets, Tag, TlvBuffer};

    use super::*;

    #[test]
    fn a_congestion_state_beyond_the_highest_says_nothing() {
        for (state, congestion) in [(0, Some(0)), (100, Some(100)), (101, None), (255, None)] {
            let mut tlvs = TlvBuffer::new();
            tlvs.push_octet(Tag::CONGESTION_STATE, state);
            let response = SubmitSmResp {
                message_id: Some(Octets(b"1")),
                tlvs: tlvs.as_tlvs(),
            };
            let frame = Pdu::new(1, Body::SubmitSmResp(response))
                .to_frame()
                .unwrap();
            assert_eq!(told(&frame).1, congestion, "{state}");
        }
    }

    #[test]
    fn an_id_is_taken_whole_also_where_it_is_longer_than_allowed_or_has_no_end() {
        let id_of = |body: &[u8]| {
            let body = Body::Unknown {
                command_id: CommandId::SUBMIT_SM_RESP,
                octets: Octets(body),
            };
            told(&Pdu::new(1, body).to_frame().unwrap()).0
        };
        for len in [0, 1, 64, 65, LONGEST_ID] {
            let id = "k".repeat(len);
            assert_eq!(*id_of(format!("{id}\0").as_bytes()), *id, "{len}");
        }
        let endless = "k".repeat(LONGEST_ID + 1);
        assert_eq!(&*id_of(format!("{endless}\0").as_bytes()), "", "no id");
        assert_eq!(&*id_of(b"38601fa"), "38601fa", "no end");
        assert_eq!(
            &*id_of(b"38601fa\x04\x27\0\x01\x64"),
            "38601fa",
            "but a TLV"
        );
        assert_eq!(&*id_of(b""), "");
    }
}
