//! The API is what its description says, as a validator and a fuzzer of other people's find.

use std::path::{Path, PathBuf};
use std::process::Command;

use xabar::simulator::Behaviour;

use crate::support::broker;
use crate::support::events::samples;
use crate::support::world::World;

/// A program that `./test` installs from PyPI.
fn peer(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/schemathesis");
    let program = folder.join("venv/bin").join(name);
    assert!(
        program.exists(),
        "{} is missing: run `./test`, which installs it",
        program.display()
    );
    program
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let told = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    assert!(output.status.success(), "{}", told.concat());
}

/// Has the fuzzer look at the API, at some paths of it only.
fn fuzz(url: &str, paths: [&str; 2]) {
    let mut fuzzer = Command::new(peer("st"));
    fuzzer.current_dir(env!("CARGO_TARGET_TMPDIR"));
    fuzzer.args(["run", url, "--seed", "8", "--max-examples", "60"]);
    fuzzer.args(["--workers", "2", "--phases", "examples,coverage,fuzzing"]);
    fuzzer.args(["--suppress-health-check", "all", "--continue-on-failure"]);
    fuzzer.args(["--no-color", "--warnings", "off"]).args(paths);
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    run(fuzzer.args(["--checks", checks]));
}

#[test]
fn the_description_is_valid() {
    let description = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    run(Command::new(peer("openapi-spec-validator")).arg(description));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fuzzer_gets_no_answer_that_is_not_described_and_breaks_nothing() {
    let mut world = World::new(broker::shared(), Behaviour::default(), |_| {}).await;
    let gateway = world.ready().await;
    world.publish(samples(3, 20)).await;
    world
        .until_all_ended(std::time::Duration::from_secs(60))
        .await;
    let url = gateway.url("/v1/openapi.json");
    // Who is drained says so with 503 from then on: that comes last.
    for of_paths in ["--exclude-path", "--include-path"] {
        let url = url.clone();
        tokio::task::spawn_blocking(move || fuzz(&url, [of_paths, "/v1/drain"]))
            .await
            .unwrap();
    }
    assert_eq!(gateway.get("/healthz").await.unwrap().0, 200);
}
