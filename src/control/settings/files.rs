//! Files of texts that stand in a folder, such as those of messages and menus.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Place, Problem};

/// What each file of a folder says that ends in `.toml`, by name, and everything that is wrong. `none` and `right` tell
/// what is if there is no such file.
pub(crate) fn each_toml<T>(
    folder: &Path,
    none: &str,
    right: &str,
    read: impl Fn(&Path, &str) -> Result<T, Vec<Problem>>,
) -> (Vec<T>, Vec<Problem>) {
    let files = match toml_files(folder, none, right) {
        Ok(files) => files,
        Err(problem) => return (Vec::new(), vec![problem]),
    };
    let (mut values, mut problems) = (Vec::new(), Vec::new());
    for file in files {
        let text = read_text(&file).map_err(|problem| vec![problem]);
        match text.and_then(|text| read(&file, &text)) {
            Ok(value) => values.push(value),
            Err(found) => problems.extend(found),
        }
    }
    (values, problems)
}

/// The files of a folder that end in `.toml`, by name. Those that begin with a dot are an editor's.
fn toml_files(folder: &Path, none: &str, right: &str) -> Result<Vec<PathBuf>, Problem> {
    let unreadable = |error: std::io::Error| {
        let what = format!("cannot be read: {error}");
        problem(folder, what, "name a folder of files that end in .toml")
    };
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_toml = path
            .extension()
            .is_some_and(|extension| extension == "toml");
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if is_toml && !is_hidden {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(problem(folder, none.to_owned(), right));
    }
    files.sort();
    Ok(files)
}

/// No texts are that long; a device or a log given by mistake may be endless.
const MOST_OCTETS: u64 = 1 << 20;

/// The text of a file; it has to be UTF-8, and not too long.
fn read_text(file: &Path) -> Result<String, Problem> {
    let unreadable = |error: std::io::Error| {
        let what = format!("cannot be read: {error}");
        problem(file, what, "save it as UTF-8 text")
    };
    if file.is_dir() {
        let right = "put files into the folder that is named, and no folders that end in .toml";
        return Err(problem(file, "is a folder".to_owned(), right));
    }
    if file.is_symlink() && !file.exists() {
        let what = "is a link to a file that is not there".to_owned();
        return Err(problem(file, what, "take it out, or put the file there"));
    }
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    let read = opened.take(MOST_OCTETS + 1).read_to_string(&mut text);
    if read.map_err(unreadable)? as u64 > MOST_OCTETS {
        return Err(problem(
            file,
            "is longer than 1 MiB".to_owned(),
            "shorten it",
        ));
    }
    Ok(text)
}

/// What is wrong with a file or a folder as a whole.
pub(crate) fn problem(file: &Path, what: String, right: &str) -> Problem {
    Problem {
        place: Place::File(file.to_owned()),
        key: String::new(),
        what,
        right: right.to_owned(),
    }
}
