//! `submit_multi` (SMPP 5.0, 4.2.3).

use super::list::list;
use super::{Entry, Fields, List};
use crate::read::{Parsed, c_octet_string, four_octets, octet, octet_of, octets, tlvs};
use crate::values::{DataCoding, EsmClass, Npi, RegisteredDelivery, Ton};
use crate::write::Sink;
use crate::{Octets, Status, Tlvs};

/// One message for several destinations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SubmitMulti<'a> {
    /// Empty for the default, else `CMT`, `USSD` and the like; at most 5 octets.
    pub service_type: Octets<'a>,
    /// How `source_addr` is written.
    pub source_addr_ton: Ton,
    /// By whose plan.
    pub source_addr_npi: Npi,
    /// Who sends; at most 20 octets.
    pub source_addr: Octets<'a>,
    /// Who receives.
    pub dest_address: List<'a, Destination<'a>>,
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

impl<'a> Fields<'a> for SubmitMulti<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, service_type) = c_octet_string("service_type", 6)(input)?;
        let (input, source_addr_ton) = octet("source_addr_ton")(input)?;
        let (input, source_addr_npi) = octet("source_addr_npi")(input)?;
        let (input, source_addr) = c_octet_string("source_addr", 21)(input)?;
        let (input, dest_address) = list(input)?;
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
            dest_address,
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

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.c_octet_string("service_type", 6, self.service_type)
            .octet("source_addr_ton", self.source_addr_ton.0)
            .octet("source_addr_npi", self.source_addr_npi.0)
            .c_octet_string("source_addr", 21, self.source_addr)
            .list(self.dest_address)
            .octet("esm_class", self.esm_class.0)
            .octet("protocol_id", self.protocol_id)
            .octet("priority_flag", self.priority_flag)
            .c_octet_string("schedule_delivery_time", 17, self.schedule_delivery_time)
            .c_octet_string("validity_period", 17, self.validity_period)
            .octet("registered_delivery", self.registered_delivery.0)
            .octet("replace_if_present_flag", self.replace_if_present_flag)
            .octet("data_coding", self.data_coding.0)
            .octet("sm_default_msg_id", self.sm_default_msg_id)
            .short_message(self.short_message)
            .tlvs(self.tlvs)
    }

    fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }
}

/// One destination of a `submit_multi`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Destination<'a> {
    /// A phone.
    Sme {
        /// How `destination_addr` is written.
        dest_addr_ton: Ton,
        /// By whose plan.
        dest_addr_npi: Npi,
        /// Who receives; at most 20 octets.
        destination_addr: Octets<'a>,
    },
    /// A list of phones that the SMSC keeps.
    DistributionList {
        /// The list's name; at most 20 octets.
        dl_name: Octets<'a>,
    },
}

const SME: u8 = 1;
const DISTRIBUTION_LIST: u8 = 2;

#[expect(
    private_interfaces,
    private_bounds,
    reason = "how entries are read is not for callers"
)]
impl<'a> Entry<'a> for Destination<'a> {
    const COUNT_FIELD: &'static str = "number_of_dests";
    const FIELD: &'static str = "dest_address";

    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, dest_flag) = octet_of("dest_flag", &[SME, DISTRIBUTION_LIST])(input)?;
        if dest_flag == DISTRIBUTION_LIST {
            let (input, dl_name) = c_octet_string("dl_name", 21)(input)?;
            return Ok((input, Self::DistributionList { dl_name }));
        }
        let (input, dest_addr_ton) = octet("dest_addr_ton")(input)?;
        let (input, dest_addr_npi) = octet("dest_addr_npi")(input)?;
        let (input, destination_addr) = c_octet_string("destination_addr", 21)(input)?;
        Ok((
            input,
            Self::Sme {
                dest_addr_ton,
                dest_addr_npi,
                destination_addr,
            },
        ))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        match *self {
            Self::Sme {
                dest_addr_ton,
                dest_addr_npi,
                destination_addr,
            } => sink
                .octet("dest_flag", SME)
                .octet("dest_addr_ton", dest_addr_ton.0)
                .octet("dest_addr_npi", dest_addr_npi.0)
                .c_octet_string("destination_addr", 21, destination_addr),
            Self::DistributionList { dl_name } => sink
                .octet("dest_flag", DISTRIBUTION_LIST)
                .c_octet_string("dl_name", 21, dl_name),
        }
    }
}

/// Which destinations were refused, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SubmitMultiResp<'a> {
    /// The SMSC's name for the message; at most 64 octets.
    /// `None` if the body was left out, as an error response may do.
    /// The other fields are not sent then.
    pub message_id: Option<Octets<'a>>,
    /// The destinations that get nothing.
    pub unsuccess_sme: List<'a, UnsuccessSme<'a>>,
    /// Optional parameters.
    pub tlvs: Tlvs<'a>,
}

