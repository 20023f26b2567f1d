//! What a session needs to know of the binds that pass through it.

use crate::values::InterfaceVersion;
use crate::{Body, Frame, Octets};

/// Who an end says it is, in a bind or the response to it.
pub(super) struct Introduction {
    pub(super) system_id: String,
    pub(super) interface_version: InterfaceVersion,
}

/// An end that says nothing counts as 3.3.
impl Default for Introduction {
    fn default() -> Self {
        Self {
            system_id: String::new(),
            interface_version: InterfaceVersion::V3_3,
        }
    }
}

impl Introduction {
    pub(super) fn of(frame: &Frame) -> Self {
        let Ok(pdu) = frame.decode() else {
            return Self::default();
        };
        let (system_id, version) = match pdu.body {
            Body::BindReceiver(bind)
            | Body::BindTransmitter(bind)
            | Body::BindTransceiver(bind) => (Some(bind.system_id), Some(bind.interface_version)),
            Body::BindReceiverResp(resp)
            | Body::BindTransmitterResp(resp)
            | Body::BindTransceiverResp(resp) => {
                let version = resp.tlvs.sc_interface_version();
                (resp.system_id, version.ok().flatten())
            }
            _ => return Self::default(),
        };
        Self {
            system_id: text(system_id),
            interface_version: version.unwrap_or(InterfaceVersion::V3_3),
        }
    }
}

fn text(octets: Option<Octets<'_>>) -> String {
    let octets = octets.unwrap_or(Octets::EMPTY);
    String::from_utf8_lossy(octets.as_bytes()).into_owned()
}
