//! Who is let in, and what the others are told.

use super::*;
use crate::control::access::{Entry, Grant, Role, Token};

/// A gateway that asks for tokens, and one of each kind by the name of what it is for.
struct Guarded {
    server: Server,
    tokens: BTreeMap<String, Token>,
    file: watch::Sender<Arc<Tokens>>,
}

async fn server_with_tokens() -> Guarded {
    let agencies = ["kadastr", "soliq"].map(|it| xabar_events::Agency::from_name(it).unwrap());
    let grants = Role::ALL.map(Grant::Role).into_iter();
    let grants = grants.chain(agencies.map(Grant::Agency));
    let made = grants.map(|grant| (grant, Token::new().unwrap()));
    let made: Vec<(Grant, Token)> = made.collect();
    let entries = made
        .iter()
        .map(|(grant, token)| Entry::new("somebody", grant.clone(), token, "2026"));
    let (file, tokens) = watch::channel(Arc::new(entries.collect::<Vec<_>>().into()));
    Guarded {
        server: guarded(accepting(), Some(tokens)).await,
        tokens: made
            .into_iter()
            .map(|(grant, token)| (grant.to_string(), token))
            .collect(),
        file,
    }
}

impl Guarded {
    /// The header of a token.
    fn bearer(&self, of: &str) -> String {
        let token = &self.tokens[of];
        format!("authorization: Bearer {}\r\n", token.text())
    }

    async fn post_as(&self, of: &str, headers: &str, body: &str) -> Answer {
        let headers = self.bearer(of) + headers;
        self.server.post(&headers, body).await
    }
}

/// What is asked for: its path, whether it is posted, and who may.
const ASKED: [(&str, bool, &[&str]); 9] = [
    (
        "/v1/status",
        false,
        &["viewer", "support", "operator", "admin"],
    ),
    (
        "/metrics",
        false,
        &["viewer", "support", "operator", "admin"],
    ),
    (
        "/v1/operators/ucell",
        false,
        &["viewer", "support", "operator", "admin"],
    ),
    (
        "/v1/messages?state=delivered",
        false,
        &[
            "support",
            "operator",
            "admin",
            "agency kadastr",
            "agency soliq",
        ],
    ),
    (
        "/v1/what-if",
        true,
        &["viewer", "support", "operator", "admin"],
    ),
    ("/v1/pause", true, &["operator", "admin"]),
    ("/v1/resume", true, &["operator", "admin"]),
    ("/v1/subscribers/export", true, &["admin"]),
    ("/v1/subscribers/erase", true, &["admin"]),
];

#[tokio::test]
async fn each_token_opens_what_it_is_for_and_others_are_told_which_would() {
    let guarded = server_with_tokens().await;
    for (path, posted, may) in ASKED {
        for of in guarded.tokens.keys() {
            let headers = guarded.bearer(of);
            let answer = match posted {
                true => guarded.server.post_to(path, &headers, "").await,
                false => guarded.server.get_with(path, &headers).await,
            };
            if may.contains(&&**of) {
                // Nothing is measured yet, and an order has to be JSON: that is asked behind the guard.
                assert!([200, 415, 503].contains(&answer.status), "{of} {path}");
                continue;
            }
            assert_problem(&answer, 403);
            let roles: Vec<&str> = may.iter().copied().filter(|it| !it.contains(' ')).collect();
            assert_eq!(answer.body["roles"], json!(roles), "{of} {path}");
        }
    }
}

#[tokio::test]
async fn without_a_good_token_there_is_nothing_but_health() {
    let guarded = server_with_tokens().await;
    let server = &guarded.server;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path).await.status, 200);
    }
    for path in [
        "/v1/status",
        "/v1/messages/42",
        "/v1/events",
        "/v9",
        "/",
        "/v1/%ff",
    ] {
        let answer = server.get(path).await;
        assert_problem(&answer, 401);
        assert!(
            answer
                .head
                .contains("www-authenticate: bearer realm=\"xabar\"")
        );
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains("Authorization: Bearer"), "{path}: {detail}");
    }
    for shown in ["Bearer xbr_geheim", "bearer geheim"] {
        let header = format!("authorization: {shown}\r\n");
        let answer = server.get_with("/v1/status", &header).await;
        assert_problem(&answer, 401);
        assert!(answer.head.contains("error=\"invalid_token\""));
        assert!(!answer.text.contains("geheim"), "{}", answer.text);
    }
    let large = " ".repeat(3_000_000);
    assert_problem(&server.post(STRUCTURED, &large).await, 401);
}

