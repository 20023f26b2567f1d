//! An SMSC whose `data_coding` 0 is not GSM 03.38.

use super::LONG;
use crate::support::broker;
use crate::support::events::samples;
use crate::support::world::{World, smsc_settings, text_of};
use xabar::compose::Catalog;
use xabar::simulator::{Alphabet, Behaviour, Dialect, PhoneMemory, Settings};
use xabar_events::{Language, Notification};

/// News in letters that each alphabet has elsewhere, or not at all.
fn with_accents(event: Notification) -> Notification {
    Notification {
        service: "land-registration".parse().unwrap(),
        status: "documents-needed".parse().unwrap(),
        language: Some(Language::En),
        params: [("documents", "{A} @_$ [B]"), ("office", "Café Müller")]
            .into_iter()
            .collect(),
        ..event
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_show_every_letter_or_its_like_in_whichever_alphabet_the_operator_has() {
    let catalog = Catalog::built_in();
    for (alphabet, key) in [
        (Alphabet::Gsm7, "gsm7"),
        (Alphabet::Latin1, "latin1"),
        (Alphabet::Ascii, "ascii"),
    ] {
        let settings = Settings {
            behaviour: Behaviour {
                dialect: Dialect {
                    alphabet,
                    ..Dialect::default()
                },
                ..Behaviour::default()
            },
            phones: PhoneMemory::default(),
            ..smsc_settings()
        };
        let world = World::with_smsc(broker::shared(), settings, |config| {
            config.more = format!("alphabet = \"{key}\"\n");
        });
        let mut world = world.await;
        let gateway = world.ready().await;
        let events: Vec<_> = samples(7, 5).into_iter().map(with_accents).collect();
        world.publish(events.clone()).await;
        world.until_all_ended(LONG).await;
        gateway.stop_within(world.config.shutdown).await;
        for event in &events {
            let phone = event.msisdn.digits();
            let shown = world.smsc.handle().texts(&phone).await.unwrap();
            let shown: Vec<_> = shown.into_iter().map(|text| text.text).collect();
            let text = text_of(&catalog, event);
            let text = match alphabet {
                Alphabet::Ascii => text.replace('é', "e").replace('ü', "u"),
                _ => text,
            };
            assert_eq!(shown, [text], "{key}");
        }
    }
}
