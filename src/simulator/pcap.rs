//! A capture file of everything on the wire, to be read by Wireshark and tshark.
//!
//! The file has the classic pcap format: a header of 24 octets, then 16 octets before each
//! packet. What was read and written is wrapped into packets as they might have been: Ethernet,
//! IPv4 and TCP with right ports, sequence numbers and checksums, a handshake first and a FIN
//! last. `tshark -r FILE -d tcp.port==2775,smpp` decodes every PDU. An IPv6 peer appears as an
//! IPv4 address made from its last four octets.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::{Clock, Now, UnixMillis};

/// The file. When writing fails, the rest of the capture is lost and [`finish`](Self::finish)
/// tells of it.
pub(super) struct Capture {
    /// Closed once finished; what comes then is passed over.
    file: Mutex<io::Result<Option<BufWriter<File>>>>,
    clock: Clock,
    start: Now,
}

const LINKTYPE_ETHERNET: u32 = 1;
const LONGEST_PACKET: u32 = 262_144;

impl Capture {
    pub(super) fn create(path: &Path) -> io::Result<Arc<Self>> {
        let mut writer = BufWriter::new(File::create(path)?);
        writer.write_all(&0xA1B2_C3D4_u32.to_le_bytes())?;
        writer.write_all(&2_u16.to_le_bytes())?;
        writer.write_all(&4_u16.to_le_bytes())?;
        writer.write_all(&[0; 8])?;
        writer.write_all(&LONGEST_PACKET.to_le_bytes())?;
        writer.write_all(&LINKTYPE_ETHERNET.to_le_bytes())?;
        let clock = Clock::starting_after(UnixMillis::default());
        let start = clock.now();
        Ok(Arc::new(Self {
            file: Mutex::new(Ok(Some(writer))),
            clock,
            start,
        }))
    }

    /// Writes what is still in memory.
    ///
    /// # Errors
    /// If this, or anything before it, could not be written.
    pub(super) fn finish(&self) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *file, Ok(None))? {
            Some(mut writer) => writer.flush(),
            None => Ok(()),
        }
    }

    fn write(&self, packet: &[u8]) {
        let passed = self.clock.now().instant - self.start.instant;
        let wall = u64::try_from(self.start.wall.0).unwrap_or(0);
        let record = record_header(Duration::from_millis(wall) + passed, packet.len());
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(Some(writer)) = &mut *file {
            let written = writer.write_all(&record);
            if let Err(error) = written.and_then(|()| writer.write_all(packet)) {
                *file = Err(error);
            }
        }
    }
}

fn record_header(at: Duration, len: usize) -> [u8; 16] {
    let seconds = u32::try_from(at.as_secs()).unwrap_or(u32::MAX);
    let len = u32::try_from(len).unwrap_or(LONGEST_PACKET);
    let mut header = [0; 16];
    let words = [seconds, at.subsec_micros(), len, len];
    for (place, word) in header.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    header
}

/// One TCP connection in the capture.
pub(super) struct Conversation {
    capture: Arc<Capture>,
    peer: End,
    ours: End,
    packet: Vec<u8>,
}

struct End {
    address: Ipv4Addr,
    port: u16,
    mac: [u8; 6],
    /// The sequence number of the next octet.
    next: u32,
}

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// Octets of TCP's data in one packet: as on a loopback interface, so that most PDUs stay whole.
const MOST_DATA: usize = 16_384;

impl Conversation {
    pub(super) fn begin(capture: Arc<Capture>, peer: SocketAddr, ours: SocketAddr) -> Self {
        let mut conversation = Self {
            capture,
            peer: End::of(peer, 1),
            ours: End::of(ours, 2),
            packet: Vec::new(),
        };
        conversation.packet(true, SYN, &[]);
        conversation.packet(false, SYN | ACK, &[]);
        conversation.packet(true, ACK, &[]);
        conversation
    }

    /// The peer sent this; nothing means that it has closed.
    pub(super) fn received(&mut self, octets: &[u8]) {
        self.data(true, octets);
    }

    /// We sent this.
    pub(super) fn sent(&mut self, octets: &[u8]) {
        self.data(false, octets);
    }

