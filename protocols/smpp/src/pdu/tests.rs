//! Laws that hold for every PDU, and the helpers of the tests beside each of them.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::*;
use crate::values::{
    DataCoding, EsmClass, InterfaceVersion, MessageState, Npi, RegisteredDelivery, Ton,
};
use crate::{Tag, TlvBuffer};

/// The frame that hexadecimal digits spell; spaces are passed over.
pub(crate) fn frame(hex: &str) -> Frame {
    let digits: Vec<u8> = hex
        .bytes()
        .filter(|digit| !digit.is_ascii_whitespace())
        .collect();
    let octet = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    Frame::new(digits.chunks(2).map(octet).collect()).unwrap()
}

/// A frame of a command, a status and a body, with sequence number 9.
pub(crate) fn frame_of(command_id: CommandId, status: Status, body: &[u8]) -> Frame {
    let header = Header {
        command_length: u32::try_from(16 + body.len()).unwrap(),
        command_id,
        status,
        sequence_number: 9,
    };
    Frame::new([&header.to_octets(), body].concat().into()).unwrap()
}

/// Checks that a frame decodes to this PDU and the PDU encodes to this frame.
#[track_caller]
pub(crate) fn same(frame: &Frame, pdu: &Pdu<'_>) {
    assert_eq!(frame.decode().as_ref(), Ok(pdu));
    assert_eq!(pdu.to_frame().unwrap().octets(), frame.octets());
}

#[test]
fn every_named_command_has_a_layout() {
    for &command_id in CommandId::NAMED {
        let octets = [0; 80];
        let frame = frame_of(command_id, Status::ROK, &octets);
        let unknown = matches!(
            frame.decode(),
            Ok(Pdu {
                body: Body::Unknown { .. },
                ..
            })
        );
        assert!(!unknown, "{command_id}");
    }
}

#[test]
fn an_unknown_command_is_kept_whole() {
    let frame = frame_of(CommandId(0x0100_0001), Status::ROK, b"whatever");
    let body = Body::Unknown {
        command_id: CommandId(0x0100_0001),
        octets: "whatever".into(),
    };
    same(&frame, &Pdu::new(9, body));
}

#[test]
fn a_short_frame_says_which_field_is_missing_and_where() {
    let whole = frame(submit_sm::tests::SALOM);
    let table = [
        (
            20,
            "source_addr",
            19,
            Problem::Truncated,
            Status::RINVCMDLEN,
        ),
        (
            41,
            "protocol_id",
            41,
            Problem::Truncated,
            Status::RINVCMDLEN,
        ),
        (
            51,
            "short_message",
            50,
            Problem::Truncated,
            Status::RINVMSGLEN,
        ),
        (57, "tlvs", 55, Problem::LeftOver(2), Status::RINVCMDLEN),
        (
            60,
            "user_message_reference",
            55,
            Problem::TlvPastEnd(2),
            Status::RINVTLVSTREAM,
        ),
    ];
    for (len, field, offset, problem, status) in table {
        let cut = frame_of(CommandId::SUBMIT_SM, Status::ROK, &whole.octets()[16..len]);
        let error = cut.decode().unwrap_err();
        assert_eq!(
            error,
            DecodeError::Field {
                field,
                offset,
                problem
            },
            "{len} octets"
        );
        assert_eq!(error.status(), status);
    }
}

#[test]
fn a_field_without_its_nul_is_answered_by_its_own_status() {
    let frame = frame_of(CommandId::SUBMIT_SM, Status::ROK, &[b'x'; 40]);
    let error = frame.decode().unwrap_err();
    assert_eq!((error.field(), error.offset()), ("service_type", 16));
    assert_eq!(error.status(), Status::RINVSERTYP);
    assert_eq!(
        error.to_string(),
        "service_type at octet 16: no NUL within 6 octets"
    );
}

