use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> UnixMillis {
    UnixMillis(text.parse::<Timestamp>().unwrap().as_millisecond())
}

const HOUR: Duration = Duration::from_secs(3600);

fn two_a_day() -> DailyQuota {
    DailyQuota {
        messages: 2,
        timezone: TimeZone::get("Asia/Tashkent").unwrap(),
    }
}

#[test]
fn a_clock_that_was_days_ahead_costs_no_agency_the_days_between() {
    let start = UnixMillis(1_795_000_000_000);
    let spent = |ahead: Duration| {
        let mut daily = Daily::new(two_a_day(), Used::default());
        for _ in 0..2 {
            daily.count(start.after(ahead));
        }
        daily.spent_until(Lane::Normal, false, start).is_some()
    };
    assert!(
        spent(Duration::ZERO) && spent(DAY),
        "a day it may be set back"
    );
    assert!(!spent(7 * DAY));
}

#[test]
fn a_day_has_its_share_from_midnight_to_midnight() {
    let mut daily = Daily::new(two_a_day(), Used::default());
    let evening = at("2026-11-23T23:59:00+05:00");
    let midnight = at("2026-11-24T00:00:00+05:00");
    assert_eq!(daily.spent_until(Lane::Normal, false, evening), None);
    daily.count(evening);
    assert_eq!(daily.spent_until(Lane::Normal, false, evening), None);
    daily.count(evening);
    assert_eq!(
        daily.spent_until(Lane::Normal, false, evening),
        Some(midnight)
    );
    assert_eq!(daily.spent_until(Lane::Normal, false, midnight), None);
    daily.count(midnight);
    daily.count(midnight);
    assert_eq!(
        daily.spent_until(Lane::Normal, false, evening),
        Some(at("2026-11-25T00:00:00+05:00")),
        "a clock set back gives nothing again"
    );
}

/// Whether room is found again for whom a day had none, once another left it.
fn looks_for_room(daily: &mut Daily, wall: UnixMillis) -> bool {
    let came = (true, wall, 1);
    daily.leave_campaign(wall, came, wall);
    let has_room = daily.has_room_again(wall);
    daily.join_campaign(wall, came, wall);
    has_room
}

#[test]
fn room_is_looked_for_on_the_days_that_had_none_until_all_is_dealt_out_anew() {
    let noon = at("2026-11-23T12:00:00+05:00");
    let [tomorrow, after] = [noon.after(DAY), noon.after(2 * DAY)];
    let midnight = Some(at("2026-11-25T00:00:00+05:00"));
    let mut daily = Daily::new(two_a_day(), Used::default());
    let came = (true, noon, 1);
    for day in [noon, tomorrow, tomorrow, after] {
        daily.join_campaign(day, came, noon);
    }
    assert!(!looks_for_room(&mut daily, noon), "nobody was turned away");
    assert_eq!(daily.full_until(tomorrow, false), midnight);
    assert!(!looks_for_room(&mut daily, noon), "from another day");
    daily.leave_campaign(noon, came, noon);
    let again = |daily: &mut Daily| {
        let used = daily.change().unwrap();
        assert_eq!(used.full, [false, true]);
        Daily::new(two_a_day(), used)
    };
    let mut daily = again(&mut daily);
    assert!(looks_for_room(&mut daily, tomorrow));
    daily.begin_anew();
    daily.end_anew();
    daily.join_campaign(tomorrow, came, tomorrow);
    assert!(!looks_for_room(&mut daily, tomorrow), "nobody since");
    daily.join_campaign(tomorrow, came, tomorrow);
    assert!(daily.full_until(tomorrow, false).is_some());
    assert!(looks_for_room(&mut daily, tomorrow));
    assert!(!looks_for_room(&mut daily, after), "that day is over");
}

#[test]
fn who_missed_their_time_in_a_campaign_are_before_others_on_the_day_that_is_counted_then() {
    let noon = at("2026-11-23T12:00:00+05:00");
    for (today, tomorrow, later) in [(2, 0, 1), (1, 1, 1), (1, 1, 2), (2, 0, 3)] {
        let mut daily = Daily::new(two_a_day(), Used::default());
        let came = (true, noon, 1);
        (0..today).for_each(|_| daily.join_campaign(noon, came, noon));
        (0..tomorrow).for_each(|_| daily.join_campaign(noon.after(DAY), came, noon));
        let then = noon.after(DAY * later);
        daily.pass(then);
        let full_until = Some(midnight(24 + i64::from(later)));
        assert_eq!(daily.full_until(then, false), full_until, "{later} later");
    }
}

