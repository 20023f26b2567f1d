//! Every message counts once, and what differs is named.

use proptest::prelude::*;

use super::*;
use crate::journal::sample::{OPERATOR, told, waiting};
use crate::journal::{Awaiting, MessageId};

const HOUR: Duration = Duration::from_secs(3600);

fn scope() -> Scope {
    Scope {
        receipt: HOUR,
        uncertain: Duration::from_secs(60),
        ..Scope::default()
    }
}

/// A message of one segment in this phase, told this state last.
fn standing(number: u64, phase: Phase, state: State) -> Message {
    let mut message = waiting(number);
    message.progress.phase = phase;
    message.progress.history.push(told(state));
    message.progress.attempt.attempts = 1;
    message.progress.attempt.segments = vec![match state {
        State::Delivered => Segment::Delivered,
        _ => Segment::Accepted,
    }];
    message
}

fn delivered(number: u64) -> Message {
    standing(number, Phase::Settled, State::Delivered)
}

/// What the journal's books say if they are right.
fn books(messages: &[Message]) -> Vec<Books> {
    let mut books: BTreeMap<&str, Books> = BTreeMap::new();
    for message in messages {
        let agency = message.key.agency.name();
        let books = books.entry(agency).or_default();
        books.agency = agency.to_owned();
        books.accepted += 1;
        match message.progress.phase {
            Phase::Settled => {
                let state = message.progress.history.last().unwrap().state;
                books.settled.push((state, 1));
            }
            phase => {
                books.waiting += 1;
                books.submitted += u64::from(phase == Phase::Submitted);
            }
        }
    }
    books.into_values().collect()
}

fn balance_by(
    scope: Scope,
    statement: Statement,
    messages: &[Message],
    books: &[Books],
) -> Balance {
    let mut reckoning = Reckoning::new(scope, statement);
    messages.iter().for_each(|message| reckoning.take(message));
    let name = |_| Ok::<_, ()>(Some("ucell".to_owned()));
    reckoning.close(books, name).unwrap()
}

fn balance(statement: Statement, messages: &[Message]) -> Balance {
    balance_by(scope(), statement, messages, &books(messages))
}

/// Why each message is named.
fn named(balance: &Balance) -> Vec<(&str, Why)> {
    let named = balance.messages.iter();
    named.map(|it| (it.id.as_str(), it.why)).collect()
}

fn awaiting(number: u64) -> Awaiting {
    Awaiting {
        operator: OPERATOR,
        smsc_id: "A".into(),
        message: MessageId(number),
        segment: 0,
        at: UnixMillis(0),
    }
}

/// A list with a line for each of these messages.
fn list(lines: &[(u64, Option<bool>)]) -> Statement {
    let mut statement = Statement::default();
    for (number, delivered) in lines {
        statement.segment(OPERATOR, "A", *delivered, Some(&awaiting(*number)));
    }
    statement
}

fn any_message() -> impl Strategy<Value = (u8, u8, u16)> {
    (0u8..4, 0u8..10, 0u16..3)
}

proptest! {
    #[test]
    fn each_message_counts_once(all in prop::collection::vec(any_message(), 0..60)) {
        let mut messages = Vec::new();
        for ((phase, state, operator), number) in all.into_iter().zip(1..) {
            let phases = [Phase::Waiting, Phase::InFlight, Phase::Submitted, Phase::Settled];
            let state = State::ALL[usize::from(state)];
            let mut message = standing(number, phases[usize::from(phase)], state);
            message.progress.operator = OperatorId(operator);
            messages.push(message);
        }
        let balance = balance(Statement::default(), &messages);
        let count = messages.len() as u64;
        let agencies = balance.agencies.iter().map(|it| &it.account);
        let operators = balance.operators.iter().map(|it| &it.account);
        prop_assert!(agencies.clone().chain(operators.clone()).all(Account::balances));
        prop_assert_eq!(agencies.map(|it| it.accepted).sum::<u64>(), count);
        prop_assert_eq!(operators.map(|it| it.accepted).sum::<u64>(), count);
        let lost = messages.iter().filter(|it| Column::of(it) == Column::Untold).count();
        prop_assert_eq!(named(&balance).len(), lost);
        prop_assert_eq!(balance.balanced, lost == 0);
    }
}

