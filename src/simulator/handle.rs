//! Orders to a running simulator, from anywhere.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::behaviour::Behaviour;
use super::dialogues::NotSent;
use super::figures::Figures;
use super::phones::Text;
use super::tape::Tape;

/// Steers a simulator and asks it; clones steer the same one.
#[derive(Clone, Debug)]
pub struct Handle {
    orders: mpsc::Sender<Order>,
    texts: broadcast::Sender<Text>,
}

/// The simulator has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the simulator has stopped")]
pub struct Stopped;

type Reply<T> = oneshot::Sender<T>;

#[derive(Debug)]
pub(super) enum Order {
    Behave(Box<Behaviour>, Reply<()>),
    Behaviour(Reply<Behaviour>),
    Figures(Reply<Figures>),
    Tape(Reply<Tape>),
    Texts(String, Reply<Vec<Text>>),
    Phones(Reply<Vec<(String, Vec<Text>)>>),
    SendMo(String, String, String, Reply<Result<usize, NotSent>>),
    Dial(String, String, Reply<Result<(), NotSent>>),
    Answer(String, String, Reply<Result<(), NotSent>>),
    HangUp(String, Reply<Result<(), NotSent>>),
    IsTalking(String, Reply<bool>),
    CutAll(Reply<()>),
    RefuseBinds(bool, Reply<()>),
    StopReading(bool, Reply<()>),
    Stop(Duration),
}

/// Orders that may wait; whoever gives more waits too.
const WAITING_ORDERS: usize = 64;

/// Texts that a listener may be behind; then it is told that it lagged.
const WAITING_TEXTS: usize = 4_096;

impl Handle {
    pub(super) fn new() -> (Self, mpsc::Receiver<Order>) {
        let (orders, orders_in) = mpsc::channel(WAITING_ORDERS);
        let (texts, _) = broadcast::channel(WAITING_TEXTS);
        (Self { orders, texts }, orders_in)
    }

    /// Behaves otherwise from now on.
    pub async fn set_behaviour(&self, behaviour: Behaviour) -> Result<(), Stopped> {
        self.ask(|reply| Order::Behave(Box::new(behaviour), reply))
            .await
    }

    /// How it behaves.
    pub async fn behaviour(&self) -> Result<Behaviour, Stopped> {
        self.ask(Order::Behaviour).await
    }

    /// What it has counted.
    pub async fn figures(&self) -> Result<Figures, Stopped> {
        self.ask(Order::Figures).await
    }

    /// A copy of the record.
    pub async fn tape(&self) -> Result<Tape, Stopped> {
        self.ask(Order::Tape).await
    }

    /// The last texts of one phone, oldest first.
    pub async fn texts(&self, msisdn: &str) -> Result<Vec<Text>, Stopped> {
        self.ask(|reply| Order::Texts(msisdn.to_owned(), reply))
            .await
    }

    /// The last texts of every phone remembered, the last to hear something first.
    pub async fn phones(&self) -> Result<Vec<(String, Vec<Text>)>, Stopped> {
        self.ask(Order::Phones).await
    }

    /// Every text from now on, as it reaches its phone.
    pub fn listen(&self) -> broadcast::Receiver<Text> {
        self.texts.subscribe()
    }

    /// Sends a text from a phone to a number of the ESME; how many segments it took.
    pub async fn send_mo(&self, from: &str, to: &str, text: &str) -> Result<usize, NotSent> {
        let (from, to, text) = (from.to_owned(), to.to_owned(), text.to_owned());
        let order = |reply| Order::SendMo(from, to, text, reply);
        self.ask(order).await.unwrap_or(Err(NotSent::Stopped))
    }

    /// Dials a USSD code such as `*100#`.
    pub async fn dial(&self, from: &str, code: &str) -> Result<(), NotSent> {
        let (from, code) = (from.to_owned(), code.to_owned());
        let dialled = self.ask(|reply| Order::Dial(from, code, reply)).await;
        dialled.unwrap_or(Err(NotSent::Stopped))
    }

    /// Answers the USSD menu that the phone shows.
    pub async fn answer(&self, from: &str, text: &str) -> Result<(), NotSent> {
        let (from, text) = (from.to_owned(), text.to_owned());
        let answered = self.ask(|reply| Order::Answer(from, text, reply)).await;
        answered.unwrap_or(Err(NotSent::Stopped))
    }

    /// Leaves the USSD dialogue that the phone is in.
    pub async fn hang_up(&self, from: &str) -> Result<(), NotSent> {
        let left = self
            .ask(|reply| Order::HangUp(from.to_owned(), reply))
            .await;
        left.unwrap_or(Err(NotSent::Stopped))
    }

    /// Whether a phone is in a USSD dialogue: neither shown its last screen, nor refused.
    pub async fn is_talking(&self, from: &str) -> Result<bool, Stopped> {
        self.ask(|reply| Order::IsTalking(from.to_owned(), reply))
            .await
    }

    /// Cuts all connections, without unbind.
    pub async fn disconnect_all(&self) -> Result<(), Stopped> {
        self.ask(Order::CutAll).await
    }

    /// Answers binds with ESME_RBINDFAIL, or no longer.
    pub async fn refuse_binds(&self, refuse: bool) -> Result<(), Stopped> {
        self.ask(|reply| Order::RefuseBinds(refuse, reply)).await
    }

    /// Stops reading from the sessions there are, or goes on.
    pub async fn stop_reading(&self, stop: bool) -> Result<(), Stopped> {
        self.ask(|reply| Order::StopReading(stop, reply)).await
    }

    pub(super) async fn stop(&self, grace: Duration) {
        // A simulator that is gone has stopped.
        self.orders.send(Order::Stop(grace)).await.ok();
    }

    pub(super) fn texts_out(&self) -> &broadcast::Sender<Text> {
        &self.texts
    }

    async fn ask<T>(&self, order: impl FnOnce(Reply<T>) -> Order) -> Result<T, Stopped> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(order(reply)).await.map_err(|_| Stopped)?;
        answer.await.map_err(|_| Stopped)
    }
}

/// The next screen of one phone among the texts that are listened to; `None`: the simulator has stopped.
pub async fn next_screen(texts: &mut broadcast::Receiver<Text>, phone: &str) -> Option<Text> {
    loop {
        match texts.recv().await {
            Ok(text) if text.to == phone && text.is_of_dialogue() => return Some(text),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}
