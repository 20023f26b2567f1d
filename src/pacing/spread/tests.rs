use proptest::prelude::*;

use super::*;

const START: UnixMillis = UnixMillis(1_795_407_300_000);

fn spreading(an_hour: u32) -> Spreading {
    Spreading::new(Spread {
        agency: AgencyKey(1),
        service: None,
        an_hour,
    })
}

const NEVER: UnixMillis = UnixMillis::NEVER;

/// To one that is new, and waits as long as it takes.
fn deal(spreading: &mut Spreading, now: UnixMillis) -> UnixMillis {
    let dealt = spreading.deal(now, Line::Joins, NEVER, |at| at);
    dealt.expect("a time before the end of all")
}

#[test]
fn a_campaign_that_comes_at_once_goes_evenly() {
    let mut spreading = spreading(3660);
    let (mut gone, mut dealt) = (0, Vec::new());
    for _ in 0..7000 {
        match spreading.wait(START, Line::Joins) {
            None => {
                spreading.count(START);
                gone += 1;
            }
            Some(until) => {
                assert_eq!(
                    spreading.deal(START, Line::Joins, NEVER, |at| at),
                    Some(until)
                );
                dealt.push(until);
            }
        }
    }
    assert_eq!(gone, 61, "a minute's worth, and the first");
    let even = (0..).map(|n| START.after(Duration::from_secs(62 + n)));
    assert!(dealt.iter().copied().eq(even.take(dealt.len())));
}

#[test]
fn what_did_not_go_leaves_its_place() {
    let mut spreading = spreading(1);
    spreading.count(START);
    assert!(spreading.wait(START, Line::Joins).is_some());
    spreading.uncount();
    assert_eq!(spreading.wait(START, Line::Joins), None);
}

#[test]
fn what_goes_a_little_late_does_not_make_the_next_wait_again() {
    let mut spreading = spreading(3660);
    let mut now = START;
    for late in [0, 20, 59, 3, 30] {
        assert_eq!(
            spreading.wait(now.after(Duration::from_secs(late)), Line::Joins),
            None
        );
        spreading.count(now.after(Duration::from_secs(late)));
        now = now.after(Duration::from_secs(1));
    }
}

#[test]
fn who_comes_later_waits_for_those_that_stand_in_line() {
    let mut spreading = spreading(3660);
    (0..61).for_each(|_| spreading.count(START));
    let second = |seconds| START.after(Duration::from_secs(seconds));
    assert_eq!(deal(&mut spreading, START), second(62));
    assert_eq!(deal(&mut spreading, START), second(63));
    assert_eq!(spreading.wait(second(62), Line::Late(START)), None);
    assert_eq!(spreading.wait(second(62), Line::Joins), Some(second(64)));
    assert_eq!(deal(&mut spreading, second(62)), second(64));
    assert_eq!(
        spreading.wait(second(65), Line::Joins),
        None,
        "all had theirs"
    );
}

#[test]
fn who_missed_their_time_get_the_next_and_not_the_last() {
    let mut spreading = spreading(3660);
    (0..61).for_each(|_| spreading.count(START));
    for _ in 0..1000 {
        deal(&mut spreading, START);
    }
    let second = |seconds| START.after(Duration::from_secs(seconds));
    let again = [1, 2, 3].map(|_| spreading.deal(START, Line::Late(START), NEVER, |at| at));
    assert_eq!(again, [1, 2, 3].map(|n| Some(second(n))));
}

#[test]
fn who_comes_later_waits_for_those_that_missed_their_time_too_and_after_a_restart() {
    let mut spreading = spreading(3660);
    (0..61).for_each(|_| spreading.count(START));
    let again = [0; 100].map(|_| spreading.deal(START, Line::Late(START), NEVER, |at| at));
    let last = again[99].unwrap();
    let mut restarted = self::spreading(3660);
    restarted.take_up(spreading.change().unwrap(), START);
    for mut spreading in [spreading, restarted] {
        let second = START.after(Duration::from_secs(1));
        assert!(spreading.wait(second, Line::Joins).is_some());
        assert_eq!(
            deal(&mut spreading, second),
            last.after(Duration::from_secs(1))
        );
    }
}

#[test]
fn who_joins_while_times_are_dealt_anew_comes_after_those_that_had_one() {
    let mut spreading = spreading(3660);
    (0..61).for_each(|_| spreading.count(START));
    let dealt = [0; 10].map(|_| deal(&mut spreading, START));
    spreading.begin_anew();
    let anew = |spreading: &mut Spreading, before: UnixMillis| {
        let line = Line::Anew(Some(before));
        spreading.deal(START, line, NEVER, |at| at).unwrap()
    };
    let next = |number| dealt[9].after(Duration::from_secs(number));
    assert_eq!(anew(&mut spreading, dealt[0]), dealt[0]);
    assert_eq!(deal(&mut spreading, START), next(1));
    assert_eq!(anew(&mut spreading, dealt[5]), dealt[1]);
    let mut again = self::spreading(3660);
    again.take_up(spreading.change().unwrap(), START);
    assert_eq!(
        deal(&mut again, START),
        next(2),
        "also if that is cut short"
    );
    spreading.end_anew();
    assert_eq!(deal(&mut spreading, START), dealt[2]);
}

