//! How long the machine stood still, and when.
//!
//! What a gateway writes while the SMSC's process gets no processor, or its task no turn, the SMSC sees all at once. So a
//! promise of how much comes in a second is held up to what the machine did around that second: on an idle one it is
//! exact. What is watched has nothing to do with the gateway, so that its faults excuse nothing.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use xabar::simulator::Tape;

const TICK: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Looks every millisecond how much later than that it is, and how long what it then writes to a socket waits to be read
/// by a task of the SMSC's runtime. To be begun just before the SMSC whose tape is checked.
pub struct Stalls {
    longest: Arc<Mutex<Longest>>,
    stop: Arc<AtomicBool>,
}

/// The longest standstill that ended in each second since the start.
#[derive(Default)]
struct Longest(Vec<Duration>);

impl Longest {
    fn note(&mut self, at: Duration, stood_still: Duration) {
        let second = second(at);
        if self.0.len() <= second {
            self.0.resize(second + 1, Duration::ZERO);
        }
        self.0[second] = self.0[second].max(stood_still);
    }

    /// The longest in the seconds around that which ends here.
    fn around(&self, end: Duration) -> Duration {
        let (first, last) = (second(end).saturating_sub(2), second(end) + 1);
        let near = self.0.iter().take(last + 1).skip(first);
        near.copied().max().unwrap_or_default()
    }

    /// Looks for a second, of those that end with one of these times, with more than `tps` and `unread`, and what such
    /// a rate makes in the longest standstill around it.
    fn check(&self, times: &[Duration], tps: usize, unread: usize) -> Result<(), String> {
        let mut first = 0;
        for (last, end) in times.iter().enumerate() {
            while *end - times[first] >= SECOND {
                first += 1;
            }
            let (came, stall) = (last + 1 - first, self.around(*end));
            let late = tps as u128 * stall.as_micros() / 1_000_000;
            if came as u128 > (tps + unread) as u128 + late {
                return Err(format!(
                    "{came} in the second before {end:?}, where {tps} are allowed, {unread} may have waited to be read, and the machine stood still for {stall:?} at most"
                ));
            }
        }
        Ok(())
    }
}

/// Both ends of a connection to ourselves.
fn socket() -> (TcpStream, tokio::net::TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let writes = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    writes.set_nodelay(true).unwrap();
    let (reads, _) = listener.accept().unwrap();
    reads.set_nonblocking(true).unwrap();
    (writes, tokio::net::TcpStream::from_std(reads).unwrap())
}

fn second(at: Duration) -> usize {
    usize::try_from(at.as_secs()).expect("no test lasts that long")
}

impl Stalls {
    #[expect(clippy::disallowed_methods, reason = "it is the clock that is watched")]
    pub fn watch() -> Self {
        let (longest, stop) = (Arc::<Mutex<Longest>>::default(), Arc::default());
        let (noted, stopped): (_, Arc<AtomicBool>) = (Arc::clone(&longest), Arc::clone(&stop));
        let start = Instant::now();
        let (mut ticks, mut read) = socket();
        let read_late = Arc::clone(&longest);
        thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let begun = start.elapsed();
                thread::sleep(TICK);
                let now = start.elapsed();
                let stood_still = (now - begun).saturating_sub(TICK);
                noted.lock().unwrap().note(now, stood_still);
                let micros = u64::try_from(now.as_micros()).expect("no test lasts that long");
                if ticks.write_all(&micros.to_be_bytes()).is_err() {
                    return; // The runtime has ended.
                }
            }
        });
        tokio::spawn(async move {
            while let Ok(micros) = read.read_u64().await {
                let now = start.elapsed();
                let waited = now.saturating_sub(Duration::from_micros(micros));
                read_late.lock().unwrap().note(now, waited);
            }
        });
        Self { longest, stop }
    }

    /// No sliding second of the tape holds more than `tps`, and what such a rate makes in the longest standstill around
    /// it; nor than `unread` besides, by an SMSC that stops reading itself and then finds so many at once.
    pub fn check_rate(&self, tape: &Tape, tps: usize, unread: usize) {
        let checked = self
            .longest
            .lock()
            .unwrap()
            .check(&tape.times(), tps, unread);
        checked.unwrap_or_else(|more| panic!("{more}"));
    }
}

impl Drop for Stalls {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_standstill_excuses_only_the_seconds_around_it() {
    let mut longest = Longest::default();
    longest.note(10 * SECOND, SECOND / 2);
    let burst = |at: Duration, count: usize| vec![at; count];
    for at in [10 * SECOND, 11 * SECOND] {
        assert!(longest.check(&burst(at, 150), 100, 0).is_ok());
        assert!(longest.check(&burst(at, 151), 100, 0).is_err());
        assert!(longest.check(&burst(at, 151), 100, 1).is_ok());
    }
    for at in [5 * SECOND, 15 * SECOND] {
        assert!(longest.check(&burst(at, 100), 100, 0).is_ok());
        assert!(longest.check(&burst(at, 101), 100, 0).is_err());
    }
}

#[tokio::test]
async fn a_runtime_whose_tasks_get_no_turn_stands_still() {
    let stalls = Stalls::watch();
    // Whatever the watching thread wrote meanwhile waited for the rest of it; had it written nothing, it stood still itself.
    thread::sleep(SECOND / 2);
    let seen = || {
        let longest = stalls.longest.lock().unwrap();
        longest.0.iter().any(|it| *it >= SECOND / 4)
    };
    let coming = async {
        while !seen() {
            tokio::time::sleep(TICK).await;
        }
    };
    super::soon("the standstill to be seen", coming).await;
}