#[test]
fn one_stray_nul_at_the_end_is_tolerated_and_kept() {
    for command_id in [CommandId::ENQUIRE_LINK, CommandId::UNBIND_RESP] {
        let frame = frame_of(command_id, Status::ROK, &[0]);
        let pdu = frame.decode().unwrap();
        assert!(pdu.tlvs().is_empty());
        same(&frame, &pdu);
        assert!(frame_of(command_id, Status::ROK, &[0, 0]).decode().is_err());
    }
}

#[test]
fn the_body_of_an_error_response_is_never_at_fault() {
    let responses = CommandId::NAMED
        .iter()
        .filter(|command| command.is_response());
    for &command_id in responses {
        for body in [
            &b""[..],
            b"\0",
            b"no NUL",
            b"\x04\x25\x00\x01\x02",
            b"\xFF\xFF\xFF",
        ] {
            let frame = frame_of(command_id, Status::RSUBMITFAIL, body);
            same(&frame, &frame.decode().unwrap());
        }
    }
}

#[test]
fn tlvs_of_an_error_response_are_found_without_a_message_id() {
    let body = b"\x04\x25\x00\x01\x02";
    let frame = frame_of(CommandId::SUBMIT_SM_RESP, Status::RDELIVERYFAILURE, body);
    let pdu = frame.decode().unwrap();
    assert_eq!(pdu.tlvs().delivery_failure_reason(), Ok(Some(2)));
}

#[test]
fn a_field_too_long_leaves_the_buffer_as_it_was() {
    let mut out = BytesMut::from(&b"before"[..]);
    let long = [b'1'; 21];
    let submit_sm = SubmitSm {
        source_addr: (&long).into(),
        ..SubmitSm::default()
    };
    let error = Pdu::new(1, Body::SubmitSm(submit_sm))
        .encode(&mut out)
        .unwrap_err();
    assert_eq!(
        error,
        EncodeError::TooLong {
            field: "source_addr",
            len: 21,
            max: 20
        }
    );
    let submit_sm = SubmitSm {
        source_addr: "1\x002".into(),
        ..SubmitSm::default()
    };
    let error = Pdu::new(1, Body::SubmitSm(submit_sm))
        .encode(&mut out)
        .unwrap_err();
    assert_eq!(
        error,
        EncodeError::Nul {
            field: "source_addr"
        }
    );
    assert_eq!(out, &b"before"[..]);
}

/// What the fields of generated PDUs are made of.
#[derive(Clone, Debug)]
struct Parts {
    texts: Vec<Vec<u8>>,
    octets: Vec<u8>,
    message: Vec<u8>,
    tlvs: TlvBuffer,
    entries: usize,
}

