use proptest::prelude::*;
use xabar_smpp::pdu::{Body, DeliverSm, Pdu, SubmitSm};
use xabar_smpp::values::{DataCoding, Npi, Ton};
use xabar_smpp::{Frame, Octets, Tag, TlvBuffer};
use xabar_sms::DefaultAlphabet;

use super::*;
use crate::dialogue::{Said, SessionKey, Shown, Wanted};

/// Octets of the 6D dialect, of our own making: `*1024#` is dialled, and the last text is "Rahmat".
const BEGIN_6D: &str = "00000046000000050000000000000002555353440001013939383930313233343536370000013130323400\
     000000000000000000062a3130323423050100010113830002162e";
const LAST_6D: &str = "00000046000000040000000000000000555353440000013130323400010139393839303132333435363700\
     000000000000000000065261686d6174050100011113830002162f";

fn frame(hex: &str) -> Frame {
    let octets = hex.as_bytes().chunks(2).map(|digits| {
        let digits = std::str::from_utf8(digits).unwrap();
        u8::from_str_radix(digits, 16).unwrap()
    });
    Frame::new(octets.collect::<Vec<u8>>().into()).unwrap()
}

fn deliver_sm(frame: &Frame) -> DeliverSm<'_> {
    match frame.decode().unwrap().body {
        Body::DeliverSm(pdu) => pdu,
        other => panic!("{other:?}"),
    }
}

fn submit_sm(frame: &Frame) -> SubmitSm<'_> {
    match frame.decode().unwrap().body {
        Body::SubmitSm(pdu) => pdu,
        other => panic!("{other:?}"),
    }
}

/// The TLVs of a step.
#[derive(Clone, Copy, Default)]
struct Marked {
    service_type: &'static str,
    op: Option<u8>,
    info: Option<u16>,
    reference: Option<u16>,
}

fn step(marked: Marked, text: &str) -> Frame {
    let mut tlvs = TlvBuffer::new();
    if let Some(op) = marked.op {
        tlvs.push_octet(Tag::USSD_SERVICE_OP, op);
    }
    if let Some(info) = marked.info {
        tlvs.push_two_octets(Tag::ITS_SESSION_INFO, info);
    }
    if let Some(reference) = marked.reference {
        tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, reference);
    }
    let pdu = DeliverSm {
        service_type: marked.service_type.into(),
        source_addr: "998901234567".into(),
        dest_addr_ton: Ton::NETWORK_SPECIFIC,
        dest_addr_npi: Npi::ISDN,
        destination_addr: "555".into(),
        short_message: text.into(),
        tlvs: tlvs.as_tlvs(),
        ..DeliverSm::default()
    };
    Pdu::new(1, Body::DeliverSm(pdu)).to_frame().unwrap()
}

fn said(dialect: &Dialect, marked: Marked, text: &str) -> Result<Said, Unfit> {
    let frame = step(marked, text);
    let pdu = deliver_sm(&frame);
    dialect.read(&pdu).map(|step| step.said)
}

fn ussd(op: u8, info: u16) -> Marked {
    Marked {
        service_type: "USSD",
        op: Some(op),
        info: Some(info),
        reference: None,
    }
}

fn begin(dialled: &str) -> Said {
    Said::Begin {
        dialled: dialled.into(),
    }
}

fn answer(typed: &str) -> Said {
    Said::Answer(typed.into())
}

#[test]
fn a_dialogue_with_6d_is_written_octet_by_octet() {
    let frame_in = frame(BEGIN_6D);
    let pdu = deliver_sm(&frame_in);
    let step = Dialect::SIX_D.read(&pdu).unwrap();
    assert_eq!(step.from, "998901234567");
    assert_eq!(step.session, SessionKey::Number(0x162E));
    assert_eq!(step.said, begin("*1024#"));
    let last = Dialect::SIX_D.answer(&pdu, &Shown::last("Rahmat")).unwrap();
    assert_eq!(last.octets(), frame(LAST_6D).octets());
}

