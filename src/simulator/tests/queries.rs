//! What the SMSC says when it is asked where a message stands.

use xabar_smpp::pdu::QuerySm;
use xabar_smpp::values::{MessageState, Ton};
use xabar_smpp::{Body, Frame, Status};

use super::rig::*;
use crate::simulator::behaviour::{Behaviour, Receipts};

fn smsc(receipts: Receipts) -> (Rig, usize) {
    let mut rig = Rig::with(Behaviour {
        receipts,
        ..Behaviour::default()
    });
    let line = rig.bind("xabar");
    (rig, line)
}

/// The response to a request.
fn answer(rig: &mut Rig, line: usize, sequence: u32) -> Frame {
    let heard = rig.heard(line).into_iter().map(|(_, frame)| frame);
    let mut answers = heard.filter(|frame| {
        let header = frame.header();
        header.sequence_number == sequence && header.command_id.is_response()
    });
    answers.next().expect("an answer")
}

/// The id under which a message was taken.
fn taken(rig: &mut Rig, line: usize) -> String {
    let sequence = rig.submit(line, message("998901234567", "Salom"));
    match answer(rig, line, sequence).decode().unwrap().body {
        Body::SubmitSmResp(taken) => taken.message_id.unwrap().as_str().unwrap().to_owned(),
        other => panic!("not taken: {other:?}"),
    }
}

fn ask(rig: &mut Rig, line: usize, id: &str, sender: &str) -> (Status, Option<(MessageState, u8)>) {
    let sequence = rig.send(
        line,
        Body::QuerySm(QuerySm {
            message_id: id.into(),
            source_addr_ton: Ton::ALPHANUMERIC,
            source_addr: sender.into(),
            ..QuerySm::default()
        }),
    );
    let frame = answer(rig, line, sequence);
    let told = match frame.decode().unwrap().body {
        Body::QuerySmResp(told) if told.message_id.is_some() => {
            Some((told.message_state, told.error_code))
        }
        _ => None,
    };
    (frame.header().status, told)
}

#[test]
fn who_asks_is_told_where_a_message_stands_though_its_receipt_is_lost() {
    for (undelivered, state, reason) in [
        ("0%", MessageState::DELIVERED, 0),
        ("100%", MessageState::UNDELIVERABLE, 27),
    ] {
        let (mut rig, line) = smsc(Receipts {
            delay: "1s".parse().unwrap(),
            lost: "100%".parse().unwrap(),
            undelivered: undelivered.parse().unwrap(),
            ..Receipts::default()
        });
        let id = taken(&mut rig, line);
        let told = ask(&mut rig, line, &id, "MyGov");
        assert_eq!(told, (Status::ROK, Some((MessageState::ENROUTE, 0))));
        rig.pass(SECOND);
        let told = ask(&mut rig, line, &id, "MyGov");
        assert_eq!(told, (Status::ROK, Some((state, reason))));
    }
}

#[test]
fn of_messages_unknown_forgotten_or_of_other_senders_nothing_is_told() {
    let (mut rig, line) = smsc(Receipts {
        fates: 1,
        ..Receipts::default()
    });
    let (first, second) = (taken(&mut rig, line), taken(&mut rig, line));
    for (id, sender) in [(&*second, "Other"), (&*first, "MyGov"), ("zz", "MyGov")] {
        let told = ask(&mut rig, line, id, sender);
        assert_eq!(told, (Status::RQUERYFAIL, None), "{id} {sender}");
    }
    assert_eq!(ask(&mut rig, line, &second, "MyGov").0, Status::ROK);
}