impl<'a> Fields<'a> for SubmitMultiResp<'a> {
    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, message_id) = c_octet_string("message_id", 65)(input)?;
        let (input, unsuccess_sme) = list(input)?;
        let (input, tlvs) = tlvs(input)?;
        Ok((
            input,
            Self {
                message_id: Some(message_id),
                unsuccess_sme,
                tlvs,
            },
        ))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        let sink = match self.message_id {
            Some(message_id) => sink
                .c_octet_string("message_id", 65, message_id)
                .list(self.unsuccess_sme),
            None => sink,
        };
        sink.tlvs(self.tlvs)
    }

    fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }

    fn without_fields(tlvs: Tlvs<'a>) -> Option<Self> {
        Some(Self {
            tlvs,
            ..Self::default()
        })
    }
}

/// A destination that a `submit_multi` did not reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnsuccessSme<'a> {
    /// How `destination_addr` is written.
    pub dest_addr_ton: Ton,
    /// By whose plan.
    pub dest_addr_npi: Npi,
    /// Who receives nothing; at most 20 octets.
    pub destination_addr: Octets<'a>,
    /// Why.
    pub error_status_code: Status,
}

#[expect(
    private_interfaces,
    private_bounds,
    reason = "how entries are read is not for callers"
)]
impl<'a> Entry<'a> for UnsuccessSme<'a> {
    const COUNT_FIELD: &'static str = "no_unsuccess";
    const FIELD: &'static str = "unsuccess_sme";

    fn read(input: &'a [u8]) -> Parsed<'a, Self> {
        let (input, dest_addr_ton) = octet("dest_addr_ton")(input)?;
        let (input, dest_addr_npi) = octet("dest_addr_npi")(input)?;
        let (input, destination_addr) = c_octet_string("destination_addr", 21)(input)?;
        let (input, error_status_code) = four_octets("error_status_code")(input)?;
        Ok((
            input,
            Self {
                dest_addr_ton,
                dest_addr_npi,
                destination_addr,
                error_status_code,
            },
        ))
    }

    fn write<S: Sink>(&self, sink: S) -> S {
        sink.octet("dest_addr_ton", self.dest_addr_ton.0)
            .octet("dest_addr_npi", self.dest_addr_npi.0)
            .c_octet_string("destination_addr", 21, self.destination_addr)
            .four_octets("error_status_code", self.error_status_code.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EncodeError;
    use crate::pdu::tests::{frame_of, same};
    use crate::{Body, CommandId, Problem};

    #[test]
    fn destinations_are_phones_or_lists() {
        let head = b"\0\x05\0MyGov\0";
        let destinations = b"\x02\x01\x01\x01998901234567\0\x02staff\0";
        let tail = b"\0\0\0\0\0\x01\0\0\0\x05Salom";
        let octets = [&head[..], destinations, tail].concat();
        let frame = frame_of(CommandId::SUBMIT_MULTI, Status::ROK, &octets);
        let pdu = frame.decode().unwrap();
        let Body::SubmitMulti(submit_multi) = pdu.body else {
            panic!("{pdu:?}")
        };
        let expected = [
            Destination::Sme {
                dest_addr_ton: Ton::INTERNATIONAL,
                dest_addr_npi: Npi::ISDN,
                destination_addr: "998901234567".into(),
            },
            Destination::DistributionList {
                dl_name: "staff".into(),
            },
        ];
        assert_eq!(
            submit_multi.dest_address.iter().collect::<Vec<_>>(),
            expected
        );
        same(&frame, &pdu);
    }

    #[test]
    fn a_destination_of_another_kind_is_refused() {
        let frame = frame_of(CommandId::SUBMIT_MULTI, Status::ROK, b"\0\0\0\0\x01\x03");
        let error = frame.decode().unwrap_err();
        assert_eq!((error.field(), error.offset()), ("dest_flag", 21));
        assert_eq!(error.status(), Status::RINVDESTFLAG);
        assert!(matches!(
            error,
            crate::DecodeError::Field {
                problem: Problem::Value(3),
                ..
            }
        ));
    }

    #[test]
    fn more_than_255_destinations_are_refused() {
        let destinations = [Destination::DistributionList {
            dl_name: "staff".into(),
        }; 256];
        let error = List::of(&destinations, &mut Vec::new()).unwrap_err();
        assert_eq!(
            error,
            EncodeError::TooMany {
                field: "number_of_dests",
                count: 256
            }
        );
    }

    #[test]
    fn refused_destinations_come_with_their_reasons() {
        let octets = b"id\0\x01\x01\x01998901234567\0\0\0\0\x0b";
        let frame = frame_of(CommandId::SUBMIT_MULTI_RESP, Status::ROK, octets);
        let pdu = frame.decode().unwrap();
        let Body::SubmitMultiResp(resp) = pdu.body else {
            panic!("{pdu:?}")
        };
        let reasons: Vec<_> = resp
            .unsuccess_sme
            .iter()
            .map(|sme| sme.error_status_code)
            .collect();
        assert_eq!(reasons, [Status::RINVDSTADR]);
        same(&frame, &pdu);
    }
}