#[test]
fn a_screen_is_the_same_whether_its_step_is_whole_or_bare() {
    let last = Shown::last("Rahmat");
    for (dialect, marked) in [
        (Dialect::GENERIC, ussd(0x12, 0x1602)),
        (
            Dialect::GENERIC,
            Marked {
                reference: Some(7),
                info: None,
                ..ussd(0x12, 0)
            },
        ),
        (Dialect::SIX_D, ussd(0x12, 0x162E)),
        (
            Dialect::MICA,
            Marked {
                reference: Some(7),
                info: None,
                ..ussd(0x12, 0)
            },
        ),
        (
            Dialect::SERVICE_TYPE,
            Marked {
                service_type: "CA",
                ..Marked::default()
            },
        ),
    ] {
        let whole = step(marked, "48120973");
        let whole = deliver_sm(&whole);
        let bare = dialect.bare(&whole).unwrap();
        assert!(bare.octets().len() <= 96);
        let of_bare = dialect.answer(&deliver_sm(&bare), &last).unwrap();
        let of_whole = dialect.answer(&whole, &last).unwrap();
        assert_eq!(of_bare.octets(), of_whole.octets());
    }
}

#[test]
fn an_its_session_info_of_another_length_comes_back_as_it_came() {
    for info in [&[][..], &[7], &[7, 8, 9], &[1, 2, 3, 4], &[6; 16]] {
        let mut tlvs = TlvBuffer::new();
        tlvs.push(Tag::ITS_SESSION_INFO, info).unwrap();
        let asked = DeliverSm {
            tlvs: tlvs.as_tlvs(),
            ..DeliverSm::default()
        };
        for shown in [Shown::asking("?"), Shown::last("!")] {
            let frame = Dialect::GENERIC.answer(&asked, &shown).unwrap();
            let came = submit_sm(&frame).tlvs.get(Tag::ITS_SESSION_INFO);
            assert_eq!(came, Some(Octets(info)), "{shown:?}");
        }
    }
}

#[test]
fn the_reference_comes_back_where_there_is_no_its_session_info_that_may_be_missing() {
    for (dialect, info, echoed) in [
        (Dialect::GENERIC, None, Some(7)),
        (Dialect::GENERIC, Some(0x1602), None),
        (Dialect::SERVICE_TYPE, None, None),
    ] {
        let marked = Marked {
            service_type: "USSD",
            op: Some(1),
            info,
            reference: Some(7),
        };
        let asked = step(marked, "*555#");
        for shown in [Shown::asking("?"), Shown::last("!")] {
            let frame = dialect.answer(&deliver_sm(&asked), &shown).unwrap();
            let tlvs = submit_sm(&frame).tlvs;
            assert_eq!(tlvs.user_message_reference().unwrap(), echoed, "{shown:?}");
            assert_eq!(tlvs.get(Tag::ITS_SESSION_INFO).is_some(), info.is_some());
        }
    }
}

#[test]
fn a_step_longer_than_any_phone_makes_it_is_refused() {
    for (len, is_read) in [(182, true), (900, true), (1_000, false), (60_000, false)] {
        let text = vec![b'1'; len];
        let mut tlvs = TlvBuffer::new();
        tlvs.push_octet(Tag::USSD_SERVICE_OP, 1);
        tlvs.push(Tag::MESSAGE_PAYLOAD, &text).unwrap();
        let pdu = DeliverSm {
            tlvs: tlvs.as_tlvs(),
            ..DeliverSm::default()
        };
        let read = Dialect::GENERIC.read(&pdu);
        assert_eq!(read.is_ok(), is_read, "{len}: {read:?}");
        assert!(is_read || read == Err(Unfit::TooLong), "{len}");
    }
}