#[test]
fn by_another_pace_nobody_waits_for_that_of_before() {
    let minute = START.after(TOLERANCE);
    let mut slow = spreading(2);
    slow.count(START);
    let used = slow.change().unwrap();
    let mut restarted = spreading(36_600);
    restarted.take_up(used, START);
    assert!(
        restarted
            .wait(START.after(Duration::from_millis(100)), Line::Joins)
            .is_none()
    );
    let mut slower = spreading(1);
    let mut fast = spreading(36_600);
    (0..600).for_each(|_| fast.count(START));
    slower.go_on(&fast, START);
    assert!(slower.wait(minute.after(HOUR), Line::Joins).is_none());
}

#[test]
fn the_time_of_one_that_never_goes_is_anothers() {
    let mut spreading = spreading(3660);
    (0..61).for_each(|_| spreading.count(START));
    let dealt: Vec<_> = (0..10).map(|_| deal(&mut spreading, START)).collect();
    spreading.give_back(dealt[3], START);
    spreading.give_back(dealt[1], START);
    spreading.give_back(START, START);
    let now = dealt[1];
    assert_eq!(deal(&mut spreading, now), dealt[3], "the other has passed");
    let next = deal(&mut spreading, now);
    assert_eq!(next, dealt[9].after(Duration::from_secs(1)));
}

#[test]
fn one_that_ends_before_its_time_takes_none() {
    let mut spreading = spreading(3660);
    (0..61).for_each(|_| spreading.count(START));
    let second = |seconds| START.after(Duration::from_secs(seconds));
    let soon = |spreading: &mut Spreading| spreading.deal(START, Line::Joins, second(64), |at| at);
    assert_eq!(soon(&mut spreading), Some(second(62)));
    assert_eq!(soon(&mut spreading), Some(second(63)));
    assert_eq!(soon(&mut spreading), None);
    let dealt = [0; 3].map(|_| deal(&mut spreading, START));
    assert_eq!(dealt, [64, 65, 66].map(second));
    spreading.give_back(dealt[0], START);
    assert_eq!(soon(&mut spreading), None, "nor a free one");
    assert_eq!(deal(&mut spreading, START), second(64));
}

#[test]
fn after_a_large_campaign_that_never_goes_nobody_waits_for_it() {
    let mut spreading = spreading(7321);
    (0..200).for_each(|_| spreading.count(START));
    let dealt: Vec<_> = (0..100_000).map(|_| deal(&mut spreading, START)).collect();
    dealt.iter().for_each(|at| spreading.give_back(*at, START));
    assert!(spreading.free.is_empty());
    let mut again = self::spreading(7321);
    again.take_up(spreading.change().unwrap(), START);
    let first = deal(&mut again, START);
    assert!(first.0.abs_diff(dealt[0].0) <= 1, "{first:?}");
}

proptest! {
    #[test]
    fn whatever_is_given_back_is_dealt_out_again(
        an_hour in 5_u32..50_000,
        given_back in Just((0_usize..50).collect::<Vec<_>>()).prop_shuffle(),
        number in 1_usize..50,
    ) {
        let given_back = &given_back[..number];
        let mut spreading = spreading(an_hour);
        (0..=an_hour).for_each(|_| spreading.count(START));
        let dealt: Vec<_> = (0..51).map(|_| deal(&mut spreading, START)).collect();
        for place in given_back {
            spreading.give_back(dealt[*place], START);
            spreading.give_back(dealt[*place], START);
        }
        let mut free: Vec<_> = given_back.iter().map(|place| dealt[*place]).collect();
        free.sort_unstable();
        let again: Vec<_> = free.iter().map(|_| deal(&mut spreading, START)).collect();
        for (free, again) in free.iter().zip(again) {
            prop_assert!(free.0.abs_diff(again.0) <= 1, "{again:?} in the place of {free:?}");
        }
        prop_assert!(deal(&mut spreading, START) > dealt[50]);
    }

    #[test]
    fn no_hour_has_more_than_its_number(gaps in prop::collection::vec(0_u64..120_000, 1..600), an_hour in 5_u32..200) {
        let mut spreading = spreading(an_hour);
        let mut now = START;
        let mut gone: Vec<UnixMillis> = Vec::new();
        for gap in gaps {
            now = now.after(Duration::from_millis(gap));
            if spreading.wait(now, Line::Joins).is_none() {
                spreading.count(now);
                gone.push(now);
            }
        }
        for (place, first) in gone.iter().enumerate() {
            let inside = gone.iter().skip(place).take_while(|at| at.since(*first) < HOUR);
            prop_assert!(inside.count() <= an_hour as usize);
        }
    }
}
