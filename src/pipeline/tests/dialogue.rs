//! What citizens write in by SMS.

use std::sync::Arc;

use xabar_events::{Language, Msisdn, Notification};
use xabar_smpp::pdu::{Body, DeliverSm, Pdu};
use xabar_smpp::values::{EsmClass, Ton};
use xabar_smpp::{Frame, Octets, Status, Tag, TlvBuffer};
use xabar_sms::{Reading, decode};

use super::laws::Text;
use super::world::*;
use crate::delivery::{Answer, Senders, SentAs};
use crate::numbers::Numbers;
use crate::pipeline::Right;

fn text(sent: &Sent) -> String {
    let data_coding = xabar_sms::DataCoding(sent.submission.data_coding.0);
    decode(&sent.submission.octets, data_coding, Reading::default()).unwrap()
}

/// The one text that was sent, with its sender's place in the operator's list.
fn answer(world: &mut World) -> String {
    let sent = world.one_sent();
    let number = Senders::new("MyGov", [])
        .answering_from(Some("555"))
        .of_answers();
    let number = number.map(SentAs::Listed);
    assert_eq!(Some(&sent.submission.sender), number.as_ref());
    assert_eq!(sent.operator, UCELL);
    world.accept(&sent, &format!("answer-{}", sent.message()));
    text(&sent)
}

/// The one text that was sent has its end.
fn answer_arrives(world: &mut World) {
    let sent = world.one_sent();
    let id = format!("answer-{}", sent.message());
    world.accept(&sent, &id);
    world.receipt(&sent, &id, "DELIVRD");
}

fn english(id: &str) -> Notification {
    Notification {
        language: Some(Language::En),
        ..status(id)
    }
}

/// A world in which the first subscriber had a message.
fn told_of_an_approval() -> World {
    let mut world = World::new();
    world.publish(english("a"));
    let sent = world.one_sent();
    world.accept(&sent, "1");
    world
}

#[test]
fn an_opt_out_is_durable_before_it_is_acknowledged_and_confirmed() {
    let mut world = World::new();
    assert_eq!(world.writes(phone(0), "STOP"), Status::ROK);
    assert!(answer(&mut world).contains("START"));
    world.restart();
    world.publish(status("a"));
    assert_eq!(world.sent().len(), 0);
    assert_eq!(world.story("a"), ["accepted", "suppressed opted-out"]);
    world.publish(apart(1));
    assert_eq!(world.sent().len(), 1, "others hear");
}

#[test]
fn an_opt_out_after_an_opt_in_is_kept_where_all_texts_have_the_same_reference() {
    let mut world = World::new();
    for words in ["STOP", "START", "STOP"] {
        let told = world.writes_with(phone(0), words, Some(0));
        assert_eq!(told, Status::ROK);
        answer(&mut world);
        world.writes_with(phone(0), words, Some(0));
        assert_eq!(world.sent().len(), 0, "answered once");
    }
    world.publish(status("a"));
    assert_eq!(world.story("a"), ["accepted", "suppressed opted-out"]);
}

/// A segment of a text of two, with the number 0x20 for all of them.
fn of_two(number: u8, words: &str, reference: u16) -> Frame {
    let digits = phone(0).digits();
    let mut octets = vec![5, 0, 3, 0x20, 2, number];
    octets.extend(words.bytes());
    let mut tlvs = TlvBuffer::new();
    tlvs.push_two_octets(Tag::USER_MESSAGE_REFERENCE, reference);
    let pdu = DeliverSm {
        source_addr_ton: Ton::INTERNATIONAL,
        source_addr: Octets(digits.as_bytes()),
        destination_addr: "555".into(),
        esm_class: EsmClass::UDH,
        short_message: Octets(&octets),
        tlvs: tlvs.as_tlvs(),
        ..DeliverSm::default()
    };
    let pdu = Pdu::new(reference.into(), Body::DeliverSm(pdu));
    pdu.to_frame().unwrap()
}

#[test]
fn a_long_opt_out_is_kept_whatever_number_the_phone_gives_its_long_texts() {
    let mut world = World::new();
    for (first, last, reference) in [("STOP", " ilti", 1), ("STOP ikkinchi", " marta", 11)] {
        world.writes_with(phone(0), "START", Some(reference + 2));
        answer(&mut world);
        assert_eq!(world.brings(of_two(1, first, reference)), Status::ROK);
        assert_eq!(world.brings(of_two(2, last, reference + 1)), Status::ROK);
        world.laws.chosen_in_a_menu(phone(0), "stop");
        answer(&mut world);
    }
    world.publish(status("a"));
    assert_eq!(world.story("a"), ["accepted", "suppressed opted-out"]);
}

