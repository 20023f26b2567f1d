//! SMPP 3.4 and 5.0: what an SMS or USSD gateway and an SMSC say to each other.
//!
//! From the wire inwards: [`codec`] cuts a stream into [`Frame`]s, a [`Frame`] is one whole PDU
//! that is cheap to keep and to hand on, and [`Frame::decode`] gives a [`Pdu`] that looks into it
//! without copying. [`session`] holds the rules of a bound link, [`link`] runs it over a socket.
//!
//! Knows nothing of operators, agencies or limits.
#![warn(missing_docs)]

mod named;
mod octets;
mod read;
mod write;

pub mod codec;
pub mod command_id;
pub mod error;
pub mod frame;
pub mod header;
#[cfg(feature = "json")]
mod json;
pub mod link;
pub mod message_id;
pub mod pdu;
pub mod receipt;
pub mod session;
pub mod status;
pub mod tlv;
pub mod values;

pub use command_id::CommandId;
pub use error::{DecodeError, Problem};
pub use frame::Frame;
pub use header::Header;
pub use octets::Octets;
pub use pdu::{Body, Pdu};
pub use status::Status;
pub use tlv::{Tag, TlvBuffer, Tlvs};
pub use write::EncodeError;
