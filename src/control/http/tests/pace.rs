//! What staff sets of how messages are paced.

use serde_json::json;

use super::access::{audited, request};
use super::*;

#[tokio::test]
async fn limits_and_weights_that_are_set_are_told_and_noted_with_what_held_before() {
    let server = server(accepting()).await;
    let patch = async |path, body| server.raw(&request("PATCH", path, "", body)).await;
    let set = r#"{"limits": [{"messages": 10, "per": "1440m"}, {"messages": 3, "per": "10m"}], "keep": true}"#;
    let limits = json!([{"messages": 3, "per": "10m"}, {"messages": 10, "per": "24h"}]);
    let answer = patch("/v1/subscriber", set).await;
    let told = json!({"limits": limits, "set": {"limits": {"to": limits, "kept": limits}}});
    assert_eq!((answer.status, answer.body), (200, told));
    let answer = patch("/v1/subscriber", r#"{"limits": "default"}"#).await;
    let told = json!({"limits": "default", "set": {"limits": null}});
    assert_eq!(answer.body, told);
    let answer = patch("/v1/agencies/kadastr", r#"{"weight": 3}"#).await;
    let told = json!({"name": "kadastr", "weight": 3, "set": {"weight": {"to": 3, "kept": null}}});
    assert_eq!(answer.body, told);
    let answer = patch("/v1/agencies/kadastr", r#"{"weight": "default"}"#).await;
    let told = json!({"name": "kadastr", "weight": "default", "set": {"weight": null}});
    assert_eq!(answer.body, told);

    let lines = audited(&server, 4).await;
    let told = lines.iter().map(|it| (&it["of"], &it["from"], &it["to"]));
    let (all, kadastr) = (json!({}), json!({"agency": "kadastr"}));
    let default = (json!({"limits": "default"}), json!({"weight": "default"}));
    let (was, none) = (json!({ "limits": limits }), json!({"limits": []}));
    let kept = json!({"limits": limits, "keep": true});
    let (one, three) = (json!({"weight": 1}), json!({"weight": 3}));
    let expected = [
        (&all, &none, &kept),
        (&all, &was, &default.0),
        (&kadastr, &one, &three),
        (&kadastr, &three, &default.1),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(
        (&lines[0]["order"], &lines[0]["who"]),
        (&json!("set"), &json!("loopback"))
    );
}

#[tokio::test]
async fn what_limits_cannot_count_is_told() {
    let server = server(accepting()).await;
    let week = r#"{"limits": [{"messages": 20, "per": "7d"}]}"#;
    let answer = server
        .raw(&request("PATCH", "/v1/subscriber", "", week))
        .await;
    assert_eq!(answer.status, 200);
    let warning = "these look further back than what was remembered of subscribers, which is enough for 10/24h: \
                   what went out before that does not count";
    assert_eq!(answer.body["warnings"], json!([warning]));
}

#[tokio::test]
async fn what_the_configuration_could_not_say_cannot_be_set() {
    let server = server(accepting()).await;
    let wrong = async |path, body| {
        let answer = server.raw(&request("PATCH", path, "", body)).await;
        assert_problem(&answer, 400);
        answer.body
    };
    let one = r#"{"messages": 1, "per": "1h"}"#;
    let five = format!("{{\"limits\": [{one}, {one}, {one}, {one}, {one}]}}");
    for body in [
        "{}",
        "[",
        r#"{"limits": "none"}"#,
        r#"{"limits": [3]}"#,
        r#"{"limits": [], "weight": 1}"#,
        r#"{"limits": [], "keep": 1}"#,
        r#"{"limits": [{"messages": 0, "per": "1h"}]}"#,
        &five,
    ] {
        wrong("/v1/subscriber", body).await;
    }
    let told = wrong(
        "/v1/subscriber",
        r#"{"limits": [{"messages": 101, "per": "1h"}]}"#,
    )
    .await;
    let error = told["errors"][0].as_str().unwrap();
    assert!(error.contains("from 1 to 100"), "{error}");
    for body in [
        "{}",
        r#"{"weight": 0}"#,
        r#"{"weight": 101}"#,
        r#"{"tps": 1}"#,
    ] {
        wrong("/v1/agencies/kadastr", body).await;
    }
    wrong("/v1/agencies/Not%20One", r#"{"weight": 1}"#).await;
}
