//! Everything that an SMSC may do otherwise than most, in virtual time.

use std::collections::HashMap;
use std::time::Duration;

use clap::ValueEnum;
use xabar_smpp::pdu::SubmitSm;
use xabar_smpp::receipt::{Detection, Receipt};
use xabar_smpp::values::{DataCoding, EsmClass, MessageState};
use xabar_smpp::{Body, CommandId, Frame, Status, Tag, TlvBuffer};

use super::rig::{MILLI, Rig, SECOND, message};
use crate::simulator::behaviour::{
    Alphabet, Behaviour, Dialect, Faults, ReceiptAlphabet, ReceiptForm, ReceiptPdu, ReceiptSession,
    Receipts, RefusalForm, StrayNul, Wording,
};
use crate::simulator::share::Share;

const PHONE: &str = "998901234567";

fn receipts(receipts: Receipts) -> Behaviour {
    Behaviour {
        receipts,
        ..Behaviour::default()
    }
}

fn dialect(dialect: Dialect) -> Behaviour {
    Behaviour {
        dialect,
        ..Behaviour::default()
    }
}

/// What a bound session hears within two seconds of one message, the response to its bind left out.
fn heard_after_one(behaviour: Behaviour) -> Vec<(Duration, Frame)> {
    let mut rig = Rig::with(behaviour);
    let line = rig.bind("xabar");
    rig.submit(line, message(PHONE, "Salom"));
    rig.pass(2 * SECOND);
    rig.heard(line).split_off(1)
}

fn commands(heard: &[(Duration, Frame)]) -> Vec<CommandId> {
    heard
        .iter()
        .map(|(_, frame)| frame.header().command_id)
        .collect()
}

fn receipt(frame: &Frame) -> Receipt<'static> {
    let pdu = frame.decode().unwrap();
    let delivered = pdu.body.delivered().expect("a receipt");
    let receipt = Receipt::of_deliver_sm(&delivered, Detection::Marked);
    receipt.unwrap().into_owned()
}

#[test]
fn a_refusal_comes_in_each_form() {
    let id = b"0A000000A3D323A1\0";
    for (refusals, command, body) in [
        (RefusalForm::Header, CommandId::SUBMIT_SM_RESP, &b""[..]),
        (RefusalForm::Nul, CommandId::SUBMIT_SM_RESP, b"\0"),
        (RefusalForm::MessageId, CommandId::SUBMIT_SM_RESP, id),
        (RefusalForm::Nack, CommandId::GENERIC_NACK, b""),
    ] {
        let heard = heard_after_one(Behaviour {
            errors: "ESME_RSUBMITFAIL=1".parse().unwrap(),
            ..dialect(Dialect {
                refusals,
                ..Dialect::default()
            })
        });
        let header = heard[0].1.header();
        assert_eq!(header.command_id, command);
        assert_eq!(header.status, Status::RSUBMITFAIL);
        assert_eq!(heard[0].1.body(), body, "{refusals:?}");
    }
}

#[test]
fn only_messages_with_tlvs_are_refused_for_them() {
    let mut rig = Rig::with(dialect(Dialect {
        tlv_errors: "0xC1=100%".parse().unwrap(),
        ..Dialect::default()
    }));
    let line = rig.bind("xabar");
    let mut tlvs = TlvBuffer::new();
    tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, 7);
    for tlvs in [TlvBuffer::new(), tlvs] {
        let message = SubmitSm {
            tlvs: tlvs.as_tlvs(),
            ..message(PHONE, "Salom")
        };
        rig.submit(line, message);
    }
    assert_eq!(rig.statuses(line), [Status::ROK, Status(0xC1)]);
}

#[test]
fn congestion_stands_in_answers_good_and_bad() {
    for errors in ["", "ESME_RSYSERR=1"] {
        let heard = heard_after_one(Behaviour {
            errors: errors.parse().unwrap(),
            ..dialect(Dialect {
                congestion: Some(95),
                ..Dialect::default()
            })
        });
        let tlvs = heard[0].1.decode().unwrap().tlvs();
        assert_eq!(tlvs.octet(Tag::CONGESTION_STATE), Ok(Some(95)));
    }
}

