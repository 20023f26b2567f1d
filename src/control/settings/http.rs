//! `[http]`: where the gateway listens.

use std::net::SocketAddr;

use super::reading::{Cell, Table};
use super::values::parsed;

/// `[http]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    pub listen: SocketAddr,
}

pub(super) fn http(root: &mut Table<'_>) -> Option<Http> {
    root.optional("http", |cell: &Cell<'_>| cell.table(read))
}

fn read(table: &mut Table<'_>) -> Option<Http> {
    Some(Http {
        listen: table.or("listen", SocketAddr::from(([127, 0, 0, 1], 8025)), address),
    })
}

fn address(cell: &Cell<'_>) -> Option<SocketAddr> {
    let right = "write an IP address and a port, such as \"127.0.0.1:8025\", or \"0.0.0.0:8025\" for all networks";
    parsed(right, |text| text.parse().ok())(cell)
}
