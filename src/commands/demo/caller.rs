//! A citizen who dials: once an SMS has come, the phone asks over USSD how the application stands.

use std::time::Duration;

use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use xabar_events::Msisdn;

use super::cast;
use crate::simulator::{Handle, NotSent, Text, next_screen};

/// What is dialled.
pub(super) const CODE: &str = "*555#";

/// My applications, and the first of them.
const ANSWERS: [&str; 2] = ["1", "1"];

/// To take up the phone, and to read a screen.
const READING: Duration = Duration::from_millis(1_200);

/// For a screen to come.
const PATIENCE: Duration = Duration::from_secs(5);

/// From one dialogue to the next.
const PAUSE: Duration = Duration::from_secs(8);

/// Has the watched phones of one operator dial, one after the other, until told to stop.
pub(super) async fn dial(handle: Handle, stop: CancellationToken) {
    let dialogues = async {
        let mut texts = handle.listen();
        while let Some(phone) = written_to(&mut texts).await {
            // Who was interrupted tries another time.
            talk(&handle, &mut texts, &phone).await.ok();
            sleep(PAUSE).await;
            texts = handle.listen();
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = dialogues => {}
    }
}

/// The next watched phone that an SMS comes to.
async fn written_to(texts: &mut broadcast::Receiver<Text>) -> Option<String> {
    let is_watched = |phone: &str| {
        let msisdn = phone.parse::<Msisdn>();
        msisdn.is_ok_and(|msisdn| cast::watched().any(|watched| watched == msisdn))
    };
    loop {
        match texts.recv().await {
            Ok(text) if text.ussd.is_none() && is_watched(&text.to) => return Some(text.to),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

async fn talk(
    handle: &Handle,
    texts: &mut broadcast::Receiver<Text>,
    phone: &str,
) -> Result<(), NotSent> {
    sleep(READING).await;
    handle.dial(phone, CODE).await?;
    for answer in ANSWERS {
        read_screen(texts, phone).await;
        handle.answer(phone, answer).await?;
    }
    read_screen(texts, phone).await;
    handle.hang_up(phone).await
}

/// Waits for a screen, as long as a citizen does, and reads it.
async fn read_screen(texts: &mut broadcast::Receiver<Text>, phone: &str) {
    // Who sees nothing types all the same, and the network ends what is over.
    timeout(PATIENCE, next_screen(texts, phone)).await.ok();
    sleep(READING).await;
}
