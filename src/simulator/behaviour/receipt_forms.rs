//! The forms that a receipt, and the id in it, may take.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Where a receipt says what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptForm {
    /// Only in the text: id:… stat:DELIVRD …
    Text,
    /// Only in the TLVs receipted_message_id, message_state and network_error_code.
    Tlv,
    /// In both.
    #[default]
    Both,
}

/// Which PDU and which field carry the text of a receipt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptPdu {
    /// deliver_sm, short_message.
    #[default]
    ShortMessage,
    /// deliver_sm, message_payload.
    MessagePayload,
    /// data_sm, message_payload.
    DataSm,
}

/// The alphabet of a receipt's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptAlphabet {
    /// data_coding 0, ASCII.
    #[default]
    Default,
    /// data_coding 8.
    Ucs2,
    /// UCS-2 that data_coding 0 calls something else.
    Ucs2Unmarked,
}

/// How the text of a receipt is worded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wording {
    /// As the specification's appendix has it.
    #[default]
    Full,
    /// Without sub, dlvrd and text.
    Terse,
    /// Only id and stat.
    Bare,
    /// sub before id, stat at the very end.
    Reordered,
    /// Labels in capitals, stat in small letters.
    Capitals,
    /// err of letters and digits.
    Letters,
}

/// A NUL that does not belong there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StrayNul {
    #[default]
    None,
    /// As the last octet of the text.
    Text,
    /// As the last octet of the PDU.
    Pdu,
}

/// Over which session of the login a receipt comes, if that one is bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptSession {
    /// They take turns.
    #[default]
    Any,
    /// That of the message.
    Same,
    /// Another one than that of the message.
    Other,
}

/// How message ids are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdForm {
    /// Hexadecimal, in responses and receipts.
    #[default]
    Hex,
    /// Decimal, in responses and receipts.
    Decimal,
    /// Hexadecimal in responses, decimal in receipts, as several operators do.
    HexThenDecimal,
    /// The other way round.
    DecimalThenHex,
    /// Hexadecimal, in small letters in responses and in capitals in receipts.
    HexThenCapitals,
    /// 32 hexadecimal digits with dashes, in both.
    Uuid,
}
