//! What it costs to read and to write one `submit_sm` of 156 octets, the usual one of a gateway,
//! and what surrounds it: the responses, a receipt, and a read full of PDUs.
//!
//! Beside it: a plain copy of the same octets, which nothing can beat, and rusmpp, the best known
//! Rust codec, with the same octets in the way its own documentation uses it.
//!
//! `cargo bench -p xabar-smpp --bench codec`

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rusmpp::decode::DecodeWithLength;
use rusmpp::tokio_codec::CommandCodec;
use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values;
use tokio_util::codec::{Decoder, Encoder};
use xabar_smpp::codec::{MAX_PDU, take_frames};
use xabar_smpp::pdu::{Body, SubmitSm, SubmitSmResp};
use xabar_smpp::receipt::{Detection, Receipt};
use xabar_smpp::values::{EsmClass, Npi, RegisteredDelivery, Ton};
use xabar_smpp::{Frame, Octets, Pdu, Tag, TlvBuffer, Tlvs};

criterion_main!(benches);
criterion_group!(benches, decode, encode, small, stream);

/// PDUs in one read of the stream.
const READ: u32 = 64;

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode submit_sm");
    let octets = submit_sm_octets();
    let frame = Frame::new(octets.clone()).expect("it is a PDU");
    group.throughput(Throughput::Bytes(octets.len() as u64));

    let mut copy = BytesMut::with_capacity(octets.len());
    group.bench_function("a copy of the octets", |bencher| {
        bencher.iter(|| copy_of(&octets, &mut copy));
    });
    group.bench_function("xabar-smpp", |bencher| {
        bencher.iter(|| black_box(black_box(&frame).decode()).is_ok());
    });
    group.bench_function("rusmpp", |bencher| {
        bencher.iter_batched_ref(
            || BytesMut::from(octets.get(4..).expect("it has a length")),
            |octets| {
                let length = octets.len();
                black_box(rusmpp::Command::decode(black_box(octets), length)).is_ok()
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode submit_sm");
    let octets = submit_sm_octets();
    group.throughput(Throughput::Bytes(octets.len() as u64));
    let mut out = BytesMut::with_capacity(octets.len());

    group.bench_function("a copy of the octets", |bencher| {
        bencher.iter(|| copy_of(&octets, &mut out));
    });
    let mut tlvs = TlvBuffer::new();
    group.bench_function("xabar-smpp: build and encode", |bencher| {
        bencher.iter(|| {
            out.clear();
            let text = black_box(&TEXT);
            black_box(submit_sm(text, &mut tlvs).encode(&mut out)).is_ok()
        });
    });
    let mut tlvs = TlvBuffer::new();
    let pdu = submit_sm(&TEXT, &mut tlvs);
    group.bench_function("xabar-smpp: encode", |bencher| {
        bencher.iter(|| {
            out.clear();
            black_box(black_box(&pdu).encode(&mut out)).is_ok()
        });
    });
    let mut codec = CommandCodec::new();
    group.bench_function("rusmpp: build and encode", |bencher| {
        bencher.iter(|| {
            out.clear();
            let command = rusmpp_submit_sm(black_box(&TEXT));
            black_box(codec.encode(&command, &mut out)).is_ok()
        });
    });
    let command = rusmpp_submit_sm(&TEXT);
    out.clear();
    codec.encode(&command, &mut out).expect("its fields fit");
    assert_eq!(out, octets, "both write the same octets");
    group.bench_function("rusmpp: encode", |bencher| {
        bencher.iter(|| {
            out.clear();
            black_box(codec.encode(black_box(&command), &mut out)).is_ok()
        });
    });
    group.finish();
}

fn small(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("other PDUs");
    let response = submit_sm_resp().to_frame().expect("its fields fit");
    group.bench_function("decode submit_sm_resp", |bencher| {
        bencher.iter(|| black_box(black_box(&response).decode()).is_ok());
    });
    let mut out = BytesMut::with_capacity(64);
    group.bench_function("encode deliver_sm_resp", |bencher| {
        bencher.iter(|| {
            out.clear();
            let body = Body::DeliverSmResp(black_box(SubmitSmResp {
                message_id: Some("".into()),
                tlvs: Tlvs::EMPTY,
            }));
            black_box(Pdu::new(black_box(7), body).encode(&mut out)).is_ok()
        });
    });
    let receipt = deliver_sm_octets();
    let receipt = Frame::new(receipt).expect("it is a PDU");
    group.bench_function("decode deliver_sm", |bencher| {
        bencher.iter(|| black_box(black_box(&receipt).decode()).is_ok());
    });
    group.bench_function("decode deliver_sm and read its receipt", |bencher| {
        bencher.iter(|| {
            let Ok(Pdu {
                body: Body::DeliverSm(deliver_sm),
                ..
            }) = black_box(&receipt).decode()
            else {
                return None;
            };
            black_box(Receipt::of_deliver_sm(&deliver_sm, Detection::Marked)).map(drop)
        });
    });
    group.finish();
}

/// All that a read brings: cut into PDUs and each decoded. The copy that fills the buffer is in
/// all three.
fn stream(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("64 submit_sm off a stream");
    let octets = submit_sm_octets().repeat(READ as usize);
    group.throughput(Throughput::Elements(u64::from(READ)));
    group.bench_function("a copy of the octets", |bencher| {
        bencher.iter(|| black_box(BytesMut::from(black_box(octets.as_slice()))));
    });
    group.bench_function("xabar-smpp", |bencher| {
        bencher.iter(|| {
            let mut buffer = BytesMut::from(black_box(octets.as_slice()));
            let frames = take_frames(&mut buffer, MAX_PDU).expect("they are PDUs");
            for frame in frames {
                black_box(black_box(&frame).decode()).expect("they are PDUs");
            }
        });
    });
    group.bench_function("rusmpp", |bencher| {
        let mut codec = CommandCodec::new();
        bencher.iter(|| {
            let mut buffer = BytesMut::from(black_box(octets.as_slice()));
            while let Some(command) = codec.decode(&mut buffer).expect("they are PDUs") {
                black_box(command);
            }
        });
    });
    group.finish();
}

fn copy_of(octets: &Bytes, copy: &mut BytesMut) {
    copy.clear();
    copy.extend_from_slice(black_box(octets));
    black_box(&copy);
}

/// What is different from one message to the next. The strings end in the NUL that rusmpp wants,
/// so that it need not append one.
struct Text {
    destination: &'static str,
    validity: &'static str,
    text: &'static str,
    reference: u16,
}

const TEXT: Text = Text {
    destination: "998901234567\0",
    validity: "000003000000000R\0",
    text: "Hurmatli fuqaro, 48120973-sonli arizangiz tasdiqlandi. Yunusobod DXM, 01.12.26 gacha",
    reference: 0x0708,
};

fn submit_sm<'a>(text: &'a Text, tlvs: &'a mut TlvBuffer) -> Pdu<'a> {
    tlvs.clear();
    tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, text.reference);
    let submit_sm = SubmitSm {
        source_addr_ton: Ton::ALPHANUMERIC,
        source_addr: "MyGov".into(),
        dest_addr_ton: Ton::INTERNATIONAL,
        dest_addr_npi: Npi::ISDN,
        destination_addr: without_nul(text.destination),
        validity_period: without_nul(text.validity),
        registered_delivery: RegisteredDelivery::FINAL,
        short_message: text.text.into(),
        tlvs: tlvs.as_tlvs(),
        ..SubmitSm::default()
    };
    Pdu::new(2, Body::SubmitSm(submit_sm))
}

fn rusmpp_submit_sm(text: &Text) -> rusmpp::Command {
    let reference = values::UserMessageReference::new(text.reference);
    rusmpp::Command::builder()
        .status(rusmpp::CommandStatus::EsmeRok)
        .sequence_number(2)
        .pdu(
            rusmpp::pdus::SubmitSm::builder()
                .source_addr_ton(values::Ton::Alphanumeric)
                .source_addr(COctetString::from_static_slice(b"MyGov\0").expect("it fits"))
                .dest_addr_ton(values::Ton::International)
                .dest_addr_npi(values::Npi::Isdn)
                .destination_addr(
                    COctetString::from_slice(text.destination.as_bytes()).expect("it fits"),
                )
                .esm_class(values::EsmClass::from(0))
                .validity_period(
                    EmptyOrFullCOctetString::from_slice(text.validity.as_bytes()).expect("it fits"),
                )
                .registered_delivery(values::RegisteredDelivery::from(1))
                .short_message(OctetString::from_slice(text.text.as_bytes()).expect("it fits"))
                .push_tlv(
                    rusmpp::tlvs::MessageSubmissionRequestTlvValue::UserMessageReference(reference),
                )
                .build(),
        )
}

fn without_nul(text: &str) -> Octets<'_> {
    text.strip_suffix('\0').unwrap_or(text).into()
}

fn submit_sm_octets() -> Bytes {
    let mut tlvs = TlvBuffer::new();
    let frame = submit_sm(&TEXT, &mut tlvs).to_frame();
    let octets = frame.expect("its fields fit").octets().clone();
    assert_eq!(octets.len(), 156);
    octets
}

fn submit_sm_resp() -> Pdu<'static> {
    let body = Body::SubmitSmResp(SubmitSmResp {
        message_id: Some("0A000000A3D323A1".into()),
        tlvs: Tlvs::EMPTY,
    });
    Pdu::new(2, body)
}

/// A receipt in the usual form, with its id and state in TLVs as well.
fn deliver_sm_octets() -> Bytes {
    let mut tlvs = TlvBuffer::new();
    tlvs.push_c_octet_string(Tag::RECEIPTED_MESSAGE_ID, b"0A000000A3D323A1")
        .expect("it fits")
        .push_octet(Tag::MESSAGE_STATE, 2);
    let text = "id:0A000000A3D323A1 sub:001 dlvrd:001 submit date:2611230915 done date:2611230916 \
                stat:DELIVRD err:000 text:Hurmatli fuqaro, 481";
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
    let frame = Pdu::new(9, Body::DeliverSm(deliver_sm)).to_frame();
    frame.expect("its fields fit").octets().clone()
}
