//! What the journal costs a message, from acceptance to delivery, as it grows.
//!
//! `cargo run --release --example journal_cost -- 200000 500` writes that many messages, so many
//! a commit: each commit accepts a batch, submits the one before and settles the one before that,
//! with three outcomes a message. CPU is that of the writing thread.
#![expect(clippy::print_stdout, reason = "it is run to be read")]

use std::path::Path;

use xabar::clock::{Clock, UnixMillis};
use xabar::journal::{
    Ask, Attempt, Awaiting, Changes, Content, Identity, Journal, JournalError, Message, MessageId,
    OperatorId, Origin, Outgoing, Phase, Progress, Segment, SubscriberFacts, ThreadFacts,
    ThreadKey, Told, sqlite,
};
use xabar_events::{Agency, EventKey, Msisdn, Priority, State};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse());
    let messages: u64 = numbers.next().transpose()?.unwrap_or(100_000);
    let batch: u64 = numbers.next().transpose()?.unwrap_or(500);
    let folder = std::env::temp_dir().join(format!("xabar-journal-cost-{}", std::process::id()));
    let path = folder.join("xabar.db");
    let measured = measure(&path, messages, batch);
    std::fs::remove_dir_all(folder)?;
    Ok(measured?)
}

fn measure(path: &Path, messages: u64, batch: u64) -> Result<(), JournalError> {
    let mut journal = sqlite::open(path)?;
    let clock = Clock::starting_after(UnixMillis(0));
    println!(
        "{:>9} {:>14} {:>12} {:>9}",
        "messages", "CPU us/message", "messages/s", "MB"
    );
    let (mut shown, mut at) = (0, (thread_cpu_micros(), clock.now().instant));
    let mut previous: [Vec<Message>; 2] = Default::default();
    for first in (1..=messages).step_by(usize::try_from(batch).unwrap_or(500)) {
        previous = beat(&mut journal, first..first + batch, previous)?;
        let last = first + batch - 1;
        if last >= 1000 && last >= shown * 2 || last >= messages {
            let now = (thread_cpu_micros(), clock.now().instant);
            let count = last - shown;
            let each = (now.0 - at.0) as f64 / count as f64;
            let rate = count as f64 / (now.1 - at.1).as_secs_f64();
            let octets = std::fs::metadata(path)
                .map(|metadata| metadata.len())
                .unwrap_or(0);
            println!("{last:>9} {each:>14.1} {rate:>12.0} {:>9}", octets >> 20);
            (shown, at) = (last, (thread_cpu_micros(), clock.now().instant));
        }
    }
    Ok(())
}

/// Accepts a batch, submits the newer of the previous ones and settles the older.
fn beat(
    journal: &mut dyn Journal,
    numbers: std::ops::Range<u64>,
    [submitted, mut settled]: [Vec<Message>; 2],
) -> Result<[Vec<Message>; 2], JournalError> {
    let mut submitted = submitted;
    let accepted: Vec<Message> = numbers.clone().map(message).collect();
    let asks: Vec<Ask<'_>> = accepted
        .iter()
        .map(|message| Ask {
            key: &message.key,
            about: Some((message.thread, message.msisdn)),
        })
        .collect();
    let facts = journal.facts(&asks)?;
    let smsc_ids: Vec<String> = settled.iter().map(|message| smsc_id(message.id)).collect();
    let matched = journal.awaiting(
        OPERATOR,
        &smsc_ids.iter().map(String::as_str).collect::<Vec<_>>(),
    )?;
    assert_eq!(
        matched.len(),
        settled.len(),
        "every receipt finds its segment"
    );
    advance(
        &mut submitted,
        Phase::Submitted,
        State::Submitted,
        Segment::Accepted,
    );
    advance(
        &mut settled,
        Phase::Settled,
        State::Delivered,
        Segment::Delivered,
    );

    let at = UnixMillis(i64::try_from(numbers.start).unwrap_or(0));
    let told = accepted.iter().chain(&submitted).chain(&settled);
    let mut changes = Changes {
        at,
        progressed: submitted.iter().chain(&settled).cloned().collect(),
        threads: accepted
            .iter()
            .zip(&facts)
            .map(|(message, known)| (message.thread, attempted(message, known.thread)))
            .collect(),
        subscribers: submitted
            .iter()
            .map(|message| {
                (
                    message.msisdn,
                    SubscriberFacts {
                        submitted: vec![at],
                    },
                )
            })
            .collect(),
        awaiting: submitted
            .iter()
            .map(|message| awaiting(message, at))
            .collect(),
        outgoing: (numbers.start * 3..)
            .zip(told)
            .map(|(number, message)| outgoing(number, message))
            .collect(),
        published: Some((numbers.start * 3).saturating_sub(1)),
        accepted: accepted.clone(),
        ..Changes::default()
    };
    journal.commit(&mut changes)?;
    Ok([accepted, submitted])
}

