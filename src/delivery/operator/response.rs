//! What the answer to a `submit_sm` or `query_sm` says.

use xabar_smpp::pdu::{Body, Pdu};
use xabar_smpp::values::MessageState;
use xabar_smpp::{CommandId, Frame, Status};

/// How a request was answered. Nothing but a `submit_sm_resp` accepts it.
pub(super) fn status(frame: &Frame) -> Status {
    let header = frame.header();
    match header.command_id {
        CommandId::SUBMIT_SM_RESP => header.status,
        _ if header.status.is_ok() => Status::RUNKNOWNERR,
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

/// The id under which the operator accepted a segment, empty if it gave none, and how congested it is, if it says.
pub(super) fn told(frame: &Frame) -> (Box<str>, Option<u8>) {
    let Ok(pdu) = frame.decode() else {
        return Default::default();
    };
    let pdu: Pdu<'_> = pdu;
    let congestion = pdu.tlvs().congestion_state().ok().flatten();
    let smsc_id = match pdu.body {
        Body::SubmitSmResp(response) => {
            let id = response.message_id.unwrap_or_default();
            String::from_utf8_lossy(id.0).trim().into()
        }
        _ => Box::default(),
    };
    (smsc_id, congestion)
}
