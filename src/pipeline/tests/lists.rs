//! Lists of numbers on their way from files into a beat.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::world::*;
use crate::clock::instant;
use crate::control::audit::Audit;
use crate::control::settings::{Environment, Settings};
use crate::numbers::Files;
use crate::pipeline::{Channels, Inputs, gather};
use crate::scratch::Folder;

const OPERATOR: &str = "[[operator]]\nname = \"ucell\"\nprefixes = [\"99893\"]\naddress = \"127.0.0.1:2775\"\n\
    system_id = \"xabar\"\npassword = \"secret\"\nsender = \"MyGov\"\n";

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
