//! The log lines of one test, for it to read: what is logged on its own thread.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Level};

pub(crate) struct LogLines {
    octets: Octets,
    _listening: DefaultGuard,
    /// As long as there is but one subscriber, a line that another thread logs first, which listens to nothing, is taken
    /// for one that nobody wants.
    _another: Dispatch,
}

impl LogLines {
    /// Those of this level and the more serious ones, from now on.
    pub(crate) fn listen(level: Level) -> Self {
        let octets = Octets::default();
        let writer = octets.clone();
        let lines = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        Self {
            octets,
            _another: Dispatch::new(NoSubscriber::default()),
            _listening: tracing::subscriber::set_default(lines.finish()),
        }
    }

    /// What was logged since it was asked last.
    pub(crate) fn take(&self) -> String {
        let octets = std::mem::take(&mut *self.octets.0.lock().unwrap());
        String::from_utf8(octets).unwrap()
    }
}

#[derive(Clone, Default)]
struct Octets(Arc<Mutex<Vec<u8>>>);

impl io::Write for Octets {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
