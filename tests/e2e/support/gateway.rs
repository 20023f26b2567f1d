//! The gateway as people run it: the program, in a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// A running `xabar run`. Killed if it is dropped.
pub struct Gateway {
    child: Child,
    http: u16,
    log: Log,
    reading: Option<JoinHandle<()>>,
}

/// What a gateway told so far, line by line.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn containing(&self, text: &str) -> Vec<String> {
        let lines = self.lines().into_iter();
        lines.filter(|line| line.contains(text)).collect()
    }
}

impl Gateway {
    /// Where one of its paths is.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.http)
    }

    /// Starts the program. `http` is the port that its configuration names.
    pub fn start(mut command: Command, http: u16) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("cargo has built it");
        let told = BufReader::new(child.stderr.take().expect("it is piped"));
        let log = Log::default();
        let lines = log.clone();
        let reading = std::thread::spawn(move || {
            for line in told.lines().map_while(Result::ok) {
                lines.0.lock().unwrap().push(line);
            }
        });
        Self {
            child,
            http,
            log,
            reading: Some(reading),
        }
    }

    /// Waits until `/readyz` says yes.
    pub async fn until_ready(&mut self) {
        for _ in 0..300 {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the gateway ended early, {status}:\n{}", self.told());
            }
            if self
                .get("/readyz")
                .await
                .is_some_and(|(code, _)| code == 200)
            {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("the gateway is not ready within 30 s:\n{}", self.told());
    }

    /// Waits until so many log lines contain a text; gives them.
    pub async fn until_told(&self, text: &str, times: usize) -> Vec<String> {
        for _ in 0..300 {
            let lines = self.log.containing(text);
            if lines.len() >= times {
                return lines;
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!(
            "not told {times} times within 30 s: {text}\n{}",
            self.told()
        );
    }

    /// The status and body of a page, if anyone answers.
    pub async fn get(&self, path: &str) -> Option<(u16, String)> {
        get(self.http, path).await
    }

    /// The status and body of the answer to what is posted.
    pub async fn post(&self, path: &str, headers: &str, body: &str) -> (u16, String) {
        post(self.http, path, headers, body).await
    }

    /// The same to what is to change.
    pub async fn patch(&self, path: &str, headers: &str, body: &str) -> (u16, String) {
        tell(self.http, "PATCH", path, headers, body).await
    }

    async fn ask(&self, request: &str) -> Option<(u16, String)> {
        ask(self.http, request).await
    }

    /// The port of its HTTP.
    pub fn http(&self) -> u16 {
        self.http
    }

    pub fn log(&self) -> &Log {
        &self.log
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// `kill -9`; its log.
    pub fn kill(mut self) -> Log {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.finish_reading();
        self.log.clone()
    }

    /// SIGTERM; it has to exit with 0 within `time`. Its log.
    pub async fn stop_within(mut self, time: Duration) -> Log {
        self.signal("TERM");
        let status = self.exits_within(time).await;
        assert_eq!(status.code(), Some(0), "after SIGTERM:\n{}", self.told());
        self.log.clone()
    }

    /// Waits for it to end by itself.
    pub async fn exits_within(&mut self, time: Duration) -> ExitStatus {
        for _ in 0..time.as_millis() / 20 {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.finish_reading();
                return status;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("it still runs after {time:?}:\n{}", self.told());
    }

    /// Sends it a signal, such as `HUP`.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -s {name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.expect("there is a shell").success(), "{kill}");
    }

    fn told(&self) -> String {
        self.log.lines().join("\n")
    }

    fn finish_reading(&mut self) {
        if let Some(reading) = self.reading.take() {
            reading.join().unwrap();
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if std::thread::panicking() {
            let lines = self.log.lines();
            let last = lines.len().saturating_sub(40);
            eprintln!(
                "the gateway's last log lines:\n{}",
                lines[last..].join("\n")
            );
        }
    }
}

/// The status and body of what a gateway answers to what is posted, whichever gateway listens at this port.
pub async fn post(http: u16, path: &str, headers: &str, body: &str) -> (u16, String) {
    tell(http, "POST", path, headers, body).await
}

async fn tell(http: u16, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: xabar\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    );
    ask(http, &request).await.expect("an answer")
}

/// The status and body of a page at a port of this machine, if anyone answers.
pub async fn get(http: u16, path: &str) -> Option<(u16, String)> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: xabar\r\nconnection: close\r\n\r\n");
    ask(http, &request).await
}

/// `xabar ctl` at a port of this machine: its exit code, and what it told on both streams.
pub fn ctl(http: u16, arguments: &[&str]) -> (Option<i32>, String, String) {
    let url = format!("http://127.0.0.1:{http}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xabar"));
    let command = command.arg("ctl").args(arguments).args(["--url", &url]);
    let output = command.output().unwrap();
    let told = |octets| String::from_utf8(octets).unwrap();
    (
        output.status.code(),
        told(output.stdout),
        told(output.stderr),
    )
}

async fn ask(http: u16, request: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", http)).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let code = answer.split(' ').nth(1)?.parse().ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some((code, body.to_owned()))
}
