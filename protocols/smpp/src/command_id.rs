//! Which operation a PDU asks for or answers (SMPP 5.0, 4.7.5).

use crate::named::named;

named! {
    /// The `command_id` of a PDU; unknown ones keep their number.
    pub struct CommandId(u32);

    GENERIC_NACK = 0x8000_0000, "generic_nack";
    BIND_RECEIVER = 0x0000_0001, "bind_receiver";
    BIND_RECEIVER_RESP = 0x8000_0001, "bind_receiver_resp";
    BIND_TRANSMITTER = 0x0000_0002, "bind_transmitter";
    BIND_TRANSMITTER_RESP = 0x8000_0002, "bind_transmitter_resp";
    QUERY_SM = 0x0000_0003, "query_sm";
    QUERY_SM_RESP = 0x8000_0003, "query_sm_resp";
    SUBMIT_SM = 0x0000_0004, "submit_sm";
    SUBMIT_SM_RESP = 0x8000_0004, "submit_sm_resp";
    DELIVER_SM = 0x0000_0005, "deliver_sm";
    DELIVER_SM_RESP = 0x8000_0005, "deliver_sm_resp";
    UNBIND = 0x0000_0006, "unbind";
    UNBIND_RESP = 0x8000_0006, "unbind_resp";
    REPLACE_SM = 0x0000_0007, "replace_sm";
    REPLACE_SM_RESP = 0x8000_0007, "replace_sm_resp";
    CANCEL_SM = 0x0000_0008, "cancel_sm";
    CANCEL_SM_RESP = 0x8000_0008, "cancel_sm_resp";
    BIND_TRANSCEIVER = 0x0000_0009, "bind_transceiver";
    BIND_TRANSCEIVER_RESP = 0x8000_0009, "bind_transceiver_resp";
    OUTBIND = 0x0000_000B, "outbind";
    ENQUIRE_LINK = 0x0000_0015, "enquire_link";
    ENQUIRE_LINK_RESP = 0x8000_0015, "enquire_link_resp";
    SUBMIT_MULTI = 0x0000_0021, "submit_multi";
    SUBMIT_MULTI_RESP = 0x8000_0021, "submit_multi_resp";
    ALERT_NOTIFICATION = 0x0000_0102, "alert_notification";
    DATA_SM = 0x0000_0103, "data_sm";
    DATA_SM_RESP = 0x8000_0103, "data_sm_resp";
    BROADCAST_SM = 0x0000_0111, "broadcast_sm";
    BROADCAST_SM_RESP = 0x8000_0111, "broadcast_sm_resp";
    QUERY_BROADCAST_SM = 0x0000_0112, "query_broadcast_sm";
    QUERY_BROADCAST_SM_RESP = 0x8000_0112, "query_broadcast_sm_resp";
    CANCEL_BROADCAST_SM = 0x0000_0113, "cancel_broadcast_sm";
    CANCEL_BROADCAST_SM_RESP = 0x8000_0113, "cancel_broadcast_sm_resp";
}

const RESPONSE_BIT: u32 = 0x8000_0000;

impl CommandId {
    /// Whether this answers a request, also for unknown commands: bit 31 says so.
    pub const fn is_response(self) -> bool {
        self.0 & RESPONSE_BIT != 0
    }

    /// The id of the response to this request, or the id itself if it is a response.
    ///
    /// `outbind` and `alert_notification` have no response, and an unknown request is answered
    /// by a `generic_nack`: see [`has_response`](Self::has_response).
    pub const fn response(self) -> Self {
        Self(self.0 | RESPONSE_BIT)
    }

    /// Whether this is a request that the specification answers with a response of its own.
    pub const fn has_response(self) -> bool {
        !self.is_response() && self.response().name().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_its_response_but_outbind_and_alert_notification() {
        for command in CommandId::NAMED
            .iter()
            .filter(|command| !command.is_response())
        {
            let silent = [CommandId::OUTBIND, CommandId::ALERT_NOTIFICATION].contains(command);
            assert_eq!(command.has_response(), !silent, "{command}");
        }
    }

    #[test]
    fn unknown_commands_keep_their_number() {
        let vendor = CommandId(0x0100_0001);
        assert_eq!(
            (vendor.name(), vendor.to_string()),
            (None, "0x01000001".to_owned())
        );
        assert!(!vendor.has_response());
    }
}
