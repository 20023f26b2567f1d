//! The simulator held to what it says: its core in virtual time, the whole over sockets.

mod capture;
mod core;
mod dialect;
mod rig;
mod socket;