#[test]
fn an_answer_can_come_late_or_twice() {
    let late = heard_after_one(Behaviour {
        late: Share::ALWAYS,
        late_by: 1_500 * MILLI,
        ..Behaviour::default()
    });
    let order = [CommandId::DELIVER_SM, CommandId::SUBMIT_SM_RESP];
    assert_eq!(commands(&late), order);
    assert_eq!(late[1].0, 1_500 * MILLI);

    let twice = heard_after_one(Behaviour {
        answered_twice: Share::ALWAYS,
        ..Behaviour::default()
    });
    assert_eq!(commands(&twice)[..2], [CommandId::SUBMIT_SM_RESP; 2]);
    assert_eq!(twice[0].1, twice[1].1);
}

#[test]
fn an_accepted_message_can_be_refused_first() {
    let heard = heard_after_one(Behaviour {
        refused_first: Share::ALWAYS,
        late_by: 1_500 * MILLI,
        ..Behaviour::default()
    });
    let resp = CommandId::SUBMIT_SM_RESP;
    assert_eq!(commands(&heard), [resp, CommandId::DELIVER_SM, resp]);
    let [first, .., second] = &heard[..] else {
        panic!("{heard:?}")
    };
    assert_eq!(first.1.header().status, Status::RSYSERR);
    assert_eq!(
        (second.0, second.1.header().status),
        (1_500 * MILLI, Status::ROK)
    );
    let numbers = [first, second].map(|(_, frame)| frame.header().sequence_number);
    assert_eq!(numbers[0], numbers[1]);
}

#[test]
fn an_accepted_message_can_be_answered_by_another_commands_response() {
    let heard = heard_after_one(Behaviour {
        misnamed: Share::ALWAYS,
        ..Behaviour::default()
    });
    let order = [CommandId::DELIVER_SM_RESP, CommandId::DELIVER_SM];
    assert_eq!(commands(&heard), order);
}

#[test]
fn a_receipts_text_stands_where_it_should_and_in_its_alphabet() {
    for place in ReceiptPdu::value_variants().iter().copied() {
        for alphabet in ReceiptAlphabet::value_variants().iter().copied() {
            for nul in [StrayNul::None, StrayNul::Text, StrayNul::Pdu] {
                let heard = heard_after_one(receipts(Receipts {
                    form: ReceiptForm::Text,
                    place,
                    alphabet,
                    nul,
                    ..Receipts::default()
                }));
                let frame = &heard[1].1;
                let pdu = frame.decode().unwrap();
                let payload = pdu.tlvs().message_payload().is_some();
                let (is_data_sm, coding, short) = match pdu.body {
                    Body::DeliverSm(pdu) => (false, pdu.data_coding, !pdu.short_message.is_empty()),
                    Body::DataSm(pdu) => (true, pdu.data_coding, false),
                    body => panic!("{body:?}"),
                };
                assert_eq!(is_data_sm, place == ReceiptPdu::DataSm);
                assert_eq!(short, place == ReceiptPdu::ShortMessage);
                assert_eq!(payload, !short);
                let ucs2 = alphabet == ReceiptAlphabet::Ucs2;
                assert_eq!(coding == DataCoding::UCS2, ucs2);
                assert_eq!(pdu.tlvs().unread().len(), usize::from(nul == StrayNul::Pdu));
                let ends_in_nul = frame.body().ends_with(b"\0");
                assert_eq!(ends_in_nul, nul != StrayNul::None, "{nul:?}");
                let receipt = receipt(frame);
                assert_eq!(receipt.state, Some(MessageState::DELIVERED));
                assert_eq!(receipt.text.as_deref(), Some("Salom"));
            }
        }
    }
}

#[test]
fn a_receipt_is_worded_as_it_should_and_returns_the_reference_or_not() {
    let mut tlvs = TlvBuffer::new();
    tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, 7);
    for no_reference in [false, true] {
        let mut rig = Rig::with(receipts(Receipts {
            wording: Wording::Letters,
            no_reference,
            ..Receipts::default()
        }));
        let line = rig.bind("xabar");
        let message = SubmitSm {
            tlvs: tlvs.as_tlvs(),
            ..message(PHONE, "Salom")
        };
        rig.submit(line, message);
        rig.pass(SECOND);
        let receipt = receipt(&rig.heard(line)[2].1);
        assert_eq!(receipt.err.as_deref(), Some("21b"));
        let returned = (!no_reference).then_some(7);
        assert_eq!(receipt.user_message_reference, returned);
    }
}

