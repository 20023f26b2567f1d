//! The core in virtual time.

use std::collections::HashSet;
use std::time::Duration;

use xabar_smpp::pdu::SubmitSm;
use xabar_smpp::receipt::{Detection, Receipt};
use xabar_smpp::values::{
    DataCoding, EsmClass, InterfaceVersion, MessageState, RegisteredDelivery,
};
use xabar_smpp::{Body, CommandId, Frame, Status};
use xabar_sms::{Concatenation, Encoding, segments};

use super::rig::{MILLI, Rig, SECOND, login, message};
use crate::simulator::behaviour::{Announced, Behaviour, Faults, IdForm, ReceiptForm, Receipts};
use crate::simulator::phones::Ussd;
use crate::simulator::share::Share;

const PHONE: &str = "998901234567";

fn receipts(receipts: Receipts) -> Behaviour {
    Behaviour {
        receipts,
        ..Behaviour::default()
    }
}

fn response_id(frame: &Frame) -> String {
    match frame.decode().unwrap().body {
        Body::SubmitSmResp(resp) => resp.message_id.unwrap().as_str().unwrap().to_owned(),
        body => panic!("{body:?}"),
    }
}

fn receipt(frame: &Frame) -> Receipt<'static> {
    match frame.decode().unwrap().body {
        Body::DeliverSm(pdu) => Receipt::of_deliver_sm(&pdu, Detection::Marked)
            .unwrap()
            .into_owned(),
        body => panic!("{body:?}"),
    }
}

fn commands(heard: &[(Duration, Frame)]) -> Vec<CommandId> {
    heard
        .iter()
        .map(|(_, frame)| frame.header().command_id)
        .collect()
}

#[test]
fn no_sliding_second_lets_more_than_the_cap_through() {
    let behaviour = Behaviour {
        tps: Some(100),
        ..Behaviour::default()
    };
    let mut rig = Rig::with(behaviour);
    let lines = [rig.bind("xabar"), rig.bind("xabar")];
    for turn in 0..5_000 {
        rig.submit(lines[turn % 2], message(PHONE, "Salom"));
        rig.pass(MILLI);
    }
    let accepted = rig
        .smsc
        .tape
        .entries()
        .iter()
        .filter(|entry| entry.is_accepted());
    let times: Vec<_> = accepted.map(|entry| entry.at).collect();
    assert_eq!(times.len(), 500, "the cap is used to the full");
    for pair in times.windows(101) {
        assert!(pair[100] - pair[0] >= SECOND, "{pair:?}");
    }
    let figures = rig.figures();
    assert_eq!(
        (figures.throttled, figures.refused["ESME_RTHROTTLED"]),
        (4_500, 4_500)
    );
}

#[test]
fn each_system_id_has_a_cap_of_its_own() {
    let behaviour = Behaviour {
        tps: Some(1),
        ..Behaviour::default()
    };
    let mut rig = Rig::with(behaviour);
    let (xabar, kannel) = (rig.bind("xabar"), rig.bind("kannel"));
    for line in [xabar, xabar, kannel] {
        rig.submit(line, message(PHONE, "Salom"));
    }
    assert_eq!(rig.statuses(xabar), [Status::ROK, Status::RTHROTTLED]);
    assert_eq!(rig.statuses(kannel), [Status::ROK]);
}

#[test]
fn a_receipt_comes_after_its_delay_with_the_id_of_the_response() {
    let mut rig = Rig::with(receipts(Receipts {
        delay: "2s".parse().unwrap(),
        ..Receipts::default()
    }));
    let line = rig.bind("xabar");
    rig.submit(line, message(PHONE, "Arizangiz tasdiqlandi"));
    rig.pass(3 * SECOND);
    let heard = rig.heard(line);
    let [_, (answered, response), (delivered, deliver_sm)] = &heard[..] else {
        panic!("{:?}", commands(&heard))
    };
    assert_eq!((*answered, *delivered), (Duration::ZERO, 2 * SECOND));
    let receipt = receipt(deliver_sm);
    assert_eq!(
        receipt.message_id.as_deref(),
        Some(response_id(response).as_str())
    );
    assert_eq!(receipt.state, Some(MessageState::DELIVERED));
    assert_eq!(receipt.stat.as_deref(), Some("DELIVRD"));
    assert_eq!(receipt.submit_date.as_deref(), Some("2611230305"));
    assert_eq!(receipt.text.as_deref(), Some("Arizangiz tasdiqland"));
    assert_eq!(rig.figures().deliveries.acked, 1);
}

