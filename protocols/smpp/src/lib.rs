//! SMPP 3.4 and 5.0: what an SMS or USSD gateway and an SMSC say to each other.
//!
//! From the wire inwards: [`codec`] cuts a stream into [`Frame`]s, a [`Frame`] is one whole PDU
//! that is cheap to keep and to hand on, and [`Frame::decode`] gives a [`Pdu`] that looks into it
//! without copying. [`session`] holds the rules of a bound link, [`link`] runs it over a socket.
//!
//! Knows nothing of operators, agencies or limits.
//!
//! ```
//! use xabar_smpp::pdu::{Body, SubmitSm};
//! use xabar_smpp::values::{Npi, RegisteredDelivery, Ton};
//! use xabar_smpp::{Pdu, Tag, TlvBuffer};
//!
//! let mut tlvs = TlvBuffer::new();
//! tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, 7);
//! let submit_sm = SubmitSm {
//!     source_addr_ton: Ton::ALPHANUMERIC,
//!     source_addr: "MyGov".into(),
//!     dest_addr_ton: Ton::INTERNATIONAL,
//!     dest_addr_npi: Npi::ISDN,
//!     destination_addr: "998901234567".into(),
//!     registered_delivery: RegisteredDelivery::FINAL,
//!     short_message: "Salom".into(),
//!     tlvs: tlvs.as_tlvs(),
//!     ..SubmitSm::default()
//! };
//! let frame = Pdu::new(2, Body::SubmitSm(submit_sm)).to_frame()?;
//!
//! let pdu = frame.decode()?;
//! assert_eq!(pdu.tlvs().user_message_reference()?, Some(7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
