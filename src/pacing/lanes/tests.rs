//! Who gets how much of a link.

use proptest::prelude::*;

use super::*;

/// Takes a turn that costs so many PDUs; gives what was written in the message's number.
fn turn(lanes: &mut Lanes, pdus: usize) -> Option<(Lane, u64)> {
    let id = lanes.pop(Among::All)?.0;
    let lane = Lane::ALL[usize::try_from(id / 1000).unwrap()];
    lanes.charge(lane, agency(id % 1000), pdus);
    Some((lane, id % 1000))
}

fn agency(number: u64) -> AgencyKey {
    AgencyKey(u32::try_from(number).unwrap())
}

fn push(lanes: &mut Lanes, lane: Lane, number: u64, sharing: &Sharing) {
    let id = MessageId(lane as u64 * 1000 + number);
    lanes.push(lane, (agency(number), false), id, sharing);
}

/// The agencies have these weights, the first one the first.
fn weighted(weights: &[u32]) -> Sharing {
    let named = (0..).zip(weights);
    Sharing {
        weights: named.map(|(n, it)| (agency(n), *it)).collect(),
        ..Sharing::default()
    }
}

#[test]
fn an_earlier_lane_goes_first_but_each_later_one_keeps_its_share() {
    let sharing = Sharing::default();
    let mut lanes = Lanes::new(&sharing);
    let mut got = [0; 4];
    for lane in Lane::ALL {
        for _ in 0..1000 {
            push(&mut lanes, lane, 1, &sharing);
        }
    }
    for _ in 0..1000 {
        let (lane, _) = turn(&mut lanes, 1).unwrap();
        got[lane as usize] += 1;
    }
    assert_eq!(got, [803, 99, 49, 49]);
}

#[test]
fn what_is_put_off_costs_its_lane_nothing() {
    let sharing = Sharing::default();
    let mut lanes = Lanes::new(&sharing);
    for _ in 0..100 {
        push(&mut lanes, Lane::Normal, 1, &sharing);
        push(&mut lanes, Lane::Bulk, 1, &sharing);
    }
    for _ in 0..99 {
        assert_eq!(lanes.pop(Among::All), Some(MessageId(2001)), "not charged");
    }
    assert_eq!(turn(&mut lanes, 1), Some((Lane::Normal, 1)));
}

#[test]
fn places_that_are_given_up_take_up_no_room_and_no_turn() {
    let sharing = Sharing::default();
    let mut lanes = Lanes::new(&sharing);
    for id in 0..4 {
        lanes.push(Lane::Normal, (agency(1), false), MessageId(id), &sharing);
        lanes.push(
            Lane::Normal,
            (agency(2), false),
            MessageId(10 + id),
            &sharing,
        );
    }
    lanes.retain(|id| id.0 % 2 == 1 && id.0 < 10);
    let left = [1, 2].map(|number| lanes.len(Lane::Normal, agency(number)));
    assert_eq!(left, [2, 0]);
    assert_eq!(lanes.pop(Among::All), Some(MessageId(1)));
    assert_eq!(lanes.pop(Among::All), Some(MessageId(3)));
    assert_eq!(lanes.pop(Among::All), None);
    assert!(lanes.is_empty(Among::All));
}

#[test]
fn agencies_take_turns_within_a_lane_and_each_keeps_its_order() {
    let sharing = Sharing::default();
    let mut lanes = Lanes::new(&sharing);
    for id in 0..4 {
        lanes.push(Lane::Normal, (agency(1), false), MessageId(id), &sharing);
    }
    lanes.push(Lane::Normal, (agency(2), false), MessageId(10), &sharing);
    lanes.push(Lane::Normal, (agency(2), false), MessageId(11), &sharing);
    let drained = std::iter::from_fn(|| {
        let id = lanes.pop(Among::All)?.0;
        lanes.charge(Lane::Normal, agency(1 + id / 10), 1);
        Some(id)
    });
    assert_eq!(drained.collect::<Vec<_>>(), [0, 10, 1, 11, 2, 3]);
}

/// How many PDUs each turn costs.
fn costs() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1_usize..=4, 50..400)
}

