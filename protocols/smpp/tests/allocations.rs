//! The promise of a codec without copies: neither reading nor writing a PDU allocates, however many
//! fields and TLVs it has.

use bytes::BytesMut;
use xabar_smpp::codec::{MAX_PDU, take_frames};
use xabar_smpp::pdu::{Body, SubmitSm};
use xabar_smpp::receipt::{Detection, Receipt};
use xabar_smpp::values::EsmClass;
use xabar_smpp::{Pdu, Tag, TlvBuffer};

#[test]
fn encoding_into_a_buffer_with_room_allocates_nothing() {
    let tlvs = some_tlvs();
    let pdu = submit_sm(&tlvs);
    let mut out = BytesMut::with_capacity(10 * 1024);
    let allocations = allocations(|| {
        for _ in 0..10 {
            pdu.encode(&mut out).expect("its fields fit");
        }
    });
    assert_eq!(allocations, 0);
}

#[test]
fn encoding_into_a_new_buffer_allocates_once() {
    let tlvs = some_tlvs();
    let pdu = submit_sm(&tlvs);
    let allocations = allocations(|| {
        pdu.encode(&mut BytesMut::new()).expect("its fields fit");
    });
    assert_eq!(allocations, 1);
}

#[test]
fn decoding_allocates_nothing_and_neither_does_reading_fields_and_tlvs() {
    let tlvs = some_tlvs();
    let frame = submit_sm(&tlvs).to_frame().expect("its fields fit");
    let allocations = allocations(|| {
        let pdu = frame.decode().expect("it is a PDU");
        let Body::SubmitSm(submit_sm) = pdu.body else {
            panic!("it is a submit_sm")
        };
        assert_eq!(submit_sm.destination_addr, "998901234567");
        assert_eq!(pdu.tlvs().user_message_reference(), Ok(Some(7)));
        assert_eq!(pdu.tlvs().iter().count(), 20);
    });
    assert_eq!(allocations, 0);
}

#[test]
fn a_receipt_is_read_without_allocating() {
    let deliver_sm = SubmitSm {
        esm_class: EsmClass::DELIVERY_RECEIPT,
        short_message: "id:38601fa sub:001 dlvrd:001 submit date:2611230915 done date:2611230916 \
                        stat:DELIVRD err:000 text:Salom"
            .into(),
        ..SubmitSm::default()
    };
    let allocations = allocations(|| {
        let receipt = Receipt::of_deliver_sm(&deliver_sm, Detection::Marked);
        assert_eq!(
            receipt.and_then(|receipt| receipt.message_id).as_deref(),
            Some("38601fa")
        );
    });
    assert_eq!(allocations, 0);
}

/// What `bytes` needs to share the memory of one read among its PDUs, and nothing for each of them.
#[test]
fn a_read_full_of_pdus_costs_the_same_few_allocations_as_a_read_of_one() {
    let tlvs = some_tlvs();
    let pdu = submit_sm(&tlvs);
    let of_a_read = |pdus: usize| {
        let mut buffer = BytesMut::with_capacity(MAX_PDU);
        for _ in 0..pdus {
            pdu.encode(&mut buffer).expect("its fields fit");
        }
        allocations(|| {
            let frames = take_frames(&mut buffer, MAX_PDU).expect("they are PDUs");
            let decoded = frames.filter(|frame| frame.decode().is_ok()).count();
            assert_eq!(decoded, pdus);
        })
    };
    assert!(of_a_read(2) <= 2, "{}", of_a_read(2));
    assert_eq!(of_a_read(100), of_a_read(2));
}

fn allocations(code: impl FnOnce()) -> u64 {
    allocation_counter::measure(code).count_total
}

fn submit_sm(tlvs: &TlvBuffer) -> Pdu<'_> {
    let submit_sm = SubmitSm {
        source_addr: "MyGov".into(),
        destination_addr: "998901234567".into(),
        validity_period: "000003000000000R".into(),
        short_message: "Salom".into(),
        tlvs: tlvs.as_tlvs(),
        ..SubmitSm::default()
    };
    Pdu::new(2, Body::SubmitSm(submit_sm))
}

/// Twenty of them.
fn some_tlvs() -> TlvBuffer {
    let mut tlvs = TlvBuffer::new();
    tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, 7);
    for number in 0..19 {
        tlvs.push_octet(Tag::CALLBACK_NUM_PRES_IND, number);
    }
    tlvs
}
