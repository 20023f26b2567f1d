//! `xabar smsc dial`: a phone behind the simulator dials a USSD code and talks; or many at once.

use std::io::Write;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{sleep, timeout};

use super::crowd::{Crowd, Next};
use super::{Status, orders};
use crate::clock::instant;
use crate::commands::Failure;
use crate::commands::print::{self, Cell, FAINT, Table};
use crate::simulator::{Handle, NotSent, Text, Ussd};

/// Dials a USSD code and plays the dialogue, as soon as a gateway has bound
///
/// Each screen goes to standard output. What is answered comes from standard input, a line for each screen, or
/// from --answers. It ends with the dialogue; where nothing is left to answer, the phone hangs up.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar smsc dial '*555#' --from +998931234567
  xabar smsc dial '*555#' --from +998931234567 --answers 1,2,48120973
  xabar smsc --latency 20ms dial '*555#' --from +998930000000 --phones 500 --answers 1,1,0")]
pub(super) struct Dial {
    /// What is dialled, such as '*555#'
    #[arg(value_name = "CODE")]
    code: String,
    /// The number of the phone
    #[arg(long, value_name = "MSISDN", value_parser = digits)]
    from: u64,
    /// What the phone answers to one screen after another
    #[arg(long, value_name = "TEXTS", value_delimiter = ',')]
    answers: Option<Vec<String>>,
    /// So many phones dial at once, with numbers that count up; how they fared is told at the end
    #[arg(long, value_name = "COUNT", requires = "answers", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    phones: Option<u32>,
}

/// For a screen to come; no phone waits longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is tried whether a gateway has bound.
const TRY_EVERY: Duration = Duration::from_millis(200);

impl Dial {
    pub(super) async fn run(&self, handle: &Handle, json: bool) -> Result<(), Failure> {
        match self.phones {
            Some(phones) => self.crowd(handle, phones, json).await,
            None => self.talk(handle).await,
        }
    }

    /// One phone's dialogue.
    async fn talk(&self, handle: &Handle) -> Result<(), Failure> {
        let phone = self.from.to_string();
        let mut texts = handle.listen();
        let mut answers = self.answers();
        self.dial_once_bound(handle, &phone).await?;
        loop {
            let text = screen(&mut texts, &phone).await?;
            writeln!(print::stdout(), "{}\n", text.text)?;
            if text.ussd == Some(Ussd::End) {
                return Ok(());
            }
            match answers.recv().await {
                Some(answer) => handle.answer(&phone, &answer).await?,
                None => return Ok(handle.hang_up(&phone).await?),
            }
        }
    }

    fn answers(&self) -> mpsc::Receiver<String> {
        let Some(answers) = &self.answers else {
            return orders();
        };
        let (answers_out, answers_in) = mpsc::channel(answers.len().max(1));
        for answer in answers {
            answers_out.try_send(answer.clone()).ok();
        }
        answers_in
    }

    async fn dial_once_bound(&self, handle: &Handle, phone: &str) -> Result<(), Failure> {
        let mut told = false;
        loop {
            match handle.dial(phone, &self.code).await {
                Err(NotSent::NoEsme) if !told => {
                    Status::new(false).line("waiting for a gateway to bind");
                    told = true;
                }
                Err(NotSent::NoEsme) => sleep(TRY_EVERY).await,
                done => return Ok(done?),
            }
        }
    }

    /// Many phones' dialogues, all begun at once.
    async fn crowd(&self, handle: &Handle, phones: u32, json: bool) -> Result<(), Failure> {
        let mut texts = handle.listen();
        let mut crowd = Crowd::new(self.answers.clone().unwrap_or_default());
        let started = instant();
        for number in 0..u64::from(phones) {
            let phone = (self.from + number).to_string();
            self.dial_once_bound(handle, &phone).await?;
            crowd.dialled(phone, instant());
        }
        while !crowd.is_over() {
            let Ok(text) = timeout(PATIENCE, texts.recv()).await else {
                break;
            };
            match text {
                Ok(text) => match crowd.shown(&text, instant()) {
                    Next::Answer(answer) => handle.answer(&text.to, &answer).await?,
                    Next::HangUp => handle.hang_up(&text.to).await?,
                    Next::Nothing => {}
                },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break,
            }
        }
        let fared = crowd.fared(instant() - started);
        if json {
            print::json(&fared)?;
        } else {
            let mut table = Table::default();
            let mut row = |name: &str, count: u64, note: &str| {
                table.row([
                    Cell::new(name),
                    Cell::number(count),
                    Cell::new(note).style(FAINT),
                ]);
            };
            row("dialogues", fared.dialogues, "");
            row("ended", fared.ended, "with a last screen");
            row("hung up", fared.hung_up, "nothing was left to answer");
            row("silent", fared.silent, "no screen came in time");
            row("screens", fared.screens, "");
            row("a second", fared.screens_per_second, "screens");
            row("p50", fared.p50_ms, "ms from a step to its screen");
            row("p99", fared.p99_ms, "");
            table.print(&mut print::stdout())?;
        }
        match fared.silent {
            0 => Ok(()),
            silent => Err(Failure::because(format!("{silent} phones got no screen"))),
        }
    }
}

/// The next screen of one phone.
async fn screen(texts: &mut broadcast::Receiver<Text>, phone: &str) -> Result<Text, Failure> {
    let next = async {
        loop {
            match texts.recv().await {
                Ok(text) if text.to == phone && text.is_of_dialogue() => return Some(text),
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    };
    let shown = timeout(PATIENCE, next).await.ok().flatten();
    shown.ok_or_else(|| {
        let within = PATIENCE.as_secs();
        Failure::because(format!(
            "no screen came within {within} s; does the gateway's configuration have [operator.ussd]?"
        ))
    })
}

fn digits(number: &str) -> Result<u64, String> {
    let number = number.trim_start_matches('+');
    let msisdn = number.parse::<xabar_events::Msisdn>();
    msisdn
        .map(xabar_events::Msisdn::as_u64)
        .map_err(|error| error.to_string())
}

impl From<NotSent> for Failure {
    fn from(not_sent: NotSent) -> Self {
        Self::caused("the phone cannot send", not_sent)
    }
}
