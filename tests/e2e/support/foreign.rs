//! SMSCs that this project did not write: the programs in `tests/peers`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

/// What the SMSC is built on.
#[derive(Clone, Copy, Debug)]
pub enum Library {
    /// Perl's Net::SMPP.
    NetSmpp,
    /// The npm package `smpp`.
    NodeSmpp,
}

impl Library {
    fn command(self) -> Command {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
        let (program, script): (_, PathBuf) = match self {
            Self::NetSmpp => ("perl", folder.join("net_smpp.pl")),
            Self::NodeSmpp => ("node", folder.join("node_smpp/smsc.js")),
        };
        let mut command = Command::new(program);
        command.arg(script);
        command
    }
}

/// A running SMSC. Killed if it is dropped.
pub struct Foreign {
    library: Library,
    child: Child,
    orders: ChildStdin,
    seen: Arc<Mutex<Vec<Value>>>,
    reading: JoinHandle<()>,
}

impl Foreign {
    /// Starts it, with one account; it listens when this returns.
    pub async fn start(library: Library, system_id: &str, password: &str) -> Self {
        let mut child = library
            .command()
            .args([system_id, password])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{library:?}: {error}; `./test` installs it"));
        let orders = child.stdin.take().expect("it is piped");
        let told = BufReader::new(child.stdout.take().expect("it is piped"));
        let seen = Arc::<Mutex<Vec<Value>>>::default();
        let lines = Arc::clone(&seen);
        let reading = std::thread::spawn(move || {
            for line in told.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).expect("each line is JSON");
                lines.lock().unwrap().push(line);
            }
        });
        let smsc = Self {
            library,
            child,
            orders,
            seen,
            reading,
        };
        smsc.until_seen("listening", 1).await;
        smsc
    }

    /// `host:port` where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.seen("listening")[0]["port"])
    }

    /// Has it do something by itself.
    pub fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("it runs");
    }

    /// All of one kind that it saw so far.
    pub fn seen(&self, what: &str) -> Vec<Value> {
        let seen = self.seen.lock().unwrap();
        let seen = seen.iter().filter(|line| line["saw"] == what);
        seen.cloned().collect()
    }

    /// Waits until it saw so many of one kind; gives them.
    pub async fn until_seen(&self, what: &str, times: usize) -> Vec<Value> {
        for _ in 0..600 {
            let seen = self.seen(what);
            if seen.len() >= times {
                return seen;
            }
            assert!(
                !self.reading.is_finished(),
                "{:?} has ended, see above; `./test` installs what it needs",
                self.library
            );
            sleep(Duration::from_millis(50)).await;
        }
        let seen = self.seen.lock().unwrap();
        panic!(
            "{:?}: {what} not {times} times within 30 s, but {seen:#?}",
            self.library
        );
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