#[test]
fn an_opt_out_counts_after_a_crash_though_all_texts_have_one_reference() {
    for crash in [Crash::BeforeCommit, Crash::BeforeEffects] {
        let mut world = World::new();
        for words in ["STOP", "START"] {
            world.writes_with(phone(0), words, Some(7));
            answer(&mut world);
            world.advance(MINUTE);
        }
        let stop = Text {
            from: phone(0),
            words: "STOP".into(),
            reference: Some(7),
        };
        world.bring_text(UCELL, &stop);
        world.beat_and_crash(crash);
        world.bring_text(UCELL, &stop);
        world.beat();
        world.laws.chosen_in_a_menu(phone(0), "stop");
        world.publish(status("a"));
        assert_eq!(world.last("a").reason.unwrap().as_str(), "opted-out");
    }
}

#[test]
fn an_answer_comes_from_the_number_that_was_written_to() {
    let mut world = World::new();
    world.smsc(UCELL).room = 0;
    for (number, to) in (1..).zip(["1055", "998555"]) {
        let digits = phone(number).digits();
        let pdu = DeliverSm {
            source_addr_ton: Ton::INTERNATIONAL,
            source_addr: Octets(digits.as_bytes()),
            destination_addr: to.into(),
            short_message: Octets(b"STATUS"),
            ..DeliverSm::default()
        };
        let pdu = Pdu::new(number, Body::DeliverSm(pdu));
        assert_eq!(world.brings(pdu.to_frame().unwrap()), Status::ROK);
    }
    world.restart();
    world.smsc(UCELL).room = 100;
    world.calm();
    let sent = world.sent();
    let sent_as: Vec<_> = sent.iter().map(|it| &it.submission.sender).collect();
    let configured = Senders::new("MyGov", []).answering_from(Some("555"));
    let configured = configured.of_answers().map(SentAs::Listed);
    assert_eq!(
        sent_as,
        [&SentAs::Number("1055".into()), &configured.unwrap()]
    );
}

#[test]
fn what_waits_when_a_subscriber_opts_out_is_not_begun() {
    let mut world = World::new();
    world.smsc(UCELL).room = 0;
    world.publish(status("a"));
    let later = Notification {
        application: "2".parse().unwrap(),
        not_before: Some(START.after(HOUR).into()),
        ..status("later")
    };
    world.publish(later);
    world.writes(phone(0), "stop");
    world.smsc(UCELL).room = 100;
    world.calm();
    answer(&mut world);
    world.advance(2 * HOUR);
    assert_eq!(world.sent().len(), 0);
    assert_eq!(world.last("a").reason.unwrap().as_str(), "opted-out");
    assert_eq!(world.last("later").reason.unwrap().as_str(), "opted-out");
    assert_eq!(world.unsettled(), 0);
}

#[test]
fn an_opt_out_in_the_beat_of_an_event_is_heard_first() {
    let mut world = World::new();
    world.bring(vec![xabar_events::Event::StatusChanged(status("a"))]);
    world.writes(phone(0), "stop");
    answer(&mut world);
    assert_eq!(world.story("a"), ["accepted", "suppressed opted-out"]);
}

#[test]
fn what_the_law_requires_goes_past_an_opt_out() {
    let mut world = World::new();
    world.writes(phone(0), "stop");
    answer(&mut world);
    world.publish(Notification {
        legal: true,
        ..status("a")
    });
    world.one_sent();
}

#[test]
fn an_opt_out_holds_for_what_is_called_legal_without_a_right_to_it() {
    let mut world = World::new();
    world.writes(phone(0), "stop");
    answer(&mut world);
    world.publish(Notification {
        key: key("soliq", "a"),
        legal: true,
        ..status("a")
    });
    assert_eq!(world.sent().len(), 0);
    assert_eq!(world.not_entitled(), [(Right::Legal, "soliq".into(), 1)]);
}

#[test]
fn a_text_that_the_operator_has_a_part_of_is_finished() {
    let mut world = World::new();
    world.publish(long_status("a"));
    let sent = world.sent();
    assert!(sent.len() > 1);
    world.answer(&sent[0], Status::ROK, "1");
    for segment in &sent[1..] {
        world.answer(segment, Status::RMSGQFUL, "");
    }
    world.beat();
    world.writes(phone(0), "stop");
    answer(&mut world);
    world.advance(MINUTE);
    assert_eq!(world.sent().len(), sent.len() - 1, "the other segments");
}

#[test]
fn start_brings_messages_back() {
    let mut world = World::new();
    world.writes(phone(0), "stop");
    answer(&mut world);
    world.writes(phone(0), "start");
    answer(&mut world);
    world.publish(status("a"));
    world.one_sent();
}

