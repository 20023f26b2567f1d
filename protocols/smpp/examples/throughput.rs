//! How many submit_sm and their responses a link carries over loopback TCP, and at what cost.
//!
//! `cargo run --release -p xabar-smpp --example throughput [COUNT] [WINDOW]`

use std::io;
use std::time::Instant;

use bytes::BytesMut;
use tokio::net::TcpListener;
use xabar_smpp::link::{Events, Link, accept, connect};
use xabar_smpp::pdu::{Bind, BindResp, MessageIdResp, SubmitSm};
use xabar_smpp::session::{Event, Opening, Requests, Settings};
use xabar_smpp::{Body, CommandId, Octets, Pdu};

/// Requests handed over at a time.
const BATCH: u64 = 100;

#[expect(clippy::print_stdout, reason = "it prints what it measured")]
#[expect(clippy::disallowed_methods, reason = "it measures time")]
fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| {
        arguments
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or(default)
    };
    let (count, window) = (number(1_000_000), number(64));
    let settings = Settings {
        window: usize::try_from(window).unwrap_or(usize::MAX),
        inbound_window: 1_000_000,
        ..Settings::default()
    };

    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server_settings = settings.clone();
    let server = std::thread::spawn(move || {
        run(async {
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            let (_, link, events) = accept(&listener, Opening::Listen, server_settings).await?;
            serve(link, events).await;
            Ok(())
        })
    });

    let start = Instant::now();
    let client_cpu = run(async {
        let bind = Body::BindTransceiver(Bind::default());
        let bind = Pdu::new(0, bind).to_frame().expect("it fits");
        let (link, events) = connect(address, Opening::Bind(bind), settings).await?;
        submit(link, events, count).await;
        Ok(())
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let server_cpu = server.join().expect("the server does not panic")?;

    let each = |micros: u64| micros as f64 / count as f64;
    println!(
        "{:.0} pairs/s; CPU a pair: client {:.2} µs, server {:.2} µs",
        count as f64 / seconds,
        each(client_cpu),
        each(server_cpu)
    );
    Ok(())
}

/// Runs one end on this thread and says how much CPU time it took, in microseconds.
fn run(end: impl Future<Output = io::Result<()>>) -> io::Result<u64> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build()?.block_on(end)?;
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = statistics.split(' ').next().and_then(|n| n.parse().ok());
    Ok(nanos.unwrap_or(0_u64) / 1000)
}

async fn submit(link: Link, mut events: Events, count: u64) {
    let sender = link.clone();
    let message = SubmitSm {
        source_addr: Octets(b"MyGov"),
        destination_addr: Octets(b"998901234567"),
        short_message: Octets(&[b'x'; 100]),
        ..SubmitSm::default()
    };
    let sending = tokio::spawn(async move {
        for start in (0..count).step_by(100) {
            let mut requests = Requests::with_capacity(100, 100 * 160);
            for token in start..count.min(start + BATCH) {
                let pushed = requests.push(token, Body::SubmitSm(message));
                pushed.expect("it fits");
            }
            sender.request(requests).await.expect("the link is open");
        }
    });
    let mut answered = 0;
    while let Some(batch) = events.recv().await {
        answered += batch
            .iter()
            .filter(|event| matches!(event, Event::Response { .. }))
            .count() as u64;
        if answered == count {
            break;
        }
    }
    sending.await.expect("sending does not panic");
    link.unbind().await.expect("the link is open");
    while events.recv().await.is_some() {}
}

async fn serve(link: Link, mut events: Events) {
    while let Some(batch) = events.recv().await {
        let mut answers = BytesMut::with_capacity(32 * batch.len());
        for event in batch {
            let Event::Request(frame) = event else {
                continue;
            };
            let header = frame.header();
            let body = match header.command_id {
                CommandId::SUBMIT_SM => Body::SubmitSmResp(MessageIdResp {
                    message_id: Some(Octets(b"38601fa")),
                    ..MessageIdResp::default()
                }),
                _ => Body::BindTransceiverResp(BindResp {
                    system_id: Some(Octets(b"SMSC")),
                    ..BindResp::default()
                }),
            };
            let answer = Pdu::new(header.sequence_number, body);
            answer.encode(&mut answers).expect("it fits");
        }
        if !answers.is_empty() && link.respond(answers).await.is_err() {
            break;
        }
    }
}
