//! Reads the file of a menu.

mod screen;
mod text;

use std::path::Path;

use screen::screen;
use text::{a_line, a_text};

use super::declared::{Code, Condition, Dialled, Menu, ScreenId, Words};
use super::{Rules, fit, sound};
use crate::control::settings::Problem;
use crate::control::settings::document::Value as Written;
use crate::control::settings::reading::{Cell, Table, read_document, suggestion};
use crate::control::settings::values::{list, named, parsed, some_text, whole};

/// What is read from a file beside itself.
pub(super) struct Around<'a> {
    pub(super) file: &'a Path,
    /// The words that a file leaves out.
    pub(super) words: Option<&'a Words>,
    pub(super) rules: &'a Rules,
}

/// Reads a menu, or tells everything that is wrong in it.
pub(super) fn read(text: &str, around: &Around<'_>) -> Result<Menu, Vec<Problem>> {
    read_document(text, around.file, |root| {
        let names = names_of_screens(root);
        let menu = root.table(|table| menu(table, &names, around))?;
        sound::check(&menu, root.report);
        // Where a screen leads nowhere, or elsewhere than meant, others have lines that they would not have.
        if root.report.is_clean() {
            fit::check(&menu, around.rules, root.report);
        }
        Some(menu)
    })
}

/// The screens by their ids.
struct Names(Vec<String>);

fn names_of_screens(root: &Cell<'_>) -> Names {
    let Written::Table(keys) = &root.node.value else {
        return Names(Vec::new());
    };
    match keys.get("screens").map(|entry| &entry.node.value) {
        Some(Written::Table(screens)) => Names(screens.keys().cloned().collect()),
        _ => Names(Vec::new()),
    }
}

impl Names {
    /// Reads a link to a screen.
    fn link(&self, cell: &Cell<'_>) -> Option<ScreenId> {
        let name = some_text(cell)?;
        let found = self.0.iter().position(|known| *known == name);
        if self.0.is_empty() {
            return cell.unfit(format!("write a screen of this name: [screens.{name}]"));
        }
        if found.is_none() {
            let known: Vec<&str> = self.0.iter().map(String::as_str).collect();
            return cell.unfit(suggestion(&name, &known));
        }
        u8::try_from(found?).ok()
    }
}

/// Screens of one menu.
const MOST_SCREENS: usize = 200;

fn menu(table: &mut Table<'_>, names: &Names, around: &Around<'_>) -> Option<Menu> {
    let link = |cell: &Cell<'_>| names.link(cell);
    let dialled = table.or("dialled", Vec::new(), codes);
    let home = table.required("home", "name the first screen", link);
    let first = |cell: &Cell<'_>| {
        cell.table(|table| {
            let when = table.required("when", "say what has to hold", condition);
            let to = table.required("to", "name a screen", link);
            Some((when?, to?))
        })
    };
    let first = table.or("first", Vec::new(), list(first));
    let tries = table.or("tries", USUAL_TRIES, whole(1..=9));
    let own_words = |cell: &Cell<'_>| cell.table(|table| words(table, around.words));
    let words = match around.words {
        Some(usual) => Some(table.or("words", usual.clone(), own_words)),
        None => table.required("words", "write what any screen may say", own_words),
    };
    let screens = |cell: &Cell<'_>| {
        if names.0.len() > MOST_SCREENS {
            let right = format!("make at most {MOST_SCREENS} of them, or several menus");
            return cell.wrong(format!("has {} screens", names.0.len()), right);
        }
        cell.named(|name, cell| screen(name, cell, names))
    };
    let screens = table.required("screens", "write what citizens see", screens)?;
    // One that is wrong is told already; the links of the others would lead elsewhere without it.
    let complete = screens.len() == names.0.len();
    complete.then_some(Menu {
        file: around.file.to_owned(),
        dialled,
        first,
        home: home?,
        tries,
        words: words?,
        screens: screens.into_values().collect(),
    })
}

fn codes(cell: &Cell<'_>) -> Option<Vec<Dialled>> {
    let codes = list(dialled)(cell)?;
    match codes.is_empty() {
        true => cell.wrong(
            "is empty",
            "give at least one code, or leave it out: then all lead here",
        ),
        false => Some(codes),
    }
}

fn dialled(cell: &Cell<'_>) -> Option<Dialled> {
    let right = "write codes as they are dialled, such as \"*555#\"";
    Some(Dialled {
        code: parsed(right, Code::declared)(cell)?,
        key: cell.key.clone(),
        place: cell.place(),
    })
}

/// A person mistypes twice.
const USUAL_TRIES: u8 = 3;

fn words(table: &mut Table<'_>, usual: Option<&Words>) -> Option<Words> {
    let next = word(table, "next", usual.map(|usual| &usual.next), a_line);
    let back = word(table, "back", usual.map(|usual| &usual.back), a_line);
    let home = word(table, "home", usual.map(|usual| &usual.home), a_line);
    let wrong = word(table, "wrong", usual.map(|usual| &usual.wrong), a_text);
    let refused = word(table, "refused", usual.map(|usual| &usual.refused), a_text);
    let ended = word(table, "ended", usual.map(|usual| &usual.ended), a_text);
    let forgotten = word(
        table,
        "forgotten",
        usual.map(|usual| &usual.forgotten),
        a_text,
    );
    Some(Words {
        next: next?,
        back: back?,
        home: home?,
        wrong: wrong?,
        refused: refused?,
        ended: ended?,
        forgotten: forgotten?,
    })
}

fn word<T: Clone>(
    table: &mut Table<'_>,
    key: &'static str,
    usual: Option<&T>,
    read: impl Fn(&Cell<'_>) -> Option<T>,
) -> Option<T> {
    match usual {
        Some(usual) => Some(table.or(key, usual.clone(), read)),
        None => table.required(key, "write it in every language", read),
    }
}

fn condition(cell: &Cell<'_>) -> Option<Condition> {
    named(&Condition::NAMED)(cell)
}
