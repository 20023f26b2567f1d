//! `xabar smsc`: an SMSC and USSD gateway with phones behind it, to try things against.

mod dial;

use std::io::{self, BufRead, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::Failure;
use super::print::{self, Table};
use crate::simulator::{
    Account, Behaviour, Figures, Handle, NotSent, PhoneMemory, Settings, Simulator, Stopped, Text,
    parse_duration,
};
use crate::tls::{self, Certificates, Identity, Key, Roots, Unusable};

/// Plays an operator: an SMSC and USSD gateway with phones behind it
///
/// Takes messages over SMPP 3.4 and 5.0, answers, delivers and sends receipts as the flags say,
/// until Ctrl-C or SIGTERM. The status goes to standard error, the figures at the end to standard
/// output.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar smsc                                          answers at once, receipts after 50ms
  xabar smsc --tps 300 --latency 20ms+10ms            an operator as one would wish it
  xabar smsc --tps 100 --errors 0x08=1%,0x58=2% --disconnect-every 5000 --receipt-first 10%
                                                      an operator as it may be
  xabar smsc --ids hex-then-decimal --receipt-in data-sm --receipt-wording terse
                                                      an operator with a dialect of its own
  xabar smsc --tls-certificate smsc.pem --tls-key smsc.key
                                                      an operator who takes TLS only
  xabar smsc --orders --texts                         phones write, dial and show what comes
  xabar smsc dial '*555#' --from +998931234567        a phone that you dial with; `smsc dial --help` tells more

Orders on standard input, with --orders; what comes of them is told on standard error:
  mo FROM TO TEXT      a phone sends a text       cut                cuts all connections
  dial FROM CODE       a phone dials a USSD code  refuse on|off      refuses binds
  answer FROM TEXT     it answers the menu        stall on|off       stops reading
  hangup FROM          it leaves the dialogue     behave JSON        changes the behaviour")]
pub struct Smsc {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:2775")]
    listen: SocketAddr,
    /// Lets only this ESME bind, such as xabar:secret; several may be given [default: any may]
    #[arg(long, value_name = "SYSTEM_ID:PASSWORD", value_parser = account)]
    account: Vec<Account>,
    /// Speaks TLS, with this certificate (PEM; its own first, then those up to its CA)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Lets only ESMEs connect that show a certificate of one of these CAs (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_ca: Option<PathBuf>,
    /// Repeats what chance decides, message ids too
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Writes everything on the wire to a file for Wireshark or tshark
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Prints the figures as JSON
    #[arg(long)]
    json: bool,
    /// Tells the status so often; with --json as figures, one object a line
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    every: Option<Duration>,
    /// Tells every text that reaches a phone
    #[arg(long)]
    texts: bool,
    /// Takes orders from standard input, one a line
    #[arg(long)]
    orders: bool,
    #[command(flatten)]
    behaviour: Behaviour,
    #[command(subcommand)]
    play: Option<Play>,
}

/// What is played instead of waiting for a signal.
#[derive(Debug, clap::Subcommand)]
enum Play {
    Dial(dial::Dial),
}

/// How often the status is told on a terminal, and elsewhere.
const ON_TERMINAL: Duration = Duration::from_millis(500);
const ELSEWHERE: Duration = Duration::from_secs(5);

impl Smsc {
    pub fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Runtime::new();
        let runtime = runtime.map_err(|error| Failure::caused("cannot start", error))?;
        let done = runtime.block_on(self.serve());
        // A thread may still wait for a line of standard input.
        runtime.shutdown_background();
        done
    }

    async fn serve(self) -> Result<(), Failure> {
        if let Some(Play::Dial(dial)) = &self.play {
            dial.check()?;
        }
        let simulator = Simulator::start(self.settings()?).await;
        let at = self.listen;
        let simulator =
            simulator.map_err(|error| Failure::caused(format!("cannot serve at {at}"), error))?;
        let status = Status::new(self.json && self.every.is_some());
        status.line(&format!("listening on {}", simulator.address()));
        let handle = simulator.handle();
        if let Some(Play::Dial(dial)) = &self.play {
            let played = dial.run(&handle, self.json).await;
            simulator.stop().await.ok();
            return played;
        }
        let played = self.play(&handle, &status).await;
        status.end();
        let figures = simulator.stop().await;
        played?;
        self.tell(&figures.map_err(|error| Failure::caused("cannot write the capture", error))?)
    }

    /// Tells the status, shows texts and takes orders until a signal comes.
    async fn play(&self, handle: &Handle, status: &Status) -> Result<(), Failure> {
        let mut ticks = interval(self.every.unwrap_or(status.every()).max(SHORTEST));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut texts = handle.listen();
        let mut orders = self.orders.then(orders);
        let over = signals()?;
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return Ok(()),
                _ = ticks.tick() => status.tell(&handle.figures().await?)?,
                text = texts.recv(), if self.texts => {
                    if let Ok(text) = text {
                        status.line(&shown(&text));
                    }
                }
                Some(order) = next(&mut orders) => match obey(handle, &order).await {
                    Ok(said) => status.line(&said),
                    Err(wrong) => status.line(&format!("{order}: {wrong}")),
                }
            }
        }
    }

    fn settings(&self) -> Result<Settings, Failure> {
        let tls = self.tls();
        Ok(Settings {
            listen: self.listen,
            accounts: self.account.clone(),
            tls: tls.map_err(|error| {
                Failure::caused("one of --tls-certificate, --tls-key and --tls-ca", error)
            })?,
            behaviour: self.behaviour.clone(),
            seed: self.seed,
            pcap: self.pcap.clone(),
            tape: 0,
            phones: PhoneMemory {
                // Who asks for texts pays for reading them.
                phones: if self.texts || self.play.is_some() {
                    1_000
                } else {
                    0
                },
                ..PhoneMemory::default()
            },
        })
    }

    fn tls(&self) -> Result<Option<tls::Server>, Unusable> {
        let Some((certificate, key)) = self.tls_certificate.as_ref().zip(self.tls_key.as_ref())
        else {
            return Ok(None);
        };
        let identity = Identity::new(Certificates::read(certificate)?, Key::read(key)?)?;
        let clients = self.tls_ca.as_deref().map(Roots::read).transpose()?;
        tls::Server::new(identity, clients).map(Some)
    }

    fn tell(&self, figures: &Figures) -> Result<(), Failure> {
        if self.json {
            return Ok(print::json(figures)?);
        }
        Ok(table(figures).print(&mut print::stdout())?)
    }
}

