//! What a session tells its application.

use std::{fmt, io};

use super::Bind;
use crate::values::InterfaceVersion;
use crate::{CommandId, DecodeError, Frame, Status};

/// What happened on a session.
#[derive(Clone, Debug)]
pub enum Event {
    /// Bound; requests go out from now on.
    Bound {
        /// The direction.
        bind: Bind,
        /// The lower of the two ends' `interface_version`; 3.3 if the peer does not say.
        interface_version: InterfaceVersion,
        /// The peer's `system_id`, with anything that is not UTF-8 replaced.
        system_id: String,
    },
    /// The answer to a request of ours: its response, or a `generic_nack`.
    Response {
        /// Which request.
        token: u64,
        /// The response.
        frame: Frame,
        /// Whether [`Event::TimedOut`] came before.
        late: bool,
    },
    /// The peer answers a request once more: having refused it, it says that it took it. That counts as a
    /// [`Fault`](Event::Fault) too.
    TakenAfterAll {
        /// Which request; its [`Event::Response`] came before.
        token: u64,
        /// The second response.
        frame: Frame,
    },
    /// No response came in time. The request's fate is uncertain; it keeps its place in the
    /// window until a late response or the session's end.
    TimedOut {
        /// Which request.
        token: u64,
    },
    /// A request that has no response (`alert_notification`) was sent; nothing more will come.
    Sent {
        /// Which request.
        token: u64,
    },
    /// The peer's request, to be answered by the application; never `unbind`, `enquire_link` or
    /// anything whose body cannot be read.
    Request(Frame),
    /// The peer sent `unbind` while requests await a response: for those it has a few seconds yet, and nothing more goes
    /// out.
    PeerUnbinds,
    /// The peer did something odd. It is already dealt with.
    Fault(Fault),
    /// The end; nothing comes after it.
    Closed(Closed),
}

/// How a session ended. Every token given to it is in exactly one place: a
/// [`Response`](Event::Response), a [`Sent`](Event::Sent), or one of the lists here.
#[derive(Clone, Debug)]
pub struct Closed {
    /// Why.
    pub reason: CloseReason,
    /// Requests that went out, or may have, and were not answered, oldest first.
    pub unanswered: Vec<u64>,
    /// Requests that certainly did not go out, in order.
    pub unsent: Vec<u64>,
    /// What the peer did wrong, over the whole session.
    pub faults: Faults,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// We asked for it, and the peer answered `unbind` if we were bound.
    #[error("unbound")]
    Unbound,
    /// We asked for it, and the peer did not answer `unbind` in time.
    #[error("the peer did not answer unbind")]
    UnbindUnanswered,
    /// The peer sent `unbind`.
    #[error("the peer sent unbind")]
    PeerUnbound,
    /// No message went either way for [`Settings::inactivity`](super::Settings::inactivity).
    #[error("nothing to do")]
    Inactive,
    /// The bind was answered with this status.
    #[error("the bind was refused: {status}")]
    BindRefused {
        /// The SMSC's status.
        status: Status,
    },
    /// The peer introduced itself by `outbind`, and not as the SMSC that was awaited: nothing was sent to it.
    #[error("the peer's outbind names another system_id or password")]
    WrongOutbind,
    /// The peer did not introduce itself in time: nothing was sent to it.
    #[error("no outbind came in time")]
    NoOutbind,
    /// No bind, or no answer to it, in time.
    #[error("not bound in time")]
    BindTimeout,
    /// Nothing came in time after our `enquire_link`.
    #[error("the peer is silent")]
    Silent,
    /// The peer answered our `enquire_link` with `ESME_RINVBNDSTS`: it has lost the bind.
    #[error("the peer says that the session is not bound")]
    NotBound,
    /// A `command_length` that cannot be: the stream cannot be cut into PDUs any more.
    #[error("the peer's stream is no SMPP")]
    Unframed(#[source] DecodeError),
    /// The peer's first octets are a record of TLS: it does not expect SMPP in the clear.
    #[error("the peer speaks TLS")]
    Tls,
    /// The peer closed the connection without `unbind`.
    #[error("the peer closed the connection")]
    PeerClosed,
    /// Reading or writing failed.
    #[error("the connection failed: {0}")]
    Io(io::ErrorKind),
    /// Our own application let go of the link.
    #[error("the link was dropped")]
    Dropped,
}

/// What a peer did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A response that nobody waits for, or of another kind than the request of its number; ignored.
    #[error("{command_id} to no request of that kind with sequence number {sequence_number}")]
    UnknownResponse {
        /// Its command.
        command_id: CommandId,
        /// Its sequence number.
        sequence_number: u32,
    },
    /// A `generic_nack` for no request of ours: the peer could not make sense of something.
    #[error("generic_nack with {status} to no request with sequence number {sequence_number}")]
    StrayNack {
        /// Its status.
        status: Status,
        /// Its sequence number.
        sequence_number: u32,
    },
    /// A request of no known kind; answered by `generic_nack`.
    #[error("a request of no known kind, {0}")]
    UnknownCommand(CommandId),
    /// A request that its sender may not make now; answered with `ESME_RINVBNDSTS`.
    #[error("{0}, which is not allowed in this state")]
    WrongState(CommandId),
    /// A request whose body cannot be read; answered with the status that says why.
    #[error("{0} that cannot be read: {1}")]
    Undecodable(CommandId, DecodeError),
    /// A request above an SMSC's [`Settings::inbound_window`](super::Settings::inbound_window); answered with
    /// `ESME_RTHROTTLED`.
    #[error("{0} beyond the window")]
    TooMany(CommandId),
}

