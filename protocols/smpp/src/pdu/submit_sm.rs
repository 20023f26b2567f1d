//! `submit_sm` and `deliver_sm` (SMPP 5.0, 4.2.1 and 4.3.1).

use super::Fields;
use crate::read::{Parsed, c_octet_string, octet, octets, tlvs};
use crate::values::{DataCoding, EsmClass, Npi, RegisteredDelivery, Ton};
use crate::write::Sink;
use crate::{EncodeError, Octets, Tlvs};

/// A message on its way to a phone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SubmitSm<'a> {
    /// Empty for the default, else `CMT`, `USSD` and the like; at most 5 octets.
    pub service_type: Octets<'a>,
    /// How `source_addr` is written.
    pub source_addr_ton: Ton,
    /// By whose plan.
    pub source_addr_npi: Npi,
    /// Who sends; at most 20 octets.
    pub source_addr: Octets<'a>,
    /// How `destination_addr` is written.
    pub dest_addr_ton: Ton,
    /// By whose plan.
    pub dest_addr_npi: Npi,
    /// Who receives; at most 20 octets.
    pub destination_addr: Octets<'a>,
    /// What kind of message this is.
    pub esm_class: EsmClass,
    /// The protocol above, as in GSM 03.40; 0 for a plain text.
    pub protocol_id: u8,
    /// 0 to 3, as the network reads it.
    pub priority_flag: u8,
    /// When to deliver, as a [`Time`](crate::values::Time); empty for now.
    pub schedule_delivery_time: Octets<'a>,
    /// Until when to try, as a [`Time`](crate::values::Time); empty for the SMSC's default.
    pub validity_period: Octets<'a>,
    /// Which receipts are asked for.
    pub registered_delivery: RegisteredDelivery,
    /// 1 to replace an earlier message between the two.
    pub replace_if_present_flag: u8,
    /// How the octets of the text are to be read.
    pub data_coding: DataCoding,
    /// A text kept by the SMSC, to be sent instead; 0 for none.
    pub sm_default_msg_id: u8,
    /// The text, a user data header first if `esm_class` says so; at most 255 octets (3.4: 254).
    pub short_message: Octets<'a>,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for SubmitSm<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, service_type) = c_octet_string("service_type", 6)(input)?;
        let (input, source_addr_ton) = octet("source_addr_ton")(input)?;
        let (input, source_addr_npi) = octet("source_addr_npi")(input)?;
        let (input, source_addr) = c_octet_string("source_addr", 21)(input)?;
        let (input, dest_addr_ton) = octet("dest_addr_ton")(input)?;
        let (input, dest_addr_npi) = octet("dest_addr_npi")(input)?;
        let (input, destination_addr) = c_octet_string("destination_addr", 21)(input)?;
        let (input, esm_class) = octet("esm_class")(input)?;
        let (input, protocol_id) = octet("protocol_id")(input)?;
        let (input, priority_flag) = octet("priority_flag")(input)?;
        let (input, schedule_delivery_time) = c_octet_string("schedule_delivery_time", 17)(input)?;
        let (input, validity_period) = c_octet_string("validity_period", 17)(input)?;
        let (input, registered_delivery) = octet("registered_delivery")(input)?;
        let (input, replace_if_present_flag) = octet("replace_if_present_flag")(input)?;
        let (input, data_coding) = octet("data_coding")(input)?;
        let (input, sm_default_msg_id) = octet("sm_default_msg_id")(input)?;
        let (input, sm_length) = octet("sm_length")(input)?;
        let (input, short_message) = octets("short_message", sm_length)(input)?;
        let (input, tlvs) = tlvs(input)?;
        let fields = Self {
            service_type,
            source_addr_ton,
            source_addr_npi,
            source_addr,
            dest_addr_ton,
            dest_addr_npi,
            destination_addr,
            esm_class,
            protocol_id,
            priority_flag,
            schedule_delivery_time,
            validity_period,
            registered_delivery,
            replace_if_present_flag,
            data_coding,
            sm_default_msg_id,
            short_message,
            tlvs,
        };
        Ok((input, fields))
    }

    fn write(&self, sink: &mut impl Sink) -> Result<(), EncodeError> {
        sink.c_octet_string("service_type", 6, self.service_type)?;
        sink.octet("source_addr_ton", self.source_addr_ton.0)?;
        sink.octet("source_addr_npi", self.source_addr_npi.0)?;
        sink.c_octet_string("source_addr", 21, self.source_addr)?;
        sink.octet("dest_addr_ton", self.dest_addr_ton.0)?;
        sink.octet("dest_addr_npi", self.dest_addr_npi.0)?;
        sink.c_octet_string("destination_addr", 21, self.destination_addr)?;
        sink.octet("esm_class", self.esm_class.0)?;
        sink.octet("protocol_id", self.protocol_id)?;
        sink.octet("priority_flag", self.priority_flag)?;
        sink.c_octet_string("schedule_delivery_time", 17, self.schedule_delivery_time)?;
        sink.c_octet_string("validity_period", 17, self.validity_period)?;
        sink.octet("registered_delivery", self.registered_delivery.0)?;
        sink.octet("replace_if_present_flag", self.replace_if_present_flag)?;
        sink.octet("data_coding", self.data_coding.0)?;
        sink.octet("sm_default_msg_id", self.sm_default_msg_id)?;
        sink.short_message(self.short_message)?;
        sink.tlvs(self.tlvs)
    }

    fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }
}

/// A message from a phone, or a receipt: the fields of a `submit_sm`, of which the two times,
/// `replace_if_present_flag` and `sm_default_msg_id` are not used.
pub type DeliverSm<'a> = SubmitSm<'a>;
