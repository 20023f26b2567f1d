//! Receipts as operators write them, and what is read out of each.

use super::*;
use crate::pdu::tests::{frame, frame_of};
use crate::{Body, CommandId, Pdu, Status, Tag, TlvBuffer};

/// Tashkent, five hours ahead of UTC.
const AHEAD_OF_UTC: i32 = 5 * 3_600;
/// 23 November 2026, 09:15 in Tashkent.
const SUBMITTED: i64 = 1_795_407_300;

struct Sample {
    text: &'static str,
    message_id: Option<&'static str>,
    fate: Fate,
    stat: &'static str,
    err: Option<&'static str>,
    /// In seconds since 1970.
    done: Option<i64>,
    told: Option<&'static str>,
}

/// Shapes seen from SMSCs, with contents of our own making.
const SAMPLES: [Sample; 20] = [
    Sample {
        text: "id:0004721953 sub:001 dlvrd:001 submit date:2611230915 done date:2611230916 stat:DELIVRD err:000 text:Arizangiz tasdiqland",
        message_id: Some("0004721953"),
        fate: Fate::Delivered,
        stat: "DELIVRD",
        err: Some("000"),
        done: Some(1_795_407_360),
        told: Some("Arizangiz tasdiqland"),
    },
    Sample {
        text: "id:4721954 sub:1 dlvrd:13 submit date:2611230915 done date:2611230917 stat:DELIVRD err:0 Text:Salom",
        message_id: Some("4721954"),
        fate: Fate::Delivered,
        stat: "DELIVRD",
        err: Some("0"),
        done: Some(1_795_407_420),
        told: Some("Salom"),
    },
    Sample {
        text: "id:5d1f3c2a-7be0-4c0e-9a55-0c6f1d2e3b4a sub:001 dlvrd:001 submit date:261123091500 done date:261123091507 stat:DELIVRD err:000 text:-",
        message_id: Some("5d1f3c2a-7be0-4c0e-9a55-0c6f1d2e3b4a"),
        fate: Fate::Delivered,
        stat: "DELIVRD",
        err: Some("000"),
        done: Some(1_795_407_307),
        told: Some("-"),
    },
    Sample {
        text: "id:77 submit date:202611230915 done date:202611230916 stat:DELIVRD err:000",
        message_id: Some("77"),
        fate: Fate::Delivered,
        stat: "DELIVRD",
        err: Some("000"),
        done: Some(1_795_407_360),
        told: None,
    },
    Sample {
        text: "id:2E17A1B2C3D4E5F60718293A4B5C6D7E submit date:20261123091500 done date:20261123091741 stat:DELIVRD err:0",
        message_id: Some("2E17A1B2C3D4E5F60718293A4B5C6D7E"),
        fate: Fate::Delivered,
        stat: "DELIVRD",
        err: Some("0"),
        done: Some(1_795_407_461),
        told: None,
    },
    Sample {
        text: "id:k7w2mx93hd sub:001 dlvrd:000 submit date:261123091500320+ done date:261123121503420+ stat:UNDELIV err:027",
        message_id: Some("k7w2mx93hd"),
        fate: Fate::Failed,
        stat: "UNDELIV",
        err: Some("027"),
        done: Some(1_795_418_103),
        told: None,
    },
    Sample {
        text: "id:1526758174 sub:001 dlvrd:001 submit date:2611230904 done date:2611230904 stat:DELIVRD",
        message_id: Some("1526758174"),
        fate: Fate::Delivered,
        stat: "DELIVRD",
        err: None,
        done: Some(1_795_406_640),
        told: None,
    },
    Sample {
        text: "id:0123456789 sub:002 dlvrd:000 submit date:2611230900 done date:2611230903 err:123 stat:DND_REJECTED text:Salom",
        message_id: Some("0123456789"),
        fate: Fate::Failed,
        stat: "DND_REJECTED",
        err: Some("123"),
        done: Some(1_795_406_580),
        told: Some("Salom"),
    },
    Sample {
        text: "sub:001 id:9f3b err:000 dlvrd:001 done date:261123091510 submit date:261123091500 text: stat:DELIVRD",
        message_id: Some("9f3b"),
        fate: Fate::Delivered,
        stat: "DELIVRD",
        err: Some("000"),
        done: Some(1_795_407_310),
        told: Some(""),
    },
    Sample {
        text: "id:31 sub:001 dlvrd:000 submit date:2611230915 done date:2611230916 stat:EXPIRED err:001 text:stat:DELIVRD id:99",
        message_id: Some("31"),
        fate: Fate::Expired,
        stat: "EXPIRED",
        err: Some("001"),
        done: Some(1_795_407_360),
        told: Some("stat:DELIVRD id:99"),
    },
    Sample {
        text: "id:1216080510463401720 sub:001 dlvrd:001 submit date:2611230915 done date:0000000000 stat:FAILED err:002 Text:",
        message_id: Some("1216080510463401720"),
        fate: Fate::Failed,
        stat: "FAILED",
        err: Some("002"),
        done: None,
        told: Some(""),
    },
    Sample {
        text: "id:117062714244798261 sub:001 dlvrd:001 submit date:2611230915 done date:2611230915 stat:DELIVRD err:0000 text:Aloqa",
        message_id: Some("117062714244798261"),
        fate: Fate::Delivered,
        stat: "DELIVRD",
        err: Some("0000"),
        done: Some(1_795_407_300),
        told: Some("Aloqa"),
    },
    Sample {
        text: "id:0733 sub:001 dlvrd:000 submit date:2611230915 done date:2611230920 stat:REJECTD err:21b text:",
        message_id: Some("0733"),
        fate: Fate::Failed,
        stat: "REJECTD",
        err: Some("21b"),
        done: Some(1_795_407_600),
        told: Some(""),
    },
    Sample {
        text: "id:55 stat:ACCEPTD",
        message_id: Some("55"),
        fate: Fate::Accepted,
        stat: "ACCEPTD",
        err: None,
        done: None,
        told: None,
    },
    Sample {
        text: "stat:DELIVRD",
        message_id: None,
        fate: Fate::Delivered,
        stat: "DELIVRD",
        err: None,
        done: None,
        told: None,
    },
    Sample {
        text: "id:0059113978 sub:001 dlvrd:001 submit date:2611230930 done date:2611230931 stat:DELIVRD err:000 text:@$#!%&/:",
        message_id: Some("0059113978"),
        fate: Fate::Delivered,
        stat: "DELIVRD",
        err: Some("000"),
        done: Some(1_795_408_260),
        told: Some("@$#!%&/:"),
    },
    Sample {
        text: "ID:42 SUB:001 DLVRD:001 SUBMIT DATE:2611230915 DONE DATE:2611230916 STAT:delivrd ERR: 0 TEXT:x",
        message_id: Some("42"),
        fate: Fate::Delivered,
        stat: "delivrd",
        err: Some("0"),
        done: Some(1_795_407_360),
        told: Some("x"),
    },
    Sample {
        text: "id:0000436949 submit date:2611231508 done date:2611231508 stat:DELIVRD err:000\0",
        message_id: Some("0000436949"),
        fate: Fate::Delivered,
        stat: "DELIVRD",
        err: Some("000"),
        done: Some(1_795_428_480),
        told: None,
    },
    Sample {
        text: "id:8 sub:001 dlvrd:000 submit date:2611230915 done date:2611230945 stat:ENROUTE err:000 text:",
        message_id: Some("8"),
        fate: Fate::Enroute,
        stat: "ENROUTE",
        err: Some("000"),
        done: Some(1_795_409_100),
        told: Some(""),
    },
    Sample {
        text: "id:SAR-998901234567-1eedf843-2-1 sub:001 dlvrd:000 submit date:2611230915 done date:2611230915 stat:SKIPPED err:000 text:",
        message_id: Some("SAR-998901234567-1eedf843-2-1"),
        fate: Fate::Failed,
        stat: "SKIPPED",
        err: Some("000"),
        done: Some(1_795_407_300),
        told: Some(""),
    },
];