impl Parts {
    fn text(&self, which: usize, size: usize) -> Octets<'_> {
        let text = &self.texts[which];
        Octets(&text[..text.len().min(size - 1)])
    }

    fn octet(&self, which: usize) -> u8 {
        self.octets[which]
    }

    fn submit_sm(&self) -> SubmitSm<'_> {
        SubmitSm {
            service_type: self.text(0, 6),
            source_addr_ton: Ton(self.octet(0)),
            source_addr_npi: Npi(self.octet(1)),
            source_addr: self.text(1, 21),
            dest_addr_ton: Ton(self.octet(2)),
            dest_addr_npi: Npi(self.octet(3)),
            destination_addr: self.text(2, 21),
            esm_class: EsmClass(self.octet(4)),
            protocol_id: self.octet(5),
            priority_flag: self.octet(6),
            schedule_delivery_time: self.text(3, 17),
            validity_period: self.text(4, 17),
            registered_delivery: RegisteredDelivery(self.octet(7)),
            replace_if_present_flag: self.octet(8),
            data_coding: DataCoding(self.octet(9)),
            sm_default_msg_id: self.octet(10),
            short_message: Octets(&self.message),
            tlvs: self.tlvs.as_tlvs(),
        }
    }

    fn message_id_resp(&self) -> MessageIdResp<'_> {
        MessageIdResp {
            message_id: Some(self.text(5, 65)),
            tlvs: self.tlvs.as_tlvs(),
        }
    }

    fn bind(&self) -> Bind<'_> {
        Bind {
            system_id: self.text(0, 16),
            password: self.text(1, 9),
            system_type: self.text(2, 13),
            interface_version: InterfaceVersion(self.octet(0)),
            addr_ton: Ton(self.octet(1)),
            addr_npi: Npi(self.octet(2)),
            address_range: self.text(5, 41),
            tlvs: self.tlvs.as_tlvs(),
        }
    }

    fn query_sm(&self) -> QuerySm<'_> {
        QuerySm {
            message_id: self.text(5, 65),
            source_addr_ton: Ton(self.octet(0)),
            source_addr_npi: Npi(self.octet(1)),
            source_addr: self.text(1, 21),
            tlvs: self.tlvs.as_tlvs(),
        }
    }

    /// One body of every kind.
    fn bodies<'a>(&'a self, [first, second]: &'a mut [Vec<u8>; 2]) -> Vec<Body<'a>> {
        let tlvs = self.tlvs.as_tlvs();
        let header_only = HeaderOnly { tlvs };
        let bind_resp = BindResp {
            system_id: Some(self.text(0, 16)),
            tlvs,
        };
        let bodies = vec![
            Body::GenericNack(header_only),
            Body::BindReceiver(self.bind()),
            Body::BindReceiverResp(bind_resp),
            Body::BindTransmitter(self.bind()),
            Body::BindTransmitterResp(bind_resp),
            Body::BindTransceiver(self.bind()),
            Body::BindTransceiverResp(bind_resp),
            Body::Outbind(Outbind {
                system_id: self.text(0, 16),
                password: self.text(1, 9),
                tlvs,
            }),
            Body::Unbind(header_only),
            Body::UnbindResp(header_only),
            Body::EnquireLink(header_only),
            Body::EnquireLinkResp(header_only),
            Body::SubmitSm(self.submit_sm()),
            Body::SubmitSmResp(self.message_id_resp()),
            Body::SubmitMulti(self.submit_multi(first)),
            Body::SubmitMultiResp(SubmitMultiResp {
                message_id: Some(self.text(5, 65)),
                unsuccess_sme: List::of(&self.unsuccess(), second).unwrap(),
                tlvs,
            }),
            Body::DeliverSm(self.submit_sm()),
            Body::DeliverSmResp(self.message_id_resp()),
            Body::DataSm(self.data_sm()),
            Body::DataSmResp(self.message_id_resp()),
            Body::QuerySm(self.query_sm()),
            Body::QuerySmResp(QuerySmResp {
                message_id: Some(self.text(5, 65)),
                final_date: self.text(3, 17),
                message_state: MessageState(self.octet(0)),
                error_code: self.octet(1),
                tlvs,
            }),
            Body::CancelSm(self.cancel_sm()),
            Body::CancelSmResp(header_only),
            Body::ReplaceSm(self.replace_sm()),
            Body::ReplaceSmResp(header_only),
            Body::AlertNotification(self.alert_notification()),
            Body::BroadcastSm(self.broadcast_sm()),
            Body::BroadcastSmResp(self.message_id_resp()),
            Body::QueryBroadcastSm(self.query_sm()),
            Body::QueryBroadcastSmResp(self.message_id_resp()),
            Body::CancelBroadcastSm(CancelBroadcastSm {
                service_type: self.text(0, 6),
                message_id: self.text(5, 65),
                source_addr_ton: Ton(self.octet(0)),
                source_addr_npi: Npi(self.octet(1)),
                source_addr: self.text(1, 21),
                tlvs,
            }),
            Body::CancelBroadcastSmResp(header_only),
            Body::Unknown {
                command_id: CommandId(0x777),
                octets: Octets(&self.message),
            },
        ];
        assert_eq!(bodies.len(), CommandId::NAMED.len() + 1);
        bodies
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        let destination = |which| match self.octet(which) % 2 {
            0 => Destination::DistributionList {
                dl_name: self.text(which, 21),
            },
            _ => Destination::Sme {
                dest_addr_ton: Ton(self.octet(which)),
                dest_addr_npi: Npi(self.octet(which)),
                destination_addr: self.text(which, 21),
            },
        };
        (0..self.entries).map(destination).collect()
    }

    fn unsuccess(&self) -> Vec<UnsuccessSme<'_>> {
        let unsuccess = |which| UnsuccessSme {
            dest_addr_ton: Ton(self.octet(which)),
            dest_addr_npi: Npi(self.octet(which)),
            destination_addr: self.text(which, 21),
            error_status_code: Status(self.octet(which).into()),
        };
        (0..self.entries).map(unsuccess).collect()
    }

    fn submit_multi<'a>(&'a self, buffer: &'a mut Vec<u8>) -> SubmitMulti<'a> {
        let one = self.submit_sm();
        SubmitMulti {
            service_type: one.service_type,
            source_addr_ton: one.source_addr_ton,
            source_addr_npi: one.source_addr_npi,
            source_addr: one.source_addr,
            dest_address: List::of(&self.destinations(), buffer).unwrap(),
            esm_class: one.esm_class,
            protocol_id: one.protocol_id,
            priority_flag: one.priority_flag,
            schedule_delivery_time: one.schedule_delivery_time,
            validity_period: one.validity_period,
            registered_delivery: one.registered_delivery,
            replace_if_present_flag: one.replace_if_present_flag,
            data_coding: one.data_coding,
            sm_default_msg_id: one.sm_default_msg_id,
            short_message: one.short_message,
            tlvs: one.tlvs,
        }
    }

    fn data_sm(&self) -> DataSm<'_> {
        DataSm {
            service_type: self.text(0, 6),
            source_addr_ton: Ton(self.octet(0)),
            source_addr_npi: Npi(self.octet(1)),
            source_addr: self.text(1, 65),
            dest_addr_ton: Ton(self.octet(2)),
            dest_addr_npi: Npi(self.octet(3)),
            destination_addr: self.text(2, 65),
            esm_class: EsmClass(self.octet(4)),
            registered_delivery: RegisteredDelivery(self.octet(5)),
            data_coding: DataCoding(self.octet(6)),
            tlvs: self.tlvs.as_tlvs(),
        }
    }

    fn cancel_sm(&self) -> CancelSm<'_> {
        CancelSm {
            service_type: self.text(0, 6),
            message_id: self.text(5, 65),
            source_addr_ton: Ton(self.octet(0)),
            source_addr_npi: Npi(self.octet(1)),
            source_addr: self.text(1, 21),
            dest_addr_ton: Ton(self.octet(2)),
            dest_addr_npi: Npi(self.octet(3)),
            destination_addr: self.text(2, 21),
            tlvs: self.tlvs.as_tlvs(),
        }
    }

    fn replace_sm(&self) -> ReplaceSm<'_> {
        ReplaceSm {
            message_id: self.text(5, 65),
            source_addr_ton: Ton(self.octet(0)),
            source_addr_npi: Npi(self.octet(1)),
            source_addr: self.text(1, 21),
            schedule_delivery_time: self.text(3, 17),
            validity_period: self.text(4, 17),
            registered_delivery: RegisteredDelivery(self.octet(2)),
            sm_default_msg_id: self.octet(3),
            short_message: Octets(&self.message),
            tlvs: self.tlvs.as_tlvs(),
        }
    }

    fn alert_notification(&self) -> AlertNotification<'_> {
        AlertNotification {
            source_addr_ton: Ton(self.octet(0)),
            source_addr_npi: Npi(self.octet(1)),
            source_addr: self.text(1, 65),
            esme_addr_ton: Ton(self.octet(2)),
            esme_addr_npi: Npi(self.octet(3)),
            esme_addr: self.text(2, 65),
            tlvs: self.tlvs.as_tlvs(),
        }
    }

    fn broadcast_sm(&self) -> BroadcastSm<'_> {
        BroadcastSm {
            service_type: self.text(0, 6),
            source_addr_ton: Ton(self.octet(0)),
            source_addr_npi: Npi(self.octet(1)),
            source_addr: self.text(1, 21),
            message_id: self.text(5, 65),
            priority_flag: self.octet(2),
            schedule_delivery_time: self.text(3, 17),
            validity_period: self.text(4, 17),
            replace_if_present_flag: self.octet(3),
            data_coding: DataCoding(self.octet(4)),
            sm_default_msg_id: self.octet(5),
            tlvs: self.tlvs.as_tlvs(),
        }
    }
}

