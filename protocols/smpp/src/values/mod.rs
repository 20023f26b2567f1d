//! What single fields mean: newtypes over octets, so that every value survives a round trip.

mod address;
mod data_coding;
mod esm_class;
mod interface_version;
mod message_state;
mod registered_delivery;
mod time;

pub use address::{Npi, Ton};
pub use data_coding::{Alphabet, DataCoding, MessageClass};
pub use esm_class::EsmClass;
pub use interface_version::InterfaceVersion;
pub use message_state::MessageState;
pub use registered_delivery::RegisteredDelivery;
pub use time::{Civil, Time};
