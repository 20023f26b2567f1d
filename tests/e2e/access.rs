//! Who may do what: tokens that commands make and revoke while the gateway runs.

use std::process::Command;

use crate::support::broker;
use crate::support::certificates::{Ca, Pair};
use crate::support::config::{Config, EVERYTHING, Home};
use crate::support::gateway::Gateway;

/// A gateway that asks for tokens; no broker and no SMSC have to answer.
async fn start() -> (Home, Config, Gateway) {
    let config = Config {
        broker: "amqp://guest:guest@127.0.0.1:1/%2f".into(),
        log: EVERYTHING.into(),
        ..Config::new(broker::shared(), "127.0.0.1:1".into())
    };
    let home = Home::new(&config);
    home.configure(
        &config
            .to_toml()
            .replace("[http]\n", "[http]\ntokens = \"tokens.toml\"\n"),
    );
    let gateway = Gateway::start(home.xabar("run", &[]), config.http);
    gateway.until_told("started", 1).await;
    (home, config, gateway)
}

/// Puts a certificate of HTTP where the gateway looks for it.
fn put(home: &Home, Pair { certificate, key }: &Pair) {
    std::fs::write(home.path("http.pem"), certificate).unwrap();
    std::fs::write(home.path("http.key"), key).unwrap();
}

/// The exit code of a command and what it printed, errors included.
fn run(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    let told = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
    (output.status.code().unwrap(), told.concat())
}

fn token_command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xabar"));
    command
        .arg("token")
        .args(arguments)
        .arg("--config")
        .arg(home.path("xabar.toml"))
        .current_dir(home.path(""));
    command
}

fn add(home: &Home, name: &str, role: &str) -> String {
    let output = token_command(home, &["add", name, "--role", role])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// `xabar ctl ORDER` with a token in the environment.
fn ctl(home: &Home, token: &str, order: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xabar"));
    command
        .arg("ctl")
        .args(order)
        .arg("--config")
        .arg(home.path("xabar.toml"));
    run(command.env("XABAR_TOKEN", token))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_made_lets_in_and_one_that_is_revoked_does_not() {
    let (home, config, gateway) = start().await;
    let (code, told) = ctl(&home, "", &["pause"]);
    assert_eq!(code, 1);
    assert!(told.contains("show a token"), "{told}");

    let (anna, bob) = (add(&home, "anna", "operator"), add(&home, "bob", "viewer"));
    gateway.until_told("tokens read again", 1).await;
    let (code, told) = ctl(&home, &anna, &["pause", "--lane", "bulk"]);
    assert_eq!(code, 0, "{told}");
    let (code, told) = ctl(&home, &bob, &["resume"]);
    assert_eq!(code, 1);
    assert!(told.contains("operator or admin"), "{told}");
    std::fs::write(home.path("token"), &anna).unwrap();
    let file = home.path("token");
    let (code, _) = ctl(
        &home,
        &bob,
        &["resume", "--token-file", file.to_str().unwrap()],
    );
    assert_eq!(code, 0);

    let (code, told) = run(&mut token_command(&home, &["list"]));
    assert_eq!(code, 0);
    assert!(told.contains("anna") && told.contains("viewer"), "{told}");
    let (code, _) = run(&mut token_command(&home, &["revoke", "anna"]));
    assert_eq!(code, 0);
    gateway.until_told("tokens read again", 2).await;
    let (code, told) = ctl(&home, &anna, &["pause"]);
    assert_eq!(code, 1);
    assert!(told.contains("not known"), "{told}");

    let audit = std::fs::read_to_string(home.path("data/audit.jsonl")).unwrap();
    let told = |order: &str| audit.lines().filter(|line| line.contains(order)).count();
    assert_eq!(told(r#""order":"token add""#), 2, "{audit}");
    assert_eq!(told(r#""order":"token revoke""#), 1, "{audit}");
    assert_eq!(told(r#""who":"anna""#), 2, "{audit}");
    let file = home.path("tokens.toml");
    let read_again = format!(r#""read":"tokens","by":"change","files":[{file:?}]}}"#);
    assert_eq!(told(&read_again), 2, "{audit}");
    assert!(
        told(r#""refused":"role""#) == 1 && told("no-token") == 1,
        "{audit}"
    );
    let log = gateway.stop_within(config.shutdown).await;
    for token in [anna, bob] {
        assert!(!audit.contains(token.trim_start_matches("xbr_")));
        assert!(
            log.containing(token.trim_start_matches("xbr_")).is_empty(),
            "no token is ever logged"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_others_reach_is_not_opened_to_everybody() {
    let config = Config::new(broker::shared(), "127.0.0.1:1".into());
    let home = Home::new(&config);
    home.configure(
        &config
            .to_toml()
            .replace("listen = \"127.0.0.1:", "listen = \"0.0.0.0:"),
    );
    for command in ["check", "run"] {
        let (code, told) = run(&mut home.xabar(command, &[]));
        assert_eq!(code, 1);
        assert!(told.contains("insecure = true"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_tls_commands_know_the_certificate_and_a_renewed_one_is_read() {
    let ca = Ca::new("A CA");
    let config = Config {
        broker: "amqp://guest:guest@127.0.0.1:1/%2f".into(),
        more: "[http.tls]\ncertificate = \"http.pem\"\nkey = \"http.key\"\n".to_owned(),
        ..Config::new(broker::shared(), "127.0.0.1:1".into())
    };
    let home = Home::new(&config);
    put(&home, &ca.issue_expired("gateway"));
    std::fs::write(home.path("ca.pem"), ca.certificate()).unwrap();
    let gateway = Gateway::start(home.xabar("run", &[]), config.http);
    gateway.until_told("expired on 1999", 1).await;
    gateway.until_told("started", 1).await;
    let url = format!("https://127.0.0.1:{}", config.http);
    let file = home.path("ca.pem");
    let by_ca = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xabar"));
        let arguments = [
            "ctl",
            "pause",
            "--url",
            &url,
            "--ca",
            file.to_str().unwrap(),
        ];
        run(command.args(arguments).env_remove("XABAR_TOKEN"))
    };
    let (code, told) = by_ca();
    assert_eq!(code, 1);
    assert!(told.contains("expired"), "{told}");
    put(&home, &ca.issue(&["127.0.0.1"]));
    gateway
        .until_told("the certificate of HTTP was read again", 1)
        .await;
    let (code, told) = by_ca();
    assert_eq!(code, 0, "{told}");
    let (code, told) = ctl(&home, "", &["resume"]);
    assert_eq!(
        code, 0,
        "the certificate of the configuration is known: {told}"
    );
    let audit = std::fs::read_to_string(home.path("data/audit.jsonl")).unwrap();
    let files = ["http.pem", "http.key"].map(|name| home.path(name));
    let read_again =
        serde_json::json!({ "read": "certificate of HTTP", "by": "change", "files": files });
    let told = audit.lines().any(|line| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("at");
        line == read_again
    });
    assert!(told, "{audit}");
}