#[test]
fn start_with_more_words_is_answered_whatever_was_explained_and_explains_nothing_itself() {
    let mut world = World::new();
    for (text, kind) in [
        ("stop", "stopped"),
        ("start kadaster", "no-agency"),
        ("what?", "help"),
        ("start kadaster please", "no-agency"),
        ("start all", "started"),
    ] {
        world.writes(phone(0), text);
        let sent = world.one_sent();
        let status = &world.laws.message(sent.message()).content.status;
        assert_eq!(**status, *kind, "{text}");
        world.advance(3 * MINUTE);
    }
    assert!(hears(&mut world, "a"));
}

#[test]
fn one_agency_is_stopped_alone() {
    let mut world = told_of_an_approval();
    world.writes(phone(0), "Stop Kadastr");
    assert!(answer(&mut world).contains("KADASTR"));
    world.publish(status("b"));
    assert_eq!(world.last("b").reason.unwrap().as_str(), "opted-out");
    world.publish(Notification {
        key: key("soliq", "c"),
        ..status("c")
    });
    world.one_sent();
}

#[test]
fn a_message_that_is_brought_again_is_acted_on_and_answered_once() {
    let mut world = World::new();
    for _ in 0..2 {
        assert_eq!(world.writes_with(phone(0), "stop", Some(7)), Status::ROK);
    }
    answer(&mut world);
    world.writes_with(phone(0), "start", Some(8));
    answer(&mut world);
    // Of an earlier life, in which it was not acknowledged.
    world.restart();
    assert_eq!(world.writes_with(phone(0), "stop", Some(7)), Status::ROK);
    assert_eq!(world.sent().len(), 0);
    world.publish(status("a"));
    world.one_sent();
}

/// Whether the first subscriber still hears.
fn hears(world: &mut World, id: &str) -> bool {
    world.publish(Notification {
        application: id.parse().unwrap(),
        ..status(id)
    });
    !world.sent().is_empty()
}

#[test]
fn who_opts_out_in_and_out_again_is_opted_out() {
    for restarts in [false, true] {
        let mut world = World::new();
        for (id, text, stays) in [
            ("a", "stop", false),
            ("b", "start", true),
            ("c", "stop", false),
        ] {
            world.writes(phone(0), text);
            answer(&mut world);
            if restarts {
                world.restart();
            }
            assert_eq!(hears(&mut world, id), stays, "{id}");
        }
        assert_eq!(world.writes(phone(0), "stop"), Status::ROK);
        assert_eq!(world.sent().len(), 0, "a repeat is not answered again");
    }
}

#[test]
fn an_opt_out_is_heard_where_what_came_before_it_was_not_answered() {
    let mut world = World::with(|settings| {
        settings.dialogue.answers = vec![limit(1, HOUR)];
    });
    world.writes(phone(0), "stop");
    answer(&mut world);
    world.writes(phone(0), "start");
    world.restart();
    assert!(hears(&mut world, "a"));
    world.writes(phone(0), "stop");
    assert!(!hears(&mut world, "b"));
}

#[test]
fn an_opt_out_after_more_texts_than_are_answered_is_kept() {
    let mut world = World::new();
    for number in 0..60 {
        world.writes(phone(0), &format!("{number}"));
    }
    world.sent();
    assert_eq!(world.writes(phone(0), "stop"), Status::ROK);
    assert_eq!(world.sent().len(), 0, "no confirmation");
    assert!(!hears(&mut world, "a"));
}

/// As phones' numbers are written, and what is answered to them.
pub(super) const SENDERS: [(Ton, &str, Status); 8] = [
    (Ton::UNKNOWN, "00998931234567", Status::RX_R_APPN),
    (Ton::NATIONAL, "0931234567", Status::RX_R_APPN),
    (Ton::INTERNATIONAL, "0998931234567", Status::RX_R_APPN),
    (Ton::NATIONAL, "931234567", Status::RX_R_APPN),
    (Ton::UNKNOWN, "931234567", Status::RX_R_APPN),
    (Ton::UNKNOWN, "998931234567", Status::ROK),
    (Ton::UNKNOWN, "+447700900123", Status::ROK),
    (Ton::INTERNATIONAL, "447700900123", Status::ROK),
];

#[test]
fn a_national_number_is_taken_for_no_other_countrys() {
    let mut world = World::new();
    for (ton, digits, status) in SENDERS {
        let text = Text {
            from: phone(0),
            words: "stop".into(),
            reference: None,
        };
        let frame = mo_from(ton, digits, &text, 1);
        assert_eq!(world.brings(frame), status, "{digits}");
    }
}

