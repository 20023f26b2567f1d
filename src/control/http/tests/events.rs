//! What is published over HTTP.

use super::*;

#[tokio::test]
async fn a_structured_event_is_answered_once_it_is_taken() {
    let server = server(accepting()).await;
    let expected = |duplicate| json!({ "id": "1", "event": { "source": "/agencies/kadastr", "id": "A" }, "duplicate": duplicate });
    for duplicate in [false, true] {
        let answer = server.post(STRUCTURED, &event("A").to_string()).await;
        assert_eq!((answer.status, answer.body), (202, expected(duplicate)));
    }
}

#[tokio::test]
async fn a_binary_event_has_its_attributes_in_headers() {
    let server = server(accepting()).await;
    let headers = "content-type: application/json\r\nce-specversion: 1.0\r\nCE-Id: B\r\nce-source: /agencies/kadastr\r\n\
                   ce-type: uz.egov.application.status-changed.v1\r\nce-time: 2026-11-23T09:15:00%2B05:00\r\nce-subject: 48120973\r\n";
    let answer = server.post(headers, &event("")["data"].to_string()).await;
    assert_eq!(
        (answer.status, answer.body["event"]["id"].as_str()),
        (202, Some("B"))
    );
}

#[tokio::test]
async fn a_trace_may_come_as_headers_of_the_request() {
    let (door, mut batches) = mpsc::channel::<Batch>(1);
    let server = server(door).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = format!("{BATCH}traceparent: {trace}\r\ntracestate: a=1\r\n");
    let body = json!([event("A"), event("B")]).to_string();
    let events = async { batches.recv().await.unwrap().events };
    let (_, events) = tokio::join!(server.post(&headers, &body), events);
    assert_eq!(events.len(), 2);
    for event in events {
        let Event::StatusChanged(event) = event else {
            panic!("{event:?}")
        };
        assert_eq!(event.trace, Trace::read(Some(trace), Some("a=1")));
    }
}

#[tokio::test]
async fn a_batch_is_answered_in_its_order() {
    let server = server(accepting()).await;
    let batch = json!([event("A"), cancel("C", "A"), event("A")]);
    let answer = server.post(BATCH, &batch.to_string()).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let source = "/agencies/kadastr";
    assert_eq!(
        answer.body,
        json!([
            { "id": "1", "event": { "source": source, "id": "A" }, "duplicate": false },
            { "id": null, "event": { "source": source, "id": "C" }, "duplicate": false },
            { "id": "1", "event": { "source": source, "id": "A" }, "duplicate": true },
        ])
    );
    assert_eq!(server.post(BATCH, "[]").await.body, json!([]));
}

#[tokio::test]
async fn a_batch_with_one_wrong_event_is_not_taken() {
    let (door, mut batches) = mpsc::channel(1);
    let server = server(door).await;
    let batch = json!([event("A"), without(event("B"), "/data", "msisdn"), 3]);
    let answer = server.post(BATCH, &batch.to_string()).await;
    assert_problem(&answer, 400);
    let errors = answer.body["errors"].as_array().unwrap();
    let told: Vec<(&Value, &Value)> = errors
        .iter()
        .map(|error| (&error["index"], &error["reason"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!(1), &json!("missing-field")),
            (&json!(2), &json!("malformed"))
        ]
    );
    assert!(
        errors[0]["detail"]
            .as_str()
            .unwrap()
            .contains("data.msisdn")
    );
    assert!(batches.try_recv().is_err());
}

#[tokio::test]
async fn a_wrong_request_is_told_what_would_be_right() {
    let server = server(accepting()).await;
    let big = " ".repeat(70_000) + &event("A").to_string();
    let cases = [
        (STRUCTURED, "{".to_owned(), 400, "malformed"),
        (
            STRUCTURED,
            without(event("A"), "", "id").to_string(),
            400,
            "missing-field",
        ),
        (
            STRUCTURED,
            event("A").to_string().replace("status-changed", "x"),
            400,
            "unknown-type",
        ),
        (
            STRUCTURED,
            event("A").to_string().replace("/agencies/", "/"),
            400,
            "invalid-source",
        ),
        (STRUCTURED, big, 413, "too-large"),
        (
            BATCH,
            format!("[{}]", "0,".repeat(1000) + "0"),
            413,
            "too-large",
        ),
        (
            "content-type: text/plain\r\n",
            "x".to_owned(),
            415,
            "unsupported-content-type",
        ),
        ("", event("A").to_string(), 415, "unsupported-content-type"),
    ];
    for (headers, body, status, reason) in cases {
        let answer = server.post(headers, &body).await;
        assert_problem(&answer, status);
        assert_eq!(answer.body["reason"], reason);
        assert!(!answer.body.to_string().contains("998901234567"));
    }
}

#[tokio::test]
async fn a_refused_request_is_one_line_of_the_log_and_quotes_nothing() {
    let log = LogLines::listen(tracing::Level::INFO);
    let server = server(accepting()).await;
    server.post(STRUCTURED, &event("A").to_string()).await;
    assert_eq!(log.take(), "");

    let wrong = event("geheim").to_string().replace("+99890", "geheim");
    server.post(STRUCTURED, &wrong).await;
    server.post(BATCH, &format!("[{wrong},{wrong},3]")).await;
    let told = log.take();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    for (line, count) in lines.into_iter().zip(["count=1", "count=3"]) {
        for part in [
            " INFO ",
            count,
            "reason=invalid-field",
            "data.msisdn should be",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(!line.contains("geheim"), "{line}");
    }
}

#[tokio::test]
async fn a_client_that_sends_far_too_much_still_reads_why_it_is_refused() {
    let server = server(accepting()).await;
    for headers in [BATCH, STRUCTURED, "content-type: text/plain\r\n"] {
        let answer = server.post(headers, &" ".repeat(6_000_000)).await;
        let status = if headers.contains("plain") { 415 } else { 413 };
        assert_problem(&answer, status);
    }
}

#[tokio::test]
async fn a_chunked_body_that_grows_too_long_is_refused() {
    let server = server(accepting()).await;
    let mut request = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n{STRUCTURED}\r\n"
    );
    let chunk = format!("1000\r\n{:4096}\r\n", "");
    request += &(chunk.repeat(17) + "0\r\n\r\n");
    assert_problem(&server.raw(request.as_bytes()).await, 413);
}

#[tokio::test(start_paused = true)]
async fn while_the_journal_does_not_take_clients_are_asked_to_come_again() {
    let event = event("A").to_string();
    let (silent, kept) = mpsc::channel(1);
    let (closed, gone) = mpsc::channel(1);
    drop(gone);
    for door in [silent, closed] {
        let answer = server(door).await.post(STRUCTURED, &event).await;
        assert_problem(&answer, 503);
        assert!(answer.head.contains("retry-after: 5"), "{}", answer.head);
    }
    drop(kept);
}

#[tokio::test]
async fn nothing_is_taken_while_draining() {
    let server = server(accepting()).await;
    assert_eq!(server.get("/readyz").await.status, 200);
    server
        .readiness
        .not_ready(Part::Intake, "the gateway is draining");
    let answer = server.post(STRUCTURED, &event("A").to_string()).await;
    assert_problem(&answer, 503);
    assert_eq!(answer.body["detail"], "the gateway is draining");

    let answer = server.get("/readyz").await;
    assert_problem(&answer, 503);
    assert_eq!(
        answer.body["reasons"],
        json!([{ "part": "intake", "detail": "the gateway is draining" }])
    );
    assert_eq!(server.get("/healthz").await.status, 200);
}
