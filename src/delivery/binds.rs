//! The connections by which an operator is bound to.

use std::net::SocketAddr;
use std::sync::Arc;

use xabar_smpp::pdu::{self, Body, Pdu};
use xabar_smpp::session::{Bind, Opening, SmscLogin};
use xabar_smpp::values::InterfaceVersion;
use xabar_smpp::{EncodeError, Frame, Octets};

use super::dispatch::Room;
use super::entrance::Entrance;

/// One login at one SMSC.
#[derive(Clone)]
pub struct BindSettings {
    pub reach: Reach,
    pub system_id: String,
    pub password: String,
    pub system_type: String,
    pub directions: Directions,
    /// Connections; with a direction each, pairs of them.
    pub sessions: usize,
    /// Requests that may await a response, per session.
    pub window: usize,
    /// Whether that is what this login allows, and no window that staff sets is to be larger.
    pub is_own_window: bool,
    /// PDUs a second, all sessions of this login together.
    pub tps: Option<u32>,
}

impl BindSettings {
    /// What the login is called: as whom it binds, and where.
    pub fn login(&self) -> String {
        let how = match &self.reach {
            Reach::Connect(_) => "at",
            Reach::Outbind { .. } => "by outbind at",
        };
        let addresses = self.reach.addresses().join(", ");
        format!("{} {how} {addresses}", self.system_id)
    }
}

/// Leaves out the password.
impl std::fmt::Debug for BindSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BindSettings")
            .field("reach", &self.reach)
            .field("system_id", &self.system_id)
            .finish_non_exhaustive()
    }
}

/// Who makes the connections.
#[derive(Clone, Debug)]
pub enum Reach {
    /// We do: to `host:port`, the preferred one first.
    Connect(Vec<String>),
    /// The SMSC does, and introduces itself before it is bound to.
    Outbind { listen: SocketAddr, smsc: SmscLogin },
}

impl Reach {
    /// Where we connect to, or listen.
    pub(super) fn addresses(&self) -> Vec<String> {
        match self {
            Self::Connect(addresses) => addresses.clone(),
            Self::Outbind { listen, .. } => vec![listen.to_string()],
        }
    }

    /// Where the connections of all sessions come in, if they do.
    pub(super) fn entrance(&self) -> Option<Arc<Entrance>> {
        match self {
            Self::Connect(_) => None,
            Self::Outbind { listen, .. } => Some(Arc::new(Entrance::new(*listen))),
        }
    }

    fn opening(&self, bind: Frame) -> Opening {
        match self {
            Self::Connect(_) => Opening::Bind(bind),
            Self::Outbind { smsc, .. } => Opening::AwaitOutbind {
                bind,
                smsc: smsc.clone(),
            },
        }
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
    /// How many connections it takes: a pair is two.
    pub fn connections(self) -> usize {
        self.binds().len()
    }

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
    pub(super) bind: Bind,
    pub(super) opening: Opening,
    pub(super) room: Room,
    /// Which of its login's sessions, or pairs of these, it is of.
    pub(super) ordinal: usize,
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
        for ordinal in 0..settings.sessions {
            for bind in settings.directions.binds() {
                // Nothing is submitted on a receiver.
                let window = if *bind == Bind::Receiver {
                    0
                } else {
                    settings.window
                };
                lines.push(Line {
                    settings,
                    bind: *bind,
                    opening: settings.reach.opening(login_as(settings, *bind, version)?),
                    room: Room {
                        login,
                        window,
                        is_own: settings.is_own_window,
                        receives: *bind != Bind::Transmitter,
                    },
                    ordinal,
                });
            }
        }
    }
    Ok(lines)
}

/// The PDU that a session binds by.
fn login_as(
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

#[cfg(test)]
mod tests {
    use super::*;

    fn login(system_id: &str, directions: Directions, sessions: usize) -> BindSettings {
        BindSettings {
            reach: Reach::Connect(vec!["smsc:2775".into()]),
            system_id: system_id.into(),
            password: "secret".into(),
            system_type: String::new(),
            directions,
            sessions,
            window: 10,
            is_own_window: false,
            tps: None,
        }
    }

    #[test]
    fn each_login_has_its_sessions_and_of_pairs_nothing_is_submitted_on_the_receiver() {
        let binds = [
            login("one", Directions::Transceiver, 2),
            login("two", Directions::TransmitterReceiver, 2),
        ];
        let lines = lines(&binds, InterfaceVersion::V3_4).unwrap();
        let line = |line: &Line<'_>| {
            let Opening::Bind(bind) = &line.opening else {
                panic!("{:?}", line.opening);
            };
            let pdu: Pdu<'_> = bind.decode().unwrap();
            let (bind, login) = match pdu.body {
                Body::BindTransceiver(login) => (Bind::Transceiver, login),
                Body::BindTransmitter(login) => (Bind::Transmitter, login),
                Body::BindReceiver(login) => (Bind::Receiver, login),
                other => panic!("no bind: {other:?}"),
            };
            assert_eq!(login.system_id.0, line.settings.system_id.as_bytes());
            assert_eq!(login.password.0, b"secret");
            let Room {
                login,
                window,
                receives,
                ..
            } = line.room;
            (login, bind, window, receives)
        };
        let pair = [
            (1, Bind::Transmitter, 10, false),
            (1, Bind::Receiver, 0, true),
        ];
        let transceiver = (0, Bind::Transceiver, 10, true);
        let expected = [transceiver, transceiver, pair[0], pair[1], pair[0], pair[1]];
        assert_eq!(lines.iter().map(line).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn nothing_shows_a_password() {
        let (listen, password) = ("0.0.0.0:2776".parse().unwrap(), "theirs".into());
        let smsc = SmscLogin {
            system_id: "smsc".into(),
            password,
        };
        let login = BindSettings {
            reach: Reach::Outbind { listen, smsc },
            ..login("one", Directions::Transceiver, 1)
        };
        let binds = [login];
        let lines = lines(&binds, InterfaceVersion::V3_4).unwrap();
        let shown = format!("{binds:?} {lines:?} {}", binds[0].login());
        assert!(shown.contains("one by outbind at 0.0.0.0:2776"), "{shown}");
        assert!(
            !shown.contains("theirs") && !shown.contains("secret"),
            "{shown}"
        );
    }

    #[test]
    fn a_name_that_fits_no_bind_is_refused() {
        let binds = [login("longer-than-fifteen", Directions::Transceiver, 1)];
        assert!(lines(&binds, InterfaceVersion::V3_4).is_err());
    }
}