#[test]
fn a_national_number_that_begins_like_a_whole_one_is_taken_for_nobodys() {
    let mut world = World::with(|settings| {
        settings.operators[0].prefixes.push("99899".into());
    });
    let text = Text {
        from: phone(0),
        words: "stop".into(),
        reference: None,
    };
    for (ton, status) in [
        (Ton::UNKNOWN, Status::RX_R_APPN),
        (Ton::NATIONAL, Status::RX_R_APPN),
        (Ton::INTERNATIONAL, Status::ROK),
    ] {
        let frame = mo_from(ton, "998931234", &text, 1);
        assert_eq!(world.brings(frame), status, "{ton:?}");
    }
}

/// The first segment of a text of two.
fn first_of_two(from: Msisdn, sequence_number: u32) -> Frame {
    let digits = from.digits();
    let mut octets = vec![5, 0, 3, 1, 2, 1];
    octets.extend(b"how is it");
    let pdu = DeliverSm {
        source_addr_ton: Ton::INTERNATIONAL,
        source_addr: Octets(digits.as_bytes()),
        destination_addr: "555".into(),
        esm_class: EsmClass::UDH,
        short_message: Octets(&octets),
        ..DeliverSm::default()
    };
    let pdu = Pdu::new(sequence_number, Body::DeliverSm(pdu));
    pdu.to_frame().unwrap()
}

#[test]
fn unfinished_texts_that_were_answered_before_take_looks_as_others_do() {
    let mut world = World::new();
    let begin = |world: &mut World, numbers: std::ops::Range<u32>| {
        for number in numbers {
            let frame = first_of_two(phone(number), number + 1);
            world.bring_request(UCELL, frame);
        }
        world.beat();
        world.steady = world.steady.after(SECOND);
    };
    let answers = |world: &mut World| {
        world.beat();
        let sent = world.sent();
        for sent in &sent {
            world.answer(sent, Status::ROK, &format!("{}", sent.message()));
        }
        sent.len()
    };
    begin(&mut world, 0..100);
    world.steady = world.steady.after(5 * MINUTE);
    assert_eq!(
        [32, 32, 32, 4].map(|_| answers(&mut world)),
        [32, 32, 32, 4]
    );
    world.beat();
    world.restart();
    begin(&mut world, 0..100);
    begin(&mut world, 200..201);
    world.steady = world.steady.after(5 * MINUTE);
    assert_eq!([0, 0, 0, 1].map(|_| answers(&mut world)), [0, 0, 0, 1]);
}

#[test]
fn the_same_words_are_a_new_question_after_ten_minutes() {
    let mut world = told_of_an_approval();
    for _ in 0..3 {
        world.writes(phone(0), "48120973");
        assert!(answer(&mut world).contains("approved"));
        world.advance(10 * MINUTE);
    }
}

#[test]
fn the_same_words_are_a_new_question_once_there_is_news() {
    let mut world = told_of_an_approval();
    world.writes(phone(0), "48120973");
    assert!(answer(&mut world).contains("approved"));
    world.writes(phone(0), "48120973");
    assert_eq!(world.sent().len(), 0, "nothing new");
    world.publish(Notification {
        time: START.after(MINUTE).into(),
        status: "ready".parse().unwrap(),
        ..english("b")
    });
    let sent = world.one_sent();
    world.accept(&sent, "2");
    world.writes(phone(0), "48120973");
    assert!(answer(&mut world).contains("ready"));
    world.writes(phone(0), "48120973");
    assert_eq!(world.sent().len(), 0, "nothing new");
}

#[test]
fn news_that_was_not_sent_to_who_opted_out_is_news_to_who_asks() {
    let mut world = told_of_an_approval();
    for text in ["STOP", "48120973"] {
        world.writes(phone(0), text);
        answer(&mut world);
    }
    world.publish(Notification {
        time: START.after(MINUTE).into(),
        status: "ready".parse().unwrap(),
        ..english("b")
    });
    assert_eq!(world.last("b").reason.unwrap().as_str(), "opted-out");
    world.writes(phone(0), "48120973");
    assert!(answer(&mut world).contains("ready"));
    world.writes(phone(0), "48120973");
    assert_eq!(world.sent().len(), 0, "nothing new");
}

#[test]
fn a_number_is_answered_with_the_latest_status() {
    let mut world = told_of_an_approval();
    world.publish(Notification {
        time: START.after(MINUTE).into(),
        status: "ready".parse().unwrap(),
        ..english("b")
    });
    let sent = world.one_sent();
    world.accept(&sent, "2");
    world.writes(phone(0), "No 4812 0973!");
    let told = "Application 48120973 (land registration): ready.";
    world.sent();
    world.writes(phone(0), "48120973");
    assert_eq!(answer(&mut world), told);
}