#[test]
fn receipts_come_in_each_form() {
    for (form, in_tlvs, in_text) in [
        (ReceiptForm::Text, false, true),
        (ReceiptForm::Tlv, true, false),
        (ReceiptForm::Both, true, true),
    ] {
        let mut rig = Rig::with(receipts(Receipts {
            form,
            ids: IdForm::HexThenDecimal,
            id_width: 16,
            undelivered: Share::ALWAYS,
            ..Receipts::default()
        }));
        let line = rig.bind("xabar");
        rig.submit(line, message(PHONE, "Salom"));
        rig.pass(SECOND);
        let heard = rig.heard(line);
        let id = u64::from_str_radix(&response_id(&heard[1].1), 16).unwrap();
        let receipt = receipt(&heard[2].1);
        assert_eq!(
            receipt.message_id.as_deref(),
            Some(format!("{id:016}").as_str())
        );
        assert_eq!(receipt.state, Some(MessageState::UNDELIVERABLE));
        assert_eq!(receipt.stat.is_some(), in_text);
        assert_eq!(
            receipt.network_error_code.map(|code| code.code),
            in_tlvs.then_some(27)
        );
    }
}

#[test]
fn only_those_receipts_come_that_were_asked_for() {
    let table = [
        (RegisteredDelivery::NONE, 0, 0),
        (RegisteredDelivery::FINAL, 1, 1),
        (RegisteredDelivery::FAILURE, 0, 1),
        (RegisteredDelivery::SUCCESS, 1, 0),
        (
            RegisteredDelivery::FINAL.with(RegisteredDelivery::INTERMEDIATE),
            2,
            2,
        ),
    ];
    for (asked, delivered, undelivered) in table {
        for (share, count) in [(Share::NEVER, delivered), (Share::ALWAYS, undelivered)] {
            let mut rig = Rig::with(receipts(Receipts {
                undelivered: share,
                ..Receipts::default()
            }));
            let line = rig.bind("xabar");
            let message = SubmitSm {
                registered_delivery: asked,
                ..message(PHONE, "Salom")
            };
            rig.submit(line, message);
            rig.pass(SECOND);
            assert_eq!(rig.figures().deliveries.acked, count, "{asked:?} {share}");
        }
    }
}

#[test]
fn an_intermediate_notification_comes_on_the_way() {
    let mut rig = Rig::with(receipts(Receipts {
        delay: "2s".parse().unwrap(),
        intermediate: Share::ALWAYS,
        ..Receipts::default()
    }));
    let line = rig.bind("xabar");
    rig.submit(line, message(PHONE, "Salom"));
    rig.pass(3 * SECOND);
    let heard = rig.heard(line);
    assert_eq!((heard[2].0, heard[3].0), (SECOND, 2 * SECOND));
    assert!(receipt(&heard[2].1).intermediate);
    assert_eq!(receipt(&heard[2].1).stat.as_deref(), Some("ENROUTE"));
    assert!(receipt(&heard[3].1).is_final());
}

#[test]
fn a_receipt_can_go_before_the_response() {
    let mut rig = Rig::with(receipts(Receipts {
        delay: "2s".parse().unwrap(),
        first: Share::ALWAYS,
        ..Receipts::default()
    }));
    let line = rig.bind("xabar");
    rig.submit(line, message(PHONE, "Salom"));
    rig.pass(SECOND);
    let heard = rig.heard(line);
    let order = [
        CommandId::BIND_TRANSCEIVER_RESP,
        CommandId::DELIVER_SM,
        CommandId::SUBMIT_SM_RESP,
    ];
    assert_eq!(commands(&heard), order);
    assert!(heard[2].0 - heard[1].0 >= 50 * MILLI);
}

#[test]
fn a_receipt_can_come_twice_or_never() {
    let both = [("twice", 2), ("lost", 0)];
    for (what, count) in both {
        let mut behaviour = Receipts::default();
        match what {
            "twice" => behaviour.twice = Share::ALWAYS,
            _ => behaviour.lost = Share::ALWAYS,
        }
        let mut rig = Rig::with(receipts(behaviour));
        let line = rig.bind("xabar");
        rig.submit(line, message(PHONE, "Salom"));
        rig.pass(SECOND);
        assert_eq!(rig.figures().deliveries.sent, count, "{what}");
    }
}

