//! What is on its way into a beat: lists of numbers from files, and batches of events.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::world::*;
use crate::clock::instant;
use crate::control::audit::Audit;
use crate::control::settings::{Environment, Settings};
use crate::intake::Batch;
use crate::numbers::Files;
use crate::pipeline::{Channels, Inputs, gather};
use crate::scratch::Folder;

const OPERATOR: &str = "[[operator]]\nname = \"ucell\"\nprefixes = [\"99893\"]\naddress = \"127.0.0.1:2775\"\n\
    system_id = \"xabar\"\npassword = \"secret\"\nsender = \"MyGov\"\n";

/// What waits at the door, in bytes, comes in over several beats if it is large.
#[tokio::test]
async fn a_beat_takes_in_no_more_large_events_than_it_can_write_in_one_piece() {
    let settings = Settings::read(OPERATOR, Path::new("xabar.toml"), &Environment::default());
    let files = Files::read(&settings.unwrap()).unwrap();
    let mut channels = channels(files, &CancellationToken::new());
    let (door, batches) = mpsc::channel(3);
    channels.batches = batches;
    for _ in 0..3 {
        let batch = Batch {
            octets: 3 << 20,
            ..Batch::new(Vec::new(), oneshot::channel().0)
        };
        door.send(batch).await.unwrap();
    }
    for taken in [2, 1] {
        let heard: Inputs = gather(&mut channels, instant(), false, 1).await;
        assert_eq!(heard.batches.len(), taken);
    }
}

/// Of a gateway that hears of nothing but its lists.
fn channels(files: Files, stop: &CancellationToken) -> Channels {
    let audit = Audit::new("/dev/null".into());
    Channels {
        traces: None,
        batches: mpsc::channel(1).1,
        reports: mpsc::channel(1).1,
        posted: mpsc::channel(1).1,
        orders: mpsc::channel(1).1,
        rules: mpsc::channel(1).1,
        published: mpsc::channel(1).1,
        ported: files.ported.follow(stop.clone(), audit.clone()),
        blocked: files.blocked.follow(stop.clone(), audit.clone()),
        reassigned: files.reassigned.follow(stop.clone(), audit.clone()),
        operators: HashMap::new(),
        outgoing: mpsc::channel(1).0,
        last_outgoing: watch::Sender::default(),
        load: watch::Sender::default(),
        trouble: watch::Sender::default(),
        stopping: CancellationToken::new(),
        stop: CancellationToken::new(),
    }
}

#[tokio::test]
async fn a_number_that_is_written_into_the_file_of_blocked_ones_gets_nothing_more() {
    let folder = Folder::with([("blocked.csv", "msisdn\n"), ("reassigned.csv", "msisdn\n")]);
    let text = format!(
        "{OPERATOR}[numbers]\nblocked = {:?}\nreassigned = {:?}\n",
        folder.path("blocked.csv"),
        folder.path("reassigned.csv")
    );
    let settings = Settings::read(&text, Path::new("xabar.toml"), &Environment::default());
    let stop = CancellationToken::new();
    let mut channels = channels(Files::read(&settings.unwrap()).unwrap(), &stop);
    fs::write(
        folder.path("blocked.csv"),
        format!("msisdn\n{}\n", phone(1).digits()),
    )
    .unwrap();
    let mut world = World::new();
    for _ in 0..1000 {
        let soon = instant() + Duration::from_millis(50);
        let heard: Inputs = gather(&mut channels, soon, false, 1).await;
        assert!(heard.ported.is_none() && heard.reassigned.is_none());
        if heard.blocked.is_some() {
            world.blocked = heard.blocked;
            break;
        }
    }
    world.beat();
    world.publish_all((1..=2).map(apart));
    assert_eq!(world.story("apart-1"), ["accepted", "suppressed blocked"]);
    assert_eq!(world.one_sent().message(), 2);
}
