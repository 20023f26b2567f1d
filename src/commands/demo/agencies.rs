//! The sample agencies: each publishes over HTTP, on a connection of its own that it keeps.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use xabar_events::{BATCH_JSON, STRUCTURED_JSON};

use super::news::News;
use super::scenario::{Publication, Scenario};

/// Publications that wait for one agency's connection; behind them, the scenario waits.
const WAITING: usize = 64;

/// For an answer.
const ANSWER: Duration = Duration::from_secs(5);

/// No answer is that long.
const MOST_OCTETS: usize = 1 << 20;

/// Publishes until told to stop; what was begun is finished.
pub(super) async fn publish(
    scenario: Scenario,
    start: Instant,
    gateway: SocketAddr,
    news: mpsc::Sender<News>,
    stop: CancellationToken,
) {
    let mut desks: HashMap<String, mpsc::Sender<Publication>> = HashMap::new();
    let mut agencies = JoinSet::new();
    for publication in scenario {
        let Some(first) = publication.events.first() else {
            continue;
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = sleep_until(start + publication.at) => {}
        }
        let desk = desks
            .entry(first.key.agency.name().to_owned())
            .or_insert_with(|| {
                let (desk, publications) = mpsc::channel(WAITING);
                agencies.spawn(Agency::new(gateway).work(publications, news.clone(), stop.clone()));
                desk
            });
        tokio::select! {
            () = stop.cancelled() => break,
            // An agency ends only when it is told to.
            sent = desk.send(publication) => drop(sent),
        }
    }
    drop(desks);
    agencies.join_all().await;
}

/// One agency with its connection.
struct Agency {
    gateway: SocketAddr,
    connection: Option<SendRequest<Body>>,
}

/// Why an event was not taken, or not known to be.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error("the gateway cannot be reached")]
    Unreachable(#[from] io::Error),
    #[error("the connection to the gateway broke")]
    Broken(#[from] hyper::Error),
    #[error("the gateway answered {0}")]
    Refused(StatusCode),
    #[error("the gateway's answer cannot be read")]
    Unreadable,
    #[error("the gateway did not answer in time")]
    Late(#[from] tokio::time::error::Elapsed),
}

/// What the gateway says of an event.
#[derive(Deserialize)]
struct Receipt {
    event: Event,
    duplicate: bool,
}

#[derive(Deserialize)]
struct Event {
    id: Box<str>,
}

impl Agency {
    fn new(gateway: SocketAddr) -> Self {
        Self {
            gateway,
            connection: None,
        }
    }

    async fn work(
        mut self,
        mut publications: mpsc::Receiver<Publication>,
        news: mpsc::Sender<News>,
        stop: CancellationToken,
    ) {
        while let Some(publication) = publications.recv().await {
            if stop.is_cancelled() {
                return;
            }
            let Publication { events, again, .. } = publication;
            let (count, body) = (events.len(), body(&events));
            // Nobody listens only when the demo is over.
            drop(news.send(News::Published { events, again }).await);
            let answered = match self.post(count, body).await {
                Ok(receipts) => told(receipts),
                Err(why) => {
                    self.connection = None;
                    let why = why.to_string();
                    let events = count as u64;
                    News::Unanswered { events, why }
                }
            };
            drop(news.send(answered).await);
        }
    }

    async fn post(&mut self, count: usize, body: Vec<u8>) -> Result<Vec<Receipt>, NotTaken> {
        let gateway = self.gateway;
        let content_type = if count == 1 {
            STRUCTURED_JSON
        } else {
            BATCH_JSON
        };
        let request = Request::builder()
            .method(Method::POST)
            .uri("/v1/events")
            .header(header::HOST, gateway.to_string())
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body))
            .expect("its parts are well-formed");
        let connection = self.connected().await?;
        let response = timeout(ANSWER, connection.send_request(request)).await??;
        let status = response.status();
        let octets = timeout(
            ANSWER,
            to_bytes(Body::new(response.into_body()), MOST_OCTETS),
        )
        .await?;
        if status != StatusCode::ACCEPTED {
            return Err(NotTaken::Refused(status));
        }
        let octets = octets.map_err(|_| NotTaken::Unreadable)?;
        let receipts = match count {
            1 => serde_json::from_slice(&octets).map(|receipt| vec![receipt]),
            _ => serde_json::from_slice(&octets),
        };
        receipts.map_err(|_| NotTaken::Unreadable)
    }

    /// The connection, made anew if there is none or it was closed.
    async fn connected(&mut self) -> Result<&mut SendRequest<Body>, NotTaken> {
        let kept = self
            .connection
            .take()
            .filter(|connection| !connection.is_closed());
        let connection = match kept {
            Some(connection) => connection,
            None => connect(self.gateway).await?,
        };
        let connection = self.connection.insert(connection);
        connection.ready().await?;
        Ok(connection)
    }
}

async fn connect(gateway: SocketAddr) -> Result<SendRequest<Body>, NotTaken> {
    let stream = TcpStream::connect(gateway).await?;
    stream.set_nodelay(true)?;
    let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
    // Why it ends is told to whoever sends.
    tokio::spawn(async move { drop(driver.await) });
    Ok(connection)
}

fn body(events: &[xabar_events::Notification]) -> Vec<u8> {
    let mut body = Vec::with_capacity(700 * events.len());
    if let [event] = events {
        event.write_structured(&mut body);
        return body;
    }
    for (event, before) in events
        .iter()
        .zip(std::iter::once(b'[').chain(std::iter::repeat(b',')))
    {
        body.push(before);
        event.write_structured(&mut body);
    }
    body.push(b']');
    body
}

fn told(receipts: Vec<Receipt>) -> News {
    let (known, new): (Vec<_>, Vec<_>) =
        receipts.into_iter().partition(|receipt| receipt.duplicate);
    News::Answered {
        new: new.len() as u64,
        known: known.into_iter().map(|receipt| receipt.event.id).collect(),
    }
}