#[test]
fn anothers_application_is_answered_like_one_that_does_not_exist() {
    let mut world = told_of_an_approval();
    let english = "lang en";
    world.writes(phone(1), english);
    answer(&mut world);
    world.writes(phone(1), "48120973");
    let of_another = answer(&mut world);
    world.writes(phone(1), "48120999");
    let unknown = answer(&mut world);
    assert_eq!(of_another.replace("48120973", "48120999"), unknown);
}

#[test]
fn one_number_of_two_agencies_is_answered_with_both() {
    let mut world = told_of_an_approval();
    world.publish(Notification {
        key: key("soliq", "b"),
        time: START.after(MINUTE).into(),
        service: "tax-refund".parse().unwrap(),
        status: "rejected".parse().unwrap(),
        ..english("b")
    });
    let sent = world.one_sent();
    world.accept(&sent, "2");
    world.writes(phone(0), "48120973");
    assert_eq!(
        answer(&mut world),
        "Your applications: 48120973 (tax refund): rejected; 48120973 (land registration): approved."
    );
}

#[test]
fn a_number_that_is_not_known_is_told_as_it_was_typed_and_leads_nowhere() {
    let mut world = told_of_an_approval();
    world.writes(phone(0), "KAD-2026/114");
    assert!(answer(&mut world).contains(" KAD-2026/114 "));
    world.writes(phone(0), "203.0.113.7/55");
    let told = answer(&mut world);
    assert!(told.contains(" 203 0 113 7 55 "), "{told}");
}

#[test]
fn a_status_question_lists_ones_applications() {
    let mut world = told_of_an_approval();
    world.writes(phone(0), "status");
    assert_eq!(answer(&mut world), "Your applications: 48120973 approved.");
    world.writes(phone(1), "status");
    assert!(!answer(&mut world).contains("48120973"));
}

#[test]
fn what_an_agency_calls_things_brings_no_number_into_an_answer() {
    let mut world = World::new();
    world.publish(Notification {
        application: "Call 998901234567 now".parse().unwrap(),
        service: "evil.uz".parse().unwrap(),
        status: "998901234567".parse().unwrap(),
        ..english("a")
    });
    world.writes(phone(0), "status");
    let told = answer(&mut world);
    assert!(
        !told.contains("Call") && !told.contains("evil.uz"),
        "{told}"
    );
    assert_eq!(told.matches("998901234567").count(), 1, "{told}");
}

#[test]
fn a_long_list_ends_in_how_many_more_there_are() {
    let mut world = World::new();
    for number in 0..30 {
        world.publish(Notification {
            application: format!("{}", 10_000_000 + number).parse().unwrap(),
            status: "appointment-scheduled".parse().unwrap(),
            ..english(&format!("e{number}"))
        });
    }
    world.sent();
    world.writes(phone(0), "status");
    let sent = world.sent();
    assert_eq!(sent.len(), 2, "segments");
    let last = &sent[1].submission.octets[6..];
    let last = decode(last, xabar_sms::DataCoding(0), Reading::default()).unwrap();
    assert!(last.ends_with("more."), "{last}");
}

#[test]
fn as_many_applications_are_listed_as_fit() {
    let mut world = World::new();
    for number in 0..14 {
        world.publish(Notification {
            application: format!("{}", 10_000_000 + number).parse().unwrap(),
            ..english(&format!("e{number}"))
        });
    }
    world.sent();
    world.writes(phone(0), "status");
    let sent = world.sent();
    let segment = |sent: &Sent| {
        let octets = &sent.submission.octets[6..];
        decode(octets, xabar_sms::DataCoding(0), Reading::default()).unwrap()
    };
    let told: String = sent.iter().map(segment).collect();
    assert_eq!((sent.len(), told.matches("approved").count()), (2, 14));
}

#[test]
fn the_language_that_was_chosen_comes_before_the_events() {
    let mut world = World::new();
    world.writes(phone(0), "язык русский");
    assert_eq!(answer(&mut world), "Теперь мы пишем вам по-русски.");
    world.publish(english("a"));
    let sent = world.one_sent();
    assert!(
        text(&sent).contains("48120973") && text(&sent).contains("зарегистрирован"),
        "{}",
        text(&sent)
    );
}

#[test]
fn help_is_sent_once_in_a_while_though_events_are_forgotten_sooner() {
    let mut world = World::with(|settings| settings.duplicates = MINUTE);
    world.writes(phone(0), "salom");
    answer_arrives(&mut world);
    world.writes(phone(0), "assalomu alaykum");
    assert_eq!(world.sent().len(), 0);
    world.advance(5 * HOUR);
    while world.forget() {}
    world.writes(phone(0), "salom");
    assert_eq!(world.sent().len(), 0);
    world.advance(HOUR);
    world.writes(phone(0), "salom");
    answer(&mut world);
}

