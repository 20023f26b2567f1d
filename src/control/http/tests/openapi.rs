//! What the API is said to be.

use super::*;

/// `XABAR_GOLDEN=write` writes it there.
#[tokio::test]
async fn the_description_in_the_documents_is_the_one_that_is_served() {
    let server = server(accepting()).await;
    let served = server.get("/openapi.json").await;
    assert_eq!(served.status, 200);
    assert_eq!(server.get("/v1/openapi.json").await.body, served.body);
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    if std::env::var_os("XABAR_GOLDEN").is_some_and(|value| value == "write") {
        let pretty = serde_json::to_string_pretty(&served.body).unwrap();
        std::fs::write(&file, pretty + "\n").unwrap();
    }
    let documented: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(documented, served.body);
}

#[test]
fn every_path_says_what_it_is_and_what_token_it_takes() {
    let access = Access::new(None, Denials::default(), Audit::new("audit.jsonl".into()));
    let (_, document) = paths(&access).split_for_parts();
    let document: Value = serde_json::from_str(&super::super::openapi::finished(document)).unwrap();
    let mut open = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert_eq!(
                operation["tags"].as_array().unwrap().len(),
                1,
                "{method} {path}"
            );
            let responses = operation["responses"].as_object().unwrap();
            for (status, response) in responses {
                let media = response["content"].as_object().unwrap();
                let is_problem = media.contains_key("application/problem+json");
                assert_eq!(
                    is_problem,
                    status.as_str() >= "400",
                    "{method} {path} {status}"
                );
            }
            if operation.get("security").is_none() {
                open.push(path.as_str());
            } else {
                let takes = operation["description"].as_str().unwrap();
                assert!(
                    takes.contains("Takes a token of the role"),
                    "{method} {path}"
                );
                assert!(responses.contains_key("401") && responses.contains_key("403"));
            }
        }
    }
    assert_eq!(open, ["/healthz", "/readyz", "/v1/ussd/{operator}"]);
}
