//! What the end-to-end tests share.
//!
//! Each test binary includes all of it and uses a part.
#![allow(dead_code, reason = "every test binary uses a part of this")]
#![allow(unreachable_pub, reason = "the module is private to each test binary")]

pub mod broker;