fn message(number: u64) -> Message {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let agency = Agency::from_name("kadastr").expect("it is a name");
    let params = vec![
        ("office".into(), "Yunusobod DXM".into()),
        ("deadline".into(), "2026-12-01".into()),
    ];
    let content = Content {
        service: "land-registration".into(),
        status: "approved".into(),
        language: None,
        params,
        legal: false,
        extensions: Vec::new(),
    };
    let identity = Identity {
        id: MessageId(number),
        key: EventKey {
            agency,
            id: format!("01JD8Z6Q4T{scattered:016x}")
                .parse()
                .expect("it is an id"),
        },
        application: format!("{}", scattered % 100_000_000).into(),
        traceparent: None,
    };
    let origin = Origin {
        identity: identity.into(),
        msisdn: Msisdn::from_u64(998_900_000_000 + scattered % 30_000_000).expect("it is a number"),
        thread: ThreadKey(scattered.rotate_left(32)),
        priority: Priority::Normal,
        time: UnixMillis(1_795_000_000_000),
        accepted_at: UnixMillis(1_795_000_000_000),
        not_before: None,
        expires: UnixMillis(1_796_000_000_000),
        content,
    };
    let progress = Progress {
        phase: Phase::InFlight,
        operator: OPERATOR,
        due: UnixMillis(1_795_000_000_000),
        attempt: Attempt {
            attempts: 1,
            text: Some(
                "Arizangiz 48120973 ma'qullandi. Yunusobod DXM, 2026-12-01 gacha. my.gov.uz".into(),
            ),
            segments: vec![Segment::Sent],
            ..Attempt::default()
        },
        history: vec![told(State::Accepted)],
    };
    Message::new(origin, progress)
}

fn advance(messages: &mut [Message], phase: Phase, state: State, segment: Segment) {
    for message in messages {
        let progress = &mut message.progress;
        progress.phase = phase;
        progress.attempt.segments = vec![segment];
        progress.history.push(told(state));
        if phase == Phase::Settled {
            progress.attempt.text = None;
        }
    }
}

fn attempted(message: &Message, known: ThreadFacts) -> ThreadFacts {
    ThreadFacts {
        attempted: Some(message.order()),
        ..known
    }
}

fn awaiting(message: &Message, at: UnixMillis) -> Awaiting {
    let id = message.id;
    Awaiting {
        operator: OPERATOR,
        smsc_id: smsc_id(id).into(),
        message: id,
        segment: 0,
        at,
    }
}

fn outgoing(number: u64, message: &Message) -> Outgoing {
    let last = u32::try_from(message.progress.history.len()).expect("a short history");
    Outgoing::of(message, number, last).expect("it has a history")
}

fn told(state: State) -> Told {
    Told {
        state,
        reason: None,
        at: UnixMillis(1_795_000_000_000),
        until: None,
        code: None,
        by: None,
        attempted: None,
    }
}

fn smsc_id(id: MessageId) -> String {
    format!("{:X}", 0x1000_0000 + id.0)
}

/// The CPU time of this thread, by the kernel's scheduler.
fn thread_cpu_micros() -> u64 {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    schedstat
        .split(' ')
        .next()
        .and_then(|nanos| nanos.parse::<u64>().ok())
        .unwrap_or(0)
        / 1000
}

const OPERATOR: OperatorId = OperatorId(1);
