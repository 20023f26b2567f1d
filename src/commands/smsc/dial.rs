//! `xabar smsc dial`: a phone behind the simulator dials a USSD code and talks; or many at once.

use std::io::Write;
use std::time::Duration;

use futures_util::FutureExt;
use serde::Serialize;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{interval, sleep};

use super::{Status, orders};
use crate::commands::Failure;
use crate::commands::print::{self, Table};
use crate::simulator::crowd::{self, Begins, Calls, Fared};
use crate::simulator::{Handle, NotSent, Text, Ussd, next_screen};

/// Dials a USSD code and plays the dialogue, as soon as a gateway has bound
///
/// Each screen goes to standard output, with --json as an object a line. What is answered comes from standard input, a line for each screen, or
/// from --answers. It ends with the dialogue; where nothing is left to answer, the phone hangs up.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar smsc dial '*555#' --from +998931234567
  xabar smsc dial '*555#' --from +998931234567 --answers 1,2,48120973
  xabar smsc --latency 20ms dial '*555#' --from +998930000000 --phones 500 --answers 1,1,0")]
pub(super) struct Dial {
    /// What is dialled, such as '*555#'
    #[arg(value_name = "CODE", value_parser = code)]
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

/// A screen, for scripts.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    text: &'a str,
    /// Whether the dialogue ends with it.
    #[serde(rename = "last")]
    is_last: bool,
}

/// No phone has a number of more digits.
const LAST_NUMBER: u64 = 999_999_999_999_999;

/// For a screen to come; no phone waits longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// When somebody who looks at a phone begins to wonder.
const HINT_AFTER: Duration = Duration::from_secs(5);

/// How often it is tried whether a gateway has bound, or refuses what a phone sends.
const TRY_EVERY: Duration = Duration::from_millis(200);

/// What a gateway needs to show anything.
const NEEDED: &str = "its operator needs [operator.ussd], in the dialect that is played here (--ussd); \
                      its log says what is missing";

/// One that has shown something has all that.
const AMID: &str = "the gateway's log may say why";

const GONE: &str = "the gateway's session is gone";

impl Dial {
    pub(super) async fn run(&self, handle: &Handle, json: bool) -> Result<(), Failure> {
        match self.phones {
            Some(phones) => self.crowd(handle, phones, json).await,
            None => self.talk(handle, json).await,
        }
    }

