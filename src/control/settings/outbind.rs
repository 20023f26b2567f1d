//! `outbind` of a login: the SMSC connects to us, there, and introduces itself as this.

use std::cell::RefCell;
use std::net::SocketAddr;

use super::bind::{password, system_id};
use super::reading::{Cell, Table};
use super::secret::Secret;
use super::values::parsed;

/// `outbind`
#[derive(Clone, Debug)]
pub struct Outbind {
    pub listen: SocketAddr,
    /// The SMSC's, not ours.
    pub system_id: String,
    pub password: Secret,
}

pub(super) fn outbind(cell: &Cell<'_>) -> Option<Outbind> {
    cell.table(|table| {
        let listen = table.required("listen", LISTEN, listen);
        let system_id = table.required(
            "system_id",
            "give the name by which the SMSC introduces itself",
            system_id,
        );
        let password = table.required(
            "password",
            "give the password that the SMSC shows us",
            password,
        );
        Some(Outbind {
            listen: listen?,
            system_id: system_id?,
            password: password?,
        })
    })
}

const LISTEN: &str = "write an IP address of this machine and a port, such as \"10.0.0.5:2776\", or \"0.0.0.0:2776\" for all networks";

fn listen(cell: &Cell<'_>) -> Option<SocketAddr> {
    parsed(LISTEN, |text| {
        text.parse()
            .ok()
            .filter(|listen: &SocketAddr| listen.port() > 0)
    })(cell)
}

/// The addresses that are listened at, and the key of what does.
#[derive(Default)]
pub(super) struct Listening(RefCell<Vec<(SocketAddr, String)>>);

impl Listening {
    /// Notes one that nothing else wants.
    pub(super) fn at(address: Option<SocketAddr>, key: &str) -> Self {
        let taken = address.map(|address| (address, key.to_owned()));
        Self(RefCell::new(taken.into_iter().collect()))
    }

    /// Whether this table's login alone listens where it says.
    pub(super) fn check(&self, table: &Table<'_>, listen: SocketAddr) -> Option<()> {
        let mut taken = self.0.borrow_mut();
        if let Some((_, first)) = taken.iter().find(|(other, _)| clash(listen, *other)) {
            return table.wrong(
                format!("waits for outbind at {listen}, where `{first}` listens already"),
                "set `outbind.listen` to another port",
            );
        }
        taken.push((listen, table.key().to_owned()));
        Some(())
    }
}

/// Whether two cannot be listened at by one machine.
fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    let anywhere = |address: SocketAddr| address.ip().is_unspecified();
    one.port() == other.port() && (one.ip() == other.ip() || anywhere(one) || anywhere(other))
}
