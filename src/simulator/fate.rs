//! What became of a message, kept until its receipt is written.

use std::time::Instant;

use xabar_smpp::values::{DataCoding, EsmClass, MessageState, Npi, Ton};

use super::message::{Address, Message};
use super::slab::Key;

/// Which message a fate is that of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of {
    /// Place of its ESME in the list.
    pub(super) place: usize,
    /// The session that it came over.
    pub(super) session: Key,
    pub(super) id: u64,
}

/// What became of a message.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    pub(super) of: Of,
    pub(super) state: MessageState,
    pub(super) submitted: Instant,
    pub(super) done: Instant,
    pub(super) source: Kept,
    pub(super) destination: Kept,
    pub(super) user_message_reference: Option<u16>,
    pub(super) text: Start,
}

/// An address that outlives its PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) ton: Ton,
    pub(super) npi: Npi,
    pub(super) digits: Start,
}

/// The first 20 octets of something: all of an address, and as much as a receipt has of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Start {
    octets: [u8; 20],
    len: u8,
}

impl Start {
    fn of(octets: &[u8]) -> Self {
        let mut start = Self::default();
        for (place, octet) in start.octets.iter_mut().zip(octets) {
            *place = *octet;
            start.len += 1;
        }
        start
    }

    pub(super) fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }

    pub(super) fn text(&self) -> &str {
        str::from_utf8(self.octets()).unwrap_or_default()
    }
}

impl Kept {
    pub(super) fn of(address: Address<'_>) -> Self {
        Self {
            ton: address.ton,
            npi: address.npi,
            digits: Start::of(&address.digits),
        }
    }
}

impl Fate {
    pub(super) fn of(
        message: &Message<'_>,
        of: Of,
        state: MessageState,
        submitted: Instant,
        done: Instant,
    ) -> Self {
        // In any other alphabet the octets would be no text in the receipt's.
        let text = if message.data_coding == DataCoding::SMSC_DEFAULT.0 {
            Start::of(message.text_octets())
        } else {
            Start::default()
        };
        let reference = (!message.tlvs.is_empty())
            .then(|| message.tlvs.user_message_reference().ok().flatten());
        Self {
            of,
            state,
            submitted,
            done,
            source: Kept::of(message.source),
            destination: Kept::of(message.destination),
            user_message_reference: reference.flatten(),
            text,
        }
    }

    pub(super) fn esm_class(&self) -> EsmClass {
        if self.state == MessageState::ENROUTE {
            EsmClass::INTERMEDIATE_NOTIFICATION
        } else {
            EsmClass::DELIVERY_RECEIPT
        }
    }
}

/// The network's reason for a state, as a number and as receipts write it: 27 is "absent
/// subscriber" in GSM 09.02.
pub(super) fn reason(state: MessageState) -> (u16, &'static str) {
    match state {
        MessageState::UNDELIVERABLE => (27, "027"),
        MessageState::EXPIRED => (1, "001"),
        _ => (0, "000"),
    }
}
