//! The end of what a child says, kept here: a full disk, of which it may be about to tell, would not take it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

#[derive(Default)]
pub(super) struct LastWords {
    lines: Arc<Mutex<VecDeque<String>>>,
    listener: Option<JoinHandle<()>>,
}

/// So many lines are kept.
const LINES: usize = 20;

impl LastWords {
    pub(super) fn of(speaker: impl Read + Send + 'static) -> Self {
        let lines = Arc::default();
        let heard = Arc::clone(&lines);
        let listener = std::thread::spawn(move || listen(speaker, &heard));
        Self {
            lines,
            listener: Some(listener),
        }
    }

    /// Waits for all that a child said which is over.
    pub(super) fn hear_out(&mut self) {
        // Whatever it ended by, what it heard is there.
        drop(self.listener.take().map(JoinHandle::join));
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }
}

fn listen(speaker: impl Read, heard: &Mutex<VecDeque<String>>) {
    // An error ends it as the end does: there is nothing more to hear.
    for line in BufReader::new(speaker).split(b'\n').map_while(Result::ok) {
        let mut lines = heard.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(&line).into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_are_kept() {
        let said: String = (1..=25).map(|line| format!("line {line}\n")).collect();
        let mut words = LastWords::of(std::io::Cursor::new(said));
        words.hear_out();
        let lines = words.lines();
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines.first().unwrap(), "line 6");
        assert_eq!(lines.last().unwrap(), "line 25");
    }
}