#[tokio::test]
async fn a_revoked_token_is_refused() {
    let guarded = server_with_tokens().await;
    let headers = guarded.bearer("support");
    let path = "/v1/messages/42";
    assert_eq!(guarded.server.get_with(path, &headers).await.status, 200);
    guarded.file.send_replace(Arc::default());
    assert_problem(&guarded.server.get_with(path, &headers).await, 401);
}

#[tokio::test]
async fn an_agency_publishes_as_itself_alone() {
    let guarded = server_with_tokens().await;
    let own = event("A").to_string();
    for of in ["agency kadastr", "admin"] {
        let answer = guarded.post_as(of, STRUCTURED, &own).await;
        assert_eq!(answer.status, 202, "{of}: {}", answer.text);
    }
    let answer = guarded.post_as("agency soliq", STRUCTURED, &own).await;
    assert_problem(&answer, 403);
    assert_eq!(answer.body["reason"], "source-not-allowed");
    assert!(!answer.text.contains("kadastr"), "{}", answer.text);
    assert_problem(&guarded.post_as("operator", STRUCTURED, &own).await, 403);

    let others = own.replace("kadastr", "soliq").replace("\"A\"", "\"B\"");
    let batch = format!("[{own},{others}]");
    let answer = guarded.post_as("agency kadastr", BATCH, &batch).await;
    assert_problem(&answer, 403);
    let errors = answer.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["index"], 1);
    assert_eq!(errors[0]["reason"], "source-not-allowed");
}

#[tokio::test]
async fn an_agency_reads_of_its_own_messages_alone() {
    let guarded = server_with_tokens().await;
    for (of, status, found) in [("agency kadastr", 200, 1), ("agency soliq", 404, 0)] {
        let headers = guarded.bearer(of);
        let one = guarded.server.get_with("/v1/messages/42", &headers).await;
        assert_eq!(one.status, status, "{of}");
        let all = guarded
            .server
            .get_with("/v1/messages?state=delivered", &headers)
            .await;
        assert_eq!(all.body.as_array().unwrap().len(), found, "{of}");
    }
    let headers = guarded.bearer("agency soliq");
    let foreign = guarded.server.get_with("/v1/messages/42", &headers).await;
    let missing = guarded.server.get_with("/v1/messages/43", &headers).await;
    assert_eq!(
        foreign.body, missing.body,
        "it is not told that there is one"
    );
}

#[tokio::test]
async fn who_shows_wrong_tokens_again_and_again_is_asked_to_wait() {
    let guarded = server_with_tokens().await;
    let wrong = "authorization: Bearer xbr_0\r\n";
    for _ in 0..10 {
        assert_problem(&guarded.server.get_with("/v1/status", wrong).await, 401);
    }
    let answer = guarded.server.get_with("/v1/status", wrong).await;
    assert_problem(&answer, 429);
    assert!(answer.head.contains("retry-after: "), "{}", answer.head);
    // What is right is let in all the same: others share the address.
    let secret = async |secret| {
        let path = format!("/v1/ussd/beeline?secret={secret}");
        guarded.server.post_to(&path, "", FORM).await
    };
    assert_problem(&secret("falsch").await, 429);
    assert_eq!(secret("geheim").await.status, 200);
    let good = guarded.bearer("support");
    let answer = guarded.server.get_with("/v1/messages/42", &good).await;
    assert_eq!(answer.status, 200);
    // One without a secret of its own asks for a token, and what is wrong with that is counted as well.
    let open = guarded.server.post_to("/v1/ussd/ucell", wrong, FORM).await;
    assert_problem(&open, 429);
    let page = guarded.server.get_with("/metrics", &good).await.text;
    let counted = r#"xabar_http_refused_total{why="too-often"} 3"#;
    assert!(page.contains(counted), "{page}");
}

#[tokio::test]
async fn an_aggregator_shows_its_secret_and_where_there_is_none_only_an_admin_is_let_in() {
    let guarded = server_with_tokens().await;
    let (admin, operator) = (guarded.bearer("admin"), guarded.bearer("operator"));
    for (path, headers, status) in [
        ("/v1/ussd/beeline?secret=geheim", "", 200),
        ("/v1/ussd/beeline", "", 401),
        ("/v1/ussd/beeline", &*admin, 401),
        ("/v1/ussd/ucell", "", 401),
        ("/v1/ussd/ucell", &operator, 401),
        ("/v1/ussd/ucell", &admin, 200),
        ("/v1/ussd/others", "", 401),
        ("/v1/ussd/others", &admin, 404),
    ] {
        let answer = guarded.server.post_to(path, headers, FORM).await;
        assert_eq!(answer.status, status, "{path} {headers}");
    }
}