#[test]
fn receipts_and_responses_can_come_out_of_order() {
    let half = Share::try_from(0.5).unwrap();
    let mut rig = Rig::with(Behaviour {
        disorder: half,
        receipts: Receipts {
            disorder: half,
            ..Receipts::default()
        },
        ..Behaviour::default()
    });
    let line = rig.bind("xabar");
    for _ in 0..100 {
        rig.submit(line, message(PHONE, "Salom"));
        rig.pass(MILLI);
    }
    rig.pass(SECOND);
    let heard = rig.heard(line);
    let of = |command| {
        heard
            .iter()
            .filter(move |(_, frame)| frame.header().command_id == command)
    };
    let responses: Vec<_> = of(CommandId::SUBMIT_SM_RESP)
        .map(|(_, frame)| response_id(frame))
        .collect();
    let receipts: Vec<_> = of(CommandId::DELIVER_SM)
        .map(|(_, frame)| receipt(frame).message_id.unwrap().into_owned())
        .collect();
    assert_eq!((responses.len(), receipts.len()), (100, 100));
    assert!(!responses.is_sorted() && !receipts.is_sorted());
    assert_eq!(
        HashSet::<&String>::from_iter(&responses),
        HashSet::from_iter(&receipts)
    );
}

#[test]
fn a_message_whose_validity_ends_on_the_way_expires() {
    let mut rig = Rig::with(receipts(Receipts {
        delay: "1m".parse().unwrap(),
        ..Receipts::default()
    }));
    let line = rig.bind("xabar");
    for validity_period in ["000000000010000R", "261123030510000+", "000000000200000R"] {
        let message = SubmitSm {
            validity_period: validity_period.into(),
            ..message(PHONE, "Salom")
        };
        rig.submit(line, message);
    }
    rig.pass(61 * SECOND);
    let heard = rig.heard(line).into_iter();
    let receipts: Vec<_> = heard
        .filter(|(_, frame)| frame.header().command_id == CommandId::DELIVER_SM)
        .map(|(at, frame)| (at.as_secs(), receipt(&frame).state.unwrap()))
        .collect();
    let expired = MessageState::EXPIRED;
    assert_eq!(
        receipts,
        [(10, expired), (10, expired), (60, MessageState::DELIVERED)]
    );
}

#[test]
fn a_full_window_and_a_full_queue_refuse() {
    let mut rig = Rig::with(Behaviour {
        latency: "1s".parse().unwrap(),
        window: 2,
        queue: 3,
        ..receipts(Receipts {
            delay: "1m".parse().unwrap(),
            ..Receipts::default()
        })
    });
    let line = rig.bind("xabar");
    for _ in 0..3 {
        rig.submit(line, message(PHONE, "Salom"));
    }
    rig.pass(SECOND);
    let (ok, full) = (Status::ROK, Status::RMSGQFUL);
    assert_eq!(rig.statuses(line), [full, ok, ok]);
    for _ in 0..2 {
        rig.submit(line, message(PHONE, "Salom"));
    }
    rig.pass(2 * SECOND);
    assert_eq!(rig.statuses(line), [full, ok]);
    assert_eq!(rig.figures().deliveries.pending, 3);
}