/// How often each [`Fault`] happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Of [`Fault::UnknownResponse`].
    pub unknown_responses: u64,
    /// Of [`Fault::StrayNack`].
    pub stray_nacks: u64,
    /// Of [`Fault::UnknownCommand`].
    pub unknown_commands: u64,
    /// Of [`Fault::WrongState`].
    pub wrong_states: u64,
    /// Of [`Fault::Undecodable`].
    pub undecodable: u64,
    /// Of [`Fault::TooMany`].
    pub too_many: u64,
}

impl Faults {
    pub(super) fn count(&mut self, fault: Fault) {
        let counter = match fault {
            Fault::UnknownResponse { .. } => &mut self.unknown_responses,
            Fault::StrayNack { .. } => &mut self.stray_nacks,
            Fault::UnknownCommand(_) => &mut self.unknown_commands,
            Fault::WrongState(_) => &mut self.wrong_states,
            Fault::Undecodable(..) => &mut self.undecodable,
            Fault::TooMany(_) => &mut self.too_many,
        };
        *counter += 1;
    }
}

/// What happened and how often, as in `stray nacks: 2, unreadable requests: 1`; `none` if nothing did.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            ("unknown responses", self.unknown_responses),
            ("stray nacks", self.stray_nacks),
            ("unknown commands", self.unknown_commands),
            ("requests in the wrong state", self.wrong_states),
            ("unreadable requests", self.undecodable),
            ("requests beyond the window", self.too_many),
        ];
        let mut any = false;
        for (what, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let comma = if any { ", " } else { "" };
            write!(f, "{comma}{what}: {count}")?;
            any = true;
        }
        if any { Ok(()) } else { f.write_str("none") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_in_words() {
        let mut faults = Faults::default();
        assert_eq!(faults.to_string(), "none");
        let told = [
            (
                Fault::UnknownResponse {
                    command_id: CommandId::DELIVER_SM_RESP,
                    sequence_number: 7,
                },
                "deliver_sm_resp to no request of that kind with sequence number 7",
            ),
            (
                Fault::StrayNack {
                    status: Status::RINVCMDID,
                    sequence_number: 0,
                },
                "generic_nack with ESME_RINVCMDID to no request with sequence number 0",
            ),
            (
                Fault::UnknownCommand(CommandId(0x0100_0002)),
                "a request of no known kind, 0x01000002",
            ),
            (
                Fault::WrongState(CommandId::OUTBIND),
                "outbind, which is not allowed in this state",
            ),
        ];
        for (fault, words) in told {
            assert_eq!(fault.to_string(), words);
            faults.count(fault);
            faults.count(fault);
        }
        assert_eq!(
            faults.to_string(),
            "unknown responses: 2, stray nacks: 2, unknown commands: 2, requests in the wrong state: 2"
        );
    }
}