#[test]
fn receipts_of_all_shapes_are_read() {
    for (index, sample) in SAMPLES.iter().enumerate() {
        let receipt = read(sample.text.as_bytes(), DataCoding::SMSC_DEFAULT).unwrap();
        let number = index + 1;
        assert_eq!(
            receipt.message_id.as_deref(),
            sample.message_id,
            "sample {number}"
        );
        assert_eq!(receipt.fate(), sample.fate, "sample {number}");
        assert_eq!(
            receipt.stat.as_deref(),
            Some(sample.stat),
            "sample {number}"
        );
        assert_eq!(receipt.err.as_deref(), sample.err, "sample {number}");
        assert_eq!(done(&receipt), sample.done, "sample {number}");
        assert_eq!(receipt.text.as_deref(), sample.told, "sample {number}");
    }
}

#[test]
fn receipts_in_ucs2_read_the_same_whether_marked_as_such_or_not() {
    for sample in &SAMPLES {
        let octets: Vec<u8> = sample
            .text
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        let expected = read(sample.text.as_bytes(), DataCoding::SMSC_DEFAULT);
        // Some do not mark it (vumi #838).
        for marked_as in [DataCoding::UCS2, DataCoding::SMSC_DEFAULT] {
            assert!(read(&octets, marked_as) == expected, "{}", sample.text);
        }
    }
}