    /// Whether all phones can have numbers.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let others = u64::from(self.phones.unwrap_or(1).saturating_sub(1));
        match self.from + others > LAST_NUMBER {
            true => Err(Failure::Usage(
                "--phones count up from --from to numbers of more than 15 digits".to_owned(),
            )),
            false => Ok(()),
        }
    }

    /// One phone's dialogue.
    async fn talk(&self, handle: &Handle, json: bool) -> Result<(), Failure> {
        let phone = self.from.to_string();
        let mut texts = handle.listen();
        let mut answers = self.answers();
        self.once_bound(handle).await?;
        handle.dial(&phone, &self.code).await?;
        let mut text = screen(handle, &mut texts, &phone, NEEDED).await?;
        loop {
            let is_last = text.ussd == Some(Ussd::End);
            match json {
                true => print::json(&Shown {
                    text: &text.text,
                    is_last,
                })?,
                false => writeln!(print::stdout(), "{}\n", text.text)?,
            }
            if is_last {
                return Ok(());
            }
            text = tokio::select! {
                answer = answers.recv() => match answer {
                    Some(answer) => {
                        handle.answer(&phone, &answer).await?;
                        screen(handle, &mut texts, &phone, AMID).await?
                    }
                    None => return Ok(handle.hang_up(&phone).await?),
                },
                // The gateway does not wait for ever.
                Some(last) = next_screen(&mut texts, &phone) => last,
            };
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

    /// Many phones' dialogues, all begun at once.
    async fn crowd(&self, handle: &Handle, phones: u32, json: bool) -> Result<(), Failure> {
        self.once_bound(handle).await?;
        let calls = Calls {
            first: self.from,
            phones,
            begins: Begins::Dials(self.code.clone()),
            answers: self.answers.clone().unwrap_or_default(),
            at_once: usize::MAX,
            hangs_up: true,
        };
        let fared = crowd::play(handle, calls, PATIENCE, |_| {}).await?;
        if json {
            print::json(&fared)?;
        } else {
            table(&fared).print(&mut print::stdout())?;
        }
        match fared.silent {
            0 => Ok(()),
            _ if fared.screens == 0 => {
                let why = format!("no phone got a screen: {NEEDED}");
                Err(Failure::because(why))
            }
            silent => Err(Failure::because(format!("{silent} phones got no screen"))),
        }
    }

    async fn once_bound(&self, handle: &Handle) -> Result<(), Failure> {
        let mut told = false;
        while handle.figures().await?.sessions == 0 {
            if !told {
                Status::new(false).line("waiting for a gateway to bind");
                told = true;
            }
            sleep(TRY_EVERY).await;
        }
        Ok(())
    }
}

fn table(fared: &Fared) -> Table {
    let mut table = Table::default();
    table.count("dialogues", fared.dialogues, "");
    table.count("ended", fared.ended, "with a last screen");
    table.count("hung up", fared.hung_up, "nothing was left to answer");
    table.count("silent", fared.silent, "no screen came in time");
    table.count("screens", fared.screens, "");
    table.count("a second", fared.screens_per_second, "screens");
    let millis = |wait: f64| format!("{wait:.1}");
    table.count("p50", millis(fared.p50_ms), "ms from a step to its screen");
    table.count("p99", millis(fared.p99_ms), "");
    table
}

/// The next screen of one phone. It is waited for as long as the gateway does not refuse what the phone sent. This is
/// told where none comes and the gateway is there.
async fn screen(
    handle: &Handle,
    texts: &mut broadcast::Receiver<Text>,
    phone: &str,
    why: &str,
) -> Result<Text, Failure> {
    let next = next_screen(texts, phone);
    let (hint, over) = (sleep(HINT_AFTER), sleep(PATIENCE));
    tokio::pin!(next, hint, over);
    let mut looks = interval(TRY_EVERY);
    let mut hinted = false;
    loop {
        tokio::select! {
            text = &mut next => {
                return text.ok_or_else(|| Failure::because("the simulator has stopped"));
            }
            _ = looks.tick() => {
                if !handle.is_talking(phone).await? {
                    // The last screen ends a dialogue, too, and is there by then.
                    let last = next.as_mut().now_or_never().flatten();
                    let refused = || format!("the gateway refuses what the phone sends: {why}");
                    return last.ok_or_else(|| Failure::because(refused()));
                }
            }
            () = &mut hint, if !hinted => {
                let why = why_silent(handle, why).await?;
                Status::new(false).line(&format!("no screen yet: {why}"));
                hinted = true;
            }
            () = &mut over => {
                let within = PATIENCE.as_secs();
                let why = why_silent(handle, why).await?;
                let why = format!("no screen came within {within} s: {why}");
                return Err(Failure::because(why));
            }
        }
    }
}

/// Why no screen comes, if it is for this reason where the gateway is there.
async fn why_silent<'a>(handle: &Handle, why: &'a str) -> Result<&'a str, Failure> {
    match handle.figures().await?.sessions {
        0 => Ok(GONE),
        _ => Ok(why),
    }
}

/// What a phone can dial to begin a dialogue.
pub(super) fn code(text: &str) -> Result<String, String> {
    let is_key = |key: char| key.is_ascii_digit() || key == '*' || key == '#';
    let is_framed = text.starts_with(['*', '#']) && text.ends_with('#');
    let has_digit = text.contains(|key: char| key.is_ascii_digit());
    let is_number = !text.contains(['*', '#']);
    match has_digit && text.chars().all(is_key) && (is_framed || is_number) {
        true => Ok(text.to_owned()),
        false => Err("write a code as phones dial it, such as '*555#'".to_owned()),
    }
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