#[test]
fn answers_have_a_limit_of_their_own_which_outlives_a_restart() {
    let mut world = World::with(|settings| {
        settings.rules.limits = vec![limit(1, HOUR)];
        settings.dialogue.answers = vec![limit(2, 10 * MINUTE)];
    });
    world.publish(status("a"));
    let sent = world.one_sent();
    world.accept(&sent, "1");
    for question in ["1", "2"] {
        world.writes(phone(0), question);
        answer(&mut world);
    }
    world.restart();
    assert_eq!(world.writes(phone(0), "3"), Status::ROK);
    assert_eq!(world.sent().len(), 0);
    assert_eq!(world.writes(phone(0), "stop"), Status::ROK);
    assert_eq!(world.sent().len(), 0, "no confirmation");
    world.publish(status("b"));
    assert_eq!(world.last("b").reason.unwrap().as_str(), "opted-out");
    world.advance(10 * MINUTE);
    world.writes(phone(0), "4");
    answer(&mut world);
}

#[test]
fn answers_are_counted_for_as_long_as_their_limit_says_though_events_are_forgotten_sooner() {
    let mut world = World::with(|settings| {
        settings.dialogue.answers = vec![limit(1, 24 * HOUR)];
        settings.duplicates = MINUTE;
    });
    world.writes(phone(0), "1");
    answer(&mut world);
    for _ in 0..5 {
        world.advance(4 * HOUR);
        while world.forget() {}
    }
    world.writes(phone(0), "2");
    assert_eq!(world.sent().len(), 0);
    world.advance(4 * HOUR + MINUTE);
    world.writes(phone(0), "3");
    answer(&mut world);
}

/// The subscriber gets no other message now: there is no room within the limit.
fn holds_the_next_one(world: &mut World) {
    world.publish(Notification {
        application: "2".parse().unwrap(),
        ..status("b")
    });
    assert_eq!(world.sent().len(), 0);
    assert_eq!(world.last("b").reason.unwrap().as_str(), "subscriber-limit");
}

#[test]
fn an_answer_that_is_refused_makes_no_room_for_another_message() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    world.bring(vec![xabar_events::Event::StatusChanged(status("a"))]);
    world.writes(phone(0), "status");
    let sent = world.sent();
    assert_eq!(sent.len(), 2, "in one millisecond");
    for sent in &sent {
        let is_answer = sent.submission.urgent;
        let status = [Status::ROK, Status::RINVDSTADR][usize::from(is_answer)];
        world.answer(sent, status, "1");
    }
    world.beat();
    holds_the_next_one(&mut world);
}

#[test]
fn an_answer_does_not_make_forget_what_its_subscriber_had() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(1, HOUR)]);
    world.publish(status("a"));
    let sent = world.one_sent();
    world.accept(&sent, "1");
    world.restart();
    world.writes(phone(0), "status");
    answer(&mut world);
    holds_the_next_one(&mut world);
}

#[test]
fn an_answer_after_a_restart_does_not_make_the_limit_forget() {
    let mut world = World::with(|settings| settings.rules.limits = vec![limit(3, 10 * MINUTE)]);
    for number in 0..3 {
        world.publish(Notification {
            application: format!("{number}").parse().unwrap(),
            ..status(&format!("e{number}"))
        });
        let sent = world.one_sent();
        world.accept(&sent, &format!("{number}"));
    }
    world.restart();
    // The event comes while the answer waits.
    world.smsc(UCELL).room = 0;
    world.writes(phone(0), "status");
    world.publish(Notification {
        application: "4".parse().unwrap(),
        ..status("e4")
    });
    world.smsc(UCELL).room = 100;
    world.calm();
    answer(&mut world);
    assert_eq!(
        world.last("e4").reason.unwrap().as_str(),
        "subscriber-limit"
    );
}

#[test]
fn answers_go_at_night() {
    let quiet = crate::pacing::QuietHours {
        from: "09:00".parse().unwrap(),
        to: "18:00".parse().unwrap(),
        timezone: jiff::tz::TimeZone::get("Asia/Tashkent").unwrap(),
    };
    let mut world = World::with(|settings| settings.rules.quiet_hours = Some(quiet));
    world.publish(status("a"));
    assert_eq!(world.sent().len(), 0);
    world.writes(phone(0), "48120973");
    answer(&mut world);
}

#[test]
fn no_agency_is_told_of_answers() {
    let mut world = World::new();
    world.writes(phone(0), "salom");
    answer(&mut world);
    assert_eq!(world.outcomes, []);
}

