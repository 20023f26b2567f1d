//! Receipts in every form, over every session, for what they should not be.

use std::time::Duration;

use clap::ValueEnum;

use super::{Carried, all_arrive_once, carry, carry_with};
use crate::support::events::{samples, stories};
use xabar::simulator::{
    Behaviour, Delay, IdForm, ReceiptAlphabet, ReceiptForm, ReceiptPdu, ReceiptSession, Receipts,
    StrayNul, Wording,
};
use xabar_events::State;

fn receipts(receipts: Receipts) -> Behaviour {
    Behaviour {
        receipts,
        ..Behaviour::default()
    }
}

/// Nothing but the text says what became of the message.
fn by_text(more: Receipts) -> Behaviour {
    receipts(Receipts {
        form: ReceiptForm::Text,
        no_reference: true,
        ..more
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_read_in_every_place_and_alphabet() {
    let mut behaviours = Vec::new();
    for place in ReceiptPdu::value_variants().iter().copied() {
        for alphabet in ReceiptAlphabet::value_variants().iter().copied() {
            behaviours.push(by_text(Receipts {
                place,
                alphabet,
                ..Receipts::default()
            }));
        }
        behaviours.push(receipts(Receipts {
            form: ReceiptForm::Tlv,
            no_reference: true,
            place,
            ..Receipts::default()
        }));
    }
    all_arrive_once(behaviours, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_read_in_every_wording_and_with_stray_nuls() {
    let wordings = [
        Wording::Terse,
        Wording::Bare,
        Wording::Reordered,
        Wording::Capitals,
        Wording::Letters,
    ];
    let worded = wordings.map(|wording| {
        by_text(Receipts {
            wording,
            ..Receipts::default()
        })
    });
    let nuls = [StrayNul::Text, StrayNul::Pdu].map(|nul| {
        by_text(Receipts {
            wording: Wording::Bare,
            nul,
            ..Receipts::default()
        })
    });
    all_arrive_once(worded.into_iter().chain(nuls).collect(), 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_that_nothing_marks_are_known_by_their_words_where_the_key_says_so() {
    let behaviour = by_text(Receipts {
        unmarked: true,
        twice: "20%".parse().unwrap(),
        first: "20%".parse().unwrap(),
        ..Receipts::default()
    });
    let carried = carry_with(behaviour, stories(7, 50, 40), |config| {
        config.more = "number = \"555\"\nunmarked_receipts = true\n".into();
    });
    let Carried { tally, figures, .. } = carried.await;
    assert_eq!(figures.deliveries.pending, 0, "{figures:?}");
    assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_find_their_message_over_any_session_of_the_login() {
    let sessions = [ReceiptSession::Same, ReceiptSession::Other];
    let over = sessions.map(|session| {
        by_text(Receipts {
            session,
            ..Receipts::default()
        })
    });
    all_arrive_once(over.into(), 50).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_find_their_message_in_every_spelling_of_its_id() {
    let spelled = |ids, id_width, receipt_id_width| {
        by_text(Receipts {
            ids,
            id_width,
            receipt_id_width,
            ..Receipts::default()
        })
    };
    for behaviour in [
        spelled(IdForm::DecimalThenHex, 0, None),
        spelled(IdForm::HexThenCapitals, 0, None),
        spelled(IdForm::Uuid, 0, None),
        spelled(IdForm::Hex, 16, Some(0)),
        spelled(IdForm::HexThenDecimal, 0, Some(20)),
    ] {
        all_arrive_once(vec![behaviour], 50).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_come_again_are_told_apart() {
    let behaviour = by_text(Receipts {
        ids_repeat_after: Some(40),
        ..Receipts::default()
    });
    all_arrive_once(vec![behaviour], 150).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_on_the_way_twice_or_too_early_do_not_end_a_message() {
    let chatty = receipts(Receipts {
        accepted: "50%".parse().unwrap(),
        intermediate: "50%".parse().unwrap(),
        first: "20%".parse().unwrap(),
        twice: "50%".parse().unwrap(),
        disorder: "20%".parse().unwrap(),
        no_reference: true,
        ..Receipts::default()
    });
    all_arrive_once(vec![chatty], 120).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expires_at_the_operator_is_told_so_and_not_sent_again() {
    let behaviour = receipts(Receipts {
        expired: "30%".parse().unwrap(),
        ..Receipts::default()
    });
    let events = stories(7, 60, 50);
    let published = events.len();
    let Carried { tally, .. } = carry(behaviour, events).await;
    let expired = tally.ended(State::Expired);
    assert!(expired > 5, "{tally:?}");
    let ended = tally.arrived() + expired + tally.partial;
    assert_eq!(ended, published, "{tally:?}");
    assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_for_what_was_refused_is_taken_and_settles_nothing() {
    // Over another session it may come before the refusal.
    let at_once = Receipts {
        delay: Delay::NONE,
        session: ReceiptSession::Other,
        ..Receipts::default()
    };
    for how in [Receipts::default(), at_once] {
        let behaviour = Behaviour {
            errors: "ESME_RSYSERR=10%".parse().unwrap(),
            ..receipts(Receipts {
                refused: "100%".parse().unwrap(),
                ..how
            })
        };
        let Carried { tally, figures, .. } = carry(behaviour, stories(7, 120, 100)).await;
        assert!(figures.refused["ESME_RSYSERR"] > 5, "{figures:?}");
        assert_eq!(figures.deliveries.pending, 0, "all were acknowledged");
        assert_eq!(tally.ended(State::Failed), tally.partial, "{tally:?}");
        assert_eq!((tally.repeated, tally.told_repeats), (0, 0), "{tally:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_loses_receipts_is_asked_and_what_it_says_is_told() {
    let behaviour = receipts(Receipts {
        lost: "100%".parse().unwrap(),
        undelivered: "30%".parse().unwrap(),
        ids: IdForm::DecimalThenHex,
        id_width: 16,
        ..Receipts::default()
    });
    let carried = carry_with(behaviour, samples(7, 40), |config| {
        config.receipt = Some(Duration::from_secs(10));
        config.more = "query = true\n".into();
    });
    let Carried { tally, figures, .. } = carried.await;
    assert_eq!(figures.deliveries.planned, 0, "no receipt: {figures:?}");
    assert_eq!(
        figures.queries, tally.accepted as u64,
        "each once: {figures:?}"
    );
    let failed = tally.ended(State::Failed);
    assert!(failed > 0, "{tally:?}");
    assert_eq!(tally.ended(State::Delivered) + failed, 40, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_questions_together_stay_within_the_tps() {
    let behaviour = receipts(Receipts {
        lost: "100%".parse().unwrap(),
        ..Receipts::default()
    });
    let carried = carry_with(behaviour, samples(7, 400), |config| {
        config.tps = Some(60);
        config.receipt = Some(Duration::from_secs(4));
        config.more = "query = true\n".into();
    });
    let Carried { world, .. } = carried.await;
    // `carry_with` has checked the tape; this is that questions came while messages did.
    let tape = world.tape().await;
    let last = tape.entries().last().unwrap().at;
    let among = tape.queries().iter().filter(|at| **at < last).count();
    assert!(among > 0, "{:?} of {last:?}", tape.queries());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_loses_receipts_and_knows_nothing_leaves_fates_unknown() {
    let behaviour = receipts(Receipts {
        lost: "100%".parse().unwrap(),
        fates: 0,
        ..Receipts::default()
    });
    let carried = carry_with(behaviour, samples(7, 20), |config| {
        config.receipt = Some(Duration::from_secs(4));
        config.more = "query = true\n".into();
    });
    let Carried { tally, figures, .. } = carried.await;
    assert!(figures.queries > 0, "{figures:?}");
    assert_eq!(tally.ended(State::Unknown), 20, "{tally:?}");
}
