//! What is known of each segment of a longer text: one may have no answer, another one was refused.

use xabar_smpp::Status;

use super::world::*;

/// A text of three segments: of the first there is no answer, the second is refused, the third accepted. Gives both that go
/// again.
fn silent_and_refused(world: &mut World, status: Status) -> [Sent; 2] {
    world.publish(long_status("e1"));
    let [first, second, third] = world.sent().try_into().unwrap();
    world.time_out(&first);
    world.refuse(&second, status);
    world.accept(&third, "3");
    world.advance(31 * SECOND);
    let again: [Sent; 2] = world.sent().try_into().unwrap();
    assert_eq!(again.each_ref().map(|it| it.token().segment), [0, 1]);
    again
}

#[test]
fn only_the_segments_without_an_answer_are_repeats() {
    let mut world = World::new();
    let [first, second] = silent_and_refused(&mut world, Status::RSYSERR);
    world.accept(&first, "1");
    world.accept(&second, "2");
    assert_eq!(world.story("e1").last().unwrap(), "submitted");
    assert_eq!(world.last("e1").repeats, 1);
}

#[test]
fn a_text_of_which_every_segment_has_its_answer_at_last_is_not_uncertain() {
    let mut world = World::new();
    let [first, second] = silent_and_refused(&mut world, Status::RTHROTTLED);
    world.accept(&first, "1");
    world.refuse(&second, Status::RINVDSTADR);
    assert_eq!(world.story("e1").last().unwrap(), "failed partial");
}

#[test]
fn a_text_of_which_a_segment_has_no_answer_is_uncertain_though_its_repeat_is_refused() {
    let mut world = World::new();
    let [first, second] = silent_and_refused(&mut world, Status::RTHROTTLED);
    world.accept(&second, "2");
    world.refuse(&first, Status::RINVDSTADR);
    assert_eq!(world.story("e1").last().unwrap(), "unknown uncertain");
    assert_eq!(world.last("e1").repeats, 0);
}

#[test]
fn a_segment_that_is_never_answered_is_submitted_four_times_however_long_its_text_is() {
    let mut world = World::new();
    world.publish(long_status("e1"));
    let mut submissions = [0; 3];
    for _ in 0..60 {
        for sent in world.sent() {
            let segment = sent.token().segment;
            submissions[usize::from(segment)] += 1;
            match segment {
                2 => world.lose(&sent),
                _ => world.accept(&sent, &segment.to_string()),
            }
        }
        if world.steady.since(START) < 5 * MINUTE {
            world.restart();
        }
        world.advance(31 * SECOND);
    }
    assert_eq!(submissions, [1, 1, 4]);
    assert_eq!(world.story("e1").last().unwrap(), "unknown uncertain");
    assert_eq!(world.last("e1").repeats, 3);
}