#[test]
fn an_answer_goes_to_the_operator_that_was_written_over() {
    let mut world = World::new();
    // Its prefix is the other operator's.
    world.writes(other_phone(1), "salom");
    answer(&mut world);
    world.smsc(UCELL).room = 0;
    world.writes(other_phone(1), "48120973");
    world.restart();
    world.smsc(UCELL).room = 100;
    world.calm();
    answer(&mut world);
}

#[test]
fn a_number_that_no_operator_carries_is_heard_and_not_answered() {
    let mut world = World::new();
    let stranger = "447700900123".parse().unwrap();
    assert_eq!(world.writes(stranger, "stop"), Status::ROK);
    assert_eq!(world.sent().len(), 0);
}

#[test]
fn a_number_that_is_blocked_or_reassigned_is_heard_and_not_answered() {
    let list = || {
        let rows = [(phone(0), 0)].into_iter();
        Some(Arc::new(Numbers::from_sorted([""], 1, rows)))
    };
    for (blocked, reassigned) in [(list(), None), (None, list())] {
        let mut world = told_of_an_approval();
        (world.blocked, world.reassigned) = (blocked, reassigned);
        for words in ["48120973", "help", "stop"] {
            assert_eq!(world.writes(phone(0), words), Status::ROK);
        }
        assert_eq!(world.sent().len(), 0);
        (world.blocked, world.reassigned) = (Some(Arc::default()), Some(Arc::default()));
        world.publish(status("b"));
        assert_eq!(world.story("b"), ["accepted", "suppressed opted-out"]);
    }
}

#[test]
fn without_a_number_nobody_reads() {
    let mut world = World::with(|settings| {
        for operator in &mut settings.operators {
            operator.senders = Senders::default();
        }
    });
    assert_eq!(world.writes(phone(0), "stop"), Status::RX_R_APPN);
}

#[test]
fn what_was_obeyed_and_not_answered_is_obeyed_once() {
    for others in [0, 60] {
        let mut world = World::with(|settings| {
            settings.dialogue.answers = vec![limit(1, HOUR)];
        });
        // So many texts of a phone are read for their answers; those after them are not.
        let write = |world: &mut World| {
            for number in 0..others {
                world.writes(phone(0), &format!("{number}"));
            }
        };
        world.writes(phone(0), "salom");
        answer(&mut world);
        write(&mut world);
        world.writes_with(phone(0), "start", Some(2));
        world.writes_with(phone(0), "stop", Some(3));
        world.restart();
        write(&mut world);
        world.writes_with(phone(0), "start", Some(2));
        assert!(!hears(&mut world, "a"), "{others}");
    }
}

#[test]
fn an_opt_out_counts_after_an_opt_in_of_the_same_reference_that_was_not_answered() {
    let mut world = World::with(|settings| {
        settings.dialogue.answers = vec![limit(1, HOUR)];
    });
    world.writes_with(phone(0), "stop", Some(7));
    answer(&mut world);
    world.writes_with(phone(0), "start", Some(7));
    world.restart();
    world.writes_with(phone(0), "stop", Some(7));
    world.laws.chosen_in_a_menu(phone(0), "stop");
    assert!(!hears(&mut world, "a"));
}

#[test]
fn a_text_is_known_again_for_ten_minutes_though_events_are_forgotten_sooner() {
    let mut world = World::with(|settings| settings.duplicates = MINUTE);
    for (words, reference) in [("stop", 1), ("start", 2)] {
        world.writes_with(phone(0), words, Some(reference));
        answer_arrives(&mut world);
    }
    world.advance(9 * MINUTE);
    while world.forget() {}
    world.restart();
    world.writes_with(phone(0), "stop", Some(1));
    assert!(hears(&mut world, "a"));
}

#[test]
fn an_agency_is_stopped_alone_behind_however_much_went_of_another() {
    let mut world = World::new();
    world.publish(Notification {
        key: key("adliya", "first"),
        ..status("first")
    });
    many_go(&mut world);
    world.writes(phone(0), "stop adliya");
    assert!(answer(&mut world).contains("ADLIYA"));
    assert!(hears(&mut world, "a"));
}

#[test]
fn answers_are_counted_behind_however_much_went_of_others() {
    let mut world = World::with(|settings| {
        settings.dialogue.answers = vec![limit(2, HOUR)];
    });
    world.writes(phone(0), "salom");
    answer(&mut world);
    many_go(&mut world);
    world.writes(phone(0), "yordam");
    assert_eq!(world.sent().len(), 0, "it was explained");
    world.writes(phone(0), "1");
    answer(&mut world);
    many_go(&mut world);
    world.writes(phone(0), "2");
    assert_eq!(world.sent().len(), 0, "these are as many as there may be");
}