#[test]
fn a_screen_says_what_it_wants_where_the_dialect_does() {
    let asked = step(ussd(0x12, 0x1602), "1");
    let asked = deliver_sm(&asked);
    let silent = Dialect::GENERIC;
    let telling = Dialect {
        reply_type: true,
        ..silent
    };
    // ussd_service_op, its_reply_type, its_session_info.
    for (dialect, shown, expected) in [
        (
            telling,
            Shown::asking_for(Wanted::Number, "?"),
            "0501000102 1380000101 138300021602",
        ),
        (
            telling,
            Shown::asking_for(Wanted::Line, "?"),
            "0501000102 1380000104 138300021602",
        ),
        (
            telling,
            Shown::asking("?"),
            "0501000102 1380000105 138300021602",
        ),
        (telling, Shown::last("!"), "0501000111 138300021603"),
        (silent, Shown::asking("?"), "0501000102 138300021602"),
    ] {
        let frame = dialect.answer(&asked, &shown).unwrap();
        let tlvs = submit_sm(&frame).tlvs.octets().iter();
        let tlvs: String = tlvs.map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(tlvs, expected.replace(' ', ""), "{shown:?}");
    }
}

#[test]
fn the_ops_of_each_dialect_say_which_step_it_is() {
    let (generic, six_d, mica) = (&Dialect::GENERIC, &Dialect::SIX_D, &Dialect::MICA);
    let mica_op = |op| Marked {
        reference: Some(7),
        info: None,
        ..ussd(op, 0)
    };
    for (dialect, marked, text, expected) in [
        (generic, ussd(1, 0x1600), "*555#", begin("*555#")),
        (generic, ussd(0x12, 0x1600), "2", answer("2")),
        (generic, ussd(0x02, 0x1600), "2", answer("2")),
        (generic, ussd(0x11, 0x1600), "", Said::Ended),
        (generic, ussd(0x81, 0x1600), "", Said::Ended),
        (generic, ussd(0x99, 0x1600), "2", Said::Ended),
        (generic, ussd(0x12, 0x1601), "2", Said::Ended),
        (generic, ussd(0x01, 0x1601), "*555#", begin("*555#")),
        (generic, ussd(0x01, 0xABCD), "*555#", begin("*555#")),
        (generic, ussd(0x00, 0x1600), "*555#", begin("*555#")),
        (six_d, ussd(0x01, 0x162F), "*555#", Said::Ended),
        (six_d, ussd(1, 0x162E), "*555#", begin("*555#")),
        (six_d, ussd(0x12, 0x162E), "2", answer("2")),
        (six_d, ussd(0x99, 0x162E), "2", answer("2")),
        (six_d, ussd(0x81, 0x162E), "", Said::Ended),
        (six_d, ussd(0x12, 0x162F), "2", Said::Ended),
        (mica, mica_op(1), "*555#", begin("*555#")),
        (mica, mica_op(0x12), "2", answer("2")),
        (mica, mica_op(0x81), "", Said::Ended),
    ] {
        assert_eq!(said(dialect, marked, text), Ok(expected), "{:?}", marked.op);
    }
}

#[test]
fn the_bits_that_neither_name_a_dialogue_nor_end_it_may_count_its_steps() {
    for (dialect, info, count) in [
        (Dialect::GENERIC, Some(0x1606), Some(0x0600)),
        (Dialect::GENERIC, Some(0x16FE), Some(0xFE00)),
        (Dialect::GENERIC, None, None),
        (Dialect::SIX_D, Some(0x1606), None),
    ] {
        let marked = Marked {
            info,
            ..ussd(0x12, 0)
        };
        let frame = step(marked, "2");
        let read = dialect.read(&deliver_sm(&frame));
        assert_eq!(read.map(|step| step.count), Ok(count), "{info:?}");
    }
}

