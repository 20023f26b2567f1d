//! What the journal's commits took in the gateway under test, the disk's fsync in them, as its metrics tell.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Failure;
use crate::private_broker::free_port;

/// Where a gateway may listen to be asked: at an address of this machine that is ours alone, since a port of 127.0.0.1 that is free
/// now may be taken by the time it gets there.
pub(super) fn listener() -> Result<SocketAddr, Failure> {
    let port = free_port();
    let port = port.map_err(|error| Failure::caused("cannot find a free port", error))?;
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    Ok((Ipv4Addr::new(127, 64 + high % 64, middle, low), port).into())
}

/// How many took no longer than each bound, in seconds, the least first.
#[derive(Debug)]
pub(super) struct Commits(Vec<(f64, u64)>);

/// For the gateway to answer.
const PATIENCE: Duration = Duration::from_secs(10);
const BUCKET: &str = "xabar_journal_commit_seconds_bucket{le=\"";

impl Commits {
    /// Those of the gateway that listens there, since its start.
    pub(super) async fn of(gateway: SocketAddr) -> Result<Self, Failure> {
        let asked = timeout(PATIENCE, page(gateway)).await;
        let page = asked.unwrap_or_else(|late| Err(late.into()));
        let page =
            page.map_err(|error| Failure::caused("cannot ask the gateway for its metrics", error))?;
        Self::read(&page)
            .ok_or_else(|| Failure::because("the gateway does not tell of its commits"))
    }

    fn read(page: &str) -> Option<Self> {
        let buckets = page.lines().filter_map(|line| line.strip_prefix(BUCKET));
        let buckets = buckets.map(|bucket| {
            let (bound, count) = bucket.split_once("\"} ")?;
            Some((bound.parse().ok()?, count.parse().ok()?))
        });
        let buckets: Vec<(f64, u64)> = buckets.collect::<Option<_>>()?;
        let all = buckets.last()?.1;
        (all > 0).then_some(Self(buckets))
    }

    /// What so many of a thousand did not exceed, in milliseconds, read between the bounds, each of which is twice the one before.
    pub(super) fn millis(&self, of_a_thousand: u32) -> f64 {
        let all = self.0.last().map_or(0, |(_, count)| *count);
        let rank = all as f64 * f64::from(of_a_thousand) / 1000.0;
        let (mut from, mut below) = (0.0, 0);
        for (bound, count) in &self.0 {
            if *count as f64 >= rank && *count > below {
                // Those beyond all bounds are told as the last of them.
                let to = if bound.is_finite() { *bound } else { from };
                let within = (rank - below as f64) / (count - below) as f64;
                return (from + (to - from) * within) * 1000.0;
            }
            (from, below) = (*bound, *count);
        }
        0.0
    }
}

async fn page(gateway: SocketAddr) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(gateway).await?;
    let ask = format!("GET /metrics HTTP/1.1\r\nHost: {gateway}\r\nConnection: close\r\n\r\n");
    connection.write_all(ask.as_bytes()).await?;
    let mut page = String::new();
    connection.read_to_string(&mut page).await?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(counts: [u64; 3]) -> String {
        let bucket = |(bound, count)| format!("{BUCKET}{bound}\"}} {count}\r\n");
        let buckets = ["0.001", "0.002", "+Inf"].into_iter().zip(counts);
        let buckets: String = buckets.map(bucket).collect();
        format!("HTTP/1.1 200 OK\r\n\r\n# TYPE xabar_ready gauge\r\n{buckets}xabar_ready 1\r\n")
    }

    #[test]
    fn a_port_that_somebody_else_takes_meanwhile_is_still_to_be_had() {
        let ours = listener().unwrap();
        let theirs = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, ours.port()));
        std::net::TcpListener::bind(ours).unwrap();
        drop(theirs);
    }

    #[test]
    fn percentiles_are_read_between_the_bounds() {
        let commits = Commits::read(&page([60, 100, 100])).unwrap();
        assert_eq!(commits.millis(300), 0.5);
        assert_eq!(commits.millis(800), 1.5);
        assert_eq!(commits.millis(1000), 2.0);
        let some_longer = Commits::read(&page([60, 60, 100])).unwrap();
        assert_eq!(some_longer.millis(900), 2.0);
    }

    #[test]
    fn a_page_that_tells_of_none_is_noticed() {
        assert!(Commits::read("HTTP/1.1 401 Unauthorized\r\n").is_none());
        assert!(Commits::read(&page([0, 0, 0])).is_none());
    }
}
