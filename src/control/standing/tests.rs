use serde_json::json;

use super::*;
use crate::control::settings::Environment;
use crate::journal::Lane;
use crate::scratch::Folder;

/// With one operator and this of it.
fn settings(operator: &str) -> Settings {
    let text = format!(
        "[[operator]]\nname = \"ucell\"\nprefixes = [\"99893\"]\naddress = \"127.0.0.1:2775\"\nsystem_id = \"x\"\npassword = \"x\"\nsender = \"x\"\n{operator}"
    );
    Settings::read(&text, Path::new("xabar.toml"), &Environment::default()).unwrap()
}

/// As a gateway begins on a journal in this folder.
fn start(folder: &Folder, operator: &str) -> Standing {
    Standing::beside(&folder.path("xabar.db"), &settings(operator)).unwrap()
}

fn set(standing: &Standing, values: Value, keep: bool) {
    let values = values.as_object().unwrap();
    standing.note_set("ucell", values, keep).unwrap();
}

fn values(of: &[(Key, u32, Option<u32>)]) -> Values {
    let of = of.iter();
    of.map(|(key, to, kept)| {
        (
            *key,
            Set {
                to: *to,
                kept: *kept,
            },
        )
    })
    .collect()
}

#[test]
fn of_what_is_set_only_what_is_kept_outlives_a_restart() {
    let folder = Folder::new();
    let standing = start(&folder, "tps = 300");
    set(&standing, json!({ "tps": 100 }), true);
    set(&standing, json!({ "tps": 200, "window": 5 }), false);
    let both = [(Key::Tps, 200, Some(100)), (Key::Window, 5, None)];
    assert_eq!(standing.set("ucell"), values(&both));
    assert_eq!(standing.now("ucell", Key::Tps), Some(200));

    let standing = start(&folder, "tps = 300");
    assert_eq!(standing.set("ucell"), values(&[(Key::Tps, 100, Some(100))]));
    let tuning = Tuning {
        tps: Setting::To(100),
        ..Tuning::default()
    };
    assert_eq!(standing.tuning("ucell"), tuning);
    set(&standing, json!({ "tps": "default" }), false);
    assert_eq!(standing.now("ucell", Key::Tps), Some(300));
    assert_eq!(start(&folder, "tps = 300").set("ucell"), values(&[]));
}

#[test]
fn a_kept_value_ends_once_its_key_changes_in_the_file() {
    let folder = Folder::new();
    set(
        &start(&folder, "tps = 300"),
        json!({ "tps": 100, "window": 5 }),
        true,
    );
    let window = values(&[(Key::Window, 5, Some(5))]);
    assert_eq!(start(&folder, "tps = 301").set("ucell"), window);
    // It does not come back with the old key.
    let standing = start(&folder, "tps = 300");
    assert_eq!(standing.set("ucell"), window);
    let changed = ["operator.ucell.window".to_owned()];
    standing
        .reconfigure(&settings("window = 7"), &changed)
        .unwrap();
    assert_eq!(standing.now("ucell", Key::Window), Some(7));
    assert_eq!(start(&folder, "").set("ucell"), values(&[]));
}

#[test]
fn a_kept_value_out_of_bounds_is_cut_and_one_of_an_operator_that_is_gone_ends() {
    let value = json!({ "to": 4_000_000, "configured": null });
    let text = json!({
        "paused": [{ "operator": "gone", "since": "2026-11-29T12:00:00Z", "kept": true }],
        "set": { "ucell": { "tps": value }, "gone": { "tps": value } },
    });
    let folder = Folder::with([("xabar.kept.json", &*text.to_string())]);
    let standing = start(&folder, "");
    let cut = Some(MOST_TPS);
    assert_eq!(standing.set("ucell"), values(&[(Key::Tps, MOST_TPS, cut)]));
    assert_eq!(
        (standing.set("gone"), standing.paused()),
        (values(&[]), vec![])
    );

    let broken = Folder::with([("xabar.kept.json", "{")]);
    assert!(Standing::beside(&broken.path("xabar.db"), &settings("")).is_err());
}

#[test]
fn a_weight_of_nothing_is_kept_and_outlives_a_start() {
    let folder = Folder::new();
    let standing = start(&folder, "");
    let nothing = json!({ "weight": 0 });
    standing
        .note_set("ucell", nothing.as_object().unwrap(), true)
        .unwrap();
    let standing = start(&folder, "");
    assert_eq!(standing.weights(), [("ucell".to_owned(), 0)]);
    assert_eq!(standing.now("ucell", Key::Weight), Some(0));
}

#[test]
fn a_pause_is_kept_until_it_ends() {
    let folder = Folder::new();
    let bulk = Pause {
        scope: Scope {
            lane: Some(Lane::Bulk),
            ..Scope::default()
        },
        since: crate::clock::UnixMillis(1000),
    };
    let all = Pause {
        scope: Scope::default(),
        since: crate::clock::UnixMillis(2000),
    };
    let standing = start(&folder, "");
    let one = [bulk.clone()];
    standing.note_paused(&one, Some(&bulk.scope)).unwrap();
    standing.note_paused(&[bulk.clone(), all], None).unwrap();
    let kept: Vec<bool> = standing.paused().iter().map(|it| it.kept).collect();
    assert_eq!(kept, [true, false]);

    let standing = start(&folder, "");
    assert_eq!(standing.pauses(), one);
    standing.note_paused(&[], None).unwrap();
    assert_eq!(start(&folder, "").pauses(), []);
}

#[test]
fn what_cannot_be_written_is_not_said_to_be_kept() {
    let folder = Folder::with([("file", "")]);
    let standing = Standing::nothing(&folder.path("file/kept.json"));
    let values_set = json!({ "tps": 5 });
    let noted = standing.note_set("ucell", values_set.as_object().unwrap(), true);
    assert!(noted.is_err());
    assert_eq!(standing.set("ucell"), values(&[(Key::Tps, 5, None)]));
}