#[test]
fn room_is_looked_for_again_where_normal_messages_took_a_day_from_who_had_a_time_on_it() {
    let noon = at("2026-11-23T12:00:00+05:00");
    let mut daily = Daily::new(two_a_day(), Used::default());
    assert_eq!(daily.spent_by_normal(false, noon), None);
    assert!(!daily.has_room_again(noon), "nobody was turned away");
    (0..2).for_each(|_| daily.promise(Lane::Normal, Day::Today, false));
    assert_eq!(daily.spent_by_normal(false, noon), Some(midnight(24)));
    assert!(!daily.has_room_again(noon));
    (0..2).for_each(|_| daily.leave(Lane::Normal, noon, Came::default(), &now(noon)));
    assert!(daily.has_room_again(noon));
}

#[test]
fn a_day_for_which_others_stand_in_line_has_no_room_again_for_a_campaign() {
    let noon = at("2026-11-23T12:00:00+05:00");
    let mut daily = Daily::new(two_a_day(), Used::default());
    daily.pass(noon);
    (0..2).for_each(|_| daily.promise(Lane::Bulk, Day::Today, false));
    assert_eq!(daily.full_until(noon, false), Some(midnight(24)));
    assert!(!daily.has_room_again(noon));
    daily.leave(Lane::Bulk, noon, Came::default(), &now(noon));
    assert!(daily.has_room_again(noon));
}

#[test]
fn what_did_not_go_gives_its_own_day_back() {
    let mut daily = Daily::new(two_a_day(), Used::default());
    let evening = at("2026-11-23T23:59:00+05:00");
    let midnight = at("2026-11-24T00:00:00+05:00");
    daily.count(evening);
    daily.count(evening);
    daily.uncount(evening);
    assert_eq!(daily.spent_until(Lane::Normal, false, evening), None);
    daily.count(midnight);
    daily.uncount(evening);
    assert_eq!(daily.change().unwrap().messages, 1);
}

fn now(wall: UnixMillis) -> Now {
    Now {
        instant: crate::clock::instant(),
        steady: wall,
        wall,
    }
}

/// How long after the opening of a day, which lasts a minute, the next one has its place.
fn place(daily: &mut Daily, at: UnixMillis, opens: UnixMillis, anew: bool) -> u64 {
    let opening = opens..opens.after(Duration::from_secs(60));
    let end = UnixMillis::NEVER;
    let slot = Slot { opening, anew, end };
    let place = daily.place(Lane::Normal, slot, &now(at), |_| true);
    u64::try_from(place.unwrap().at.0 - opens.0).unwrap()
}

#[test]
fn what_is_put_off_comes_the_next_day_in_order_before_all_that_is_new() {
    let noon = at("2026-11-23T12:00:00+05:00");
    let day = |day| at(&format!("2026-11-{day}T00:00:00+05:00"));
    let mut daily = Daily::new(two_a_day(), Used::default());
    daily.count(noon);
    daily.change();
    let mut put_off: Vec<_> = (0..3)
        .map(|_| place(&mut daily, noon, day(24), false))
        .collect();
    assert_eq!(daily.line(Lane::Normal, false, &now(noon)), Some(Day::Next));
    let mut again = Daily::new(two_a_day(), daily.change().unwrap());
    put_off.extend((0..2).map(|_| place(&mut again, noon, day(24), false)));
    assert_eq!(put_off, [0, 30_001, 60_002, 60_003, 60_004]);
    let line = again.line(Lane::Normal, false, &now(day(24)));
    assert_eq!(line, Some(Day::Today));
    let last = again.last(Lane::Normal, false);
    assert_eq!(last, day(24).after(Duration::from_millis(60_004)));
    assert_eq!(
        again.line(Lane::Bulk, false, &now(day(24))),
        None,
        "a line of its own"
    );
    assert_eq!(place(&mut again, day(24), day(24), false), 60_005);
    assert_eq!(place(&mut again, day(24), day(25), false), 0);
    assert_eq!(
        again.line(Lane::Normal, false, &now(day(24).after(HOUR))),
        Some(Day::Next)
    );
}