fn tag() -> impl Strategy<Value = Tag> {
    prop_oneof![
        proptest::sample::select(Tag::NAMED),
        any::<u16>().prop_map(Tag)
    ]
}

fn tlvs() -> impl Strategy<Value = TlvBuffer> {
    let value = proptest::collection::vec(any::<u8>(), 0..20);
    proptest::collection::vec((tag(), value), 0..6).prop_map(|tlvs| {
        let mut buffer = TlvBuffer::new();
        for (tag, value) in tlvs {
            buffer.push(tag, &value).unwrap();
        }
        buffer
    })
}

prop_compose! {
    fn parts()(
        texts in proptest::collection::vec(proptest::collection::vec(1u8.., 0..70), 6),
        octets in proptest::collection::vec(any::<u8>(), 11),
        message in proptest::collection::vec(any::<u8>(), 0..=255),
        tlvs in tlvs(),
        entries in 0usize..6,
    ) -> Parts {
        Parts { texts, octets, message, tlvs, entries }
    }
}

/// If the octets make a PDU, it encodes to the same octets.
fn survives(frame: &Frame) -> Result<(), TestCaseError> {
    match frame.decode() {
        Ok(pdu) => prop_assert_eq!(&pdu.to_frame().unwrap(), frame),
        Err(error) => prop_assert!(error.offset() <= frame.octets().len()),
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_pdu_survives_the_wire(parts in parts(), status: u32, sequence_number: u32) {
        let mut buffers = Default::default();
        for body in parts.bodies(&mut buffers) {
            let pdu = Pdu { status: Status(status), sequence_number, body };
            let frame = pdu.to_frame().unwrap();
            prop_assert_eq!(frame.decode(), Ok(pdu));
        }
    }

    #[test]
    fn lists_give_back_their_entries(parts in parts()) {
        let mut buffer = Vec::new();
        let destinations = List::of(&parts.destinations(), &mut buffer).unwrap();
        prop_assert_eq!(destinations.iter().collect::<Vec<_>>(), parts.destinations());
    }

    #[test]
    fn damaged_pdus_never_panic_and_never_change(
        parts in parts(),
        which: prop::sample::Index,
        ok: bool,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        keep: prop::sample::Index,
    ) {
        let mut buffers = Default::default();
        let bodies = parts.bodies(&mut buffers);
        let body = *which.get(&bodies);
        let octets = Pdu::new(9, body).to_frame().unwrap().octets().slice(16..);
        let mut octets = octets.to_vec();
        for (place, octet) in damage {
            if !octets.is_empty() {
                let place = place.index(octets.len());
                octets[place] = octet;
            }
        }
        octets.truncate(keep.index(octets.len() + 1));
        let status = if ok { Status::ROK } else { Status::RSYSERR };
        survives(&frame_of(body.command_id(), status, &octets))?;
    }

    #[test]
    fn any_octets_never_panic_and_never_change(
        command_id in proptest::sample::select(CommandId::NAMED),
        status in proptest::sample::select(&[Status::ROK, Status::RSYSERR][..]),
        body in proptest::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..120),
    ) {
        survives(&frame_of(command_id, status, &body))?;
    }

    #[test]
    fn any_octets_are_a_frame_or_not(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(frame) = Frame::new(Bytes::from(octets)) {
            survives(&frame)?;
        }
    }
}
