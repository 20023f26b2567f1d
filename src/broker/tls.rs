//! AMQP under TLS, `amqps://`: the client library on a stream of ours.
//!
//! Its own TLS would bring some thirty crates for the sake of PKCS#12 files; so it is handed a stream that has shaken hands.

use std::future::Future;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use async_compat::Compat;
use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_io::{AsyncRead, AsyncWrite};
use futures_util::Stream;
use lapin::uri::AMQPUri;
use lapin::{AsyncTcpStream, Connection, ConnectionProperties};
use tokio::net::TcpStream;

use crate::tls::{ClientFiles, Secured};

/// Connects, with the certificates as they are now.
pub(super) async fn connect(
    uri: AMQPUri,
    files: ClientFiles,
    properties: ConnectionProperties,
) -> lapin::Result<Connection> {
    let tokio = Tokio::current();
    let runtime = Runtime::new(RuntimeParts::new(tokio.clone(), UnderTls(tokio)));
    Connection::connector(
        uri,
        runtime,
        async move |uri: AMQPUri, _| {
            let stream = shake_hands(&uri, &files).await?;
            Ok(AsyncTcpStream::Plain(Compat::new(stream)))
        },
        properties,
    )
    .await
}

async fn shake_hands(uri: &AMQPUri, files: &ClientFiles) -> io::Result<Secured> {
    let address = format!("{}:{}", uri.authority.host, uri.authority.port);
    let client = files.read().map_err(io::Error::other)?;
    let stream = TcpStream::connect(&address).await?;
    // Small frames would wait for the broker's acknowledgement.
    stream.set_nodelay(true)?;
    let secured = client.connect(stream, &address).await;
    secured.map_err(io::Error::other)
}

/// Tokio, but for the streams.
#[derive(Clone, Debug)]
struct UnderTls(Tokio);

impl Reactor for UnderTls {
    type TcpStream = Compat<Secured>;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: Read + Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        self.0.register(socket)
    }

    fn sleep(&self, wait: Duration) -> Self::Sleep {
        self.0.sleep(wait)
    }

    fn interval(&self, every: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(every)
    }

    /// Nobody asks for it: connections are made above.
    fn tcp_connect_addr(
        &self,
        _address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        std::future::ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