#[test]
fn who_joins_while_places_are_dealt_anew_comes_after_those_that_had_one() {
    let noon = at("2026-11-23T12:00:00+05:00");
    let next = at("2026-11-24T00:00:00+05:00");
    let mut daily = Daily::new(two_a_day(), Used::default());
    daily.count(noon);
    for _ in 0..4 {
        place(&mut daily, noon, next, false);
    }
    daily.begin_anew();
    let places = [true, false, true, false].map(|anew| place(&mut daily, noon, next, anew));
    assert_eq!(places, [0, 60_004, 30_001, 60_005]);
    let mut again = Daily::new(two_a_day(), daily.change().unwrap());
    assert_eq!(
        place(&mut again, noon, next, false),
        60_006,
        "also if that is cut short"
    );
    daily.end_anew();
    assert_eq!(place(&mut daily, noon, next, false), 60_002);
}

#[test]
fn a_zone_that_is_moved_brings_no_quota_a_second_time() {
    let zone = |name| DailyQuota {
        timezone: TimeZone::get(name).unwrap(),
        ..two_a_day()
    };
    let evening = at("2026-11-23T20:00:00+05:00");
    let midnight = at("2026-11-24T00:00:00Z");
    for after_a_restart in [false, true] {
        let mut daily = Daily::new(two_a_day(), Used::default());
        (0..2).for_each(|_| daily.count(evening));
        let mut moved = Daily::new(zone("UTC"), Used::default());
        if after_a_restart {
            moved = Daily::new(zone("UTC"), daily.change().unwrap());
        } else {
            moved.go_on(daily);
        }
        assert_eq!(
            moved.spent_until(Lane::Normal, false, evening),
            Some(midnight)
        );
        assert_eq!(moved.spent_until(Lane::Normal, false, midnight), None);
    }
}

#[test]
fn what_was_used_before_a_restart_counts_on_that_day_only() {
    let noon = at("2026-11-23T12:00:00+05:00");
    let mut daily = Daily::new(two_a_day(), Used::default());
    daily.count(noon);
    daily.count(noon);
    let used = daily.change().unwrap();
    assert_eq!(daily.change(), None);
    let mut again = Daily::new(two_a_day(), used);
    assert!(again.spent_until(Lane::Normal, false, noon).is_some());
    assert_eq!(
        again.spent_until(Lane::Normal, false, at("2026-11-24T12:00:00+05:00")),
        None
    );
}

#[test]
fn a_line_that_all_have_left_holds_up_nobody() {
    let noon = at("2026-11-23T12:00:00+05:00");
    let next = at("2026-11-24T00:00:00+05:00");
    let mut daily = Daily::new(two_a_day(), Used::default());
    let places: Vec<_> = (0..3)
        .map(|_| place(&mut daily, noon, next, false))
        .map(|after| next.after(Duration::from_millis(after)))
        .collect();
    for place in places {
        assert_eq!(
            daily.line(Lane::Normal, false, &now(next)),
            Some(Day::Today)
        );
        daily.leave(Lane::Normal, place, Came::default(), &now(next));
        daily = Daily::new(two_a_day(), daily.change().unwrap());
    }
    assert_eq!(daily.line(Lane::Normal, false, &now(next)), None);
}

#[test]
fn one_that_ends_before_its_place_takes_nothing_from_those_before_it() {
    let noon = at("2026-11-23T12:00:00+05:00");
    let next = at("2026-11-24T00:00:00+05:00");
    let opening = next..next.after(Duration::from_secs(60));
    let ends_soon = |daily: &mut Daily| {
        let slot = Slot {
            opening: opening.clone(),
            anew: false,
            end: next.after(Duration::from_secs(20)),
        };
        let place = daily.place(Lane::Normal, slot, &now(noon), |_| true);
        place.map(|place| place.at)
    };
    let mut daily = Daily::new(two_a_day(), Used::default());
    place(&mut daily, noon, next, false);
    assert_eq!(ends_soon(&mut daily), Some(next), "there is room for both");
    assert_eq!(ends_soon(&mut daily), None);
    let mut daily = Daily::new(two_a_day(), Used::default());
    (0..2).for_each(|_| _ = place(&mut daily, noon, next, false));
    assert_eq!(ends_soon(&mut daily), None);
}

