//! USSD over HTTP, as aggregators send it.

use super::*;

#[tokio::test]
async fn a_form_of_a_phone_is_answered_in_plain_text() {
    let server = server(accepting()).await;
    let answer = server.post_to("/v1/ussd/ucell", "", FORM).await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (200, "CON 1 998931234567 1*2")
    );
    assert!(
        answer.head.contains("content-type: text/plain"),
        "{}",
        answer.head
    );
    let over = FORM.replace("text=1*2", "status=Success");
    let answer = server.post_to("/v1/ussd/ucell", "", &over).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    let refused = FORM.replace("1*2", ussd::tests::REFUSED);
    for form in [format!("{refused}&status=Success"), refused] {
        let answer = server.post_to("/v1/ussd/ucell", "", &form).await;
        assert_eq!(answer.status, 503, "a status makes no end of a step");
    }
}

#[tokio::test]
async fn a_form_has_to_show_the_secret_of_its_operator() {
    let server = server(accepting()).await;
    for (path, headers, status) in [
        ("/v1/ussd/beeline", "", 401),
        ("/v1/ussd/beeline?secret=gehein", "", 401),
        (
            "/v1/ussd/beeline?secret=",
            "authorization: Bearer geheimer\r\n",
            401,
        ),
        ("/v1/ussd/beeline?secret=geheim", "", 200),
        ("/v1/ussd/beeline", "authorization: Bearer geheim\r\n", 200),
        ("/v1/ussd/beeline", "authorization: bearer geheim\r\n", 200),
        ("/v1/ussd/others", "", 404),
    ] {
        let answer = server.post_to(path, headers, FORM).await;
        assert_eq!(answer.status, status, "{path} {headers}");
        assert!(!answer.text.contains("geheim"));
    }
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_told_what_is_wrong() {
    let server = server(accepting()).await;
    for (form, why) in [
        (FORM.replace("sessionId", "id"), "`sessionId` is missing"),
        (
            FORM.replace("%2B998931234567", "1024"),
            "`phoneNumber` should be",
        ),
        (
            FORM.replace("%2B998931234567", "931234567"),
            "`phoneNumber` should be whole",
        ),
    ] {
        let answer = server.post_to("/v1/ussd/ucell", "", &form).await;
        assert_problem(&answer, 400);
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{detail}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_or_too_large_is_told_so() {
    let server = server(accepting()).await;
    let large = "text=".repeat(5_000);
    for (header, body, status, why) in [
        ("", &*large, 413, "at most 8192 octets"),
        (
            "content-type: Application/JSON\r\n",
            "{}",
            415,
            "not application/json",
        ),
        (
            "content-type: multipart/form-data; boundary=x\r\n",
            "--x",
            415,
            "not multipart/form-data",
        ),
    ] {
        let answer = server.post_to("/v1/ussd/ucell", header, body).await;
        assert_problem(&answer, status);
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{detail}");
    }
    let header = "content-type: application/x-www-form-urlencoded; charset=utf-8\r\n";
    let answer = server.post_to("/v1/ussd/ucell", header, FORM).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_form_has_come_and_is_answered_within_one_time() {
    let server = server(accepting()).await;
    let form = FORM.replace("1*2", ussd::tests::UNANSWERED);
    let (first, rest) = form.split_at(20);
    let length = form.len();
    let head = format!(
        "POST /v1/ussd/ucell HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(first.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let answered = stream.read_to_string(&mut answer);
    let answered = tokio::time::timeout(Duration::from_secs(4), answered).await;
    answered.expect("8 s after it began").unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
}
