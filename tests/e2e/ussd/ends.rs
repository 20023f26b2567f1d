//! However a dialogue is broken off, it ends in words, or goes on where it was: over SMPP and over HTTP.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;
use xabar_events::Language;

use crate::support::phone::{self, Phone};
use crate::support::screen::Screen;

const TIME_IS_UP: &str = "The time is up. Please dial the code again.";

fn last(text: &str) -> Screen {
    Screen {
        text: text.into(),
        ends: true,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_too_late_ends_in_words() {
    let world = phone::world("answer = \"5s\"\nresume = \"0s\"", Language::En).await;
    let gateway = world.ready().await;
    let late = Phone::of_both_ways(&world).map(|mut phone| async move {
        let first = phone.dial().await;
        sleep(Duration::from_millis(5_500)).await;
        assert_eq!(phone.types("5").await, last(TIME_IS_UP), "{}", phone.way());
        assert_eq!(phone.dial().await, first, "{}", phone.way());
    });
    join_all(late).await;
    gateway.stop_within(world.config.shutdown).await;
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
