//! Operators whose `data_coding` 0 means another alphabet.

use xabar_events::{Language, Notification};
use xabar_smpp::Status;
use xabar_smpp::values::DataCoding;
use xabar_sms::DefaultAlphabet;

use super::world::*;
use crate::delivery::{Class, Event};

/// An event whose text has letters that are in GSM 03.38, and Latin-1, but not in ASCII.
fn with_accents(id: &str) -> Notification {
    Notification {
        language: Some(Language::En),
        status: "documents-needed".parse().unwrap(),
        params: [("office", "Café Müller_$")].into_iter().collect(),
        ..status(id)
    }
}

/// The same with a text of two segments, and of more in UCS-2, with a sign that ASCII has no other for.
fn long_with_accents(id: &str) -> Notification {
    let params = [
        (
            "documents",
            "passport, proof of residence (§ 5), two photographs, café",
        ),
        (
            "office",
            "Café Müller, 17 Street of the Seven Sisters, second floor",
        ),
    ];
    Notification {
        params: params.into_iter().collect(),
        ..with_accents(id)
    }
}

/// A world whose first operator means so much by `data_coding` 0, and whose second stands in for it.
fn world(first: DefaultAlphabet, second: DefaultAlphabet) -> World {
    World::with(|settings| {
        settings.operators[0].alphabet = first;
        settings.operators[0].fallback = vec!["beeline".into()];
        settings.operators[1].alphabet = second;
    })
}

#[test]
fn what_was_withdrawn_meanwhile_does_not_go_again_in_ucs2() {
    let mut world = World::new();
    world.publish(with_accents("e1"));
    let sent = world.sent();
    world.cancel("e1");
    for sent in &sent {
        world.refuse(sent, Status::RINVDCS);
    }
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.unsettled(), 0);
}

#[test]
fn what_the_operator_means_otherwise_is_no_refusal_of_the_alphabet() {
    let mut world = World::new();
    world.publish(with_accents("e1"));
    for sent in world.sent() {
        let refused = Event::Answered {
            token: sent.token(),
            class: Class::Permanent,
            status: Status::RINVDCS,
            smsc_id: "".into(),
        };
        world.hear(sent.operator, refused);
    }
    world.advance(HOUR);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1").last().unwrap(), "failed refused");
}

#[test]
fn a_text_goes_out_in_the_operators_alphabet_or_as_is_cheapest_where_that_lacks_a_letter() {
    for (alphabet, event, data_coding, written) in [
        (
            DefaultAlphabet::Gsm7,
            with_accents("e1"),
            0,
            &b"Caf\x05 M\x7Eller\x11\x02"[..],
        ),
        (
            DefaultAlphabet::Latin1,
            with_accents("e1"),
            0,
            b"Caf\xE9 M\xFCller_$",
        ),
        (
            DefaultAlphabet::Ascii,
            with_accents("e1"),
            0,
            b"Cafe Muller_$",
        ),
        (
            DefaultAlphabet::Ascii,
            long_with_accents("e1"),
            8,
            b"\0C\0a\0f\0\xE9",
        ),
    ] {
        let mut world = world(alphabet, alphabet);
        world.publish(event);
        let sent = world.sent();
        let mut written_so = sent.iter().filter(|sent| {
            let octets = &sent.submission.octets;
            octets.windows(written.len()).any(|it| it == written)
        });
        let submission = &written_so.next().expect("its office").submission;
        assert_eq!(submission.data_coding, DataCoding(data_coding));
    }
}

#[test]
fn a_text_whose_alphabet_is_refused_goes_once_more_in_ucs2_and_someone_is_told() {
    for restart in [false, true] {
        let mut world = World::new();
        world.publish(long_with_accents("e1"));
        let first = world.sent();
        world.smsc(UCELL).room = 0;
        for sent in &first {
            world.answer(sent, Status::RINVDCS, "");
        }
        world.calm();
        if restart {
            world.restart();
        }
        world.smsc(UCELL).room = 10;
        world.calm();
        let second = world.sent();
        assert!(second.len() > first.len());
        for (sent, number) in second.iter().zip(1..) {
            assert_eq!(sent.submission.data_coding, DataCoding(8));
            world.accept(sent, &format!("{number}"));
            world.receipt(sent, &format!("{number}"), "DELIVRD");
        }
        assert_eq!(world.story("e1"), ["accepted", "submitted", "delivered"]);
        assert_eq!(
            (world.last("e1").attempts, world.last("e1").repeats),
            (2, 0)
        );
        if !restart {
            assert_eq!(world.refusals().len(), 1);
        }
    }
}

#[test]
fn what_is_refused_in_ucs2_or_has_a_part_with_the_operator_is_refused_for_good() {
    let refused = ["accepted", "failed refused"];
    let mut world = World::new();
    world.publish(with_accents("e1"));
    for _ in 0..2 {
        for sent in world.sent() {
            world.answer(&sent, Status::RINVDCS, "");
        }
        world.calm();
    }
    assert_eq!(world.story("e1"), refused);

    let mut world = World::with(|settings| {
        settings.operators[0].alphabet = DefaultAlphabet::Ascii;
    });
    world.publish(long_with_accents("e1"));
    for sent in world.sent() {
        world.answer(&sent, Status::RINVDCS, "");
    }
    world.calm();
    assert_eq!(world.story("e1"), refused);

    let mut world = World::new();
    world.publish(long_with_accents("e1"));
    let segments = world.sent();
    world.accept(&segments[0], "1");
    world.refuse(&segments[1], Status::RINVDCS);
    assert_eq!(world.story("e1"), ["accepted", "failed partial"]);
    assert!(world.sent().is_empty());
}

#[test]
fn a_text_that_moves_to_another_operator_is_cut_as_that_one_needs_it() {
    use DefaultAlphabet::{Ascii, Gsm7};
    for (from, to) in [(Gsm7, Ascii), (Ascii, Gsm7)] {
        let mut world = world(from, to);
        world.publish(long_with_accents("e1"));
        let first = world.sent();
        for sent in &first {
            world.answer(sent, Status::RSERTYPUNAVAIL, "");
        }
        world.calm();
        let second = world.sent();
        assert_ne!(first.len(), second.len());
        assert!(second.iter().all(|sent| sent.operator == BEELINE));
        for (sent, id) in second.iter().zip(["1", "2", "3", "4", "5", "6"]) {
            world.answer(sent, Status::ROK, id);
        }
        world.beat();
        for (sent, id) in second.iter().zip(["1", "2", "3", "4", "5", "6"]) {
            world.receipt(sent, id, "DELIVRD");
        }
        assert_eq!(world.story("e1").last().unwrap(), "delivered");
        assert_eq!(world.unsettled(), 0);
    }
}

#[test]
fn a_text_of_which_the_operator_has_a_part_ends_if_its_segments_are_others_now() {
    let mut world = world(DefaultAlphabet::Gsm7, DefaultAlphabet::Gsm7);
    world.publish(long_with_accents("e1"));
    let sent = world.sent();
    world.accept(&sent[0], "1");
    for sent in &sent[1..] {
        world.refuse(sent, Status::RSYSERR);
    }
    world.settings.operators[0].alphabet = DefaultAlphabet::Ascii;
    world.restart();
    world.advance(MINUTE);
    assert!(world.sent().is_empty());
    assert_eq!(world.story("e1").last().unwrap(), "failed partial");
    assert_eq!(world.unsettled(), 0);
}