#[test]
fn two_letters_of_the_service_type_say_it_where_that_is_the_dialect() {
    for (service_type, expected) in [
        ("BR", begin("*555#")),
        ("CA", answer("*555#")),
        ("CR", answer("*555#")),
        ("EA", Said::Noticed),
        ("EF", Said::Ended),
        ("AF", Said::Ended),
    ] {
        let marked = Marked {
            service_type,
            ..Marked::default()
        };
        let read = said(&Dialect::SERVICE_TYPE, marked, "*555#");
        assert_eq!(read, Ok(expected), "{service_type}");
    }
}

#[test]
fn two_letters_of_the_service_type_are_refused_where_that_is_not_the_dialect() {
    for dialect in [Dialect::GENERIC, Dialect::SIX_D, Dialect::MICA] {
        for (service_type, text) in [("BR", "*555#"), ("CA", "1"), ("EF", ""), ("AF", "")] {
            let marked = Marked {
                service_type,
                ..Marked::default()
            };
            let read = said(&dialect, marked, text);
            assert_eq!(read, Err(Unfit::Letters), "{service_type}");
        }
    }
}

#[test]
fn a_dialogue_is_known_by_its_number_however_its_steps_are_counted() {
    let key = |dialect: &Dialect, info| {
        let frame = step(ussd(0x12, info), "1");
        dialect.read(&deliver_sm(&frame)).unwrap().session
    };
    assert_eq!(
        key(&Dialect::GENERIC, 0x1602),
        key(&Dialect::GENERIC, 0x1604)
    );
    assert_ne!(
        key(&Dialect::GENERIC, 0x1602),
        key(&Dialect::GENERIC, 0x1702)
    );
    assert_ne!(key(&Dialect::SIX_D, 0x1602), key(&Dialect::SIX_D, 0x1604));
}

#[test]
fn a_code_is_found_wherever_it_is() {
    let at = |code, text| {
        let dialect = Dialect {
            code,
            ..Dialect::GENERIC
        };
        said(&dialect, ussd(1, 0), text)
    };
    assert_eq!(at(CodePlace::Either, ""), Ok(begin("*555#")));
    assert_eq!(at(CodePlace::Either, "*555*7#"), Ok(begin("*555*7#")));
    assert_eq!(at(CodePlace::Either, "777"), Ok(begin("*777#")));
    assert_eq!(at(CodePlace::Destination, "1"), Ok(begin("*555#")));
    assert_eq!(at(CodePlace::Text, "*1#\r"), Ok(begin("*1#")));
}

#[test]
fn a_step_without_an_op_is_read_by_its_text_where_the_dialect_is_lenient() {
    let bare = Marked {
        service_type: "USSD",
        ..Marked::default()
    };
    assert_eq!(said(&Dialect::GENERIC, bare, "*555#"), Ok(begin("*555#")));
    assert_eq!(said(&Dialect::GENERIC, bare, ""), Ok(begin("*555#")));
    assert_eq!(said(&Dialect::GENERIC, bare, "2"), Ok(answer("2")));
}

#[test]
fn another_dialect_is_told_by_what_is_missing() {
    let bare = Marked {
        service_type: "USSD",
        ..Marked::default()
    };
    let info = Marked {
        info: Some(0x1600),
        ..bare
    };
    let op = Marked {
        op: Some(1),
        ..bare
    };
    for (dialect, marked, missing) in [
        (&Dialect::SIX_D, info, "ussd_service_op is missing"),
        (&Dialect::SIX_D, op, "its_session_info is missing"),
        (&Dialect::MICA, op, "user_message_reference is missing"),
        (
            &Dialect::SERVICE_TYPE,
            op,
            "service_type is not two letters",
        ),
    ] {
        let unfit = said(dialect, marked, "*555#").unwrap_err().to_string();
        assert!(unfit.contains(missing), "{unfit}");
    }
    let frame = step(Marked::default(), "48120973");
    assert!(!is_ussd(&deliver_sm(&frame)), "a short message");
    for service_type in ["USSD", "ussd", "Ussd"] {
        let marked = Marked {
            service_type,
            ..Marked::default()
        };
        assert!(
            is_ussd(&deliver_sm(&step(marked, "*555#"))),
            "{service_type}"
        );
    }
}

