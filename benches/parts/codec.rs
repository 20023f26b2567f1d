//! The PDUs of a message: `submit_sm` out, its response in, a receipt in, the response to it out.
//!
//! Beside: a copy of the `submit_sm`. `protocols/smpp/benches/codec.rs` measures more closely, and
//! beside another codec.

use std::hint::black_box;

use bytes::BytesMut;
use xabar_smpp::pdu::{Body, DeliverSmResp, SubmitSm, SubmitSmResp};
use xabar_smpp::receipt::{Detection, Receipt};
use xabar_smpp::values::{EsmClass, Npi, RegisteredDelivery, Ton};
use xabar_smpp::{Frame, Pdu, Tag, TlvBuffer, Tlvs};

use super::{Part, Room, Run};

pub(crate) const ROOM: Room = Room {
    name: "codec",
    parts: &[
        Part::new("build and encode submit_sm", encode_submit_sm),
        Part::new("decode submit_sm_resp", decode_submit_sm_resp),
        Part::new("decode deliver_sm", decode_deliver_sm),
        Part::new("decode deliver_sm, read its receipt", read_receipt),
        Part::new("encode deliver_sm_resp", encode_deliver_sm_resp),
    ],
    beside: &[Part::new("a copy of the submit_sm", copy)],
};

fn encode_submit_sm() -> Run {
    let (mut tlvs, mut out) = (TlvBuffer::new(), BytesMut::with_capacity(256));
    Box::new(move || {
        out.clear();
        submit_sm(black_box(TEXT), &mut tlvs, &mut out);
        black_box(&out);
    })
}

fn decode_submit_sm_resp() -> Run {
    let body = Body::SubmitSmResp(SubmitSmResp {
        message_id: Some("0A000000A3D323A1".into()),
        tlvs: Tlvs::EMPTY,
    });
    decoded(Pdu::new(2, body).to_frame().expect("its fields fit"))
}

fn decode_deliver_sm() -> Run {
    decoded(deliver_sm())
}

fn decoded(frame: Frame) -> Run {
    Box::new(move || {
        black_box(black_box(&frame).decode()).expect("it is a PDU");
    })
}

fn read_receipt() -> Run {
    let frame = deliver_sm();
    Box::new(move || {
        let Ok(Body::DeliverSm(deliver_sm)) = frame.decode().map(|pdu| pdu.body) else {
            panic!("it is a deliver_sm")
        };
        let receipt = Receipt::of_deliver_sm(black_box(&deliver_sm), Detection::Marked);
        black_box(receipt).expect("it is a receipt");
    })
}

fn encode_deliver_sm_resp() -> Run {
    let mut out = BytesMut::with_capacity(64);
    Box::new(move || {
        out.clear();
        let body = Body::DeliverSmResp(DeliverSmResp {
            message_id: Some("".into()),
            tlvs: Tlvs::EMPTY,
        });
        let pdu = Pdu::new(9, body);
        black_box(&pdu).encode(&mut out).expect("its fields fit");
    })
}

fn copy() -> Run {
    let (mut octets, mut out) = (BytesMut::new(), BytesMut::new());
    submit_sm(TEXT, &mut TlvBuffer::new(), &mut octets);
    Box::new(move || {
        out.clear();
        out.extend_from_slice(black_box(&octets));
        black_box(&out);
    })
}

/// As the gateway sends it, in 156 octets.
fn submit_sm(text: &str, tlvs: &mut TlvBuffer, out: &mut BytesMut) {
    tlvs.clear();
    tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, 7);
    let submit_sm = SubmitSm {
        source_addr_ton: Ton::ALPHANUMERIC,
        source_addr: "MyGov".into(),
        dest_addr_ton: Ton::INTERNATIONAL,
        dest_addr_npi: Npi::ISDN,
        destination_addr: "998901234567".into(),
        validity_period: "000003000000000R".into(),
        registered_delivery: RegisteredDelivery::FINAL,
        short_message: text.into(),
        tlvs: tlvs.as_tlvs(),
        ..SubmitSm::default()
    };
    let pdu = Pdu::new(2, Body::SubmitSm(submit_sm));
    pdu.encode(out).expect("its fields fit");
}

const TEXT: &str =
    "Hurmatli fuqaro, 48120973-sonli arizangiz tasdiqlandi. Yunusobod DXM, 01.12.26 gacha";

/// A receipt in the usual form, with its id and state in TLVs as well.
fn deliver_sm() -> Frame {
    let mut tlvs = TlvBuffer::new();
    tlvs.push_c_octet_string(Tag::RECEIPTED_MESSAGE_ID, b"0A000000A3D323A1")
        .expect("it fits")
        .push_octet(Tag::MESSAGE_STATE, 2);
    let text = "id:0A000000A3D323A1 sub:001 dlvrd:001 submit date:2611230915 \
                done date:2611230916 stat:DELIVRD err:000 text:Hurmatli fuqaro, 481";
    let deliver_sm = SubmitSm {
        source_addr_ton: Ton::INTERNATIONAL,
        source_addr_npi: Npi::ISDN,
        source_addr: "998901234567".into(),
        dest_addr_ton: Ton::ALPHANUMERIC,
        destination_addr: "MyGov".into(),
        esm_class: EsmClass::DELIVERY_RECEIPT,
        short_message: text.into(),
        tlvs: tlvs.as_tlvs(),
        ..SubmitSm::default()
    };
    let pdu = Pdu::new(9, Body::DeliverSm(deliver_sm));
    pdu.to_frame().expect("its fields fit")
}
