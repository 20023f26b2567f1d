//! Phones that dial, and phones that are shown what they did not dial for, in virtual time.

use xabar_smpp::pdu::SubmitSm;
use xabar_smpp::values::RegisteredDelivery;
use xabar_smpp::{Body, Status, Tag, TlvBuffer};

use super::rig::{MILLI, Rig, SECOND, message};
use crate::simulator::behaviour::{Behaviour, Dialect, Receipts, UssdDialect};
use crate::simulator::dialogues::NotSent;
use crate::simulator::phones::Ussd;
use crate::simulator::share::Share;

const PHONE: &str = "998901234567";

fn speaking(ussd: UssdDialect) -> Behaviour {
    Behaviour {
        dialect: Dialect {
            ussd,
            ..Dialect::default()
        },
        ..Behaviour::default()
    }
}

/// The service type, the op, and the TLV that names the dialogue.
type Marks = (String, Option<u8>, Option<u16>);

/// The steps that were heard on a line, each with its marks.
fn steps(rig: &mut Rig, line: usize, tag: Tag) -> Vec<Marks> {
    let heard = rig.heard(line);
    let steps = heard.iter().filter_map(|(_, frame)| {
        let Body::DeliverSm(pdu) = frame.decode().unwrap().body else {
            return None;
        };
        let service_type = pdu.service_type.as_str().unwrap().to_owned();
        let op = pdu.tlvs.ussd_service_op().unwrap();
        Some((service_type, op, pdu.tlvs.two_octets(tag).unwrap()))
    });
    steps.collect()
}

#[test]
fn a_phone_dials_answers_and_hangs_up_in_the_dialect_that_is_chosen() {
    let (info, reference) = (Tag::ITS_SESSION_INFO, Tag::USER_MESSAGE_REFERENCE);
    for (dialect, tag, expected) in [
        (
            UssdDialect::Generic,
            info,
            [
                ("USSD", Some(1), Some(0x0100)),
                ("USSD", Some(18), Some(0x0100)),
                ("USSD", Some(17), Some(0x0101)),
            ],
        ),
        (
            UssdDialect::SixD,
            info,
            [
                ("USSD", Some(1), Some(2)),
                ("USSD", Some(18), Some(2)),
                ("USSD", Some(129), Some(3)),
            ],
        ),
        (
            UssdDialect::Mica,
            reference,
            [
                ("USSD", Some(1), Some(1)),
                ("USSD", Some(18), Some(1)),
                ("USSD", Some(129), Some(1)),
            ],
        ),
        (
            UssdDialect::ServiceType,
            info,
            [("BR", None, None), ("CA", None, None), ("AF", None, None)],
        ),
    ] {
        let mut rig = Rig::with(speaking(dialect));
        let line = rig.bind("xabar");
        let now = rig.now();
        rig.smsc.dial(now, PHONE, "*555#").unwrap();
        rig.smsc.reply(now, PHONE, "1").unwrap();
        rig.smsc.hang_up(now, PHONE).unwrap();
        rig.pass(MILLI);
        let expected =
            expected.map(|(service_type, op, number)| (service_type.to_owned(), op, number));
        assert_eq!(steps(&mut rig, line, tag), expected);
    }
}

#[test]
fn a_phone_sends_as_much_as_a_screen_holds_and_no_more() {
    let mut rig = Rig::with(Behaviour::default());
    let line = rig.bind("xabar");
    let now = rig.now();
    let too_long = Err(NotSent::TooLongForUssd);
    assert_eq!(rig.smsc.dial(now, PHONE, &"*".repeat(183)), too_long);
    assert!(!rig.smsc.is_talking(PHONE));
    rig.smsc.dial(now, PHONE, "*555#").unwrap();
    for (letter, most) in [("1", 182), ("я", 80)] {
        let typed = letter.repeat(most);
        rig.smsc.reply(now, PHONE, &typed).unwrap();
        assert_eq!(rig.smsc.reply(now, PHONE, &(typed + letter)), too_long);
    }
    rig.pass(MILLI);
    let heard = rig.heard(line);
    let lengths = heard.iter().filter_map(|(_, frame)| {
        let Body::DeliverSm(pdu) = frame.decode().unwrap().body else {
            return None;
        };
        Some((pdu.esm_class.0, pdu.short_message.len()))
    });
    assert_eq!(lengths.collect::<Vec<_>>(), [(0, 5), (0, 182), (0, 160)]);
}

#[test]
fn a_step_that_is_refused_ends_its_dialogue() {
    let mut rig = Rig::with(Behaviour::default());
    rig.answer_deliveries = Some(Status::RX_R_APPN);
    rig.bind("xabar");
    let now = rig.now();
    rig.smsc.dial(now, PHONE, "*555#").unwrap();
    rig.pass(MILLI);
    let now = rig.now();
    assert_eq!(rig.smsc.reply(now, PHONE, "1"), Err(NotSent::NoDialogue));
}

#[test]
fn what_is_refused_of_one_phone_ends_no_other_ones_dialogue() {
    let mut rig = Rig::with(Behaviour::default());
    rig.bind("xabar");
    let now = rig.now();
    rig.smsc.dial(now, PHONE, "*555#").unwrap();
    rig.pass(MILLI);
    rig.answer_deliveries = Some(Status::RX_R_APPN);
    let now = rig.now();
    rig.smsc.dial(now, "998901234568", "*555#").unwrap();
    rig.smsc.send_mo(now, PHONE, "555", "help").unwrap();
    rig.pass(MILLI);
    assert!(!rig.smsc.is_talking("998901234568"));
    assert!(rig.smsc.is_talking(PHONE));
    let now = rig.now();
    rig.smsc.reply(now, PHONE, "1").unwrap();
    rig.pass(MILLI);
    assert!(!rig.smsc.is_talking(PHONE), "that was refused");
}