#[test]
fn a_screen_goes_back_as_the_dialect_says() {
    let asked = step(ussd(1, 0x1602), "*555#");
    let asked = deliver_sm(&asked);
    let written = |dialect: &Dialect, shown: &Shown| {
        let frame = dialect.answer(&asked, shown).unwrap();
        let pdu = submit_sm(&frame);
        let (op, info) = (pdu.tlvs.ussd_service_op(), pdu.tlvs.its_session_info());
        let service_type = String::from_utf8_lossy(pdu.service_type.0).into_owned();
        (service_type, op.unwrap(), info.unwrap())
    };
    let (menu, last) = (Shown::asking("1. Holat"), Shown::last("Rahmat"));
    let own = |op, info| ("USSD".to_owned(), op, Some(info));
    let generic = &Dialect::GENERIC;
    assert_eq!(written(generic, &menu), own(Some(2), 0x1602));
    assert_eq!(written(generic, &last), own(Some(17), 0x1603));
    let odd = Dialect {
        end: Some(0x17),
        ..Dialect::GENERIC
    };
    assert_eq!(written(&odd, &last), own(Some(0x17), 0x1603));
    let bare = Dialect::GENERIC.without_ops();
    assert_eq!(written(&bare, &last), own(None, 0x1603));
    let letters = &Dialect::SERVICE_TYPE;
    assert_eq!(written(letters, &menu), ("BR".to_owned(), Some(2), None));
    assert_eq!(written(letters, &last), ("EF".to_owned(), Some(2), None));
}

#[test]
fn a_push_is_marked_and_confirmed_as_the_dialect_says() {
    let confirm = |service_type, op, info, reference| Marked {
        service_type,
        op,
        info,
        reference,
    };
    let usual = ("USSD", Some(3));
    for (dialect, marks, tag, number, confirmed) in [
        (
            &Dialect::GENERIC,
            usual,
            Some(Tag::ITS_SESSION_INFO),
            0x0700,
            confirm("USSD", Some(19), Some(0x0703), None),
        ),
        (
            &Dialect::SIX_D,
            usual,
            Some(Tag::ITS_SESSION_INFO),
            0x060E,
            confirm("USSD", Some(19), Some(0x060F), None),
        ),
        (
            &Dialect::MICA,
            usual,
            Some(Tag::USER_MESSAGE_REFERENCE),
            0x0307,
            confirm("USSD", Some(19), None, Some(0x0307)),
        ),
        (
            &Dialect::SERVICE_TYPE,
            ("BN", Some(3)),
            None,
            0,
            confirm("EA", None, None, None),
        ),
    ] {
        let mut tlvs = TlvBuffer::new();
        let service_type = dialect.mark_push(0x0307, &mut tlvs);
        let tlvs = tlvs.as_tlvs();
        assert_eq!((service_type, tlvs.ussd_service_op().unwrap()), marks);
        if let Some(tag) = tag {
            assert_eq!(tlvs.two_octets(tag), Ok(Some(number)));
        }
        let frame = step(confirmed, "");
        let read = dialect.read(&deliver_sm(&frame)).unwrap();
        assert_eq!(read.said, Said::Noticed, "{service_type} {number}");
        assert_eq!(read.session, dialect.push_session(0x0307));
    }
    assert_eq!(Dialect::GENERIC.without_ops().push, None);
    for dialect in [Dialect::GENERIC, Dialect::SIX_D, Dialect::MICA] {
        let frame = step(confirm("USSD", Some(19), None, None), "");
        let read = dialect.read(&deliver_sm(&frame)).unwrap();
        let word = (read.said, read.session);
        assert_eq!(word, (Said::Noticed, SessionKey::Unnamed), "it names none");
    }
}

