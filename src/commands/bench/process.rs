//! A child process, and what the kernel counts of it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use tokio::time::sleep;

use super::Failure;
use super::keeper::Keeper;
use super::last_words::LastWords;

/// A child whose CPU time and memory are watched. It is killed when this is dropped, or this process is killed.
pub(super) struct Watched {
    name: &'static str,
    child: Child,
    keeper: Keeper,
    said: LastWords,
    peak_rss_kib: u64,
    threads: Threads,
    /// What it took in all. Once it is waited for, the kernel does not know any more.
    last: Option<Standing>,
}

/// Where a process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// User and system time, of all its threads.
    pub(super) cpu: Duration,
    /// It is over, and waits to be asked for its exit code.
    pub(super) ended: bool,
}

/// The kernel has to count: without /proc there are no figures.
pub(super) fn ensure_counted() -> Result<(), Failure> {
    match standing(std::process::id(), &mut Threads::default()) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::caused(
            "cannot read CPU times in /proc, where Linux has them",
            error,
        )),
    }
}

impl Watched {
    /// Starts it with nothing from our environment that a gateway would go by.
    pub(super) fn start(mut command: Command, name: &'static str) -> Result<Self, Failure> {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("XABAR") {
                command.env_remove(name);
            }
        }
        let no_process = |error| Failure::caused("cannot start a process", error);
        // First, so that there is hardly a moment without it.
        let keeper = Keeper::start().map_err(no_process)?;
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut watched = Self {
            name,
            child: child.map_err(no_process)?,
            keeper,
            said: LastWords::default(),
            peak_rss_kib: 0,
            threads: Threads::default(),
            last: None,
        };
        let id = watched.child.id();
        watched.keeper.watch(id).map_err(no_process)?;
        if let Some(speaker) = watched.child.stderr.take() {
            watched.said = LastWords::of(speaker);
        }
        Ok(watched)
    }

    pub(super) fn stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    pub(super) fn look(&mut self) -> Result<Standing, Failure> {
        if let Some(last) = self.last {
            return Ok(last);
        }
        let id = self.child.id();
        let standing = standing(id, &mut self.threads);
        // A process that is over has no memory any more.
        if let Ok(rss) = memory_kib(id, "VmHWM:") {
            self.peak_rss_kib = self.peak_rss_kib.max(rss);
        }
        let standing =
            standing.map_err(|error| Failure::caused("cannot watch a process", error))?;
        self.last = standing.ended.then_some(standing);
        Ok(standing)
    }

    /// It has to be at work still.
    pub(super) fn ensure_runs(&mut self) -> Result<(), Failure> {
        if !self.look()?.ended {
            return Ok(());
        }
        self.ended_well()?;
        Err(self.failure("ended before it was done"))
    }

    /// Waits until it is over, of which nobody told it.
    pub(super) async fn until_over(&mut self) -> Failure {
        loop {
            if let Err(over) = self.ensure_runs() {
                return over;
            }
            sleep(LOOK).await;
        }
    }

    /// What it has now.
    pub(super) fn rss_kib(&self) -> Result<u64, Failure> {
        let rss = memory_kib(self.child.id(), "VmRSS:");
        rss.map_err(|error| Failure::caused("cannot watch a process", error))
    }

    /// As far as it was looked at.
    pub(super) fn peak_rss_kib(&self) -> u64 {
        self.peak_rss_kib
    }

    /// Asks it to end, as a supervisor would.
    pub(super) fn terminate(&self) -> Result<(), Failure> {
        let kill = format!("kill -s TERM {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        let sent = sent.map_err(|error| Failure::caused("cannot end a process", error))?;
        match sent.success() {
            true => Ok(()),
            false => Err(self.failure("ended before it was told to")),
        }
    }

    /// Its exit code has to be 0. Blocks until it is over.
    pub(super) fn ended_well(&mut self) -> Result<(), Failure> {
        let status = self.child.wait();
        self.keeper.dismiss();
        self.said.hear_out();
        let status = status.map_err(|error| Failure::caused("cannot watch a process", error))?;
        match status.success() {
            true => Ok(()),
            false => Err(self.failure(&format!("ended with {status}"))),
        }
    }

    /// What it did wrong, and the last that it said.
    pub(super) fn failure(&self, what: &str) -> Failure {
        let said = self.said.lines();
        let said: String = said.iter().map(|line| format!("\n  {line}")).collect();
        Failure::because(format!("the {} {what}{said}", self.name))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // It may be over already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// How often it is looked whether it is over, while there is something else to do: seldom, since a look takes a tenth of
/// a millisecond.
const LOOK: Duration = Duration::from_secs(1);

/// User and system time of a process that somebody else started.
pub(super) fn cpu(id: u32) -> Result<Duration, Failure> {
    let standing = standing(id, &mut Threads::default());
    let standing = standing.map_err(|error| Failure::caused("cannot watch the broker", error))?;
    Ok(standing.cpu)
}

/// The kernel tells a process's time in ticks, of which a short run takes none, and those of its threads in nanoseconds as
/// long as they are there. Neither is more than it took, so the larger one is nearer.
fn standing(id: u32, threads: &mut Threads) -> io::Result<Standing> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let standing = parse_stat(&stat);
    let standing = standing.ok_or_else(|| io::Error::other("/proc/PID/stat is not as expected"))?;
    Ok(Standing {
        cpu: standing.cpu.max(threads.look(id)),
        ..standing
    })
}

/// The times of a process's threads as they were last seen, of those that are over, too.
#[derive(Default)]
struct Threads(HashMap<OsString, Duration>);

impl Threads {
    /// Their sum.
    fn look(&mut self, id: u32) -> Duration {
        // Any of them may be over by when it is read.
        let threads = std::fs::read_dir(format!("/proc/{id}/task"));
        for thread in threads.into_iter().flatten().flatten() {
            let stat = std::fs::read_to_string(thread.path().join("schedstat"));
            if let Some(cpu) = stat.ok().as_deref().and_then(parse_schedstat) {
                self.0.insert(thread.file_name(), cpu);
            }
        }
        self.0.values().sum()
    }
}

/// Its first number is the time on a processor, in nanoseconds.
fn parse_schedstat(stat: &str) -> Option<Duration> {
    let nanos = stat.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

/// proc(5): the name in brackets may hold anything; state is field 3, utime 14, stime 15.
fn parse_stat(stat: &str) -> Option<Standing> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Standing {
        cpu: Duration::from_millis((ticks(11)? + ticks(12)?) * MILLIS_A_TICK),
        ended: matches!(*fields.first()?, "Z" | "X"),
    })
}

