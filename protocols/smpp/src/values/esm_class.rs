//! What kind of message this is and how it is to be handled (SMPP 5.0, 4.7.12).

/// The `esm_class` of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EsmClass(pub u8);

impl EsmClass {
    /// A message in the SMSC's default mode.
    pub const DEFAULT: Self = Self(0x00);
    /// Mode: store and forward.
    pub const STORE_AND_FORWARD: Self = Self(0x03);
    /// Type: an SMSC's delivery receipt.
    pub const DELIVERY_RECEIPT: Self = Self(0x04);
    /// Type: a delivery acknowledgement by the phone.
    pub const DELIVERY_ACKNOWLEDGEMENT: Self = Self(0x08);
    /// Type: an acknowledgement by the person.
    pub const MANUAL_ACKNOWLEDGEMENT: Self = Self(0x10);
    /// Type: a conversation was aborted.
    pub const CONVERSATION_ABORT: Self = Self(0x18);
    /// Type: an SMSC's intermediate notification.
    pub const INTERMEDIATE_NOTIFICATION: Self = Self(0x20);
    /// Feature: the octets begin with a user data header.
    pub const UDH: Self = Self(0x40);
    /// Feature: a reply path is set.
    pub const REPLY_PATH: Self = Self(0x80);

    const TYPE: u8 = 0x3C;

    /// The same with the bits of `other` set as well.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the octets begin with a user data header.
    pub const fn has_udh(self) -> bool {
        self.0 & Self::UDH.0 != 0
    }

    /// Only the bits that tell the message's type.
    #[must_use]
    pub const fn message_type(self) -> Self {
        Self(self.0 & Self::TYPE)
    }

    /// Whether the type says that this is a receipt or an intermediate notification.
    pub fn is_receipt(self) -> bool {
        let kind = self.message_type();
        kind == Self::DELIVERY_RECEIPT || kind == Self::INTERMEDIATE_NOTIFICATION
    }
}

impl From<u8> for EsmClass {
    fn from(octet: u8) -> Self {
        Self(octet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_receipts_and_intermediate_notifications_are_receipts() {
        let receipts: Vec<u8> = (0..=0x3F)
            .filter(|&octet| EsmClass(octet).is_receipt())
            .collect();
        assert_eq!(receipts, [0x04, 0x05, 0x06, 0x07, 0x20, 0x21, 0x22, 0x23]);
    }
}