#[test]
fn a_text_is_pushed_only_if_a_screen_holds_every_letter_of_it() {
    let ascii = Dialect {
        alphabet: DefaultAlphabet::Ascii,
        ..Dialect::GENERIC
    };
    let fits = |dialect: &Dialect, text: String| dialect.on_one_screen(&text).is_some();
    let generic = &Dialect::GENERIC;
    assert!(fits(generic, "a".repeat(182)) && !fits(generic, "a".repeat(183)));
    assert!(fits(generic, "я".repeat(80)) && !fits(generic, "я".repeat(81)));
    assert!(fits(&ascii, "é".repeat(80)) && !fits(&ascii, "é".repeat(81)));
}

#[test]
fn a_session_info_of_another_length_is_sent_back_where_the_dialect_is_lenient() {
    let mut tlvs = TlvBuffer::new();
    tlvs.push_octet(Tag::USSD_SERVICE_OP, 1);
    tlvs.push(Tag::ITS_SESSION_INFO, &[1, 2, 3, 4]).unwrap();
    let asked = DeliverSm {
        tlvs: tlvs.as_tlvs(),
        ..DeliverSm::default()
    };
    let step = Dialect::GENERIC.read(&asked).unwrap();
    assert_eq!(step.session, SessionKey::Unnamed);
    assert!(Dialect::SIX_D.read(&asked).is_err());
    let last = Dialect::GENERIC.answer(&asked, &Shown::last("Rahmat"));
    let last = last.unwrap();
    let info = submit_sm(&last).tlvs.get(Tag::ITS_SESSION_INFO).unwrap();
    assert_eq!(info.0, [1, 2, 3, 4]);
}

#[test]
fn a_screen_comes_from_the_code_in_its_own_alphabet() {
    let asked = step(ussd(1, 0), "*555#");
    let asked = deliver_sm(&asked);
    let dialect = Dialect {
        gsm7: 0x0F,
        ucs2: 0x48,
        ..Dialect::GENERIC
    };
    for (text, coding, octets) in [
        ("Ariza", 0x0F, &b"Ariza"[..]),
        ("Да", 0x48, &[4, 0x14, 4, 0x30]),
    ] {
        let frame = dialect.answer(&asked, &Shown::asking(text)).unwrap();
        let pdu = submit_sm(&frame);
        assert_eq!((pdu.data_coding.0, pdu.short_message.0), (coding, octets));
        assert_eq!(
            (pdu.source_addr, pdu.destination_addr),
            ("555".into(), "998901234567".into())
        );
        assert_eq!(pdu.source_addr_ton, Ton::NETWORK_SPECIFIC);
    }
}

#[test]
fn what_was_typed_is_read_in_its_alphabet() {
    let typed = |coding, octets: &'static [u8]| {
        let mut tlvs = TlvBuffer::new();
        tlvs.push_octet(Tag::USSD_SERVICE_OP, 0x12);
        let pdu = DeliverSm {
            data_coding: DataCoding(coding),
            short_message: Octets(octets),
            tlvs: tlvs.as_tlvs(),
            ..DeliverSm::default()
        };
        Dialect::GENERIC.read(&pdu).unwrap().said
    };
    assert_eq!(typed(0x0F, b"1\r"), answer("1"));
    assert_eq!(typed(0x48, &[4, 0x14, 4, 0x30]), answer("Да"));
    assert_eq!(typed(0x48, &[4, 0x14, 4, 0]), answer("ДЀ"));
    assert_eq!(typed(4, &[1, 2, 3]), answer(""), "data is no text");
}