    fn data(&mut self, from_peer: bool, octets: &[u8]) {
        for data in octets.chunks(MOST_DATA) {
            self.packet(from_peer, PSH | ACK, data);
        }
    }

    fn packet(&mut self, from_peer: bool, flags: u8, data: &[u8]) {
        let (from, to) = if from_peer {
            (&mut self.peer, &mut self.ours)
        } else {
            (&mut self.ours, &mut self.peer)
        };
        let acknowledged = if flags & ACK == 0 { 0 } else { to.next };
        let tcp = tcp(from, to, flags, acknowledged, data);
        self.packet.clear();
        self.packet.extend_from_slice(&to.mac);
        self.packet.extend_from_slice(&from.mac);
        self.packet.extend_from_slice(&[0x08, 0x00]);
        self.packet
            .extend_from_slice(&ipv4(from, to, tcp.len() + data.len()));
        self.packet.extend_from_slice(&tcp);
        self.packet.extend_from_slice(data);
        self.capture.write(&self.packet);
        let counted = u32::from(flags & (SYN | FIN) != 0);
        let sent = u32::try_from(data.len()).unwrap_or(0);
        from.next = from.next.wrapping_add(sent).wrapping_add(counted);
    }
}

/// The connection is over, whoever ended it.
impl Drop for Conversation {
    fn drop(&mut self) {
        self.packet(false, FIN | ACK, &[]);
        self.packet(true, FIN | ACK, &[]);
        self.packet(false, ACK, &[]);
    }
}

impl End {
    fn of(address: SocketAddr, number: u8) -> Self {
        let port = address.port();
        let address = match address.ip() {
            IpAddr::V4(address) => address,
            IpAddr::V6(address) => {
                let [.., a, b, c, d] = address.octets();
                Ipv4Addr::new(a, b, c, d)
            }
        };
        Self {
            address,
            port,
            mac: [0x02, 0, 0, 0, 0, number],
            next: 1,
        }
    }
}

fn tcp(from: &End, to: &End, flags: u8, acknowledged: u32, data: &[u8]) -> [u8; 20] {
    let [s0, s1, s2, s3] = from.next.to_be_bytes();
    let [a0, a1, a2, a3] = acknowledged.to_be_bytes();
    let [sp0, sp1] = from.port.to_be_bytes();
    let [dp0, dp1] = to.port.to_be_bytes();
    let header = |[c0, c1]: [u8; 2]| {
        [
            sp0, sp1, dp0, dp1, s0, s1, s2, s3, a0, a1, a2, a3, 0x50, flags, 0xFF, 0xFF, c0, c1, 0,
            0,
        ]
    };
    let [len0, len1] = u16::try_from(20 + data.len())
        .unwrap_or(u16::MAX)
        .to_be_bytes();
    let pseudo = [
        from.address.octets(),
        to.address.octets(),
        [0, 6, len0, len1],
    ];
    let sum = sum(pseudo.as_flattened()) + sum(&header([0, 0])) + sum(data);
    header(folded(sum).to_be_bytes())
}

fn ipv4(from: &End, to: &End, payload: usize) -> [u8; 20] {
    let [l0, l1] = u16::try_from(20 + payload)
        .unwrap_or(u16::MAX)
        .to_be_bytes();
    let [f0, f1, f2, f3] = from.address.octets();
    let [t0, t1, t2, t3] = to.address.octets();
    let header = |[c0, c1]: [u8; 2]| {
        [
            0x45, 0, l0, l1, 0, 0, 0x40, 0, 64, 6, c0, c1, f0, f1, f2, f3, t0, t1, t2, t3,
        ]
    };
    header(folded(sum(&header([0, 0]))).to_be_bytes())
}

/// The sum of the 16-bit words (RFC 1071); an odd octet at the end counts as a high one.
fn sum(octets: &[u8]) -> u64 {
    let (words, rest) = octets.as_chunks::<2>();
    let words: u64 = words
        .iter()
        .map(|word| u64::from(u16::from_be_bytes(*word)))
        .sum();
    words + rest.first().map_or(0, |octet| u64::from(*octet) << 8)
}

fn folded(mut sum: u64) -> u16 {
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}
