//! What a message costs on its way, part by part, without the network.
//!
//! Two programs run the same parts: `benches/parts.rs` tells how long each takes, and
//! `benches/instructions.rs` how many instructions, which is the same on a noisy machine. A new
//! part is a line in the [`Room`] that it belongs to.
#![allow(dead_code, reason = "each of the two programs uses most of it")]

mod codec;
mod events;
pub(crate) mod journal;
mod outcome;
mod pacing;
mod pipeline;
mod sample;
mod session;
mod templates;
mod text;

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// In the order of a message's way.
pub(crate) const ROOMS: &[Room] = &[
    events::ROOM,
    journal::ROOM,
    pacing::ROOM,
    templates::ROOM,
    text::ROOM,
    codec::ROOM,
    session::ROOM,
    outcome::ROOM,
    pipeline::ROOM,
];

/// Parts that belong together.
pub(crate) struct Room {
    pub(crate) name: &'static str,
    pub(crate) parts: &'static [Part],
    /// What the parts are to be measured beside; timed, but not counted.
    pub(crate) beside: &'static [Part],
}

/// One thing that is done to every message.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    /// How often it is done in one [`Run`].
    pub(crate) times: u32,
    pub(crate) prepare: fn() -> Run,
}

/// Does it, over and over.
pub(crate) type Run = Box<dyn FnMut()>;

impl Part {
    pub(crate) const fn new(name: &'static str, prepare: fn() -> Run) -> Self {
        let times = 1;
        Self {
            name,
            times,
            prepare,
        }
    }

    /// The same, done so often in one run.
    pub(crate) const fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }
}

impl Room {
    /// The part's name with the room's before it.
    pub(crate) fn title(&self, part: &Part) -> String {
        format!("{}: {}", self.name, part.name)
    }
}