#[test]
fn nuls_at_the_end_are_not_what_was_typed_or_dialled() {
    let (answers, begins) = (ussd(0x12, 0x1602), ussd(1, 0x1600));
    for dialect in [Dialect::GENERIC, Dialect::SIX_D] {
        for alphabet in [DefaultAlphabet::Gsm7, DefaultAlphabet::Latin1] {
            let dialect = Dialect {
                alphabet,
                ..dialect
            };
            // In GSM 03.38 the octet 0 is `@`.
            assert_eq!(said(&dialect, answers, "5\0"), Ok(answer("5")));
            assert_eq!(said(&dialect, answers, "5\0\0"), Ok(answer("5")));
            assert_eq!(said(&dialect, begins, "*555#\0"), Ok(begin("*555#")));
        }
    }
}

#[test]
fn data_coding_0_is_the_alphabet_of_the_operator_in_either_direction() {
    let speaking = |alphabet| Dialect {
        alphabet,
        ..Dialect::GENERIC
    };
    let typed = |alphabet, coding| {
        let mut tlvs = TlvBuffer::new();
        tlvs.push_octet(Tag::USSD_SERVICE_OP, 0x12);
        let pdu = DeliverSm {
            data_coding: DataCoding(coding),
            short_message: Octets(b"\xA4"),
            tlvs: tlvs.as_tlvs(),
            ..DeliverSm::default()
        };
        speaking(alphabet).read(&pdu).unwrap().said
    };
    assert_eq!(typed(DefaultAlphabet::Latin1, 0), answer("¤"));
    assert_ne!(typed(DefaultAlphabet::Latin1, 0x0F), answer("¤"));
    let asked = step(ussd(1, 0), "*555#");
    let asked = deliver_sm(&asked);
    let written = |dialect: Dialect, text: &str| {
        let frame = dialect.answer(&asked, &Shown::asking(text)).unwrap();
        let pdu = submit_sm(&frame);
        (pdu.data_coding.0, pdu.short_message.0.to_vec())
    };
    let (gsm7, latin1, ascii) = (
        speaking(DefaultAlphabet::Gsm7),
        speaking(DefaultAlphabet::Latin1),
        speaking(DefaultAlphabet::Ascii),
    );
    assert_eq!(written(gsm7, "Café_"), (0, b"Caf\x05\x11".to_vec()));
    assert_eq!(written(latin1, "Café_"), (0, b"Caf\xE9_".to_vec()));
    assert_eq!(written(ascii, "Cafe_"), (0, b"Cafe_".to_vec()));
    assert_eq!(written(ascii, "é"), (8, vec![0, 0xE9]));
    let long = "é".repeat(100);
    assert_eq!(written(ascii, &long), (0, vec![b'e'; 100]), "no room");
    let signs = "§".repeat(100);
    assert_eq!(written(ascii, &signs), (0, vec![b'?'; 100]), "no letter");
    let marked = Dialect {
        gsm7: 0x0F,
        ..latin1
    };
    assert_eq!(written(marked, "é"), (0x0F, vec![5]), "said to be GSM");
}

#[test]
fn every_name_is_a_dialect() {
    assert!(NAMES.iter().all(|name| Dialect::named(name).is_some()));
    assert_eq!(Dialect::named("Generic"), None);
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(
        service_type in prop::sample::select(vec!["", "USSD", "BR", "CA", "CMT"]),
        tlvs in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..4)), 0..4),
        coding: u8,
        text in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut buffer = TlvBuffer::new();
        for (is_op, value) in tlvs {
            let tag = if is_op { Tag::USSD_SERVICE_OP } else { Tag::ITS_SESSION_INFO };
            buffer.push(tag, &value).unwrap();
        }
        let pdu = DeliverSm {
            service_type: service_type.into(),
            data_coding: DataCoding(coding),
            short_message: Octets(&text),
            tlvs: buffer.as_tlvs(),
            ..DeliverSm::default()
        };
        for name in NAMES {
            let dialect = Dialect::named(name).unwrap();
            if dialect.read(&pdu).is_ok() {
                prop_assert!(dialect.answer(&pdu, &Shown::asking("ў".repeat(80))).is_ok());
            }
        }
    }
}