#[test]
fn a_receipt_that_nothing_marks_differs_from_a_message_in_its_words_alone() {
    let heard = heard_after_one(receipts(Receipts {
        form: ReceiptForm::Text,
        unmarked: true,
        ..Receipts::default()
    }));
    let pdu = heard[1].1.decode().unwrap();
    let delivered = pdu.body.delivered().expect("a receipt");
    assert_eq!(delivered.esm_class, EsmClass::default());
    assert_eq!(Receipt::of_deliver_sm(&delivered, Detection::Marked), None);
    let by_text = Receipt::of_deliver_sm(&delivered, Detection::AlsoByText);
    assert_eq!(by_text.unwrap().state, Some(MessageState::DELIVERED));
}

#[test]
fn receipts_come_over_the_session_that_they_should() {
    for (session, over) in [
        (ReceiptSession::Any, [true, true]),
        (ReceiptSession::Same, [true, false]),
        (ReceiptSession::Other, [false, true]),
    ] {
        let mut rig = Rig::with(receipts(Receipts {
            session,
            ..Receipts::default()
        }));
        let lines = [rig.bind("xabar"), rig.bind("xabar")];
        for _ in 0..4 {
            rig.submit(lines[0], message(PHONE, "Salom"));
        }
        rig.pass(SECOND);
        let came = lines.map(|line| {
            let heard = rig.heard(line);
            commands(&heard).contains(&CommandId::DELIVER_SM)
        });
        assert_eq!(came, over, "{session:?}");

        // Where that one is not, another serves.
        let mut rig = Rig::with(receipts(Receipts {
            session,
            ..Receipts::default()
        }));
        let only = rig.bind("xabar");
        rig.submit(only, message(PHONE, "Salom"));
        rig.pass(SECOND);
        assert_eq!(rig.figures().deliveries.acked, 1, "{session:?}");
    }
}

#[test]
fn an_accepted_receipt_comes_on_the_way_and_one_for_what_was_refused() {
    let accepted = heard_after_one(receipts(Receipts {
        accepted: Share::ALWAYS,
        ..Receipts::default()
    }));
    let states = [1, 2].map(|place| receipt(&accepted[place].1).state);
    let expected = [MessageState::ACCEPTED, MessageState::DELIVERED];
    assert_eq!(states, expected.map(Some));

    let refused = heard_after_one(Behaviour {
        errors: "ESME_RSYSERR=1".parse().unwrap(),
        ..receipts(Receipts {
            refused: Share::ALWAYS,
            ..Receipts::default()
        })
    });
    assert_eq!(refused[0].1.header().status, Status::RSYSERR);
    let state = receipt(&refused[1].1).state;
    assert_eq!(state, Some(MessageState::REJECTED));
}

#[test]
fn ids_come_again_after_so_many() {
    let mut rig = Rig::with(receipts(Receipts {
        ids_repeat_after: Some(3),
        ..Receipts::default()
    }));
    let line = rig.bind("xabar");
    for _ in 0..9 {
        rig.submit(line, message(PHONE, "Salom"));
    }
    let mut ids = HashMap::new();
    for entry in rig.smsc.tape.entries() {
        *ids.entry(entry.id.unwrap()).or_insert(0) += 1;
    }
    assert_eq!(ids.into_values().collect::<Vec<_>>(), [3, 3, 3]);
}

#[test]
fn the_tape_has_when_a_message_was_answered_unless_that_may_not_have_arrived() {
    let answered = |rig: &Rig| {
        let entries = rig.smsc.tape.entries().iter();
        entries.map(|entry| entry.answered).collect::<Vec<_>>()
    };
    let mut rig = Rig::with(Behaviour {
        latency: "20ms".parse().unwrap(),
        ..Behaviour::default()
    });
    let (first, second) = (rig.bind("xabar"), rig.bind("xabar"));
    rig.submit(first, message(PHONE, "Salom"));
    assert_eq!(answered(&rig), [None], "not yet");
    rig.pass(SECOND);
    let early = Some(20 * MILLI);
    assert_eq!(answered(&rig), [early]);
    rig.pass(SECOND);
    rig.submit(first, message(PHONE, "Salom"));
    rig.submit(second, message(PHONE, "Salom"));
    rig.pass(100 * MILLI);
    let late = Some(2 * SECOND + 20 * MILLI);
    assert_eq!(answered(&rig), [early, late, late]);
    rig.hang_up(first);
    assert_eq!(answered(&rig), [early, None, late]);

    for odd in [
        Behaviour {
            unanswered: Share::ALWAYS,
            ..Behaviour::default()
        },
        Behaviour {
            misnamed: Share::ALWAYS,
            ..Behaviour::default()
        },
    ] {
        let mut rig = Rig::with(odd);
        let line = rig.bind("xabar");
        rig.submit(line, message(PHONE, "Salom"));
        rig.pass(SECOND);
        assert_eq!(answered(&rig), [None]);
    }
}

