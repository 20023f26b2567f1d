use serde_json::json;

use super::*;
use crate::control::settings::{Environment, Limit};
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

fn limit(messages: u32, minutes: u64) -> Limit {
    Limit {
        messages,
        per: std::time::Duration::from_secs(60 * minutes),
    }
}

#[test]
fn where_each_login_has_a_window_of_its_own_none_is_set_that_would_be_wider() {
    let folder = Folder::new();
    let most_and_now = |windows: [&str; 2]| {
        let [first, second] = windows;
        let logins = format!(
            "[[operator.bind]]\nsystem_id = \"a\"\n{first}\n[[operator.bind]]\nsystem_id = \"b\"\n{second}\n"
        );
        let standing = start(&folder, &logins);
        let most = standing.most("ucell", Key::Window);
        (most, standing.now("ucell", Key::Window))
    };
    let each = most_and_now(["window = 10", "window = 20"]);
    assert_eq!(each, (20, Some(20)));
    let one = most_and_now(["window = 10", ""]);
    assert_eq!(one, (Key::Window.most(), Some(10)));
}

#[test]
fn limits_and_weights_that_are_kept_outlive_a_restart_until_they_are_configured_otherwise() {
    let folder = Folder::new();
    let standing = start(&folder, "");
    let (kept, other) = (vec![limit(3, 10)], vec![limit(5, 10)]);
    standing.note_limits(Some(kept.clone()), true).unwrap();
    standing.note_limits(Some(other.clone()), false).unwrap();
    standing.note_weight("kadastr", Some(7), true).unwrap();
    standing.note_weight("adliya", Some(7), false).unwrap();
    assert_eq!(standing.limits(), other);
    assert_eq!(standing.limiting(&settings("")).subscriber.limits, other);

    let standing = start(&folder, "");
    assert_eq!(standing.limits(), kept);
    assert_eq!(standing.pace().limits.unwrap().kept, Some(kept.clone()));
    let weights = ["kadastr", "adliya"].map(|agency| standing.weight(agency));
    assert_eq!(weights, [7, 1]);
    // What says the same, and what else changes, ends nothing.
    let same =
        "[[agency]]\nname = \"kadastr\"\nweight = 1\n[[agency]]\nname = \"adliya\"\nweight = 4\n";
    standing.reconfigure(&settings(same), &[]).unwrap();
    let weights = ["kadastr", "adliya"].map(|agency| standing.weight(agency));
    assert_eq!(weights, [7, 4]);
    let limited = "[subscriber]\nlimits = [{ messages = 9, per = \"1h\" }]\n";
    let all = format!("{limited}{}", same.replace("weight = 1", "weight = 2"));
    standing.reconfigure(&settings(&all), &[]).unwrap();
    assert_eq!(
        (standing.limits(), standing.weight("kadastr")),
        (vec![limit(9, 60)], 2)
    );
    // They do not come back with what was configured before.
    assert!(start(&folder, "").pace().is_empty());
}

#[test]
fn limits_and_weights_that_are_set_by_default_are_as_configured() {
    let folder = Folder::new();
    let limited = "[subscriber]\nlimits = [{ messages = 9, per = \"1h\" }]";
    let standing = start(&folder, limited);
    standing.note_limits(Some(Vec::new()), true).unwrap();
    standing.note_weight("kadastr", Some(7), true).unwrap();
    let standing = start(&folder, limited);
    assert_eq!(standing.limits(), []);
    standing.note_limits(None, false).unwrap();
    standing.note_weight("kadastr", None, false).unwrap();
    assert_eq!(standing.limits(), standing.configured_limits());
    assert_eq!(standing.limits(), [limit(9, 60)]);
    assert!(start(&folder, limited).pace().is_empty());
}

#[test]
fn kept_limits_that_could_not_be_set_end_and_a_weight_is_cut() {
    let kept = json!({
        "paused": [],
        "set": {},
        "limits": { "to": [{ "messages": 0, "per": "10m" }], "configured": [] },
        "weights": { "kadastr": { "to": 4000, "configured": 1 } },
    });
    let folder = Folder::with([("xabar.kept.json", &*kept.to_string())]);
    let standing = start(&folder, "");
    assert_eq!(
        (standing.limits(), standing.weight("kadastr")),
        (vec![], 100)
    );
}
