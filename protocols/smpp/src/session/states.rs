//! Which PDU a peer may send when (SMPP 5.0, 2.4; 3.4, 2.3).

use std::fmt;

use crate::CommandId;
use crate::values::InterfaceVersion;

/// Which end of a link we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The external entity, which binds.
    Esme,
    /// The message centre, which is bound to.
    Smsc,
}

/// The direction that a bind fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bind {
    /// The ESME receives messages and receipts.
    Receiver,
    /// The ESME submits messages.
    Transmitter,
    /// Both.
    Transceiver,
}

/// In a word, as the command that binds has it.
impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Receiver => "receiver",
            Self::Transmitter => "transmitter",
            Self::Transceiver => "transceiver",
        })
    }
}

/// What the specification calls the state of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Connected, not bound.
    Open,
    /// Connected by the SMSC, which sent `outbind`.
    Outbound,
    /// Bound as transmitter.
    BoundTx,
    /// Bound as receiver.
    BoundRx,
    /// Bound as transceiver.
    BoundTrx,
    /// On our way out: waiting for the last responses, then for `unbind_resp`.
    Unbinding,
    /// `unbind` was answered, by us or by the peer; the connection is being closed.
    Unbound,
    /// Over without that.
    Closed,
}

impl Bind {
    /// The direction that a `bind_*` asks for or a `bind_*_resp` grants.
    pub fn of(command: CommandId) -> Option<Self> {
        match command.response() {
            CommandId::BIND_RECEIVER_RESP => Some(Self::Receiver),
            CommandId::BIND_TRANSMITTER_RESP => Some(Self::Transmitter),
            CommandId::BIND_TRANSCEIVER_RESP => Some(Self::Transceiver),
            _ => None,
        }
    }

    /// The state of a session bound this way.
    pub fn state(self) -> State {
        match self {
            Self::Receiver => State::BoundRx,
            Self::Transmitter => State::BoundTx,
            Self::Transceiver => State::BoundTrx,
        }
    }

    fn transmits(self) -> bool {
        self != Self::Receiver
    }

    fn receives(self) -> bool {
        self != Self::Transmitter
    }
}

/// Whether this command exists in that version of the protocol.
pub(super) fn is_known(command: CommandId, version: InterfaceVersion) -> bool {
    match command {
        CommandId::BROADCAST_SM
        | CommandId::QUERY_BROADCAST_SM
        | CommandId::CANCEL_BROADCAST_SM => version >= InterfaceVersion::V5_0,
        CommandId::ALERT_NOTIFICATION | CommandId::OUTBIND => true,
        _ => command.has_response(),
    }
}

/// Whether a peer of `receiver` may send this message operation on a session bound so.
///
/// Binds, `unbind`, `enquire_link` and `outbind` have rules of their own, in `receive`.
pub(super) fn admits(
    receiver: Role,
    bind: Bind,
    version: InterfaceVersion,
    command: CommandId,
) -> bool {
    match (receiver, command) {
        (
            Role::Smsc,
            CommandId::SUBMIT_SM
            | CommandId::SUBMIT_MULTI
            | CommandId::DATA_SM
            | CommandId::QUERY_SM
            | CommandId::CANCEL_SM
            | CommandId::BROADCAST_SM
            | CommandId::QUERY_BROADCAST_SM
            | CommandId::CANCEL_BROADCAST_SM,
        ) => bind.transmits(),
        (Role::Smsc, CommandId::REPLACE_SM) => {
            bind == Bind::Transmitter || (bind.transmits() && version >= InterfaceVersion::V5_0)
        }
        // Only 3.3 allows it on a transmitter, but SMSCs of 3.4 are known to send receipts there
        // (node-smpp #175, ksmppd #68), and a refused receipt is a lost one.
        (Role::Esme, CommandId::DELIVER_SM | CommandId::DATA_SM) => true,
        (Role::Esme, CommandId::ALERT_NOTIFICATION) => bind.receives(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_is_admitted_as_in_the_table() {
        use Bind::{Receiver, Transceiver, Transmitter};
        let both = &[Transmitter, Transceiver][..];
        let table = [
            (
                Role::Smsc,
                CommandId::SUBMIT_SM,
                InterfaceVersion::V3_4,
                both,
            ),
            (
                Role::Smsc,
                CommandId::SUBMIT_MULTI,
                InterfaceVersion::V3_4,
                both,
            ),
            (Role::Smsc, CommandId::DATA_SM, InterfaceVersion::V3_4, both),
            (
                Role::Smsc,
                CommandId::QUERY_SM,
                InterfaceVersion::V3_4,
                both,
            ),
            (
                Role::Smsc,
                CommandId::CANCEL_SM,
                InterfaceVersion::V3_4,
                both,
            ),
            (
                Role::Smsc,
                CommandId::REPLACE_SM,
                InterfaceVersion::V3_4,
                &[Transmitter],
            ),
            (
                Role::Smsc,
                CommandId::REPLACE_SM,
                InterfaceVersion::V5_0,
                both,
            ),
            (
                Role::Smsc,
                CommandId::BROADCAST_SM,
                InterfaceVersion::V5_0,
                both,
            ),
            (
                Role::Smsc,
                CommandId::DELIVER_SM,
                InterfaceVersion::V5_0,
                &[],
            ),
            (
                Role::Esme,
                CommandId::DELIVER_SM,
                InterfaceVersion::V3_4,
                &[Receiver, Transmitter, Transceiver],
            ),
            (
                Role::Esme,
                CommandId::DATA_SM,
                InterfaceVersion::V3_4,
                &[Receiver, Transmitter, Transceiver],
            ),
            (
                Role::Esme,
                CommandId::ALERT_NOTIFICATION,
                InterfaceVersion::V3_4,
                &[Receiver, Transceiver],
            ),
            (
                Role::Esme,
                CommandId::SUBMIT_SM,
                InterfaceVersion::V5_0,
                &[],
            ),
        ];
        for (role, command, version, binds) in table {
            for bind in [Receiver, Transmitter, Transceiver] {
                let admitted = admits(role, bind, version, command);
                assert_eq!(
                    admitted,
                    binds.contains(&bind),
                    "{command} {version} {bind:?}"
                );
            }
        }
    }

    #[test]
    fn broadcast_exists_since_5_0() {
        assert!(!is_known(CommandId::BROADCAST_SM, InterfaceVersion::V3_4));
        assert!(is_known(CommandId::BROADCAST_SM, InterfaceVersion::V5_0));
        assert!(!is_known(CommandId(0x0100_0001), InterfaceVersion::V5_0));
    }
}