/// The midnights from which a day and the ones after it are counted.
fn midnight(day: i64) -> UnixMillis {
    two_a_day().later(at("2026-11-24T00:00:00+05:00"), day - 24)
}

/// Where the next one of a lane stands, put off to the next day.
fn put_off(daily: &mut Daily, lane: Lane, wall: UnixMillis) -> Place {
    let opens = daily.quota.day_of(wall).end;
    let slot = Slot {
        opening: opens..opens,
        anew: false,
        end: UnixMillis::NEVER,
    };
    daily.place(lane, slot, &now(wall), |_| true).unwrap()
}

#[test]
fn a_turn_is_expected_on_the_day_that_has_room_for_it_after_normal_messages() {
    let noon = at("2026-11-23T12:00:00+05:00");
    let mut daily = Daily::new(two_a_day(), Used::default());
    let lanes = [Lane::Bulk, Lane::Normal, Lane::Normal, Lane::Normal];
    let lanes = lanes.into_iter().chain([Lane::Bulk, Lane::Bulk]);
    let turns: Vec<_> = lanes
        .map(|lane| put_off(&mut daily, lane, noon).turn)
        .collect();
    let later = |on, before| Some((midnight(on), before));
    let of_bulk = [later(26, 0), later(26, 1)];
    let expected = [None, None, None, later(25, 0), of_bulk[0], of_bulk[1]];
    assert_eq!(turns, expected);
    let next = midnight(24).after(HOUR);
    assert_eq!(daily.spent_until(Lane::Normal, false, next), None);
    assert_eq!(
        daily.spent_until(Lane::Bulk, false, next),
        Some(midnight(25))
    );
    // Three wait for this day: one of them finds no room.
    let turn = put_off(&mut daily, Lane::Bulk, next).turn;
    assert_eq!(turn, None, "beside the third of them");
    assert_eq!(put_off(&mut daily, Lane::Bulk, next).turn, later(26, 0));
}

proptest! {
    /// Whichever lane links let go first: a normal message goes on the day that it is told, and so does a bulk one after which no
    /// normal one joins. No bulk one goes earlier.
    #[test]
    fn each_goes_on_the_day_that_it_is_told(
        bulk in prop::collection::vec(any::<bool>(), 1..60),
        links in prop::collection::vec(any::<bool>(), 200),
        messages in 1_u32..=9,
    ) {
        let mut daily = Daily::new(DailyQuota { messages, ..two_a_day() }, Used::default());
        let lanes: Vec<_> = bulk.iter().map(|bulk| [Lane::Normal, Lane::Bulk][usize::from(*bulk)]).collect();
        let noon = at("2026-11-23T12:00:00+05:00");
        let mut lines = [VecDeque::new(), VecDeque::new()];
        let mut told = Vec::new();
        for (id, lane) in lanes.iter().enumerate() {
            let place = put_off(&mut daily, *lane, noon);
            lines[usize::from(*lane == Lane::Bulk)].push_back((id, place.at));
            told.push(place.turn.map_or(midnight(24), |(midnight, _)| midnight));
        }
        let mut links = links.into_iter().cycle();
        for day in 24.. {
            let wall = midnight(day).after(HOUR);
            let mut today = std::mem::take(&mut lines);
            let [normal, bulk] = &mut today;
            while !(normal.is_empty() && bulk.is_empty()) {
                let is_bulk = normal.is_empty() || (!bulk.is_empty() && links.next() == Some(true));
                let (id, place) = if is_bulk { bulk.pop_front() } else { normal.pop_front() }.unwrap();
                daily.leave(lanes[id], place, Came::default(), &now(wall));
                if daily.spent_until(lanes[id], false, wall).is_some() {
                    let place = put_off(&mut daily, lanes[id], wall);
                    lines[usize::from(is_bulk)].push_back((id, place.at));
                    continue;
                }
                daily.count(wall);
                let is_last = !lanes[id..].contains(&Lane::Normal);
                if !is_bulk || is_last {
                    prop_assert_eq!(told[id], midnight(day), "{}", id);
                }
                prop_assert!(told[id] <= midnight(day), "{}", id);
            }
            if lines.iter().all(VecDeque::is_empty) {
                break;
            }
        }
    }
}
