//! However a dialogue is broken off, it ends in words, or goes on where it was: over SMPP and over HTTP.

use std::time::Duration;

use tokio::time::sleep;
use xabar::simulator::{Behaviour, NotSent};
use xabar_events::Language;

use crate::support::events::samples;
use crate::support::phone::{self, Phone};
use crate::support::screen::Screen;
use crate::support::soon;

const TIME_IS_UP: &str = "The time is up. Please dial the code again.";

fn last(text: &str) -> Screen {
    Screen {
        text: text.into(),
        ends: true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_is_shown_that_the_time_is_up_and_over_http_whoever_asks_is_told_so() {
    let world = phone::world("answer = \"5s\"", Language::En).await;
    let gateway = world.ready().await;
    let [mut by_smpp, mut by_http] = Phone::of_both_ways(&world);
    by_http.dial().await;
    by_smpp.dial().await;
    let menu_by_http = by_http.chooses("English").await;
    by_smpp.chooses("English").await;
    let number = by_smpp.chooses("By number").await;
    assert_eq!(by_smpp.look().await, last(TIME_IS_UP), "unasked");
    let smsc = by_smpp.smsc();
    let after = smsc.answer(by_smpp.number(), "1").await;
    assert_eq!(after, Err(NotSent::NoDialogue), "the network ended it");
    assert_eq!(by_smpp.dial().await, number, "where it was");
    assert_eq!(by_http.types("5").await, last(TIME_IS_UP));
    assert_eq!(by_http.dial().await, menu_by_http, "where it was");
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_refuses_the_last_screen_of_a_dialogue_that_it_ended_is_as_well_as_before()
{
    let mut world = phone::world("answer = \"5s\"", Language::En).await;
    let gateway = world.ready().await;
    let [mut phone, _] = Phone::of_both_ways(&world);
    let menu = phone.dial().await;
    let smsc = world.smsc.handle();
    let refusing = Behaviour {
        errors: "0x0B=1".parse().unwrap(),
        ..Behaviour::default()
    };
    smsc.set_behaviour(refusing).await.unwrap();
    let refused = async {
        while smsc.figures().await.unwrap().refused.is_empty() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    soon("a last screen that is refused", refused).await;
    smsc.set_behaviour(Behaviour::default()).await.unwrap();
    assert_eq!(phone.dial().await, menu, "where it was");
    world.publish(samples(7, 20)).await;
    world.until_all_ended(Duration::from_secs(60)).await;
    let log = gateway.stop_within(world.config.shutdown).await;
    assert_eq!(log.containing("not shown"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dials_again_after_the_dialogue_was_broken_off_is_where_they_were() {
    let world = phone::world("", Language::En).await;
    let gateway = world.ready().await;
    for mut phone in Phone::of_both_ways(&world) {
        phone.dial().await;
        phone.chooses("English").await;
        let number = phone.chooses("By number").await;
        assert!(number.text.contains("Type the number"), "{number:?}");
        phone.hangs_up().await;
        assert_eq!(phone.dial().await, number, "{}", phone.way());
        // The network may drop a dialogue without a word.
        assert_eq!(phone.dial().await, number, "{}", phone.way());
        let home = phone.types("00").await;
        assert!(home.text.contains("My applications"), "{home:?}");
    }
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_answers_end_the_dialogue_and_it_begins_anew() {
    let world = phone::world("", Language::En).await;
    let gateway = world.ready().await;
    for mut phone in Phone::of_both_ways(&world) {
        let first = phone.dial().await;
        for wrong in ["8", "what?"] {
            let again = phone.types(wrong).await;
            assert!(again.text.starts_with("Wrong key."), "{again:?}");
        }
        let over = last("Too many wrong answers. Please dial the code again.");
        assert_eq!(phone.types("*#").await, over, "{}", phone.way());
        assert_eq!(phone.dial().await, first, "{}", phone.way());
    }
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_amid_a_dialogue_ends_it_in_words_and_keeps_what_was_chosen() {
    let world = phone::world("", Language::UzLatn).await;
    let gateway = world.ready().await;
    let mut phones = Phone::of_both_ways(&world);
    for phone in &mut phones {
        phone.dial().await;
        phone.chooses("English").await;
    }
    gateway.kill();
    let gateway = world.ready().await;
    for phone in &mut phones {
        assert_eq!(phone.types("1").await, last(TIME_IS_UP), "{}", phone.way());
        let menu = phone.dial().await;
        assert!(menu.text.contains("My applications"), "{menu:?}");
    }
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_convention_is_refused_by_the_name_of_what_is_missing() {
    let world = phone::world("", Language::En).await;
    let gateway = world.ready().await;
    let headers = "content-type: application/x-www-form-urlencoded\r\n";
    let form = "session=1&serviceCode=*555%23&phoneNumber=%2B998931112234&text=";
    let (status, why) = gateway.post("/v1/ussd/ucell", headers, form).await;
    assert_eq!(status, 400);
    assert!(why.contains("sessionId"), "{why}");
    let mut phone = Phone::over_http(&world, "998931112234");
    assert!(!phone.dial().await.ends);
    gateway.stop_within(world.config.shutdown).await;
}