/// The kernel counts in hundredths of a second for everyone who asks there.
const MILLIS_A_TICK: u64 = 10;

/// A line of /proc/PID/status that counts memory.
fn memory_kib(id: u32, name: &str) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let memory = status.lines().find_map(|line| line.strip_prefix(name));
    let memory = memory.and_then(|memory| memory.trim().strip_suffix(" kB")?.parse().ok());
    memory.ok_or_else(|| io::Error::other(format!("no {name} in /proc/PID/status")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 150 25 0 0 20 0 4 0 12345";
        let standing = parse_stat(stat).unwrap();
        assert_eq!(standing.cpu, Duration::from_millis(1750));
        assert!(!standing.ended);
        assert!(parse_stat(&stat.replace(" S ", " Z ")).unwrap().ended);
        assert_eq!(parse_stat("42 (x"), None);
    }

    #[test]
    fn less_than_a_tick_is_known_of_a_process_and_of_threads_that_are_over() {
        let mut child = Watched::start(Command::new("cat"), "cat").unwrap();
        // It waits for what comes in, and has hardly begun.
        let cpu = std::iter::repeat_with(|| child.look().unwrap().cpu);
        let cpu = cpu.take(30_000).find(|cpu| !cpu.is_zero()).unwrap();
        assert!(cpu < Duration::from_millis(MILLIS_A_TICK), "{cpu:?}");
        let over = Duration::from_secs(5);
        child.threads.0.insert("over".into(), over);
        assert!(child.look().unwrap().cpu > over);
    }

    #[test]
    fn a_process_that_failed_tells_its_last_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no disk >&2; exit 3"]);
        let mut child = Watched::start(command, "gateway").unwrap();
        let Failure::Failed(told, None) = child.ended_well().unwrap_err() else {
            panic!()
        };
        assert!(told.starts_with("the gateway ended with exit"), "{told}");
        assert!(told.ends_with("no disk"), "{told}");
    }
}
