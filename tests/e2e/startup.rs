//! What stands in the way at the start is told so that a person can mend it; what may come back is waited for.

use std::process::Command;
use std::time::Duration;

use tokio::time::sleep;

use crate::support::broker::{self, free_port};
use crate::support::config::{Config, Home};
use crate::support::events::samples;
use crate::support::gateway::Gateway;
use crate::support::world::World;
use xabar::simulator::Behaviour;
use xabar_events::State;

/// A configuration for tests that never come to speak to the broker.
fn config() -> Config {
    Config {
        broker: "amqp://guest:guest@127.0.0.1:1/%2f".into(),
        ..Config::new(broker::shared(), "127.0.0.1:1".into())
    }
}

/// Starts a gateway that cannot start; what it says before it exits with 1.
async fn refused(command: Command) -> String {
    let mut gateway = Gateway::start(command, 1);
    let status = gateway.exits_within(Duration::from_secs(10)).await;
    let told = gateway.log().lines().join("\n");
    assert_eq!(status.code(), Some(1), "{told}");
    told
}

fn says(told: &str, words: &[&str]) {
    for word in words {
        assert!(told.contains(word), "{word} is not in: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_told_with_its_line_and_what_would_be_right() {
    let home = Home::new(&config());
    home.configure(&config().to_toml().replace("shutdown =", "shutdwon ="));
    let told = refused(home.xabar("run", &[])).await;
    says(&told, &["xabar.toml:14:1", "timing.shutdwon", "`shutdown`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_check_warns_of_in_the_settings_is_warned_of_at_the_start() {
    let config = Config {
        more: "[retry]\nafter_undelivered = \"elsewhere\"\n".to_owned(),
        ..config()
    };
    let home = Home::new(&config);
    let gateway = Gateway::start(home.xabar("run", &[]), config.http);
    let told = gateway.until_told("retry.after_undelivered", 1).await;
    says(
        &told[0],
        &[
            "WARN",
            "xabar.toml:",
            "no other operator",
            "give it a `fallback`",
        ],
    );
    gateway.stop_within(config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_cannot_be_read_is_told_with_its_file_and_line() {
    let home = Home::new(&config());
    std::fs::create_dir(home.path("messages")).unwrap();
    std::fs::write(
        home.path("messages/ru.toml"),
        "[messages]\nready = \"{oops\"\n",
    )
    .unwrap();
    let told = refused(home.xabar("run", &[])).await;
    says(&told, &["messages/ru.toml:2", "messages.ready"]);
    std::fs::write(home.path("messages/ru.toml"), b"ready = \"\xFF\"\n").unwrap();
    says(
        &refused(home.xabar("run", &[])).await,
        &["messages/ru.toml"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_where_none_can_be_is_told_with_its_path_and_the_reason() {
    let home = Home::new(&Config {
        journal: "xabar.toml/xabar.db".into(),
        ..config()
    });
    let told = refused(home.xabar("run", &[])).await;
    says(
        &told,
        &["xabar.toml", "cannot be used as a journal", "File exists"],
    );
    let file = Home::new(&Config {
        journal: "xabar.toml".into(),
        ..config()
    });
    let told = refused(file.xabar("run", &[])).await;
    says(&told, &["journal", "a file of another kind"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_at_the_start_is_told() {
    let home = Home::new(&config());
    let told = refused(limited(&home, 4)).await;
    says(&told, &["no space left for the journal", "data/xabar.db"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_another_program_listens_on_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let home = Home::new(&Config {
        http: address.port(),
        ..config()
    });
    let told = refused(home.xabar("run", &[])).await;
    says(
        &told,
        &[&address.to_string(), "is another gateway running?"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_holds_up_the_gateway_and_loses_nothing() {
    let mut world = World::new(broker::shared(), Behaviour::default(), |_| ()).await;
    let command = limited(&world.home, 1_000);
    let mut gateway = Gateway::start(command, world.config.http);
    gateway.until_ready().await;
    world.publish(samples(7, 2_000)).await;
    let full = "no space left for the journal";
    let told = gateway.until_told(full, 1).await;
    says(&told[0], &["ERROR", "data/xabar.db", "free some"]);
    // It is tried again every two seconds.
    sleep(Duration::from_secs(5)).await;
    assert_eq!(gateway.log().containing(full).len(), 1, "not each time");
    assert!(world.ended() < 2_000);
    let unlimited = Command::new("prlimit")
        .args(["--fsize=unlimited", "--pid", &gateway.id().to_string()])
        .status();
    assert!(unlimited.expect("it comes with util-linux").success());
    world.until_all_ended(Duration::from_secs(60)).await;
    gateway.stop_within(Duration::from_secs(10)).await;
    let tally = world.check().await;
    assert_eq!(tally.ended(State::Delivered), 2_000, "{tally:?}");
}

/// The gateway with room for files of so many kilobytes, as on a disk that is nearly full.
fn limited(home: &Home, kilobytes: usize) -> Command {
    let xabar = home.xabar("run", &[]);
    let blocks = 2 * kilobytes;
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            &format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\""),
        ])
        .arg(xabar.get_program())
        .args(xabar.get_args())
        .current_dir(home.path(""));
    shell
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_at_the_broker_are_told_and_never_shown() {
    let config = Config::new(broker::shared(), "127.0.0.1:1".into());
    let home = Home::new(&Config {
        broker: config.broker.replace("guest:guest", "guest:geheim"),
        ..config.clone()
    });
    let mut gateway = Gateway::start(home.xabar("run", &[]), config.http);
    let told = gateway
        .until_told("the broker cannot be used for now", 2)
        .await;
    says(
        &told[0],
        &["WARN", "check the user name and the password in the url"],
    );
    let (code, body) = gateway.get("/readyz").await.unwrap();
    assert_eq!(code, 503);
    says(&body, &["check the user name and the password in the url"]);
    assert!(!body.contains("geheim"), "{body}");
    assert!(gateway.lives());
    let log = gateway.stop_within(Duration::from_secs(10)).await;
    assert!(log.containing("geheim").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_and_an_smsc_that_are_down_are_waited_for_with_one_line_an_attempt() {
    let broker = broker::own();
    let mut world = World::new(broker, Behaviour::default(), |config| {
        config.smsc = format!("127.0.0.1:{}", free_port());
        config.sessions = 1;
    })
    .await;
    tokio::task::spawn_blocking(|| broker.kill()).await.unwrap();
    let mut gateway = world.start();
    for (what, words) in [
        ("purpose=\"intake\"", ["refused", "next_try_s"]),
        ("purpose=\"outcomes\"", ["refused", "next_try_s"]),
        ("SMSC cannot be reached", ["refused", "next_try_s"]),
    ] {
        let told = gateway.until_told(what, 2).await;
        assert!(told.iter().all(|line| line.contains("WARN")), "{told:#?}");
        says(&told[0], &words);
    }
    let lines = gateway.log().lines();
    assert!(lines.len() <= 20, "one line an attempt: {lines:#?}");
    let resumed = tokio::task::spawn_blocking(|| broker.resume());
    resumed.await.unwrap();
    gateway.until_ready().await;
    world.publish(samples(7, 20)).await;
    gateway.stop_within(Duration::from_secs(10)).await;
    let waiting: u64 = world.books().iter().map(|book| book.waiting).sum();
    assert!(waiting <= 20);
    tokio::task::spawn_blocking(|| broker.kill()).await.unwrap();
}