#[test]
fn the_text_behind_a_header_is_read_and_one_that_has_none_from_its_beginning() {
    // Longer than the header that its first letter would be the length of.
    let text = SAMPLES[0].text.as_bytes();
    assert!(text.len() > usize::from(b'i'), "{}", text.len());
    let expected = Receipt::from_text(SAMPLES[0].text).message_id;
    for header in [&[5, 0, 3, 1, 1, 1][..], &[], &[0]] {
        let octets = [header, text].concat();
        let pdu = DeliverSm {
            esm_class: EsmClass::DELIVERY_RECEIPT.with(EsmClass::UDH),
            short_message: Octets(&octets),
            ..DeliverSm::default()
        };
        let receipt = Receipt::of_deliver_sm(&pdu, Detection::Marked).unwrap();
        assert_eq!(receipt.message_id, expected, "{header:?}");
    }
}

#[test]
fn tlvs_win_and_the_text_fills_the_gaps() {
    let mut tlvs = TlvBuffer::new();
    tlvs.push_c_octet_string(Tag::RECEIPTED_MESSAGE_ID, b"38601fa")
        .unwrap();
    tlvs.push_octet(Tag::MESSAGE_STATE, 2);
    let text = SAMPLES[15].text.replace("DELIVRD", "UNDELIV");
    let pdu = DeliverSm {
        short_message: text.as_str().into(),
        tlvs: tlvs.as_tlvs(),
        ..DeliverSm::default()
    };
    let receipt = Receipt::of_deliver_sm(&pdu, Detection::Marked).unwrap();
    assert_eq!(receipt.message_id.as_deref(), Some("38601fa"));
    assert_eq!(
        (receipt.fate(), receipt.err.as_deref()),
        (Fate::Delivered, Some("000"))
    );
}

#[test]
fn an_id_in_a_tlv_is_taken_without_the_blanks_around_it_and_nothing_but_blanks_is_none() {
    for (tlv, id) in [
        (&b"38601fa "[..], "38601fa"),
        (b"  \xff38 ", "\u{fffd}38"),
        (b"  ", "0059113978"),
    ] {
        let mut tlvs = TlvBuffer::new();
        tlvs.push_c_octet_string(Tag::RECEIPTED_MESSAGE_ID, tlv)
            .unwrap();
        tlvs.push_octet(Tag::MESSAGE_STATE, 2);
        let pdu = DeliverSm {
            short_message: SAMPLES[15].text.into(),
            tlvs: tlvs.as_tlvs(),
            ..DeliverSm::default()
        };
        let receipt = Receipt::of_deliver_sm(&pdu, Detection::Marked).unwrap();
        assert_eq!(receipt.message_id.as_deref(), Some(id));
    }
}

#[test]
fn a_receipt_may_have_no_text_at_all() {
    let frame = frame(
        "0000004a0000000500000000000000010001013939383930313233343536370005004d79476f7600\
         04000000000000000000001e00083338363031666100042700010204230003030000",
    );
    let Ok(Pdu {
        body: Body::DeliverSm(deliver_sm),
        ..
    }) = frame.decode()
    else {
        panic!()
    };
    let receipt = Receipt::of_deliver_sm(&deliver_sm, Detection::Marked).unwrap();
    assert_eq!(
        (receipt.message_id.as_deref(), receipt.fate()),
        (Some("38601fa"), Fate::Delivered)
    );
    assert_eq!(receipt.network_error_code.map(|code| code.code), Some(0));
}

#[test]
fn a_receipt_may_come_as_data_sm() {
    let octets = [
        b"\0\x01\x01998901234567\0\x05\0MyGov\0\x04\0\0\x04\x24\0\x12",
        &b"id:55 stat:DELIVRD"[..],
    ]
    .concat();
    let frame = frame_of(CommandId::DATA_SM, Status::ROK, &octets);
    let pdu: Pdu<'_> = frame.decode().unwrap();
    let receipt =
        Receipt::of_deliver_sm(&pdu.body.delivered().unwrap(), Detection::Marked).unwrap();
    assert_eq!(
        (receipt.message_id.as_deref(), receipt.is_final()),
        (Some("55"), true)
    );
}

