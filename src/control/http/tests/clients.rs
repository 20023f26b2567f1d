//! Clients that stall, and a server that stops.

use super::*;

#[tokio::test]
async fn one_address_does_not_take_the_room_of_all() {
    let server = server(accepting()).await;
    let mut silent = Vec::new();
    for _ in 0..256 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    // One more of the same address is let go, and another address is served.
    let mut refused = TcpStream::connect(server.address).await.unwrap();
    let let_go = tokio::time::timeout(Duration::from_secs(10), refused.read(&mut [0])).await;
    assert!(matches!(let_go.unwrap(), Ok(0) | Err(_)));
    let lines = access::audited(&server, 1).await;
    assert_eq!(lines[0]["refused"], "connections");
    let other = tokio::net::TcpSocket::new_v4().unwrap();
    other.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = other.connect(server.address).await.unwrap();
    let request = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    other.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stalls_is_let_go() {
    let server = server(accepting()).await;
    for beginning in [
        "",
        "POST /v1/events HT",
        "POST /v1/events HTTP/1.1\r\nhost: x\r\n",
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let closed = stream.read_to_end(&mut rest);
        tokio::time::timeout(Duration::from_secs(60), closed)
            .await
            .unwrap()
            .unwrap();
    }
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100\r\n{STRUCTURED}\r\nhalf"
    );
    assert_problem(&server.raw(head.as_bytes()).await, 408);
}

#[tokio::test]
async fn a_stop_ends_what_is_under_way_first() {
    let (door, mut batches) = mpsc::channel::<Batch>(1);
    let mut server = server(door).await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    let event = event("A").to_string();
    let pipeline = async {
        let Batch { reply, .. } = batches.recv().await.unwrap();
        server.stop.cancel();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!server.serving.is_finished());
        let verdict = Verdict::Accepted {
            id: MessageId(7),
            duplicate: false,
        };
        reply.send(vec![verdict]).unwrap();
    };
    let (answer, ()) = tokio::join!(server.post(STRUCTURED, &event), pipeline);
    assert_eq!(answer.body["id"], "7");
    let ended = tokio::time::timeout(Duration::from_secs(5), &mut server.serving).await;
    ended.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_a_client_that_stalls() {
    let mut server = server(accepting()).await;
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n{STRUCTURED}\r\nhalf"
    );
    let mut half = TcpStream::connect(server.address).await.unwrap();
    half.write_all(head.as_bytes()).await.unwrap();
    server.get("/healthz").await;
    server.stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(3), &mut server.serving).await;
    ended.unwrap().unwrap();
    assert_eq!(half.read(&mut [0]).await.unwrap_or(0), 0, "it is cut off");
}
