//! The SMSC's end of a connection without a session: PDU by PDU.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use xabar_smpp::pdu::{Body, Pdu};
use xabar_smpp::{CommandId, Octets};

use super::rig::soon;

/// Takes the bind of a transceiver.
pub(super) async fn bind(stream: &mut TcpStream) {
    let (_, bind, _) = read_pdu(stream).await;
    let response = Body::Unknown {
        command_id: CommandId::BIND_TRANSCEIVER_RESP,
        octets: Octets(b"smsc\0"),
    };
    write_pdu(stream, response, bind).await;
}

/// The header of the next PDU, and the PDU.
pub(super) async fn read_pdu(stream: &mut TcpStream) -> (CommandId, u32, Vec<u8>) {
    let number = |octets: &[u8]| u32::from_be_bytes(octets.try_into().unwrap());
    let mut pdu = vec![0; 16];
    soon("a PDU", stream.read_exact(&mut pdu)).await.unwrap();
    let length = usize::try_from(number(&pdu[..4])).unwrap();
    pdu.resize(length, 0);
    soon("its body", stream.read_exact(&mut pdu[16..]))
        .await
        .unwrap();
    (CommandId(number(&pdu[4..8])), number(&pdu[12..16]), pdu)
}

/// Sends a PDU.
pub(super) async fn write_pdu(stream: &mut TcpStream, body: Body<'_>, sequence: u32) {
    let frame = Pdu::new(sequence, body).to_frame().unwrap();
    stream.write_all(frame.octets()).await.unwrap();
}