proptest! {
    /// Whatever comes and goes: while a lane waits, it gets its share of what goes out; and beyond
    /// its share only what no earlier lane wants.
    #[test]
    fn while_a_lane_waits_it_gets_its_share_and_no_more_than_earlier_ones_leave(
        arrivals in prop::collection::vec(prop::array::uniform4(0_u8..3), 400),
        costs in costs(),
        shares in prop::array::uniform4(1_u32..=25),
    ) {
        let sharing = Sharing { shares, ..Sharing::default() };
        let mut lanes = Lanes::new(&sharing);
        // What went out in all, and of each lane, since it has been waiting.
        let (mut all, mut own) = ([0_usize; 4], [0_usize; 4]);
        // Of each lane while some earlier one waited.
        let (mut beside, mut beyond) = ([0_usize; 4], [0_usize; 4]);
        for (arrival, cost) in arrivals.iter().zip(&costs) {
            for (lane, count) in Lane::ALL.into_iter().zip(arrival) {
                for _ in 0..*count {
                    push(&mut lanes, lane, 1, &sharing);
                }
            }
            let waits = Lane::ALL.map(|lane| lanes.len(lane, agency(1)) > 0);
            let Some((lane, _)) = turn(&mut lanes, *cost) else { continue };
            for it in Lane::ALL {
                let at = it as usize;
                let share = shares[at] as usize;
                if lanes.len(it, agency(1)) == 0 {
                    (all[at], own[at], beside[at], beyond[at]) = (0, 0, 0, 0);
                    continue;
                }
                all[at] += cost;
                own[at] += if it == lane { *cost } else { 0 };
                // Less what it took too much of before it was last empty, and late where others are owed as
                // well: a turn each, of four PDUs at most.
                prop_assert!(
                    own[at] * 100 + 100 + 2 * 400 >= all[at] * share,
                    "{it:?} got {} of {} at {share}%", own[at], all[at]
                );
                if waits[..at].contains(&true) {
                    beside[at] += cost;
                    beyond[at] += if it == lane { *cost } else { 0 };
                    prop_assert!(
                        beyond[at] * 100 <= beside[at] * share + 2 * 400,
                        "{it:?} took {} of {} at {share}%", beyond[at], beside[at]
                    );
                }
            }
        }
    }

    /// Agencies that all wait get PDUs by their weights, whatever each of their texts costs.
    #[test]
    fn agencies_that_wait_share_their_lane_by_weight(
        weights in prop::collection::vec(1_u32..=7, 2..6),
        costs in costs(),
    ) {
        let sharing = weighted(&weights);
        let mut lanes = Lanes::new(&sharing);
        for _ in 0..=costs.len() {
            for number in 0..weights.len() as u64 {
                push(&mut lanes, Lane::Normal, number, &sharing);
            }
        }
        let mut got = vec![0_usize; weights.len()];
        for cost in costs {
            let (_, number) = turn(&mut lanes, cost).unwrap();
            got[usize::try_from(number).unwrap()] += cost;
            let rounds = |at: usize| got[at] as f64 / f64::from(weights[at]);
            for one in 0..weights.len() {
                for other in 0..weights.len() {
                    // Within a round, but for what the last text of each took beyond.
                    let slack = 1.0 + 3.0 / f64::from(weights[one]) + 3.0 / f64::from(weights[other]);
                    prop_assert!((rounds(one) - rounds(other)).abs() <= slack, "{got:?} at {weights:?}");
                }
            }
        }
    }
}

#[test]
fn who_is_paused_has_no_turns_until_that_ends_and_is_owed_nothing_for_it() {
    let sharing = Sharing::default();
    let mut lanes = Lanes::new(&sharing);
    for _ in 0..10 {
        for number in [1, 2] {
            push(&mut lanes, Lane::Normal, number, &sharing);
        }
        push(&mut lanes, Lane::Bulk, 3, &sharing);
    }
    lanes.pause(|lane, key| lane == Lane::Bulk || key == agency(1));
    let bulk = (agency(3), true);
    lanes.push(Lane::Bulk, bulk, MessageId(3003), &sharing);
    assert_eq!(
        lanes.len(Lane::Bulk, agency(3)),
        11,
        "it is held all the same"
    );
    for _ in 0..10 {
        assert_eq!(turn(&mut lanes, 1), Some((Lane::Normal, 2)));
    }
    assert!(turn(&mut lanes, 1).is_none() && lanes.is_empty(Among::All));

    lanes.pause(|_, _| false);
    for _ in 0..10 {
        assert_eq!(turn(&mut lanes, 1), Some((Lane::Normal, 1)));
    }
    for _ in 0..11 {
        assert_eq!(turn(&mut lanes, 1), Some((Lane::Bulk, 3)));
    }
    assert!(lanes.is_empty(Among::All));
}