#[test]
fn a_message_whose_outcome_is_missing_is_named() {
    let messages = [
        waiting(1),
        standing(2, Phase::Submitted, State::Submitted),
        standing(3, Phase::Settled, State::Submitted),
        delivered(4),
    ];
    let by = |now| {
        let now = UnixMillis(now);
        let scope = Scope { now, ..scope() };
        balance_by(scope, Statement::default(), &messages, &books(&messages))
    };
    assert_eq!(named(&by(0)), [("3", Why::Untold)]);
    // It expires at 1,000,000 and was submitted at 4.
    let later = by(1_000_000 + 361_000);
    assert_eq!(named(&later), [("1", Why::Overdue), ("3", Why::Untold)]);
    let late = by(2 * 3_600_000);
    let all = [
        ("1", Why::Overdue),
        ("2", Why::NoReceipt),
        ("3", Why::Untold),
    ];
    assert_eq!(named(&late), all);
    assert!(!late.balanced);
}

#[test]
fn books_that_count_what_is_not_there_do_not_balance() {
    let messages = [waiting(1), delivered(2)];
    let mut lost = books(&messages);
    (lost[0].accepted, lost[0].waiting) = (3, 2);
    let balance = balance_by(scope(), Statement::default(), &messages, &lost);
    assert!(!balance.balanced && !balance.agencies[0].agrees);
    // What is settled may be forgotten.
    let mut forgotten = books(&messages);
    (forgotten[0].accepted, forgotten[0].settled[0].1) = (3, 2);
    let balance = balance_by(scope(), Statement::default(), &messages, &forgotten);
    assert!(balance.balanced);
    assert_eq!(balance.agencies[0].forgotten, 1);
}

#[test]
fn a_day_and_an_agency_leave_the_others_out() {
    let mut messages = [delivered(1), delivered(2), delivered(3)];
    messages[1].origin_mut().accepted_at = UnixMillis(86_400_000);
    messages[2].identity_mut().key.agency = Agency::from_name("adliya").unwrap();
    let of_day = Scope {
        day: Some(0),
        agency: Some(Agency::from_name("kadastr").unwrap()),
        ..scope()
    };
    let books = books(&messages[..1]);
    let balance = balance_by(of_day, Statement::default(), &messages, &books);
    assert!(balance.balanced);
    assert_eq!(balance.operators[0].account.accepted, 1);
}

#[test]
fn a_day_is_that_of_the_wall_clock() {
    let mut messages = [delivered(1), delivered(2)];
    let mut wall_times = WallTimes::default();
    wall_times.note(UnixMillis(500), 86_400_000);
    messages[0].origin_mut().accepted_at = UnixMillis(499);
    messages[1].origin_mut().accepted_at = UnixMillis(500);
    let one = books(&messages[..1]);
    for day in [0, 1] {
        let of_day = Scope {
            day: Some(day),
            wall_times: wall_times.clone(),
            ..scope()
        };
        let balance = balance_by(of_day, Statement::default(), &messages, &one);
        assert_eq!(balance.operators[0].account.accepted, 1);
    }
    // What was submitted on the next day, by that clock, is in the next list.
    for (attempted_at, differ) in [(499, 1), (500, 0)] {
        let mut messages = [delivered(1), delivered(2)];
        messages[1].progress.attempt.at = UnixMillis(attempted_at);
        let of_day = Scope {
            day: Some(0),
            wall_times: wall_times.clone(),
            ..scope()
        };
        let list = list(&[(1, Some(true))]);
        let balance = balance_by(of_day, list, &messages, &books(&messages));
        assert_eq!(named(&balance).len(), differ, "{attempted_at}");
    }
}

