//! Claims about a session over real streams.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{sleep, timeout};

use super::*;
use crate::codec::{MAX_PDU, take_frames};
use crate::pdu::{Bind, BindResp, HeaderOnly, MessageIdResp, SubmitSm};
use crate::session::{CloseReason, Closed};
use crate::{Body, CommandId, Frame, Header, Octets, Pdu, Status};

const MINUTE: Duration = Duration::from_secs(60);

fn settings(window: usize) -> Settings {
    Settings {
        window,
        inbound_window: 20_000,
        ..Settings::default()
    }
}

fn bind() -> Opening {
    let bind = Bind {
        system_id: Octets(b"xabar"),
        ..Bind::default()
    };
    let pdu = Pdu::new(0, Body::BindTransceiver(bind));
    Opening::Bind(pdu.to_frame().unwrap())
}

fn message() -> SubmitSm<'static> {
    SubmitSm {
        destination_addr: Octets(b"998901234567"),
        short_message: Octets(&[b'x'; 100]),
        ..SubmitSm::default()
    }
}

fn submits(tokens: impl IntoIterator<Item = u64>) -> Requests {
    batch(tokens, Body::SubmitSm(message()))
}

fn batch(tokens: impl IntoIterator<Item = u64>, body: Body<'_>) -> Requests {
    let mut requests = Requests::new();
    for token in tokens {
        requests.push(token, body).unwrap();
    }
    requests
}

/// The answer of an application that likes everything.
fn yes(request: Header, out: &mut BytesMut) {
    let id = MessageIdResp {
        message_id: Some(Octets(b"38601fa")),
        ..MessageIdResp::default()
    };
    let body = match request.command_id {
        CommandId::BIND_TRANSCEIVER => Body::BindTransceiverResp(BindResp {
            system_id: Some(Octets(b"SMSC")),
            ..BindResp::default()
        }),
        CommandId::SUBMIT_SM => Body::SubmitSmResp(id),
        CommandId::DELIVER_SM => Body::DeliverSmResp(id),
        CommandId::ENQUIRE_LINK => Body::EnquireLinkResp(HeaderOnly::default()),
        other => panic!("{other} was not expected"),
    };
    let pdu = Pdu::new(request.sequence_number, body);
    pdu.encode(out).unwrap();
}

/// What an application saw in a session's life.
#[derive(Default)]
struct Life {
    answered: Vec<u64>,
    requests: usize,
    closed: Option<Closed>,
}

impl Life {
    fn reason(&self) -> CloseReason {
        self.closed.as_ref().expect("the link is closed").reason
    }

    /// Every token in exactly one place.
    fn fates(&self) -> Vec<u64> {
        let closed = self.closed.as_ref().expect("the link is closed");
        let mut fates = self.answered.clone();
        fates.extend(closed.unanswered.iter().chain(&closed.unsent));
        fates.sort_unstable();
        fates
    }
}

/// Answers everything until the end, or until that many responses came.
async fn live(link: Option<Link>, events: &mut Events, enough: usize) -> Life {
    let mut life = Life::default();
    while let Some(batch) = events.recv().await {
        let mut answers = BytesMut::new();
        for event in batch {
            assert!(life.closed.is_none(), "nothing comes after Closed");
            match event {
                Event::Request(frame) => {
                    life.requests += 1;
                    yes(frame.header(), &mut answers);
                }
                Event::Response { token, .. } => life.answered.push(token),
                Event::Closed(closed) => life.closed = Some(closed),
                Event::Bound { .. } | Event::TimedOut { .. } => {}
                other => panic!("{other:?} was not expected"),
            }
        }
        if let Some(link) = &link
            && !answers.is_empty()
        {
            // An answer to a link that closed meanwhile is in vain.
            drop(link.respond(answers).await);
        }
        if life.answered.len() >= enough {
            break;
        }
    }
    life
}