const SHORTEST: Duration = Duration::from_millis(10);

fn account(text: &str) -> Result<Account, String> {
    let (system_id, password) = text
        .split_once(':')
        .ok_or("an account is written as system_id:password")?;
    if system_id.len() > 15 || password.len() > 8 {
        return Err("a system_id has at most 15 characters, a password at most 8".to_owned());
    }
    Ok(Account {
        system_id: system_id.to_owned(),
        password: password.to_owned(),
    })
}

/// Ends with Ctrl-C or SIGTERM.
fn signals() -> Result<impl Future<Output = ()>, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::caused("cannot hear signals", error));
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Where the status goes: one line that changes on a terminal, lines elsewhere.
struct Status {
    live: Option<ProgressBar>,
    json: bool,
}

impl Status {
    fn new(json: bool) -> Self {
        let live = (!json && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::no_length();
            bar.with_style(
                ProgressStyle::with_template("{wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            )
        });
        Self { live, json }
    }

    fn every(&self) -> Duration {
        if self.live.is_some() {
            ON_TERMINAL
        } else {
            ELSEWHERE
        }
    }

    fn tell(&self, figures: &Figures) -> Result<(), Failure> {
        match &self.live {
            _ if self.json => print::json(figures)?,
            Some(live) => live.set_message(summary(figures)),
            None => self.line(&summary(figures)),
        }
        Ok(())
    }

    fn line(&self, line: &str) {
        match &self.live {
            Some(live) => live.println(line),
            None => anstream::eprintln!("{line}"),
        }
    }

    fn end(&self) {
        if let Some(live) = &self.live {
            live.finish_and_clear();
        }
    }
}

fn summary(figures: &Figures) -> String {
    format!(
        "{:.0}/s · {} sessions · {} accepted · {} throttled · {} other errors · {} receipts pending",
        figures.rate,
        figures.sessions,
        figures.accepted,
        figures.throttled,
        figures.submits - figures.accepted - figures.throttled,
        figures.deliveries.pending,
    )
}

fn table(figures: &Figures) -> Table {
    let deliveries = &figures.deliveries;
    let mut table = Table::default();
    let mut row = |name: &str, count: u64, note: &str| table.count(name, count, note);
    row("binds", figures.binds, "");
    row("binds refused", figures.binds_refused, "");
    row("messages", figures.submits, "");
    row("accepted", figures.accepted, "");
    for (status, count) in &figures.refused {
        row(status, *count, "");
    }
    row("left unanswered", figures.unanswered, "on purpose");
    row("query_sm", figures.queries, "");
    row("busiest second", figures.rate_max, "messages");
    row(
        "deliver_sm sent",
        deliveries.sent,
        "receipts and messages from phones",
    );
    row("acknowledged", deliveries.acked, "");
    row("repeated", deliveries.repeated, "");
    row("disconnects", figures.disconnects, "made by the SMSC");
    row("faults", figures.faults, "of ESMEs, against the protocol");
    table
}

fn shown(text: &Text) -> String {
    let Text {
        from,
        to,
        text,
        segments,
        ussd,
        ..
    } = text;
    match ussd {
        Some(_) => format!("{from} → {to} (screen): {text}"),
        None => format!("{from} → {to} ({segments}): {text}"),
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        Self::caused("the simulator broke down", stopped)
    }
}

/// Lines of standard input, a few of them at a time.
fn orders() -> mpsc::Receiver<String> {
    let (lines_out, lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if lines_out.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

async fn next(orders: &mut Option<mpsc::Receiver<String>>) -> Option<String> {
    orders.as_mut()?.recv().await
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error("no such order; see xabar smsc --help")]
    Unknown,
    #[error("{0}")]
    Code(String),
    #[error(transparent)]
    NotSent(#[from] NotSent),
    #[error(transparent)]
    Stopped(#[from] Stopped),
    #[error(transparent)]
    Behaviour(#[from] serde_json::Error),
}

async fn obey(handle: &Handle, order: &str) -> Result<String, NotDone> {
    let (order, rest) = order.trim().split_once(' ').unwrap_or((order.trim(), ""));
    let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
    let switch = || match rest {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(NotDone::Unknown),
    };
    match order {
        "mo" => {
            let (to, text) = second.split_once(' ').ok_or(NotDone::Unknown)?;
            let segments = handle.send_mo(first, to, text).await?;
            return Ok(format!("sent in {segments} segments"));
        }
        "dial" => {
            let code = dial::code(second).map_err(NotDone::Code)?;
            handle.dial(first, &code).await?;
        }
        "answer" => handle.answer(first, second).await?,
        "hangup" => handle.hang_up(first).await?,
        "cut" => handle.disconnect_all().await?,
        "refuse" => handle.refuse_binds(switch()?).await?,
        "stall" => handle.stop_reading(switch()?).await?,
        "behave" => handle.set_behaviour(serde_json::from_str(rest)?).await?,
        _ => return Err(NotDone::Unknown),
    }
    Ok("done".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn orders_are_carried_out_or_explained() {
        let simulator = Simulator::start(Settings::default()).await.unwrap();
        let handle = simulator.handle();
        let behaviour = r#"behave {"tps": 5, "receipts": {"delay": "1s"}}"#;
        assert_eq!(obey(&handle, behaviour).await.unwrap(), "done");
        assert_eq!(handle.behaviour().await.unwrap().tps, Some(5));
        for order in ["cut", "refuse on", "refuse off", "stall on"] {
            assert!(obey(&handle, order).await.is_ok(), "{order}");
        }
        for (order, reason) in [
            ("", "no such order"),
            ("refuse", "no such order"),
            ("mo 998901234567", "no such order"),
            ("mo 998901234567 555 Holat", "no ESME"),
            ("dial 998901234567 *555#", "no ESME"),
            ("dial 998901234567 hello", "as phones dial it"),
            ("dial 998901234567", "as phones dial it"),
            ("answer 998901234567 1", "no USSD dialogue"),
            ("behave {\"tpss\": 5}", "unknown field `tpss`"),
        ] {
            let refused = obey(&handle, order).await.unwrap_err().to_string();
            assert!(refused.contains(reason), "{order}: {refused}");
        }
    }

    #[test]
    fn an_account_is_a_name_and_a_password() {
        assert_eq!(account("xabar:secret").unwrap().password, "secret");
        assert!(account("xabar").is_err());
        assert!(account("xabar:much-too-long").is_err());
    }
}
