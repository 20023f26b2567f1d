//! The terminal: pictures on its alternate screen, and its own screen back at the end.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use terminal_size::{Height, Width, terminal_size};

use super::view::{Line, Size};

/// The alternate screen; dropped, it gives the terminal back.
pub(super) struct Screen {
    colours: bool,
    on: Arc<AtomicBool>,
}

/// Another screen, no cursor, no wrapping of long lines.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// What comes between is shown at once, by terminals that know it.
const BEGIN: &str = "\x1b[?2026h\x1b[H";
const END: &str = "\x1b[?2026l";

impl Screen {
    pub(super) fn enter(colours: bool) -> io::Result<Self> {
        let on = Arc::new(AtomicBool::new(true));
        leave_on_panic(Arc::clone(&on));
        write(ENTER)?;
        Ok(Self { colours, on })
    }

    /// What the terminal has room for at the moment.
    pub(super) fn size() -> Size {
        let (Width(columns), Height(rows)) = terminal_size().unwrap_or((Width(80), Height(24)));
        Size {
            columns: columns.into(),
            rows: rows.into(),
        }
    }

    /// Shows a picture instead of the last.
    pub(super) fn show(&self, picture: &[Line]) -> io::Result<()> {
        if !self.on.load(Ordering::Relaxed) {
            return Err(io::Error::other("a part of the demo panicked"));
        }
        let lines: Vec<String> = picture
            .iter()
            .map(|line| format!("{}\x1b[K", line.shown(self.colours)))
            .collect();
        write(&format!("{BEGIN}{}\x1b[J{END}", lines.join("\r\n")))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave(&self.on);
    }
}

/// What a panic says would be lost with the alternate screen.
fn leave_on_panic(on: Arc<AtomicBool>) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        leave(&on);
        before(panic);
    }));
}

fn leave(on: &AtomicBool) {
    if on.swap(false, Ordering::Relaxed) {
        // A terminal that is gone needs nothing back.
        drop(write(LEAVE));
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