#[test]
fn an_operators_list_names_what_differs() {
    let unknown = standing(4, Phase::Settled, State::Unknown);
    let messages = [
        delivered(1),
        delivered(2),
        delivered(3),
        unknown,
        waiting(5),
    ];
    let lines = [
        (1, Some(true)),
        (2, Some(false)),
        (4, Some(true)),
        (4, None),
    ];
    let found = balance(list(&lines), &messages);
    let expected = [
        ("2", Why::Fate),
        ("3", Why::NotListed),
        ("4", Why::Segments),
    ];
    assert_eq!(named(&found), expected);
    let theirs = found.operators[0].theirs.as_ref().unwrap();
    assert_eq!((theirs.segments, found.operators[0].segments), (4, 4));
    let agreed = [1, 2, 3].map(|number| (number, Some(true)));
    assert!(balance(list(&agreed), &messages[..3]).balanced);
}

#[test]
fn what_the_operators_list_says_of_a_missing_outcome_is_named() {
    let submitted = [standing(1, Phase::Submitted, State::Submitted)];
    for (said, expected) in [(Some(true), 1), (Some(false), 1), (None, 0)] {
        let balance = balance(list(&[(1, said)]), &submitted);
        assert_eq!(named(&balance).len(), expected, "{said:?}");
    }
}

#[test]
fn an_id_that_is_not_known_is_told() {
    let mut statement = list(&[(1, None)]);
    statement.segment(OPERATOR, "7F", None, None);
    let balance = balance(statement, &[delivered(1)]);
    assert!(!balance.balanced);
    assert_eq!(balance.strange_ids, ["7F"]);
    assert_eq!(balance.operators[0].theirs.as_ref().unwrap().segments, 2);
}

#[test]
fn a_total_that_differs_names_what_may_be_counted_otherwise() {
    let mut repeated = delivered(2);
    repeated.progress.attempt.repeats = 1;
    let messages = [delivered(1), repeated];
    let total = |segments| {
        let mut statement = Statement::default();
        let theirs = Theirs {
            segments,
            ..Theirs::default()
        };
        statement.total(OPERATOR, &theirs);
        balance(statement, &messages)
    };
    assert!(total(2).balanced && total(2).messages.is_empty());
    assert_eq!(named(&total(3)), [("2", Why::InDoubt)]);
    assert!(!total(3).balanced);
}

#[test]
fn lines_are_read_by_the_columns_of_the_first() {
    let segment = |id: &str, delivered| {
        Ok(Line::Segment {
            operator: "ucell".to_owned(),
            id: id.to_owned(),
            delivered,
        })
    };
    let list = "\u{FEFF}state;ID;operator\r\n";
    assert_eq!(
        read_line(list, "DELIVRD;\"7F\";ucell\r\n", 2),
        segment("7F", Some(true))
    );
    assert_eq!(
        read_line(list, "expired;7F;ucell", 2),
        segment("7F", Some(false))
    );
    assert_eq!(read_line(list, "ENROUTE;7F;ucell", 2), segment("7F", None));
    let theirs = Theirs {
        segments: 12,
        delivered: Some(11),
        ..Theirs::default()
    };
    let operator = "ucell".to_owned();
    let total = Ok(Line::Total { operator, theirs });
    let totals = "operator,segments,delivered";
    assert_eq!(read_line(totals, "ucell,12,11", 2), total);
    for (columns, line, wrong) in [
        ("operator,count", "ucell,1", WrongStatement::Columns),
        ("operator,id,segments", "u,1,1", WrongStatement::Columns),
        (totals, "ucell,12", WrongStatement::Values(2)),
        (totals, "ucell,12,many", WrongStatement::Number(2)),
    ] {
        assert_eq!(read_line(columns, line, 2), Err(wrong), "{line}");
    }
}