#[test]
fn a_screen_of_another_dialogue_is_not_shown_and_counts_as_a_fault() {
    let (info, reference) = (Tag::ITS_SESSION_INFO, Tag::USER_MESSAGE_REFERENCE);
    for (dialect, screens) in [
        (
            UssdDialect::Generic,
            [
                (info, 0x0100, true),
                (info, 0x0200, false),
                (reference, 1, false),
            ],
        ),
        (
            UssdDialect::SixD,
            [(info, 2, true), (info, 4, false), (reference, 2, false)],
        ),
        (
            UssdDialect::Mica,
            [
                (reference, 1, true),
                (reference, 2, false),
                (info, 1, false),
            ],
        ),
    ] {
        let mut rig = Rig::with(speaking(dialect));
        let line = rig.bind("xabar");
        let now = rig.now();
        rig.smsc.dial(now, PHONE, "*555#").unwrap();
        rig.pass(MILLI);
        // The last one ends the dialogue.
        for (faults, op, (tag, number, shown)) in [
            (1, 2, screens[1]),
            (2, 17, screens[2]),
            (2, 2, screens[0]),
            (2, 17, screens[0]),
        ] {
            let before = rig.smsc.phones.texts(PHONE).len();
            let mut tlvs = TlvBuffer::new();
            tlvs.push_octet(Tag::USSD_SERVICE_OP, op);
            let end = u16::from(tag == info && op == 17);
            tlvs.push_two_octets(tag, number | end);
            let screen = SubmitSm {
                service_type: "USSD".into(),
                tlvs: tlvs.as_tlvs(),
                ..message(PHONE, "1. Arizalarim")
            };
            rig.submit(line, screen);
            rig.pass(MILLI);
            let texts = rig.smsc.phones.texts(PHONE).len();
            assert_eq!(texts - before, usize::from(shown), "{dialect:?} {op}");
            assert_eq!(rig.figures().faults, faults, "{dialect:?} {op}");
        }
        assert!(!rig.smsc.is_talking(PHONE), "{dialect:?}");
    }
}

#[test]
fn a_screen_that_was_on_its_way_when_its_phone_dialled_again_is_not_shown_and_no_fault() {
    for hangs_up in [false, true] {
        let mut rig = Rig::with(Behaviour::default());
        let line = rig.bind("xabar");
        for _ in 0..2 {
            let now = rig.now();
            if hangs_up && rig.smsc.is_talking(PHONE) {
                rig.smsc.hang_up(now, PHONE).unwrap();
            }
            rig.smsc.dial(now, PHONE, "*555#").unwrap();
            rig.pass(MILLI);
        }
        for (info, op, shown, faults) in [
            (0x0100, 2, 0, 0),
            (0x0101, 17, 0, 0),
            (0x0300, 2, 0, 1),
            (0x0200, 2, 1, 1),
        ] {
            let mut tlvs = TlvBuffer::new();
            tlvs.push_octet(Tag::USSD_SERVICE_OP, op);
            tlvs.push_two_octets(Tag::ITS_SESSION_INFO, info);
            let screen = SubmitSm {
                service_type: "USSD".into(),
                tlvs: tlvs.as_tlvs(),
                ..message(PHONE, "1. Arizalarim")
            };
            rig.submit(line, screen);
            rig.pass(MILLI);
            let texts = rig.smsc.phones.texts(PHONE).len();
            let faulty = rig.figures().faults;
            assert_eq!((texts, faulty), (shown, faults), "{info:#06x}");
        }
        assert!(rig.smsc.is_talking(PHONE));
    }
}

#[test]
fn a_code_leads_to_its_first_number_whatever_stands_behind_it() {
    let mut rig = Rig::with(Behaviour::default());
    let line = rig.bind("xabar");
    for code in ["*555#", "*555*2*1234567890123456#", "555"] {
        let now = rig.now();
        rig.smsc.dial(now, PHONE, code).unwrap();
        rig.pass(MILLI);
        let heard = rig.heard(line);
        let Body::DeliverSm(pdu) = heard.last().unwrap().1.decode().unwrap().body else {
            panic!("{heard:?}")
        };
        assert_eq!(pdu.destination_addr, "555", "{code}");
    }
}

#[test]
fn a_push_is_on_the_screen_of_a_phone_that_is_on_and_its_fate_is_said() {
    for (undelivered, op, info, shown) in [
        (Share::NEVER, 19, 0x0700, vec![Some(Ussd::Notice)]),
        (Share::ALWAYS, 17, 0x0701, vec![]),
    ] {
        let mut rig = Rig::with(Behaviour {
            receipts: Receipts {
                undelivered,
                ..Receipts::default()
            },
            ..Behaviour::default()
        });
        let line = rig.bind("xabar");
        let mut tlvs = TlvBuffer::new();
        tlvs.push_octet(Tag::USSD_SERVICE_OP, 3);
        tlvs.push_two_octets(Tag::ITS_SESSION_INFO, 0x0700);
        let push = SubmitSm {
            service_type: "USSD".into(),
            registered_delivery: RegisteredDelivery::NONE,
            tlvs: tlvs.as_tlvs(),
            ..message(PHONE, "Arizangiz tasdiqlandi")
        };
        rig.submit(line, push);
        rig.pass(SECOND);
        let word = ("USSD".to_owned(), Some(op), Some(info));
        assert_eq!(steps(&mut rig, line, Tag::ITS_SESSION_INFO), [word]);
        let texts = rig.smsc.phones.texts(PHONE);
        let ussd: Vec<_> = texts.iter().map(|text| text.ussd).collect();
        assert_eq!(ussd, shown);
    }
}