#[test]
fn an_answer_is_of_use_for_an_hour() {
    for (wait, sent) in [(HOUR - SECOND, 1), (HOUR, 0)] {
        let mut world = World::new();
        world.smsc(UCELL).room = 0;
        world.writes(phone(0), "salom");
        world.advance(wait);
        world.smsc(UCELL).room = 100;
        world.calm();
        assert_eq!(world.sent().len(), sent, "{wait:?}");
    }
}

/// How many of these requests are answered with a status by now.
fn answered_with(world: &mut World, status: Status, brought: &[[(Status, Answer); 3]]) -> usize {
    let answers = &world.smsc(UCELL).answers;
    let of = |may: &[(Status, Answer); 3]| {
        may.iter()
            .any(|(it, answer)| *it == status && answers.contains(answer))
    };
    brought.iter().filter(|may| of(may)).count()
}

fn bring_words(world: &mut World, from: Msisdn, words: &str) -> [(Status, Answer); 3] {
    let text = Text {
        from,
        words: words.to_owned(),
        reference: None,
    };
    world.bring_text(UCELL, &text)
}

#[test]
fn more_texts_than_a_beat_can_read_are_read_in_the_next_ones() {
    let mut world = World::new();
    let texts = (0..100).map(|number| bring_words(&mut world, phone(number), "stop"));
    let brought: Vec<_> = texts.collect();
    for read in [32, 64, 96, 100] {
        world.beat();
        assert_eq!(answered_with(&mut world, Status::ROK, &brought), read);
    }
    assert_eq!(world.sent().len(), 100);
    assert_eq!(world.texts_put_off(), []);
}

#[test]
fn a_phones_texts_are_read_in_their_order_whatever_a_beat_can_read() {
    let mut world = World::new();
    for number in 1..=31 {
        bring_words(&mut world, phone(number), "stop");
    }
    for words in ["stop", "start", "stop", "start"] {
        bring_words(&mut world, phone(0), words);
    }
    world.beat();
    bring_words(&mut world, phone(0), "stop");
    world.beat();
    world.publish(status("a"));
    assert_eq!(world.story("a"), ["accepted", "suppressed opted-out"]);
}

#[test]
fn more_texts_than_can_wait_are_to_be_brought_again() {
    let mut world = World::new();
    let texts = (0..32 + 5_000 + 3).map(|number| bring_words(&mut world, phone(number), "stop"));
    let brought: Vec<_> = texts.collect();
    world.beat();
    assert_eq!(answered_with(&mut world, Status::RX_T_APPN, &brought), 3);
    assert_eq!(world.texts_put_off(), [("ucell".to_owned(), 3)]);
}

#[test]
fn the_memory_of_texts_that_wait_is_bounded_however_long_they_are() {
    let mut world = World::new();
    let words = "stop ".repeat(12_000);
    let digits = phone(0).digits();
    let mut tlvs = TlvBuffer::new();
    tlvs.push(Tag::MESSAGE_PAYLOAD, words.as_bytes()).unwrap();
    let bring = |number| {
        let pdu = DeliverSm {
            source_addr_ton: Ton::INTERNATIONAL,
            source_addr: Octets(digits.as_bytes()),
            destination_addr: "555".into(),
            tlvs: tlvs.as_tlvs(),
            ..DeliverSm::default()
        };
        let pdu = Pdu::new(number, Body::DeliverSm(pdu));
        world.bring_request(UCELL, pdu.to_frame().unwrap())
    };
    let brought: Vec<_> = (1..=200).map(bring).collect();
    world.beat();
    let wait = (4 << 20) / words.len();
    let put_off = answered_with(&mut world, Status::RX_T_APPN, &brought);
    assert_eq!(put_off, 200 - 32 - wait);
    assert_eq!(
        world.texts_put_off(),
        [("ucell".to_owned(), put_off as u64)]
    );
}

/// More messages go to the first subscriber than are looked at for most answers.
fn many_go(world: &mut World) {
    world.smsc(UCELL).room = 1_000;
    let first = world.beats;
    for number in first..first + 210 {
        world.publish(english(&format!("e{number}")));
    }
    world.calm();
    world.sent();
}

#[test]
fn an_application_is_found_behind_however_much_went_of_another() {
    let mut world = World::new();
    world.publish(Notification {
        application: "2".parse().unwrap(),
        ..english("other")
    });
    many_go(&mut world);
    for (words, found) in [("2", "2 "), ("status", "; 2 ")] {
        world.writes(phone(0), words);
        let answer = answer(&mut world);
        assert!(answer.contains(found), "{answer}");
    }
}