#[test]
fn errors_come_as_often_as_they_should_and_the_figures_add_up() {
    let mut rig = Rig::with(Behaviour {
        errors: "0x08=0.1,0x58=20%".parse().unwrap(),
        unanswered: "5%".parse().unwrap(),
        ..Behaviour::default()
    });
    let line = rig.bind("xabar");
    for _ in 0..10_000 {
        rig.submit(line, message(PHONE, "Salom"));
    }
    rig.pass(SECOND);
    let answers = rig.statuses(line).len();
    let figures = rig.figures();
    assert_eq!(figures.submits, 10_000);
    assert_eq!(
        figures.accepted + figures.refused.values().sum::<u64>(),
        figures.submits
    );
    assert_eq!(
        u64::try_from(answers).unwrap() + figures.unanswered,
        figures.submits
    );
    assert_eq!(figures.deliveries.acked, figures.accepted);
    assert!(
        (900..1_100).contains(&figures.refused["ESME_RSYSERR"]),
        "{figures:?}"
    );
    assert!(
        (1_850..2_150).contains(&figures.refused["ESME_RTHROTTLED"]),
        "{figures:?}"
    );
    assert!((400..600).contains(&figures.unanswered), "{figures:?}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || {
        let mut rig = Rig::with(Behaviour {
            latency: "5ms+20ms".parse().unwrap(),
            errors: "8=10%".parse().unwrap(),
            ..receipts(Receipts {
                delay: "1s+1s".parse().unwrap(),
                expired: "10%".parse().unwrap(),
                ..Receipts::default()
            })
        });
        let line = rig.bind("xabar");
        for _ in 0..200 {
            rig.submit(line, message(PHONE, "Salom"));
            rig.pass(MILLI);
        }
        rig.pass(5 * SECOND);
        let heard = rig.heard(line).into_iter();
        heard
            .map(|(at, frame)| (at, frame.octets().clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}

#[test]
fn an_unanswered_receipt_is_repeated() {
    let mut rig = Rig::with(receipts(Receipts {
        repeat: 10 * SECOND,
        ..Receipts::default()
    }));
    let line = rig.bind("xabar");
    rig.answer_deliveries = None;
    rig.submit(line, message(PHONE, "Salom"));
    rig.pass(25 * SECOND);
    assert_eq!(rig.figures().deliveries.sent, 3);
    rig.answer_deliveries = Some(Status::ROK);
    rig.pass(30 * SECOND);
    let deliveries = rig.figures().deliveries;
    assert_eq!(
        (deliveries.sent, deliveries.repeated, deliveries.acked),
        (4, 3, 1)
    );
    assert_eq!(deliveries.pending, 0);
}

#[test]
fn a_receipt_refused_for_now_comes_again_and_one_refused_for_good_does_not() {
    for (status, sent) in [(Status::RX_T_APPN, 4), (Status::RX_R_APPN, 1)] {
        let mut rig = Rig::with(Behaviour::default());
        let line = rig.bind("xabar");
        rig.answer_deliveries = Some(status);
        rig.submit(line, message(PHONE, "Salom"));
        rig.pass(3_500 * MILLI);
        assert_eq!(rig.figures().deliveries.sent, sent, "{status}");
    }
}

#[test]
fn receipts_wait_for_a_receiver_and_move_to_another_session() {
    let mut rig = Rig::with(Behaviour::default());
    let transmitter = rig.connect();
    rig.send(transmitter, Body::BindTransmitter(login("xabar")));
    rig.submit(transmitter, message(PHONE, "Salom"));
    rig.pass(SECOND);
    assert_eq!(rig.figures().deliveries.sent, 0);
    rig.answer_deliveries = None;
    let first = rig.bind("xabar");
    assert_eq!(rig.figures().deliveries.sent, 1);
    let second = rig.connect();
    rig.answer_deliveries = Some(Status::ROK);
    rig.send(second, Body::BindReceiver(login("xabar")));
    rig.hang_up(first);
    let deliveries = rig.figures().deliveries;
    assert_eq!(
        (deliveries.sent, deliveries.repeated, deliveries.acked),
        (2, 1, 1)
    );
    assert_eq!(
        commands(&rig.heard(transmitter))[1..],
        [CommandId::SUBMIT_SM_RESP]
    );
    assert_eq!(commands(&rig.heard(second))[1..], [CommandId::DELIVER_SM]);
}

#[test]
fn receipts_beyond_the_window_wait() {
    let mut rig = Rig::with(receipts(Receipts {
        window: 2,
        ..Receipts::default()
    }));
    let line = rig.bind("xabar");
    rig.answer_deliveries = None;
    for _ in 0..5 {
        rig.submit(line, message(PHONE, "Salom"));
    }
    rig.pass(SECOND);
    let deliveries = rig.figures().deliveries;
    assert_eq!((deliveries.sent, deliveries.pending), (2, 5));
}

#[test]
fn connections_are_cut_by_count_and_by_time() {
    let mut rig = Rig::with(Behaviour {
        faults: Faults {
            disconnect_every: Some(3),
            refuse_binds: Some(2 * SECOND),
            ..Faults::default()
        },
        ..Behaviour::default()
    });
    let early = rig.bind("xabar");
    assert_eq!(rig.figures().binds_refused, 1, "refused after the start");
    rig.pass(2 * SECOND);
    rig.send(early, Body::BindTransceiver(login("xabar")));
    for _ in 0..3 {
        rig.submit(early, message(PHONE, "Salom"));
    }
    assert!(rig.is_cut(early));
    assert_eq!(
        rig.statuses(early),
        [Status::ROK, Status::ROK],
        "the third gets no answer"
    );
    assert_eq!(rig.figures().accepted, 3);
    rig.bind("xabar");
    assert_eq!(rig.figures().binds_refused, 2, "and after a cut");

    let mut behaviour = Behaviour::default();
    behaviour.faults.disconnect_after = Some(5 * SECOND);
    rig.pass(2 * SECOND);
    let line = rig.bind("xabar");
    let now = rig.now();
    rig.smsc.set_behaviour(now, behaviour);
    rig.pass(4 * SECOND);
    assert!(!rig.is_cut(line));
    rig.pass(SECOND);
    assert!(rig.is_cut(line));
    assert_eq!(rig.figures().disconnects, 2);
}

#[test]
fn binds_say_the_version_and_are_counted() {
    for (interface_version, version) in [
        (Announced::V3_4, Some(InterfaceVersion::V3_4)),
        (Announced::V5_0, Some(InterfaceVersion::V5_0)),
        (Announced::Nothing, None),
    ] {
        let mut rig = Rig::with(Behaviour {
            interface_version,
            sessions: 1,
            ..Behaviour::default()
        });
        let (first, second) = (rig.bind("xabar"), rig.bind("xabar"));
        let heard = rig.heard(first);
        let pdu = heard[0].1.decode().unwrap();
        assert_eq!(pdu.tlvs().sc_interface_version(), Ok(version));
        assert_eq!(rig.heard(second)[0].1.header().status, Status::RBINDFAIL);
        rig.hang_up(first);
        rig.bind("xabar");
        let figures = rig.figures();
        assert_eq!(
            (figures.binds, figures.binds_refused, figures.sessions),
            (2, 1, 1)
        );
    }
}

#[test]
fn phones_put_segments_together_and_forget_the_oldest() {
    let mut rig = Rig::with(Behaviour::default());
    let line = rig.bind("xabar");
    let text = "Аризангиз тасдиқланди. ".repeat(8);
    for concatenation in [
        Concatenation::Udh8,
        Concatenation::Udh16,
        Concatenation::Payload,
    ] {
        let segments = segments(&text, Encoding::Ucs2, concatenation).unwrap();
        for segment in segments.iter() {
            let mut user_data = Vec::new();
            segment.write_user_data(9, &mut user_data);
            let mut tlvs = xabar_smpp::TlvBuffer::new();
            if segments.is_payload() {
                tlvs.push(xabar_smpp::Tag::MESSAGE_PAYLOAD, &user_data)
                    .unwrap();
                user_data.clear();
            }
            rig.submit(
                line,
                SubmitSm {
                    esm_class: if segments.has_udh() {
                        EsmClass::UDH
                    } else {
                        EsmClass::DEFAULT
                    },
                    data_coding: DataCoding::UCS2,
                    short_message: (&user_data).into(),
                    tlvs: tlvs.as_tlvs(),
                    ..message(PHONE, "")
                },
            );
        }
    }
    let texts = rig.smsc.phones.texts(PHONE);
    let shown: Vec<_> = texts
        .iter()
        .map(|shown| (shown.text == text, shown.segments))
        .collect();
    assert_eq!(shown, [(true, 3), (true, 3), (true, 1)]);

    for number in 0..30 {
        rig.submit(
            line,
            message("998900000001", if number < 29 { "Salom" } else { "Xayr" }),
        );
    }
    let texts = rig.smsc.phones.texts("998900000001");
    assert_eq!((texts.len(), texts[19].text.as_str()), (20, "Xayr"));
    assert_eq!(rig.smsc.phones.snapshot()[0].0, "998900000001");
}

#[test]
fn people_write_and_dial() {
    let mut rig = Rig::with(Behaviour::default());
    let line = rig.bind("xabar");
    let now = rig.now();
    let long = "Holat? ".repeat(30);
    assert_eq!(rig.smsc.send_mo(now, PHONE, "555", &long), Ok(2));
    rig.smsc.dial(now, PHONE, "*1024#").unwrap();
    rig.pass(MILLI);
    let heard = rig.heard(line);
    let Body::DeliverSm(first) = heard[1].1.decode().unwrap().body else {
        panic!()
    };
    assert!(first.esm_class.has_udh() && first.destination_addr == "555");
    let Body::DeliverSm(begin) = heard[3].1.decode().unwrap().body else {
        panic!()
    };
    assert_eq!(
        (begin.service_type, begin.short_message),
        ("USSD".into(), "*1024#".into())
    );
    assert_eq!(begin.tlvs.ussd_service_op(), Ok(Some(1)));
    let info = begin.tlvs.its_session_info().unwrap().unwrap();

    for (op, info, step) in [(2, info, Ussd::Ask), (0x11, info | 1, Ussd::End)] {
        let mut tlvs = xabar_smpp::TlvBuffer::new();
        tlvs.push_octet(xabar_smpp::Tag::USSD_SERVICE_OP, op);
        tlvs.push_two_octets(xabar_smpp::Tag::ITS_SESSION_INFO, info);
        rig.submit(
            line,
            SubmitSm {
                service_type: "USSD".into(),
                tlvs: tlvs.as_tlvs(),
                ..message(PHONE, "1. Holat")
            },
        );
        assert_eq!(
            rig.smsc.phones.texts(PHONE).last().unwrap().ussd,
            Some(step)
        );
        let now = rig.now();
        let answered = rig.smsc.reply(now, PHONE, "1");
        assert_eq!(answered.is_ok(), step == Ussd::Ask);
    }
}
