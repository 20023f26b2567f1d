//! Pictures of one fixed story, compared as text.

use jiff::tz::TimeZone;
use xabar_events::sample::Sample;
use xabar_events::{Notification, Outcome, Reason, State as Settled};

use super::*;
use crate::clock::UnixMillis;
use crate::commands::demo::cast;
use crate::commands::demo::news::News;
use crate::commands::demo::operators::profiles;
use crate::delivery::LinkState;
use crate::simulator::Text;

const T0: UnixMillis = UnixMillis(1_795_407_300_000);

fn state() -> State {
    let operators = profiles(30).iter().map(|profile| profile.shown()).collect();
    State::new(
        T0,
        TimeZone::UTC,
        "http://127.0.0.1:8025".to_owned(),
        operators,
    )
}

fn publish(state: &mut State, events: &[Notification]) {
    for event in events {
        let events = vec![event.clone()];
        state.note(News::Published {
            events,
            again: false,
        });
        state.note(News::Answered {
            new: 1,
            known: Vec::new(),
        });
        tell(state, event, Settled::Accepted, |_| {});
    }
}

fn tell(
    state: &mut State,
    event: &Notification,
    settled: Settled,
    more: impl FnOnce(&mut Outcome<'static>),
) {
    let mut outcome = Outcome {
        message: "1".into(),
        sequence: 1,
        agency: event.key.agency.name().to_owned().into(),
        event: event.key.id.as_str().to_owned().into(),
        application: event.application.as_str().to_owned().into(),
        state: settled,
        reason: None,
        until: None,
        code: None,
        by: None,
        operator: None,
        segments: None,
        attempts: 0,
        repeats: 0,
        at: state.now.into(),
        traceparent: None,
        tracestate: None,
    };
    more(&mut outcome);
    state.note(News::Outcome(outcome));
}

fn arrive(state: &mut State, turn: u64, text: &str) {
    let text = Text {
        from: "MyGov".to_owned(),
        to: cast::citizen(turn).msisdn.digits(),
        text: text.to_owned(),
        segments: 1,
        at: state.now,
        ussd: None,
    };
    let operator = "ucell".to_owned();
    state.note(News::Arrived { operator, text });
}

fn links(state: &mut State, seconds: u64) {
    for (operator, rate) in [120.0, 120.0, 24.0].into_iter().enumerate() {
        let link = LinkState {
            sessions_bound: 2 - operator.min(1),
            window: 64,
            in_flight: operator,
            rate: Some(rate),
            written: seconds * 10 * (operator as u64 + 1),
            throttled: if operator == 2 { 3 } else { 0 },
            ..LinkState::default()
        };
        state.note(News::Link {
            operator,
            state: Box::new(link),
        });
    }
}

/// Three seconds in which everything happens that there is to see.
fn after_the_story() -> State {
    let mut state = state();
    let mut events: Vec<_> = Sample::new(7).take(90).collect();
    events[3].msisdn = cast::eager().msisdn;
    for (second, events) in (0..).zip(events.chunks(30)) {
        state.pass_to(T0.after(std::time::Duration::from_secs(second)));
        publish(&mut state, events);
        links(&mut state, second);
    }
    for event in &events[10..60] {
        tell(&mut state, event, Settled::Submitted, |_| {});
    }
    for event in &events[10..50] {
        tell(&mut state, event, Settled::Delivered, |_| {});
    }
    tell(&mut state, &events[50], Settled::Failed, |outcome| {
        outcome.reason = Some(Reason::Undelivered);
    });
    let by = events[61].key.id.as_str().to_owned();
    tell(&mut state, &events[60], Settled::Superseded, |outcome| {
        outcome.by = Some(by.into())
    });
    tell(&mut state, &events[3], Settled::Deferred, |outcome| {
        outcome.reason = Some(Reason::SubscriberLimit);
        outcome.until = Some(T0.after(std::time::Duration::from_secs(120)).into());
    });
    let again = events[70].clone();
    let known = vec![again.key.id.as_str().into()];
    state.note(News::Published {
        events: vec![again],
        again: true,
    });
    state.note(News::Answered { new: 0, known });
    arrive(
        &mut state,
        1,
        "Заявление №48120973 (регистрация земли) одобрено. Поздравляем! Адрес: ЦГУ Яшнабадского района.",
    );
    arrive(
        &mut state,
        0,
        "48120974-sonli arizangiz (pasport) qabul qilindi. Natijasini SMS orqali xabar qilamiz.",
    );
    arrive(
        &mut state,
        4,
        "Your passport is ready (application 48120975). Office: Nukus DXM. Please bring an identity document.",
    );
    arrive(
        &mut state,
        3,
        "Your phone is none of these\u{1b}[2J, it says.",
    );
    state.pass_to(T0.after(std::time::Duration::from_millis(3_000)));
    state
}

fn shown(state: &State, columns: usize, rows: usize) -> String {
    let lines = picture(state, Size { columns, rows });
    assert_eq!(lines.len(), rows);
    assert!(lines.iter().all(|line| line.width() <= columns));
    lines.iter().map(|line| line.shown(false) + "\n").collect()
}

fn assert_is(picture: &str, golden: &str) {
    assert!(
        picture == golden,
        "the picture is now\n{picture}\nand was\n{golden}"
    );
}

#[test]
fn the_story_on_a_small_terminal() {
    let picture = shown(&after_the_story(), 80, 24);
    assert_is(&picture, include_str!("golden_80x24.txt"));
}

#[test]
fn the_story_on_a_large_terminal() {
    let picture = shown(&after_the_story(), 120, 40);
    assert_is(&picture, include_str!("golden_120x40.txt"));
}

#[test]
fn before_anything_happened_it_says_so() {
    let picture = shown(&state(), 80, 24);
    assert_is(&picture, include_str!("golden_beginning.txt"));
}

#[test]
fn any_size_gets_a_picture_of_that_size() {
    let state = after_the_story();
    for columns in [0, 1, 10, 40, 79, 200, 500] {
        for rows in [0, 1, 5, 15, 29, 30, 100] {
            shown(&state, columns, rows);
        }
    }
}

#[test]
fn warnings_take_the_rows_that_are_left() {
    let mut state = after_the_story();
    state.note(News::Logged("WARN the disk is slow".to_owned()));
    let picture = shown(&state, 80, 24);
    assert!(
        picture.ends_with(" log        WARN the disk is slow\n"),
        "{picture}"
    );
}

#[test]
fn colours_are_left_out_where_they_are_not_wanted() {
    let state = after_the_story();
    let lines = picture(
        &state,
        Size {
            columns: 80,
            rows: 24,
        },
    );
    assert!(lines.iter().any(|line| line.shown(true).contains('\u{1b}')));
    assert!(
        !lines
            .iter()
            .any(|line| line.shown(false).contains('\u{1b}'))
    );
}