#[test]
fn a_message_is_no_receipt_unless_texts_are_asked() {
    let reads = |text: &str, detection| {
        let pdu = DeliverSm {
            short_message: text.into(),
            ..DeliverSm::default()
        };
        Receipt::of_deliver_sm(&pdu, detection).is_some()
    };
    let receipt = "id:55 stat:DELIVRD";
    assert!(!reads(receipt, Detection::Marked));
    assert!(reads(receipt, Detection::AlsoByText));
    assert!(reads("sub:001 ID: 55 STAT: delivrd", Detection::AlsoByText));
    for message in [
        "stat: qachon?",
        "id:55 stat: qachon?",
        "stat:DELIVRD",
        "Salom",
    ] {
        assert!(!reads(message, Detection::AlsoByText), "{message}");
    }
}

#[test]
fn an_intermediate_failure_is_not_final() {
    let final_in = |esm_class, text: &str| {
        let pdu = DeliverSm {
            esm_class,
            short_message: text.into(),
            ..DeliverSm::default()
        };
        Receipt::of_deliver_sm(&pdu, Detection::Marked)
            .unwrap()
            .is_final()
    };
    assert!(final_in(EsmClass::DELIVERY_RECEIPT, "id:8 stat:UNDELIV"));
    assert!(!final_in(
        EsmClass::INTERMEDIATE_NOTIFICATION,
        "id:8 stat:UNDELIV"
    ));
    assert!(!final_in(
        EsmClass::INTERMEDIATE_NOTIFICATION,
        SAMPLES[18].text
    ));
    assert!(!final_in(EsmClass::DELIVERY_RECEIPT, SAMPLES[13].text));
    assert!(!final_in(EsmClass::DELIVERY_RECEIPT, "id:8 stat:WHATEVER"));
}

#[test]
fn twelve_digits_mean_the_date_nearer_to_the_submission() {
    let read = |date, near| date_to_unix(date, AHEAD_OF_UTC, near);
    assert_eq!(read("202611230916", SUBMITTED), Some(SUBMITTED + 60));
    let in_2020 = 1_606_110_000;
    assert_eq!(read("201123091640", in_2020), Some(1_606_105_000));
    for nothing in [
        "",
        "0000000000",
        "000000000000",
        "26112309",
        "26-11-2309",
        "261323091500",
    ] {
        assert_eq!(read(nothing, SUBMITTED), None, "{nothing}");
    }
}

#[test]
fn a_date_of_our_own_reads_back() {
    let date = unix_to_date(SUBMITTED, AHEAD_OF_UTC).unwrap();
    assert_eq!(date, "2611230915");
    assert_eq!(date_to_unix(&date, AHEAD_OF_UTC, 0), Some(SUBMITTED));
    assert_eq!(
        (unix_to_date(0, 0), unix_to_date(i64::MAX, 0)),
        (None, None)
    );
}

#[test]
fn a_text_of_our_own_reads_back() {
    let receipt = Receipt {
        message_id: Some("38601fa".into()),
        state: Some(MessageState::UNDELIVERABLE),
        stat: Some("UNDELIV".into()),
        err: Some("027".into()),
        submit_date: Some("2611230915".into()),
        done_date: Some("2611230916".into()),
        text: Some("Arizangiz".into()),
        ..Receipt::default()
    };
    let text = receipt.to_text();
    assert_eq!(
        text,
        "id:38601fa sub:001 dlvrd:000 submit date:2611230915 done date:2611230916 \
         stat:UNDELIV err:027 text:Arizangiz"
    );
    assert!(Receipt::from_text(&text) == receipt);
}

#[test]
fn every_word_stands_for_its_state() {
    for state in MessageState::NAMED {
        assert_eq!(state_of(stat_of(*state)), Some(*state), "{state}");
    }
}

proptest::proptest! {
    #[test]
    fn any_octets_are_read_without_harm(
        octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..160),
        labels in "(id|stat|text|done date|err|\u{20ac}| |:|[a-z0-9]){0,40}",
        ucs2: bool,
    ) {
        let data_coding = if ucs2 { DataCoding::UCS2 } else { DataCoding::SMSC_DEFAULT };
        for octets in [&octets[..], labels.as_bytes()] {
            let receipt = read(octets, data_coding).unwrap();
            proptest::prop_assert!(receipt.to_text().len() < 2_000);
            done(&receipt);
        }
    }
}

fn read(octets: &[u8], data_coding: DataCoding) -> Option<Receipt<'_>> {
    let pdu = DeliverSm {
        esm_class: EsmClass::DELIVERY_RECEIPT,
        data_coding,
        short_message: octets.into(),
        ..DeliverSm::default()
    };
    Receipt::of_deliver_sm(&pdu, Detection::Marked)
}

fn done(receipt: &Receipt<'_>) -> Option<i64> {
    date_to_unix(receipt.done_date.as_deref()?, AHEAD_OF_UTC, SUBMITTED)
}
