//! Who goes when one more may.

use super::super::tests::*;
use super::super::*;
use super::{Contests, REMEMBERED};

/// To one subscriber, whose limit it waits for.
fn put_off(number: u64, agency: &str) -> Message {
    let mut message = message(number);
    let mut identity = (*message.identity).clone();
    identity.key.agency = xabar_events::Agency::from_name(agency).unwrap();
    message.origin_mut().identity = identity.into();
    message.origin_mut().msisdn = sibling(1).msisdn;
    message.progress.due = START.after(HOUR);
    message
}

/// Who goes while all of it waits for a limit of so many an hour, whoever of `read` is read first; the first letters of their names.
fn order(
    read: &[&str],
    (an_hour, weights): (u32, &[(&str, u32)]),
    mut waiting: Vec<Message>,
) -> String {
    let mut rules = one_an_hour();
    rules.limits[0].messages = an_hour;
    let weights = weights.iter().map(|(name, it)| (AgencyKey::of(name), *it));
    rules.sharing.weights = weights.collect();
    let mut pacer = Pacer::new(&rules, &BTreeMap::new());
    let mut order = String::new();
    for hour in 1.. {
        if waiting.is_empty() {
            break;
        }
        let now = after(hour * HOUR);
        let place = |it: &Message| read.iter().position(|name| *name == it.key.agency.name());
        waiting.sort_by_key(|message| (place(message), message.id));
        for message in waiting.drain(..) {
            offer(&mut pacer, message);
        }
        while let Some(turn) = pacer.next(UCELL, Among::All, &now) {
            match turn {
                Turn::Go(mut message) => {
                    message.progress.attempt.attempts = 1;
                    pacer.begin(&message, message.lane, &now);
                    pacer.end(&message);
                    order.extend(message.key.agency.name().chars().next());
                }
                Turn::Defer { message, .. } => waiting.push(message),
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(pacer.contests.known.len() <= 1);
    order
}

#[test]
fn two_agencies_take_turns_whichever_is_read_first_and_however_much_one_has() {
    for read in [["adliya", "soliq"], ["soliq", "adliya"]] {
        let of = |numbers: std::ops::Range<u64>, name| numbers.map(move |it| put_off(it, name));
        let both: Vec<_> = of(1..7, "adliya").chain(of(7..9, "soliq")).collect();
        assert_eq!(order(&read, (1, &[]), both.clone()), "asasaaaa");
        assert_eq!(order(&read, (2, &[]), both), "asasaaaa", "two at once");
    }
}

#[test]
fn each_of_eight_agencies_goes_once_before_one_goes_twice() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut read = names;
    for _ in names {
        read.rotate_left(3);
        let twice = names.iter().chain(names.iter());
        let all = twice.zip(1..).map(|(name, number)| put_off(number, name));
        assert_eq!(order(&read, (1, &[]), all.collect()), "abcdefghabcdefgh");
    }
}

#[test]
fn an_agency_goes_as_often_as_its_weight_says() {
    let weights = [("adliya", 3)];
    for read in [["adliya", "soliq"], ["soliq", "adliya"]] {
        let names = ["soliq", "adliya"].into_iter().cycle().take(24);
        let all = names.zip(1..).map(|(name, number)| put_off(number, name));
        let order = order(&read, (1, &weights), all.collect());
        assert!(order.starts_with("saaasaaasaaa"), "{order}");
    }
}

#[test]
fn whoever_was_not_there_has_saved_nothing_up() {
    let mut waiting: Vec<_> = (1..9).map(|it| put_off(it, "adliya")).collect();
    waiting.extend([put_off(9, "soliq"), put_off(10, "soliq")]);
    let late = (11..15).map(|it| {
        let mut late = put_off(it, "kadastr");
        late.origin_mut().accepted_at = START.after(3 * HOUR);
        late.origin_mut().not_before = Some(START.after(4 * HOUR));
        late.progress.due = START.after(4 * HOUR);
        late
    });
    waiting.extend(late);
    let order = order(&["adliya", "soliq", "kadastr"], (1, &[]), waiting);
    assert_eq!(order, "asaskakakakaaa");
}

#[test]
fn what_is_parked_or_paused_leaves_its_turn_to_others() {
    let mut pacer = Pacer::new(&one_an_hour(), &BTreeMap::new());
    let now = after(HOUR);
    let busy = put_off(1, "adliya");
    let paused = put_off(2, "soliq");
    let free = put_off(3, "kadastr");
    pacer.resume(&busy, ThreadFacts::default());
    pacer.pause(vec![Scope {
        agency: Some(paused.agency()),
        ..Scope::default()
    }]);
    for message in [busy, paused, free] {
        offer(&mut pacer, message);
    }
    assert_eq!(turn(&mut pacer, &now), Some(("go", 3)));
    assert_eq!(turn(&mut pacer, &now), None);
}

#[test]
fn a_contest_of_which_nothing_is_held_is_forgotten_in_time() {
    for both_wait in [true, false] {
        let mut contests = Contests::default();
        let number = |number| {
            let of = [("adliya", 0), ("soliq", 1)];
            of.map(|(name, it)| {
                let mut put_off = put_off(2 * number + it, name);
                put_off.origin_mut().msisdn = message(number).msisdn;
                put_off
            })
        };
        let kept = number(0);
        kept.iter().for_each(|message| contests.enter(message));
        for of in (1..5 * REMEMBERED as u64).map(number) {
            let waits = if both_wait { &of[..] } else { &of[1..] };
            waits.iter().for_each(|message| contests.enter(message));
            contests.went(&of[0], 1);
            waits.iter().for_each(|message| contests.leave(message));
        }
        assert!(contests.known.len() <= 2 * REMEMBERED + 1);
        assert!(contests.of(&kept[0]).is_some());
    }
}
