//! Connections of HTTP clients: so many at once, each with only so much patience.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::addresses::Addresses;
use super::guard::Peer;
use super::patience::Patience;
use crate::clock::instant;
use crate::control::access::{Access, Why};
use crate::tls::{Server, refused_certificate};

/// More wait in the kernel's backlog until one ends.
const MOST_CONNECTIONS: usize = 512;
/// For a request's headers to come, and for an idle connection to send its next request.
const HEADERS: Duration = Duration::from_secs(15);
/// For a client to take what was written to it.
const WRITE: Duration = Duration::from_secs(15);
/// For a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Headers and what was read ahead of the body.
const BUFFER_OCTETS: usize = 64 * 1024;
/// For the requests that are under way to end, once it is time to stop.
const LAST: Duration = Duration::from_secs(2);
/// Before another `accept` when the process has no file descriptors left.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until `stop`, then finishes the requests that are under way, as far as their clients do their part in time.
/// Dropped earlier, it cuts them off.
///
/// With `tls`, each connection begins with a handshake by what it holds then. `access` counts and notes those that are
/// refused before they ask for anything.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    access: Access,
    tls: Option<watch::Receiver<Server>>,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let addresses = Addresses::default();
    let mut connections = JoinSet::new();
    while let Some((stream, peer, permit)) = next(&listener, &room, &stop).await {
        let Some(place) = addresses.enter(peer.ip()) else {
            access.refuse(Why::Connections, None, peer.ip(), instant());
            continue;
        };
        let served = Served {
            router: TowerToHyperService::new(router.clone()),
            peer: Peer(peer.ip()),
        };
        let tls = tls.as_ref().map(|tls| tls.borrow().clone());
        let (access, stop) = (access.clone(), stop.clone());
        connections.spawn(async move {
            connection(stream, served, tls, access, stop).await;
            drop((permit, place));
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(LAST, ended).await.is_err() {
        connections.shutdown().await;
    }
}

/// The next connection there is room for; `None` once it is time to stop.
async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let accept = async {
        let permit = Arc::clone(room).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, peer, permit)),
                Err(error) => {
                    tracing::warn!(%error, "an HTTP connection cannot be accepted");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
    };
    stop.run_until_cancelled(accept).await.flatten()
}

/// All paths, for who comes from there.
struct Served {
    router: TowerToHyperService<Router>,
    peer: Peer,
}

impl Service<Request<Incoming>> for Served {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.router.call(request)
    }
}

async fn connection(
    stream: TcpStream,
    served: Served,
    tls: Option<Server>,
    access: Access,
    stop: CancellationToken,
) {
    // Without it, small answers may wait for the client's acknowledgement.
    let immediate = stream.set_nodelay(true);
    if immediate.is_err() {
        return;
    }
    let Some(tls) = tls else {
        return talk(Patience::new(stream, WRITE), served, stop).await;
    };
    let from = served.peer.0;
    let shaking = timeout(HANDSHAKE, tls.accept(stream));
    match stop.run_until_cancelled(shaking).await {
        Some(Ok(Ok(stream))) => talk(Patience::new(stream, WRITE), served, stop).await,
        Some(Ok(Err(error))) => match refused_certificate(&error) {
            Some(why) => access.refuse_certificate(&why, from, instant()),
            // Scanners come all the time.
            None => tracing::debug!("a TLS handshake of HTTP failed"),
        },
        Some(Err(_)) => tracing::debug!("a TLS handshake of HTTP takes too long"),
        None => {}
    }
}

async fn talk<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    served: Served,
    stop: CancellationToken,
) {
    let io = TokioIo::new(stream);
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(BUFFER_OCTETS)
        .serve_connection(io, served);
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if ended.is_err() {
        // What clients do wrong is theirs; the error may quote their request.
        tracing::debug!("an HTTP connection ended early");
    }
}
