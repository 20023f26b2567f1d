//! A bound session under load: a window of requests goes out, their responses come back and find
//! them; and as many receipts come in and are answered. Everything but the socket, and with it the
//! encoding of what the peer sends.
//!
//! Beside: the same responses only encoded and cut from the stream.

use std::hint::black_box;
use std::time::Duration;

use bytes::BytesMut;
use xabar_smpp::codec::{Frames, MAX_PDU, take_frames};
use xabar_smpp::pdu::{Bind, BindResp, Body, DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp};
use xabar_smpp::session::{Input, Opening, Requests, Session, Settings};
use xabar_smpp::values::EsmClass;
use xabar_smpp::{Frame, Pdu, Tlvs};

use super::{Part, Room, Run, sample};

pub(crate) const ROOM: Room = Room {
    name: "session",
    parts: &[
        Part::new("submit_sm and its response", requests).times(WINDOW),
        Part::new("deliver_sm and its response", deliveries).times(WINDOW),
    ],
    beside: &[Part::new("cutting responses only", cutting).times(WINDOW)],
};

const WINDOW: u32 = 64;

fn requests() -> Run {
    let mut session = bound();
    let request = frame(Pdu::new(0, Body::SubmitSm(submit_sm())));
    let now = sample::after(Duration::ZERO).instant;
    let mut sequence = 1;
    let mut read = BytesMut::new();
    Box::new(move || {
        let mut requests = Requests::with_capacity(WINDOW as usize, 16 * 1024);
        (0..WINDOW).for_each(|token| requests.push_frame(token.into(), &request));
        session.handle(now, Input::Requests(requests));
        black_box(session.output(now)).clear();
        for _ in 0..WINDOW {
            sequence += 1;
            submit_sm_resp(sequence, &mut read);
        }
        frames(&mut read).for_each(|frame| session.handle(now, Input::Frame(frame)));
        assert_eq!(session.take_events().len(), WINDOW as usize);
        black_box(session.deadline());
    })
}

fn deliveries() -> Run {
    let mut session = bound();
    let now = sample::after(Duration::ZERO).instant;
    let mut read = BytesMut::new();
    let receipt = DeliverSm {
        esm_class: EsmClass::DELIVERY_RECEIPT,
        ..submit_sm()
    };
    Box::new(move || {
        for sequence in 1..=WINDOW {
            let pdu = Pdu::new(sequence, Body::DeliverSm(receipt));
            pdu.encode(&mut read).expect("its fields fit");
        }
        frames(&mut read).for_each(|frame| session.handle(now, Input::Frame(frame)));
        assert_eq!(session.take_events().len(), WINDOW as usize);
        let mut responses = BytesMut::new();
        for sequence in 1..=WINDOW {
            let body = Body::DeliverSmResp(DeliverSmResp {
                message_id: Some("".into()),
                tlvs: Tlvs::EMPTY,
            });
            let pdu = Pdu::new(sequence, body);
            pdu.encode(&mut responses).expect("its fields fit");
        }
        session.handle(now, Input::Responses(responses));
        black_box(session.output(now)).clear();
    })
}

fn cutting() -> Run {
    let mut read = BytesMut::new();
    Box::new(move || {
        (0..WINDOW).for_each(|sequence| submit_sm_resp(sequence, &mut read));
        frames(&mut read).for_each(|frame| drop(black_box(frame)));
    })
}

fn frames(read: &mut BytesMut) -> Frames {
    take_frames(read, MAX_PDU).expect("they are PDUs")
}

fn bound() -> Session {
    let now = sample::after(Duration::ZERO).instant;
    let bind = frame(Pdu::new(1, Body::BindTransceiver(Bind::default())));
    let settings = Settings {
        window: WINDOW as usize,
        ..Settings::default()
    };
    let mut session = Session::new(Opening::Bind(bind), settings, now);
    session.output(now).clear();
    let resp = frame(Pdu::new(1, Body::BindTransceiverResp(BindResp::default())));
    session.handle(now, Input::Frame(resp));
    assert_eq!(session.take_events().len(), 1, "it is bound");
    session
}

fn frame(pdu: Pdu<'_>) -> Frame {
    pdu.to_frame().expect("its fields fit")
}

fn submit_sm() -> SubmitSm<'static> {
    SubmitSm {
        source_addr: "MyGov".into(),
        destination_addr: "998901234567".into(),
        validity_period: "000003000000000R".into(),
        short_message: "Arizangiz 48120973 ma'qullandi. Yunusobod DXM, 01.12.2026 gacha.".into(),
        ..SubmitSm::default()
    }
}

fn submit_sm_resp(sequence: u32, out: &mut BytesMut) {
    let body = Body::SubmitSmResp(SubmitSmResp {
        message_id: Some("0A000000A3D323A1".into()),
        tlvs: Tlvs::EMPTY,
    });
    let pdu = Pdu::new(sequence, body);
    pdu.encode(out).expect("its fields fit");
}
