//! The simulator held to what it says: its core in virtual time, the whole over sockets.

mod capture;
mod core;
mod dialect;
mod queries;
mod rig;
mod socket;
mod ussd;
