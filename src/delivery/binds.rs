//! The connections by which an operator is bound to.

use xabar_smpp::pdu::{self, Body, Pdu};
use xabar_smpp::session::Bind;
use xabar_smpp::values::InterfaceVersion;
use xabar_smpp::{EncodeError, Frame, Octets};

use super::dispatch::Room;

/// One login at one SMSC.
#[derive(Clone)]
pub struct BindSettings {
    /// `host:port`, the preferred one first.
    pub addresses: Vec<String>,
    pub system_id: String,
    pub password: String,
    pub system_type: String,
    pub directions: Directions,
    /// Connections; with a direction each, pairs of them.
    pub sessions: usize,
    /// Requests that may await a response, per session.
    pub window: usize,
    /// PDUs a second, all sessions of this login together.
    pub tps: Option<u32>,
}

/// Leaves out the password.
impl std::fmt::Debug for BindSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BindSettings")
            .field("addresses", &self.addresses)
            .field("system_id", &self.system_id)
            .finish_non_exhaustive()
    }
}

/// Whether one session goes both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Directions {
    #[default]
    Transceiver,
    /// Of each pair one submits and one receives.
    TransmitterReceiver,
}

impl Directions {
    fn binds(self) -> &'static [Bind] {
        match self {
            Self::Transceiver => &[Bind::Transceiver],
            Self::TransmitterReceiver => &[Bind::Transmitter, Bind::Receiver],
        }
    }
}

/// One connection.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) settings: &'a BindSettings,
    /// What it sends first.
    pub(super) opening: Frame,
    pub(super) room: Room,
}

/// All connections of an operator.
///
/// # Errors
/// If a `system_id`, `password` or `system_type` does not fit into a bind.
pub(super) fn lines(
    binds: &[BindSettings],
    version: InterfaceVersion,
) -> Result<Vec<Line<'_>>, EncodeError> {
    let mut lines = Vec::new();
    for (login, settings) in binds.iter().enumerate() {
        for _ in 0..settings.sessions {
            for bind in settings.directions.binds() {
                // Nothing is submitted on a receiver.
                let window = if *bind == Bind::Receiver {
                    0
                } else {
                    settings.window
                };
                lines.push(Line {
                    settings,
                    opening: opening(settings, *bind, version)?,
                    room: Room { login, window },
                });
            }
        }
    }
    Ok(lines)
}

fn opening(
    settings: &BindSettings,
    bind: Bind,
    interface_version: InterfaceVersion,
) -> Result<Frame, EncodeError> {
    let login = pdu::Bind {
        system_id: Octets(settings.system_id.as_bytes()),
        password: Octets(settings.password.as_bytes()),
        system_type: Octets(settings.system_type.as_bytes()),
        interface_version,
        ..pdu::Bind::default()
    };
    let body = match bind {
        Bind::Receiver => Body::BindReceiver(login),
        Bind::Transmitter => Body::BindTransmitter(login),
        Bind::Transceiver => Body::BindTransceiver(login),
    };
    Pdu::new(1, body).to_frame()
}
