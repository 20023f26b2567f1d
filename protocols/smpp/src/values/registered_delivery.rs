//! Which receipts and acknowledgements are asked for (SMPP 5.0, 4.7.21).

/// The `registered_delivery` of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RegisteredDelivery(pub u8);

impl RegisteredDelivery {
    /// No receipt.
    pub const NONE: Self = Self(0x00);
    /// A receipt of the final outcome, whichever it is.
    pub const FINAL: Self = Self(0x01);
    /// A receipt of a failure only.
    pub const FAILURE: Self = Self(0x02);
    /// A receipt of a success only; since 5.0.
    pub const SUCCESS: Self = Self(0x03);
    /// The phone's delivery acknowledgement.
    pub const SME_DELIVERY: Self = Self(0x04);
    /// The person's acknowledgement.
    pub const SME_MANUAL: Self = Self(0x08);
    /// Intermediate notifications.
    pub const INTERMEDIATE: Self = Self(0x10);

    /// The same with the bits of `other` set as well.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a receipt is due for a message that was delivered.
    pub const fn on_success(self) -> bool {
        matches!(self.0 & 0x03, 0x01 | 0x03)
    }

    /// Whether a receipt is due for a message that failed.
    pub const fn on_failure(self) -> bool {
        matches!(self.0 & 0x03, 0x01 | 0x02)
    }
}

impl From<u8> for RegisteredDelivery {
    fn from(octet: u8) -> Self {
        Self(octet)
    }
}