#[test]
fn what_nobody_asked_for_is_said_and_its_answers_are_taken() {
    let mut rig = Rig::with(dialect(Dialect {
        alerts: Share::ALWAYS,
        unknown_pdus: Share::ALWAYS,
        ..Dialect::default()
    }));
    let line = rig.bind("xabar");
    rig.submit(line, message(PHONE, "Salom"));
    rig.pass(SECOND);
    let heard = rig.heard(line);
    let order = [
        CommandId::SUBMIT_SM_RESP,
        CommandId::ALERT_NOTIFICATION,
        CommandId(0x0100_0002),
        CommandId::DELIVER_SM,
    ];
    assert_eq!(commands(&heard)[1..], order);
    let figures = rig.figures();
    assert_eq!((figures.deliveries.acked, figures.faults), (1, 0));
}

#[test]
fn a_silent_esme_is_asked_whether_it_lives() {
    let mut rig = Rig::with(dialect(Dialect {
        enquire_link: 2 * SECOND,
        ..Dialect::default()
    }));
    let line = rig.bind("xabar");
    rig.pass(5 * SECOND);
    let asked = [CommandId::ENQUIRE_LINK; 2];
    assert_eq!(commands(&rig.heard(line))[1..], asked);
}

#[test]
fn an_outbind_comes_before_the_answer_to_the_bind() {
    let mut rig = Rig::with(dialect(Dialect {
        outbind: true,
        ..Dialect::default()
    }));
    let line = rig.bind("xabar");
    let order = [CommandId::OUTBIND, CommandId::BIND_TRANSCEIVER_RESP];
    assert_eq!(commands(&rig.heard(line)), order);
    assert_eq!(rig.figures().sessions, 1);
}

#[test]
fn a_session_is_unbound_after_its_time_and_its_receipts_go_elsewhere() {
    let mut rig = Rig::with(Behaviour {
        faults: Faults {
            unbind_after: Some(SECOND),
            ..Faults::default()
        },
        ..receipts(Receipts {
            delay: "2s".parse().unwrap(),
            ..Receipts::default()
        })
    });
    let first = rig.bind("xabar");
    rig.submit(first, message(PHONE, "Salom"));
    rig.pass(1_500 * MILLI);
    let second = rig.bind("xabar");
    rig.pass(700 * MILLI);
    let order = [CommandId::SUBMIT_SM_RESP, CommandId::UNBIND];
    assert_eq!(commands(&rig.heard(first))[1..], order);
    assert_eq!(commands(&rig.heard(second))[1..], [CommandId::DELIVER_SM]);
}

#[test]
fn data_coding_0_means_the_alphabet_that_was_chosen() {
    let (phone, octets) = (PHONE, &b"Caf\xE9 @_"[..]);
    let mut rig = Rig::with(dialect(Dialect {
        alphabet: Alphabet::Latin1,
        ..Dialect::default()
    }));
    let line = rig.bind("xabar");
    let text = SubmitSm {
        short_message: octets.into(),
        ..message(phone, "")
    };
    rig.submit(line, text);
    rig.pass(MILLI);
    assert_eq!(rig.smsc.phones.texts(phone)[0].text, "Café @_");
    let now = rig.now();
    assert_eq!(rig.smsc.send_mo(now, phone, "555", "Café @_"), Ok(1));
    rig.heard(line);
    rig.pass(MILLI);
    let heard = rig.heard(line);
    let brought = heard.iter().filter_map(|(_, frame)| {
        let pdu = frame.decode().unwrap();
        Some(pdu.body.delivered()?.short_message.0)
    });
    assert!(brought.into_iter().any(|it| it == octets));
}
