//! One operator's task over real sockets, with an SMSC that does as the test says.

mod classes;
mod failover;
mod hygiene;
mod pairs;
mod queries;
mod rig;
mod tls;
mod tlvs;
