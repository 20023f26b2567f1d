//! What the disk of the journal takes to make a write durable.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::clock::instant;

/// A beat's worth of the journal's log.
pub(super) const OCTETS: usize = 16 * 1024;

const MOST: usize = 500;
const LONGEST: Duration = Duration::from_secs(1);

/// Times of writing 16 KiB and having them on the disk, in milliseconds; for a second at most.
pub(super) fn writes(folder: &Path) -> io::Result<Vec<f64>> {
    let path = folder.join("write");
    let mut file = File::create(&path)?;
    let octets = [0x5A; OCTETS];
    // A file that grows costs more than one that is written over, as a log mostly is.
    for _ in 0..16 {
        file.write_all(&octets)?;
    }
    file.sync_all()?;
    let (mut times, began) = (Vec::new(), instant());
    while times.len() < MOST && since(began) < LONGEST {
        let start = instant();
        if times.len() % 16 == 0 {
            file.rewind()?;
        }
        file.write_all(&octets)?;
        file.sync_data()?;
        times.push(since(start).as_secs_f64() * 1000.0);
    }
    std::fs::remove_file(path)?;
    Ok(times)
}

fn since(start: Instant) -> Duration {
    instant().saturating_duration_since(start)
}