/// A server that answers everything, over one end of a pipe.
fn serve(stream: DuplexStream) -> tokio::task::JoinHandle<Life> {
    let (link, mut events) = spawn(stream, Opening::Listen, settings(100));
    tokio::spawn(async move { live(Some(link), &mut events, usize::MAX).await })
}

async fn bound(events: &mut Events) {
    let first = events.recv().await.unwrap();
    assert!(matches!(first[..], [Event::Bound { .. }]), "{first:?}");
}

/// A hand-made peer that has accepted a bind.
async fn accept_bind(peer: &mut DuplexStream) {
    let bind = read_frame(peer).await.expect("a bind comes first");
    let mut answer = BytesMut::new();
    yes(bind.header(), &mut answer);
    peer.write_all(&answer).await.unwrap();
}

async fn read_frame(peer: &mut DuplexStream) -> Option<Frame> {
    let mut octets = BytesMut::zeroed(4);
    peer.read_exact(&mut octets).await.ok()?;
    let length = u32::from_be_bytes(octets[..4].try_into().unwrap());
    octets.resize(length.try_into().unwrap(), 0);
    peer.read_exact(&mut octets[4..]).await.ok()?;
    take_frames(&mut octets, MAX_PDU).unwrap().next()
}

#[tokio::test]
async fn a_hundred_thousand_requests_each_way_are_answered_over_tcp() {
    const COUNT: u64 = 100_000;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (server, client) = tokio::join!(
        accept(&listener, Opening::Listen, settings(64)),
        connect(address, bind(), settings(64))
    );
    let (_, server, server_events) = server.unwrap();
    let (client, client_events) = client.unwrap();

    let end = |link: Link, mut events: Events, body: Body<'static>| {
        let sender = link.clone();
        tokio::spawn(async move {
            for start in (0..COUNT).step_by(500) {
                sender
                    .request(batch(start..start + 500, body))
                    .await
                    .unwrap();
            }
        });
        tokio::spawn(async move {
            let total = usize::try_from(COUNT).unwrap();
            let mut life = live(Some(link.clone()), &mut events, total).await;
            link.unbind().await.ok();
            let rest = live(Some(link), &mut events, usize::MAX).await;
            life.requests += rest.requests;
            life.closed = rest.closed;
            life
        })
    };
    let client = end(client, client_events, Body::SubmitSm(message()));
    let server = end(server, server_events, Body::DeliverSm(message()));
    for life in [client.await.unwrap(), server.await.unwrap()] {
        let reason = life.reason();
        let agreed = [CloseReason::Unbound, CloseReason::PeerUnbound];
        assert!(agreed.contains(&reason), "{reason}");
        assert!(life.fates().into_iter().eq(0..COUNT));
        assert_eq!(life.closed.unwrap().faults, Default::default());
    }
}

#[tokio::test]
async fn unbind_drains_what_was_given_before() {
    let (ours, theirs) = duplex(4096);
    let server = serve(theirs);
    let (link, mut events) = spawn(ours, bind(), settings(5));
    bound(&mut events).await;
    link.request(submits(0..50)).await.unwrap();
    link.unbind().await.unwrap();
    // The link may be let go of; it still leaves in good order.
    drop(link);
    let life = live(None, &mut events, usize::MAX).await;
    assert_eq!(life.reason(), CloseReason::Unbound);
    assert_eq!(life.answered.len(), 50);
    let server = server.await.unwrap();
    assert_eq!(server.reason(), CloseReason::PeerUnbound);
    assert_eq!(server.requests, 51);
}

