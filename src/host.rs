//! Connects to a host whose name may stand for several addresses, of which some may be dead.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};

use crate::clock::instant;

/// Which of its addresses is tried first: the one that worked last, or after one that did not the next.
#[derive(Debug, Default)]
pub(crate) struct Turn(AtomicUsize);

impl Turn {
    /// The one that was connected to was of no use.
    pub(crate) fn pass(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Connects to `host:port`, within so long.
///
/// # Errors
/// What came of the last address that was tried; of one that took too long [`io::ErrorKind::TimedOut`].
pub(crate) async fn connect(host: &str, within: Duration, turn: &Turn) -> io::Result<TcpStream> {
    let deadline = Instant::from(instant()) + within;
    let found = timeout_at(deadline, lookup_host(host)).await??;
    connect_to_one(found.collect(), deadline, turn).await
}

/// Each address has its share of the time that is left: a dead one takes none of the others'.
async fn connect_to_one(
    mut addresses: Vec<SocketAddr>,
    deadline: Instant,
    turn: &Turn,
) -> io::Result<TcpStream> {
    let count = addresses.len().max(1);
    // Who gives up waiting begins with another the next time.
    let first = turn.0.fetch_add(1, Ordering::Relaxed) % count;
    addresses.rotate_left(first);
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let left_to_try = (1..=u32::try_from(count).unwrap_or(u32::MAX)).rev();
    for ((address, place), left_to_try) in addresses.into_iter().zip(first..).zip(left_to_try) {
        let now = Instant::from(instant());
        let share = deadline.saturating_duration_since(now) / left_to_try;
        match timeout_at(now + share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                turn.0.store(place, Ordering::Relaxed);
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => failure = error,
            Err(late) => failure = late.into(),
        }
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};
    use tokio::time::error::Elapsed;
    use tokio::time::timeout;

    use super::*;

    /// A port whose queue of connections is full, so that others hear nothing; with what fills it.
    async fn dead() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut filling = Vec::new();
        while let Ok(stream) = soon(TcpStream::connect(address)).await {
            filling.push(stream.unwrap());
        }
        (address, listener, filling)
    }

    async fn soon<T>(what: impl Future<Output = T>) -> Result<T, Elapsed> {
        timeout(Duration::from_millis(200), what).await
    }

    #[tokio::test]
    async fn an_address_that_is_dead_leaves_the_others_their_time_and_is_not_the_first_again() {
        let (dead, _listener, _filling) = dead().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let alive = listener.local_addr().unwrap();
        let turn = Turn::default();
        let connect = async |within: u64| {
            let deadline = Instant::from(instant()) + Duration::from_secs(within);
            let stream = connect_to_one(vec![dead, alive], deadline, &turn).await;
            stream.unwrap().peer_addr().unwrap()
        };
        let begun = timeout(Duration::from_secs(5), connect(6)).await;
        assert_eq!(begun, Ok(alive), "the dead one has half of the time");
        assert_eq!(connect(3600).await, alive, "at once");
        turn.pass();
        assert!(soon(connect(3600)).await.is_err(), "it is the dead one's");
        assert_eq!(connect(3600).await, alive, "who gave up begins elsewhere");
    }

    #[tokio::test]
    async fn where_none_can_be_connected_to_it_is_said_why() {
        let (dead, _listener, _filling) = dead().await;
        let deadline = Instant::from(instant()) + Duration::from_millis(100);
        let error = connect_to_one(vec![dead], deadline, &Turn::default()).await;
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let error = connect(
            "no-such-host.invalid:1",
            Duration::from_secs(20),
            &Turn::default(),
        )
        .await;
        assert!(error.is_err());
        let error = connect_to_one(Vec::new(), deadline, &Turn::default()).await;
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
