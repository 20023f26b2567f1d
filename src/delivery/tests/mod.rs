//! One operator's task over real sockets, with an SMSC that does as the test says.

mod behind;
mod classes;
mod failover;
mod hygiene;
mod ids;
mod misnamed;
mod outbind;
mod pairs;
mod pushes;
mod queries;
mod raw;
mod rig;
mod screens;
mod silence;
mod stop;
mod tls;
mod tlvs;
mod wanted;