#[tokio::test]
async fn a_cut_connection_tells_sent_from_unsent() {
    let (ours, mut peer) = duplex(64 * 1024);
    let (link, mut events) = spawn(ours, bind(), settings(3));
    link.request(submits(0..5)).await.unwrap();
    accept_bind(&mut peer).await;
    for _ in 0..3 {
        let request = read_frame(&mut peer).await.unwrap();
        assert_eq!(request.header().command_id, CommandId::SUBMIT_SM);
    }
    drop(peer);
    let life = live(None, &mut events, usize::MAX).await;
    assert_eq!(life.reason(), CloseReason::PeerClosed);
    let closed = life.closed.unwrap();
    assert_eq!(closed.unanswered, [0, 1, 2]);
    assert_eq!(closed.unsent, [3, 4]);
    link.closed().await;
    let refused = link.request(submits([9])).await.unwrap_err();
    assert_eq!(refused.0.tokens().collect::<Vec<_>>(), [9]);
}

#[tokio::test]
async fn last_words_before_a_cut_are_heard() {
    let (ours, mut peer) = duplex(64 * 1024);
    let (link, mut events) = spawn(ours, bind(), settings(3));
    link.request(submits([7])).await.unwrap();
    accept_bind(&mut peer).await;
    let request = read_frame(&mut peer).await.unwrap();
    let mut answer = BytesMut::new();
    yes(request.header(), &mut answer);
    peer.write_all(&answer).await.unwrap();
    drop(peer);
    let life = live(Some(link), &mut events, usize::MAX).await;
    assert_eq!(life.answered, [7]);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_is_left_as_silent() {
    let (ours, mut peer) = duplex(1024);
    let (link, mut events) = spawn(ours, bind(), settings(1000));
    accept_bind(&mut peer).await;
    let sender = tokio::spawn(async move {
        let mut given = 0;
        while link.request(submits(given..given + 100)).await.is_ok() {
            given += 100;
        }
        given
    });
    let life = live(None, &mut events, usize::MAX).await;
    assert_eq!(life.reason(), CloseReason::Silent);
    let given = sender.await.unwrap();
    assert!(
        given < 10_000,
        "what waits is bounded, and {given} were taken"
    );
    assert!(life.fates().into_iter().eq(0..given));
    drop(peer);
}

#[tokio::test]
async fn garbage_is_nacked_and_the_connection_closed() {
    let (ours, mut peer) = duplex(64 * 1024);
    let (_link, mut events) = spawn(ours, bind(), settings(3));
    accept_bind(&mut peer).await;
    peer.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let nack = read_frame(&mut peer).await.unwrap().header();
    assert_eq!(nack.command_id, CommandId::GENERIC_NACK);
    assert_eq!((nack.status, nack.sequence_number), (Status::RINVCMDLEN, 0));
    assert!(read_frame(&mut peer).await.is_none());
    let life = live(None, &mut events, usize::MAX).await;
    assert!(matches!(life.reason(), CloseReason::Unframed(_)));
}

#[tokio::test]
async fn a_peer_that_answers_a_bind_as_tls_does_is_known_for_that() {
    let versions = [0x01, 0x03].map(|minor| [0x15, 0x03, minor, 0x00, 0x02, 0x02, 0x32]);
    for alert in versions {
        let (ours, mut peer) = duplex(64 * 1024);
        let (_link, mut events) = spawn(ours, bind(), settings(3));
        peer.write_all(&alert).await.unwrap();
        let life = live(None, &mut events, usize::MAX).await;
        assert_eq!(life.reason(), CloseReason::Tls);
    }
}

#[tokio::test]
async fn two_ends_that_both_write_more_than_the_pipe_holds_get_through() {
    let (ours, theirs) = duplex(64);
    let window = settings(5_000);
    let (server, server_events) = spawn(theirs, Opening::Listen, window.clone());
    let (client, client_events) = spawn(ours, bind(), window);
    let deliver = batch(0..5_000, Body::DeliverSm(message()));
    server.request(deliver).await.unwrap();
    client.request(submits(0..5_000)).await.unwrap();
    let end = |link: Link, mut events: Events| async move {
        live(Some(link), &mut events, 5_000).await.answered.len()
    };
    let both = async { tokio::join!(end(client, client_events), end(server, server_events)) };
    assert_eq!(timeout(MINUTE, both).await, Ok((5_000, 5_000)));
}

#[tokio::test]
async fn a_paused_link_resumes_behind_whatever_waits() {
    let (ours, theirs) = duplex(4096);
    let server = serve(theirs);
    let (link, mut events) = spawn(ours, bind(), settings(0));
    bound(&mut events).await;
    let sender = link.clone();
    let sending = tokio::spawn(async move {
        for token in 0..100 {
            sender.request(submits([token])).await.unwrap();
        }
    });
    // Everything is full by now: session and channel.
    sleep(Duration::from_millis(10)).await;
    let not_taken = link.try_request(submits([100])).unwrap_err();
    assert_eq!(not_taken.0.tokens().collect::<Vec<_>>(), [100]);
    link.set_window(5).await.unwrap();
    let life = live(None, &mut events, 100).await;
    assert_eq!(life.answered.len(), 100);
    sending.await.unwrap();
    drop(link);
    drop(events);
    assert_eq!(server.await.unwrap().reason(), CloseReason::PeerClosed);
}

#[tokio::test(start_paused = true)]
async fn unbind_does_not_wait_behind_requests_that_cannot_go() {
    let (ours, mut peer) = duplex(64 * 1024);
    let (link, mut events) = spawn(ours, bind(), settings(1));
    accept_bind(&mut peer).await;
    bound(&mut events).await;
    for token in 0..5 {
        link.request(submits([token])).await.unwrap();
    }
    link.unbind().await.unwrap();
    let life = timeout(2 * MINUTE, live(None, &mut events, usize::MAX)).await;
    let closed = life.unwrap().closed.unwrap();
    assert_eq!(closed.reason, CloseReason::UnbindUnanswered);
    assert_eq!(
        (closed.unanswered, closed.unsent),
        (vec![0], vec![1, 2, 3, 4])
    );
}

#[tokio::test]
async fn a_dropped_link_closes_after_what_it_was_given() {
    let (ours, theirs) = duplex(256);
    let server = serve(theirs);
    let (link, mut events) = spawn(ours, bind(), settings(100));
    bound(&mut events).await;
    link.request(submits(0..50)).await.unwrap();
    drop(link);
    let life = live(None, &mut events, usize::MAX).await;
    assert_eq!(life.reason(), CloseReason::Dropped);
    assert!(life.fates().into_iter().eq(0..50));
    let server = server.await.unwrap();
    assert_eq!(server.requests, 51, "a bind and what fits the window");
}

#[tokio::test(start_paused = true)]
async fn an_application_that_is_behind_holds_the_peer_back_and_keeps_the_link() {
    const COUNT: usize = 20_000;
    let (ours, mut peer) = duplex(1024);
    let (link, mut events) = spawn(ours, bind(), settings(3));
    accept_bind(&mut peer).await;
    let (mut answers, mut requests) = tokio::io::split(peer);
    tokio::spawn(async move { tokio::io::copy(&mut answers, &mut tokio::io::sink()).await });
    let sender = tokio::spawn(async move {
        let mut octets = BytesMut::new();
        for sequence in (1..).take(COUNT) {
            let pdu = Pdu::new(sequence, Body::DeliverSm(message()));
            pdu.encode(&mut octets).unwrap();
        }
        requests.write_all(&octets).await.unwrap();
        requests.shutdown().await.unwrap();
    });
    sleep(10 * MINUTE).await;
    assert!(!sender.is_finished(), "the peer is held back");
    let life = live(Some(link), &mut events, usize::MAX).await;
    assert_eq!(
        (life.requests, life.reason()),
        (COUNT, CloseReason::PeerClosed)
    );
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_receipts_is_taken_as_fast_as_it_is_answered() {
    const COUNT: u32 = 20_000;
    let (ours, mut peer) = duplex(1 << 20);
    let (link, mut events) = spawn(ours, bind(), Settings::default());
    accept_bind(&mut peer).await;
    let mut octets = BytesMut::new();
    for sequence in 1..=COUNT {
        let pdu = Pdu::new(sequence, Body::DeliverSm(SubmitSm::default()));
        pdu.encode(&mut octets).unwrap();
    }
    let (mut answers, mut requests) = tokio::io::split(peer);
    let peer = tokio::spawn(async move {
        let writing = requests.write_all(&octets);
        let reading = async {
            let (mut octets, mut taken) = (BytesMut::new(), 0);
            while taken < COUNT && answers.read_buf(&mut octets).await.unwrap() > 0 {
                for frame in take_frames(&mut octets, MAX_PDU).unwrap() {
                    assert_eq!(frame.header().status, Status::ROK);
                    taken += 1;
                }
            }
            taken
        };
        tokio::join!(writing, reading).1
    });
    let life = live(Some(link), &mut events, usize::MAX).await;
    assert_eq!(life.requests, COUNT as usize);
    assert_eq!(peer.await.unwrap(), COUNT);
}

#[tokio::test(start_paused = true)]
async fn an_idle_link_stays_alive() {
    let (ours, theirs) = duplex(4096);
    let server = serve(theirs);
    let (link, mut events) = spawn(ours, bind(), settings(3));
    sleep(24 * 60 * MINUTE).await;
    link.request(submits([1])).await.unwrap();
    let life = live(None, &mut events, 1).await;
    assert_eq!(life.answered, [1]);
    link.unbind().await.unwrap();
    assert_eq!(server.await.unwrap().reason(), CloseReason::PeerUnbound);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_comes_late_is_told_as_late() {
    let (ours, mut peer) = duplex(4096);
    let (link, mut events) = spawn(ours, bind(), settings(1));
    link.request(submits([1])).await.unwrap();
    accept_bind(&mut peer).await;
    let request = read_frame(&mut peer).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        for event in events.recv().await.unwrap() {
            match event {
                Event::TimedOut { token } => {
                    seen.push((token, None));
                    let mut answer = BytesMut::new();
                    yes(request.header(), &mut answer);
                    peer.write_all(&answer).await.unwrap();
                }
                Event::Response { token, late, .. } => seen.push((token, Some(late))),
                _ => {}
            }
        }
    }
    assert_eq!(seen, [(1, None), (1, Some(true))]);
}

#[tokio::test(start_paused = true)]
async fn a_timer_set_behind_a_later_one_rings_in_time() {
    let (ours, mut peer) = duplex(4096);
    let settings = Settings {
        response_timeout: Duration::from_secs(5),
        enquire_link: 60 * MINUTE,
        ..settings(1)
    };
    let (link, mut events) = spawn(ours, bind(), settings);
    accept_bind(&mut peer).await;
    bound(&mut events).await;
    sleep(MINUTE).await;
    link.request(submits([1])).await.unwrap();
    let timed_out = timeout(Duration::from_secs(6), events.recv()).await;
    let timed_out = timed_out.expect("it is told within 6 s").unwrap();
    assert!(matches!(timed_out[..], [Event::TimedOut { token: 1 }]));
}

#[tokio::test(start_paused = true)]
async fn a_flood_that_reads_no_answers_cannot_fill_memory() {
    let (ours, mut peer) = duplex(64 * 1024);
    let (_link, mut events) = spawn(ours, bind(), settings(1));
    accept_bind(&mut peer).await;
    let mut flood = BytesMut::new();
    for sequence in 0..10_000 {
        let pdu = Pdu::new(sequence, Body::EnquireLink(HeaderOnly::default()));
        pdu.encode(&mut flood).unwrap();
    }
    let mut written = 0;
    let reading = tokio::spawn(async move { live(None, &mut events, usize::MAX).await.reason() });
    while let Ok(Ok(())) = timeout(MINUTE, peer.write_all(&flood)).await {
        written += flood.len();
        assert!(written < 4 * 1024 * 1024, "nobody holds the flood back");
    }
    assert_eq!(reading.await.unwrap(), CloseReason::Silent);
}
