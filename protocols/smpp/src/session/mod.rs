//! The SMPP session, without sockets or clocks.
