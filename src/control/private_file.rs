//! Files that are for the gateway's user alone: mode 0600, whoever made them.
//!
//! A command that root gives writes beside what belongs to the gateway, so what it makes is given to the owner of the
//! file that it replaces, or else of the folder.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

const MODE: u32 = 0o600;

/// The folder of a file, made if it is missing.
pub(crate) fn folder(path: &Path) -> io::Result<PathBuf> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    Ok(folder.to_owned())
}

/// The text of a file, if it is there.
pub(crate) fn read(path: &Path, most_octets: u64) -> io::Result<Option<String>> {
    // Looked at first: opening a pipe would wait for who writes to it.
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => {
            if !found?.is_file() {
                return Err(io::Error::other("it is no regular file"));
            }
        }
    }
    let mut text = String::new();
    let read = File::open(path)?
        .take(most_octets + 1)
        .read_to_string(&mut text)?;
    match u64::try_from(read).is_ok_and(|read| read <= most_octets) {
        true => Ok(Some(text)),
        false => Err(io::Error::other("it is too long")),
    }
}

/// Puts a file with these octets in place of another, whole or not at all.
pub(crate) fn replace(path: &Path, octets: &[u8]) -> io::Result<()> {
    let folder = folder(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = folder.join(format!(".{name}.new"));
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(&new)?;
    give(&file, &owner(path, &folder)?)?;
    file.write_all(octets)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    File::open(&folder)?.sync_all()
}

/// Adds octets to the end of a file, all of them or none; it is made if it is missing.
pub(crate) fn append(path: &Path, octets: &[u8]) -> io::Result<File> {
    let folder = folder(path)?;
    let is_new = !path.exists();
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(MODE)
        .open(path)?;
    // Held until the file is closed: a command and the gateway may write at once.
    file.lock()?;
    if is_new {
        give(&file, &std::fs::metadata(&folder)?)?;
        File::open(&folder)?.sync_all()?;
    }
    let length = file.metadata()?.len();
    // Half a line would spoil the next one.
    file.write_all(octets)
        .inspect_err(|_| drop(file.set_len(length)))?;
    Ok(file)
}

fn owner(path: &Path, folder: &Path) -> io::Result<Metadata> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::metadata(folder),
        found => found,
    }
}

/// Only root can, and only then it is needed.
fn give(file: &File, owner: &Metadata) -> io::Result<()> {
    let made = file.metadata()?;
    if (made.uid(), made.gid()) == (owner.uid(), owner.gid()) || made.uid() != 0 {
        return Ok(());
    }
    fchown(file, Some(owner.uid()), Some(owner.gid()))
}
