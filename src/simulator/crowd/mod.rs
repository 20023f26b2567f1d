//! Many phones in USSD dialogues, all with the same answers, and how they fare.
//!
//! [`Crowd`] decides what each phone does when, without sockets or clocks; [`play`] has a simulator's phones do it.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::timeout_at;

use super::dialogues::NotSent;
use super::handle::Handle;
use super::phones::{Text, Ussd};
use crate::clock::instant;

/// What all phones of a crowd do.
#[derive(Clone, Debug)]
pub struct Calls {
    /// The number of the first phone; they count up.
    pub first: u64,
    pub phones: u32,
    pub begins: Begins,
    /// What each phone answers to one screen after another.
    pub answers: Vec<String>,
    /// Most dialogues under way; the next one begins when one is over.
    pub at_once: usize,
    /// Whether a phone that has nothing left to answer leaves its dialogue, or stays in it.
    pub hangs_up: bool,
}

/// How a phone's dialogue begins.
#[derive(Clone, Debug)]
pub enum Begins {
    /// It dials this code.
    Dials(String),
    /// It is in a dialogue already, and answers this.
    Answers(String),
}

/// What a phone does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Dials { phone: String, code: String },
    Answers { phone: String, text: String },
    HangsUp { phone: String },
}

/// How the dialogues went.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Fared {
    pub dialogues: u64,
    /// With a last screen.
    pub ended: u64,
    /// Nothing was left to answer.
    pub hung_up: u64,
    /// No screen came in time.
    pub silent: u64,
    pub screens: u64,
    pub dialogues_per_second: u64,
    pub screens_per_second: u64,
    /// From a step to its screen.
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// Phones whose dialogues are under way.
#[derive(Debug)]
pub struct Crowd {
    calls: Calls,
    begun: u32,
    open: HashMap<String, Call>,
    waits: Vec<Duration>,
    /// When the last dialogue began or the last screen came.
    moved: Instant,
    fared: Fared,
}

#[derive(Debug)]
struct Call {
    /// Which answer is next.
    next: usize,
    /// When it said something last.
    said: Instant,
}

impl Crowd {
    /// Nobody has begun.
    pub fn new(calls: Calls, now: Instant) -> Self {
        Self {
            calls,
            begun: 0,
            open: HashMap::new(),
            waits: Vec::new(),
            moved: now,
            fared: Fared::default(),
        }
    }

    /// The next phone begins, if there is one and room for its dialogue.
    pub fn begin(&mut self, now: Instant) -> Option<Deed> {
        if self.begun >= self.calls.phones || self.open.len() >= self.calls.at_once {
            return None;
        }
        let phone = (self.calls.first + u64::from(self.begun)).to_string();
        self.begun += 1;
        self.moved = now;
        self.fared.dialogues += 1;
        let call = Call { next: 0, said: now };
        self.open.insert(phone.clone(), call);
        Some(match self.calls.begins.clone() {
            Begins::Dials(code) => Deed::Dials { phone, code },
            Begins::Answers(text) => Deed::Answers { phone, text },
        })
    }

    /// A phone is shown something; what it does then.
    pub fn shown(&mut self, text: &Text, now: Instant) -> Option<Deed> {
        let call = self.open.get_mut(&text.to);
        let call = call.filter(|_| text.is_of_dialogue())?;
        self.moved = now;
        self.fared.screens += 1;
        self.waits.push(now.saturating_duration_since(call.said));
        let phone = text.to.clone();
        let ends = text.ussd == Some(Ussd::End);
        let answer = self.calls.answers.get(call.next).filter(|_| !ends);
        if let Some(answer) = answer {
            (call.next, call.said) = (call.next + 1, now);
            let text = answer.clone();
            return Some(Deed::Answers { phone, text });
        }
        self.open.remove(&phone);
        let leaves = !ends && self.calls.hangs_up;
        self.fared.ended += u64::from(ends);
        self.fared.hung_up += u64::from(leaves);
        leaves.then_some(Deed::HangsUp { phone })
    }

    /// When the last dialogue began or the last screen came. No other text keeps a silent phone waiting.
    pub fn moved(&self) -> Instant {
        self.moved
    }

    /// How many dialogues have come to where they lead.
    pub fn over(&self) -> u64 {
        u64::from(self.begun) - self.open.len() as u64
    }

    /// Whether all have.
    pub fn is_over(&self) -> bool {
        self.begun >= self.calls.phones && self.open.is_empty()
    }

    /// How they fared in this time.
    pub fn fared(mut self, took: Duration) -> Fared {
        self.waits.sort_unstable();
        let at = |part: usize| {
            let place = (self.waits.len() * part / 100).min(self.waits.len().saturating_sub(1));
            let wait = self.waits.get(place).copied().unwrap_or_default();
            // No more digits than mean something.
            (wait.as_secs_f64() * 100_000.0).round() / 100.0
        };
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        Fared {
            silent: self.open.len() as u64,
            dialogues_per_second: self.over() * 1_000 / millis,
            screens_per_second: self.fared.screens * 1_000 / millis,
            p50_ms: at(50),
            p99_ms: at(99),
            ..self.fared
        }
    }
}

/// Has phones behind a simulator make these calls, and tells `progress` how many are over. It ends with the last one,
/// or when no screen has come for `patience`.
///
/// # Errors
/// A phone cannot send. A gateway has to have bound.
pub async fn play(
    handle: &Handle,
    calls: Calls,
    patience: Duration,
    mut progress: impl FnMut(u64),
) -> Result<Fared, NotSent> {
    let mut texts = handle.listen();
    let started = instant();
    let mut crowd = Crowd::new(calls, started);
    while !crowd.is_over() {
        let text = if let Some(deed) = crowd.begin(instant()) {
            carry_out(handle, deed).await?;
            match texts.try_recv() {
                Ok(text) => text,
                Err(TryRecvError::Empty | TryRecvError::Lagged(_)) => continue,
                Err(TryRecvError::Closed) => break,
            }
        } else {
            match timeout_at((crowd.moved() + patience).into(), texts.recv()).await {
                Ok(Ok(text)) => text,
                Ok(Err(RecvError::Lagged(_))) => continue,
                Ok(Err(RecvError::Closed)) | Err(_) => break,
            }
        };
        if let Some(deed) = crowd.shown(&text, instant()) {
            carry_out(handle, deed).await?;
        }
        progress(crowd.over());
    }
    Ok(crowd.fared(instant() - started))
}

async fn carry_out(handle: &Handle, deed: Deed) -> Result<(), NotSent> {
    match deed {
        Deed::Dials { phone, code } => handle.dial(&phone, &code).await,
        Deed::Answers { phone, text } => handle.answer(&phone, &text).await,
        Deed::HangsUp { phone } => handle.hang_up(&phone).await,
    }
}