/// The lines of its audit log, once there are so many.
pub(super) async fn audited(server: &Server, lines: usize) -> Vec<Value> {
    for _ in 0..100 {
        let text = std::fs::read_to_string(server.folder.path("audit.jsonl")).unwrap_or_default();
        if text.lines().count() >= lines {
            let lines = text.lines();
            return lines
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not {lines} lines within 5 s");
}

pub(super) const JSON: &str = "content-type: application/json\r\n";

pub(super) fn request(method: &str, path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}{JSON}\r\n{body}"
    )
    .into_bytes()
}

#[tokio::test]
async fn each_order_is_noted_with_what_held_before() {
    let guarded = server_with_tokens().await;
    let headers = guarded.bearer("operator");
    let order = async |method, path, body| {
        let answer = guarded
            .server
            .raw(&request(method, path, &headers, body))
            .await;
        answer.status
    };
    let bulk = r#"{"lane":"bulk"}"#;
    assert_eq!(order("POST", "/v1/pause", bulk).await, 200);
    assert_eq!(order("POST", "/v1/resume", "").await, 200);
    let ucell = "/v1/operators/ucell";
    assert_eq!(order("PATCH", ucell, r#"{"tps":200}"#).await, 200);
    assert_eq!(order("PATCH", ucell, r#"{"tps":"default"}"#).await, 200);
    assert_eq!(order("PATCH", "/v1/operators/x", r#"{"tps":1}"#).await, 404);
    // It was started without a file that could be read again.
    assert_eq!(order("POST", "/v1/reload", "").await, 409);
    let lines = audited(&guarded.server, 7).await;
    assert_eq!(lines[6]["order"], "reload");
    let told: Vec<_> = lines
        .iter()
        .map(|it| (&it["order"], &it["of"], &it["from"], &it["to"]))
        .collect();
    let since = "1970-01-01T00:00:00.000Z";
    let (nothing, set) = (json!({}), json!({ "operator": "ucell" }));
    let expected = [
        (
            "pause",
            json!({ "lane": "bulk" }),
            json!({ "paused": [] }),
            json!({ "pause": { "lane": "bulk" } }),
        ),
        (
            "resume",
            nothing.clone(),
            json!({ "paused": [{ "lane": "bulk", "since": since, "kept": false }] }),
            json!({ "resume": nothing }),
        ),
        (
            "set",
            set.clone(),
            json!({ "tps": null }),
            json!({ "tps": 200 }),
        ),
        (
            "set",
            set,
            json!({ "tps": 200 }),
            json!({ "tps": "default" }),
        ),
    ];
    for ((order, of, from, to), told) in expected.iter().zip(told) {
        assert_eq!(told, (&json!(order), of, from, to));
    }
    for line in &lines {
        assert_eq!(line["who"], "somebody");
        assert!(line["at"].is_string());
    }
    assert_eq!(lines[0]["address"], "127.0.0.1");
    assert!(
        lines[5]["failed"]
            .as_str()
            .unwrap()
            .contains("no such operator")
    );
}

#[tokio::test]
async fn what_is_known_of_a_subscriber_is_told_whole_and_who_had_it_is_noted() {
    let server = server(accepting()).await;
    let ask = async |body| server.post_to("/v1/subscribers/export", JSON, body).await;
    for wrong in [
        "",
        "{}",
        r#"{"msisdn":"STOP"}"#,
        r#"{"msisdn":"998","x":1}"#,
    ] {
        assert_problem(&ask(wrong).await, 400);
    }
    let answer = ask(r#"{"msisdn":"+998901234567"}"#).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["msisdn"], "998901234567");
    assert_eq!(answer.body["messages"][0]["application"], "48120973");
    assert!(answer.body["messages"][0]["params"].is_object());
    assert_eq!(answer.body["messages"][0]["service"], "land-registration");
    assert!(answer.body["submissions"].is_array() && answer.body["receipts"].is_array());
    let lines = audited(&server, 1).await;
    assert_eq!(
        (lines.len(), &lines[0]["order"]),
        (1, &json!("subscriber export"))
    );
    let of = lines[0]["of"]["subscriber"].as_str().unwrap();
    assert!(of.contains('*') && !of.contains("1234567"), "{of}");
}

#[tokio::test]
async fn a_subscriber_is_erased_by_order_unless_something_is_under_way() {
    let server = server(accepting()).await;
    let ask = async |body| server.post_to("/v1/subscribers/erase", JSON, body).await;
    assert_problem(&ask("{}").await, 400);
    let answer = ask(r#"{"msisdn":"998901234567"}"#).await;
    assert_eq!(
        (answer.status, answer.body),
        (200, json!({ "messages": 1 }))
    );
    let answer = ask(r#"{"msisdn":"998901234568"}"#).await;
    assert_problem(&answer, 409);
    let lines = audited(&server, 3).await;
    for line in &lines {
        assert_eq!(line["order"], "subscriber erase");
        assert!(!line.to_string().contains("1234567"), "{line}");
    }
    assert_eq!(lines[0]["to"], "erased");
    let failed = lines[2]["failed"].as_str().unwrap();
    assert!(failed.contains("2 messages"), "{failed}");
}

#[tokio::test]
async fn what_is_to_be_kept_is_told_and_noted() {
    let guarded = server_with_tokens().await;
    let headers = guarded.bearer("operator");
    let order = async |method, path, body| {
        let request = request(method, path, &headers, body);
        guarded.server.raw(&request).await
    };
    let paused = order("POST", "/v1/pause", r#"{"lane":"bulk","keep":true}"#).await;
    assert_eq!(paused.body["paused"][0]["kept"], true);
    let resume = order("POST", "/v1/resume", r#"{"keep":true}"#).await;
    assert_problem(&resume, 400);
    let ucell = "/v1/operators/ucell";
    let set = order("PATCH", ucell, r#"{"tps":200,"keep":true}"#).await;
    assert_eq!(
        set.body["set"],
        json!({ "tps": { "to": 200, "kept": 200 } })
    );
    assert_problem(&order("PATCH", ucell, r#"{"tps":200,"keep":1}"#).await, 400);
    let lines = audited(&guarded.server, 2).await;
    let pause = json!({ "pause": { "lane": "bulk" }, "keep": true });
    assert_eq!(lines[0]["to"], pause);
    assert_eq!(lines[1]["to"], json!({ "tps": 200, "keep": true }));
    let kept = std::fs::read_to_string(guarded.server.folder.path("kept.json")).unwrap();
    assert!(kept.contains("bulk") && kept.contains("200"), "{kept}");
}

#[tokio::test]
async fn an_order_that_cannot_be_noted_is_not_carried_out() {
    let guarded = server_with_tokens().await;
    std::fs::create_dir_all(guarded.server.folder.path("audit.jsonl")).unwrap();
    let headers = guarded.bearer("operator");
    let answer = guarded
        .server
        .raw(&request("POST", "/v1/pause", &headers, ""))
        .await;
    assert_problem(&answer, 503);
    std::fs::remove_dir(guarded.server.folder.path("audit.jsonl")).unwrap();
    let answer = guarded
        .server
        .raw(&request("POST", "/v1/resume", &headers, ""))
        .await;
    assert_eq!(answer.status, 200);
    let lines = audited(&guarded.server, 1).await;
    assert_eq!(lines[0]["from"], json!({ "paused": [] }));
}

#[tokio::test]
async fn refusals_are_counted_and_noted_without_what_was_shown() {
    let guarded = server_with_tokens().await;
    let (server, viewer) = (&guarded.server, guarded.bearer("viewer"));
    server.get("/v1/status").await;
    server
        .get_with("/v1/status", "authorization: Bearer xbr_geheim\r\n")
        .await;
    server.post_to("/v1/pause", &viewer, "").await;
    let soliq = guarded.bearer("agency soliq") + STRUCTURED;
    server.post(&soliq, &event("A").to_string()).await;
    server
        .post_to("/v1/ussd/beeline?secret=geheim2", "", FORM)
        .await;
    let mut told: Vec<String> = audited(server, 5)
        .await
        .iter()
        .map(|it| format!("{} {}", it["refused"], it["who"]).replace('"', ""))
        .collect();
    told.sort();
    let expected = [
        "no-token null",
        "role somebody",
        "source somebody",
        "wrong-token null",
        "wrong-token null",
    ];
    assert_eq!(told, expected);
    let text = std::fs::read_to_string(server.folder.path("audit.jsonl")).unwrap();
    assert!(!text.contains("geheim"), "{text}");
    let page = server.get_with("/metrics", &viewer).await.text;
    for line in [
        r#"xabar_http_refused_total{why="no-token"} 1"#,
        r#"xabar_http_refused_total{why="wrong-token"} 2"#,
        r#"xabar_http_refused_total{why="role"} 1"#,
        r#"xabar_http_refused_total{why="source"} 1"#,
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
}
